import { type ChildProcess, spawn } from 'node:child_process'
import { resolve } from 'node:path'
import { AppError, defineErrors } from '../../../platform/errors.ts'
import { type DocumentKind, type DocumentText, type PageDetails, ParserReply, type ParserTask } from './protocol.ts'

/** Why a document could not be read. It would go wrong again, so there is no use in trying. */
export const ParserErrors = defineErrors({
  DOCUMENT_UNREADABLE: [422, 'The document is damaged, encrypted, or not what it says it is.'],
  DOCUMENT_TOO_COMPLEX: [422, 'Reading the document takes more time or memory than one may take.'],
})

const MAIN = resolve(import.meta.dirname, 'main.ts')
const ROOT = resolve(import.meta.dirname, '../../../..')
const IDLE_MS = 10_000
const PAGE_MS = 15_000
const DOCUMENT_MS = 60_000

const FLAGS = [
  '--permission',
  `--allow-fs-read=${import.meta.dirname}/`,
  // What reads archives is the same as for imports.
  ...['cards/imports/sources/zip-reader.ts', 'cards/imports/errors.ts', 'platform/errors.ts'].map(
    (file) => `--allow-fs-read=${ROOT}/src/${file}`,
  ),
  ...['htmlparser2', 'domhandler', 'domutils', 'domelementtype', 'entities', 'dom-serializer', 'unpdf'].map(
    (name) => `--allow-fs-read=${ROOT}/node_modules/${name}/`,
  ),
  `--allow-fs-read=${ROOT}/package.json`,
  '--allow-worker',
  '--disallow-code-generation-from-strings',
  '--no-addons',
  '--no-warnings',
  '--max-old-space-size=256',
]

export type DocumentParser = ReturnType<typeof documentParser>

/**
 * Reads documents of strangers in a process of its own, which can be ended whatever it does and takes nothing along. It
 * is there while there is work, and reads one document at a time.
 */
export const documentParser = ({ idleMs = IDLE_MS, pageMs = PAGE_MS, documentMs = DOCUMENT_MS } = {}) => {
  let child: ChildProcess | undefined
  let idle: NodeJS.Timeout | undefined
  let turn: Promise<unknown> = Promise.resolve()
  let stopping = false

  const end = (): void => {
    clearTimeout(idle)
    child?.kill('SIGKILL')
    child = undefined
  }

  const started = (): ChildProcess => {
    clearTimeout(idle)
    if (child?.connected === true) return child
    const one = spawn(process.execPath, [...FLAGS, MAIN], {
      env: {},
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      serialization: 'advanced',
      windowsHide: true,
    })
    // What becomes of it is seen by whoever asked it something.
    one.on('error', () => {})
    one.unref()
    child = one
    return one
  }

  const ask = (task: ParserTask, timeoutMs: number): Promise<unknown> =>
    new Promise((fulfil, reject) => {
      const asked = started()
      const over = (): void => {
        clearTimeout(late)
        asked.off('message', onReply).off('exit', onExit)
        asked.channel?.unref()
        idle = setTimeout(end, idleMs).unref()
      }
      const onReply = (reply: unknown): void => {
        over()
        fulfil(reply)
      }
      const onExit = (): void => {
        over()
        if (child === asked) child = undefined
        reject(stopping ? new Error('The server is stopping.') : new AppError(ParserErrors.DOCUMENT_TOO_COMPLEX))
      }
      const late = setTimeout(() => asked.kill('SIGKILL'), timeoutMs)
      asked.channel?.ref()
      asked.once('message', onReply).once('exit', onExit)
      asked.send(task, (error) => {
        if (error !== null) asked.kill('SIGKILL')
      })
    })

  const perform = (task: ParserTask, timeoutMs: number): Promise<unknown> => {
    const mine = turn.then(() => ask(task, timeoutMs))
    turn = mine.catch(() => {})
    return mine
  }

  const reading = async (task: ParserTask, timeoutMs: number) => {
    const reply = ParserReply.safeParse(await perform(task, timeoutMs))
    if (!reply.success) throw new AppError(ParserErrors.DOCUMENT_UNREADABLE, { cause: reply.error })
    if ('failed' in reply.data)
      throw new AppError(ParserErrors.DOCUMENT_UNREADABLE, { cause: new Error(reply.data.failed) })
    return reply.data
  }

  return {
    /** @throws {AppError} DOCUMENT_UNREADABLE, DOCUMENT_TOO_COMPLEX */
    async page(bytes: Uint8Array, contentType: string | undefined, url: string): Promise<PageDetails> {
      const reply = await reading({ task: 'page', bytes, contentType, url }, pageMs)
      if ('page' in reply) return reply.page
      throw new AppError(ParserErrors.DOCUMENT_UNREADABLE)
    },

    /** @throws {AppError} DOCUMENT_UNREADABLE, DOCUMENT_TOO_COMPLEX */
    async document(bytes: Uint8Array, kind: DocumentKind, contentType: string): Promise<DocumentText> {
      const reply = await reading({ task: 'document', bytes, kind, contentType }, documentMs)
      if ('document' in reply) return reply.document
      throw new AppError(ParserErrors.DOCUMENT_UNREADABLE)
    },

    /** Ends the process, and with it whatever it reads; that is no fault of the document. */
    stop(): void {
      stopping = true
      end()
    },
  }
}
