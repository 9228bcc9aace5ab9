import { type ChildProcess, spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { byteQueue, frame, headerReader, IMAGE_FORMATS, type ImageOrder, REFUSALS } from './worker/frames.ts'

const WORKER_DIR = fileURLToPath(new URL('./worker/', import.meta.url))
const CODECS = [
  '@silvia-odwyer/photon-node',
  '@jsquash/avif/decode.js',
  '@jsquash/webp/encode.js',
  'wasm-feature-detect',
]
/** What the decoders' memory may grow to, in pages of 64 KiB: a JPEG of 100 megapixels needs more than 1 GiB. */
const WASM_PAGES = 24_576
/** CPU seconds of one process, should its server die and leave it at work. */
const CPU_SECONDS = 300
const MAX_HEADER_BYTES = 64 * 1024
const MAX_PICTURE_BYTES = 32 * 1024 * 1024
const STDERR_CHARS = 1000

const Part = z.object({
  width: z.int().min(1),
  height: z.int().min(1),
  bytes: z.int().min(0).max(MAX_PICTURE_BYTES),
})

const Answer = z.union([
  z.object({ refusal: z.enum(REFUSALS), detail: z.string() }),
  z.object({
    format: z.enum(IMAGE_FORMATS),
    width: z.int().min(1),
    height: z.int().min(1),
    thumbnails: z.array(Part).max(8),
    pixels: Part.nullable(),
    rssBytes: z.number(),
  }),
])

export type ProcessAnswer = z.infer<typeof Answer> & { readonly payloads: readonly Buffer[] }

/** It died, was ended, or said nonsense. */
export class ProcessFailure extends Error {
  override readonly name = 'ProcessFailure'
}

export interface ImageProcess {
  readonly alive: () => boolean
  /**
   * One at a time.
   *
   * @param source Exactly as many bytes as the order says.
   * @throws {ProcessFailure}, and what `source` fails with; the process is gone then
   */
  run(order: ImageOrder, source: Readable): Promise<ProcessAnswer>
  kill(reason: string): void
  readonly exited: Promise<void>
}

/** Starts a process that decodes images, with no right but to read its own programs. */
export const startImageProcess = (nodePath: string): ImageProcess => {
  const child = start(nodePath)
  let gone: ProcessFailure | undefined
  let stderr = ''
  let failWaiting = (_: Error): void => {}
  const end = (why: string): void => {
    gone ??= new ProcessFailure(stderr === '' ? why : `${why}: ${stderr}`)
    failWaiting(gone)
  }
  const kill = (reason: string): void => {
    end(reason)
    child.kill('SIGKILL')
  }
  const exited = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      end(`The image process did not start: ${error.message}`)
      resolve()
    })
    child.once('close', (code, signal) => {
      end(`The image process ended (${signal ?? code})`)
      resolve()
    })
  })
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr = `${stderr}${chunk.toString()}`.slice(-STDERR_CHARS)
  })
  // Its end says all there is to say about its pipes.
  child.stdin?.on('error', () => {})
  // It is the one to go when memory is short, and not the server.
  if (process.platform === 'linux') writeFile(`/proc/${child.pid}/oom_score_adj`, '1000').catch(() => {})

  return {
    alive: () => gone === undefined,
    kill,
    exited,
    async run(order, source) {
      const broken: { error?: unknown } = {}
      const answered = new Promise<ProcessAnswer>((resolve, reject) => {
        failWaiting = reject
        if (gone !== undefined) reject(gone)
        readAnswer(child, resolve, reject)
      })
      answered.catch(() => {})
      try {
        await Promise.race([send(child, order, noting(source, broken)), answered.then(() => {})])
        return await answered
      } catch (error) {
        const failure = gone ?? error
        kill('The image process was in the middle of something')
        throw 'error' in broken ? broken.error : new ProcessFailure('No image came back.', { cause: failure })
      } finally {
        source.destroy()
        child.stdout?.removeAllListeners('data')
      }
    },
  }
}

/** Hands bytes on, and notes whether it was their source that failed. */
async function* noting(source: Readable, broken: { error?: unknown }): AsyncGenerator<Buffer> {
  try {
    for await (const piece of source) yield piece
  } catch (error) {
    broken.error = error
    throw error
  }
}

const start = (nodePath: string): ChildProcess => {
  const folders = CODECS.map((name) => packageFolder(fileURLToPath(import.meta.resolve(name))))
  const flags = [
    '--permission',
    ...[WORKER_DIR, ...folders].map((folder) => `--allow-fs-read=${folder}`),
    '--disallow-code-generation-from-strings',
    '--no-addons',
    '--no-warnings',
    '--max-old-space-size=128',
    `--wasm-max-mem-pages=${WASM_PAGES}`,
    join(WORKER_DIR, 'main.ts'),
  ]
  const [command, args] =
    process.platform === 'win32'
      ? [nodePath, flags]
      : ['/bin/sh', ['-c', `ulimit -c 0; ulimit -f 0; ulimit -t ${CPU_SECONDS}; exec "$0" "$@"`, nodePath, ...flags]]
  return spawn(command, args, { env: {}, cwd: WORKER_DIR, stdio: ['pipe', 'pipe', 'pipe'], windowsHide: true })
}

/** The folder of a package, from one of its files. */
const packageFolder = (file: string): string => {
  const at = file.lastIndexOf('node_modules')
  const names = file.slice(at).split(/[\\/]/)
  const depth = names[1]?.startsWith('@') ? 3 : 2
  return at === -1 ? dirname(file) : `${join(file.slice(0, at), ...names.slice(0, depth))}/`
}

const send = async (child: ChildProcess, order: ImageOrder, source: AsyncIterable<Buffer>): Promise<void> => {
  const { stdin } = child
  if (stdin === null) throw new Error('The image process has no input.')
  stdin.write(frame(order))
  let sent = 0
  for await (const piece of source) {
    sent += piece.length
    if (!stdin.write(piece)) await drained(stdin)
    if (stdin.destroyed) throw new Error('The image process takes no more.')
  }
  if (sent !== order.bytes) throw new Error(`The image had ${sent} bytes and not ${order.bytes}.`)
}

/** Resolves when more can be written, or nothing ever again. */
const drained = (stream: Writable): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      stream.off('drain', done).off('close', done)
      resolve()
    }
    stream.on('drain', done).on('close', done)
  })

const readAnswer = (
  child: ChildProcess,
  resolve: (answer: ProcessAnswer) => void,
  reject: (error: unknown) => void,
): void => {
  const queue = byteQueue()
  const readHeader = headerReader(queue, MAX_HEADER_BYTES)
  let header: z.infer<typeof Answer> | undefined
  const take = (): void => {
    const json = header ?? readHeader()
    if (json === undefined) return
    header = Answer.parse(json)
    const parts = 'refusal' in header ? [] : [...header.thumbnails, ...(header.pixels === null ? [] : [header.pixels])]
    const all = queue.take(parts.reduce((sum, { bytes }) => sum + bytes, 0))
    if (all === undefined) return
    let at = 0
    const payloads = parts.map(({ bytes }) => {
      at += bytes
      return Buffer.from(all.subarray(at - bytes, at))
    })
    resolve({ ...header, payloads })
  }
  child.stdout?.on('data', (piece: Buffer) => {
    try {
      queue.push(piece)
      take()
    } catch (error) {
      reject(error)
    }
  })
}
