import { type BotApiFile, TelegramError } from '../../platform/telegram/api.ts'
import { HostCallError, type Json } from '../sandbox/index.ts'
import type { HostContext } from './context.ts'
import { declare, type Handler, handle } from './declaration.ts'
import { asFile, toFile } from './files.ts'
import { object, text } from './parameters.ts'
import { asPlainText, withParseMode } from './parse-mode.ts'

const CALL_TIMEOUT_MS = 30_000
/** With files in it; and the largest file that the Bot API gives out. */
const FILE_TIMEOUT_MS = 120_000
const MAX_DOWNLOAD_BYTES = 20 * 1024 * 1024

/** As getFile gives it: a path that cannot lead anywhere else. */
const FILE_PATH = /^[\w-]+\/(?!\.+$)[\w.-]+$/

// These would take the bot away from the server that runs it.
const REFUSED = new Set(['getupdates', 'setwebhook', 'deletewebhook', 'logout', 'close'])

const call = declare({
  name: 'telegram',
  facade: 'internal',
  parameters: { method: text('A method of the Bot API.'), params: object('Its parameters.') },
  returns: 'Any',
  about: 'Calls a method of the Bot API.',
  example: 'bot.sendMessage("hi")',
})

const downloadFile = declare({
  name: 'Bot.downloadFile',
  parameters: { file: text('The id of a file, or the path that getFile gave.') },
  returns: 'File',
  about: 'Fetches a file that somebody sent, of at most 20 MB.',
  example: 'Bot.downloadFile(message.document.file_id).text()',
})

const getFileUrl = declare({
  name: 'Bot.getFileUrl',
  parameters: { file_id: text('The id of a file.') },
  returns: 'str',
  about: 'The address of a file at Telegram; it holds the token, and so the owner must have made that visible.',
  example: 'Bot.getFileUrl(message.photo[-1].file_id)',
})

export const telegramDeclarations = [call, downloadFile, getFileUrl] as const

export interface TelegramParts {
  /** Where Telegram's files are. */
  readonly apiRoot: string
  /** A picture of our own, which Telegram could perhaps not fetch from us. */
  readonly ownPicture: (url: string) => BotApiFile['bytes'] | undefined
}

/** What a command may ask of Telegram. Every argument is a stranger's text. */
export const telegramHandlers = (parts: TelegramParts): Handler[] => [
  handle(call, async ({ method, params }, context) => {
    if (!/^[A-Za-z]{1,64}$/.test(method)) throw new HostCallError(`'${method}' is no method`, { kind: 'TypeError' })
    if (REFUSED.has(method.toLowerCase())) {
      const sentence = `${method} is not for commands: the server takes the bot's updates.`
      throw new HostCallError(sentence, { kind: 'PermissionError' })
    }
    return send(context, method, params, parts)
  }),
  handle(downloadFile, async ({ file }, context) => {
    const { name, bytes } = await fetchFile(context, file)
    return toFile(context, name, bytes)
  }),
  handle(getFileUrl, async ({ file_id }, context) => {
    const path = await filePath(context, file_id)
    if (context.isTokenVisible) return `${parts.apiRoot}/file/bot${context.token}/${path}`
    const sentence = 'The address would show the token of the bot: use downloadFile, or let the token be visible.'
    throw new HostCallError(sentence, { kind: 'PermissionError' })
  }),
]

/**
 * Fetches a file that somebody sent.
 *
 * @param file Its id, or the path that getFile gave.
 * @throws {HostCallError} also for one of more than 20 MB
 */
export const fetchFile = async (context: HostContext, file: string): Promise<{ name: string; bytes: Buffer }> => {
  const path = FILE_PATH.test(file) ? file : await filePath(context, file)
  const { telegram, token, signal, calls } = context
  const { download } = telegram
  if (download === undefined) throw new HostCallError('files cannot be fetched here')
  let bytes: Buffer | undefined
  await calls.record('downloadFile', { file_path: path }, async () => {
    try {
      bytes = await download(token, path, { maxBytes: MAX_DOWNLOAD_BYTES, signal })
      return { size: bytes.length }
    } catch (error) {
      const why = error instanceof Error ? error.message : ''
      throw new HostCallError(`the file could not be fetched: ${why.replaceAll(token, '…')}`, { cause: error })
    }
  })
  return { name: path.slice(path.lastIndexOf('/') + 1), bytes: bytes ?? Buffer.alloc(0) }
}

const filePath = async (context: HostContext, fileId: string): Promise<string> => {
  const found = await attempt(context, 'getFile', { file_id: fileId }, [])
  const path = typeof found === 'object' && found !== null && 'file_path' in found ? found.file_path : undefined
  if (typeof path === 'string') return path
  throw new HostCallError('Telegram does not give out this file', { kind: 'LookupError' })
}

type Params = { readonly [name: string]: Json }

/** Sends it; and when Telegram cannot read the markup, once more as plain text, since a message is better than none. */
const send = async (context: HostContext, method: string, given: Params, parts: TelegramParts): Promise<Json> => {
  const { params, files } = withFiles(context, withParseMode(given, context.defaultParseMode), parts)
  try {
    return await attempt(context, method, params, files)
  } catch (error) {
    if (!(error instanceof HostCallError) || !/can't parse entities/i.test(error.description ?? '')) throw error
    const plain = asPlainText(params)
    if (plain === undefined) throw error
    context.calls.warn(`${method}: ${error.description} The text was sent again without formatting.`)
    return attempt(context, method, plain, files)
  }
}

const attempt = async (
  { telegram, token, calls, signal }: HostContext,
  method: string,
  params: Params,
  files: readonly BotApiFile[],
): Promise<Json> => {
  try {
    return await calls.record(method, params, async () => {
      const timeoutMs = files.length > 0 ? FILE_TIMEOUT_MS : CALL_TIMEOUT_MS
      const options = { signal, timeoutMs, ...(files.length > 0 ? { files } : {}) }
      return (await telegram.call(token, method, params, options)) as Json
    })
  } catch (error) {
    throw error instanceof TelegramError ? toPythonError(error) : error
  }
}

/** Files of the run become parts of the request, and parameters name them. */
const withFiles = (context: HostContext, given: Params, { ownPicture }: TelegramParts) => {
  const files: BotApiFile[] = []
  const attach = (fileName: string, bytes: Buffer): string => {
    const field = `file${files.length}`
    files.push({ field, fileName, bytes })
    return `attach://${field}`
  }
  const convert = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(convert)
    if (typeof value === 'string' && value.startsWith('http')) {
      const picture = ownPicture(value)
      return picture === undefined ? value : attach('picture.png', picture)
    }
    if (typeof value !== 'object' || value === null) return value
    const file = asFile(context, value)
    if (file !== undefined) return attach(file.name, file.bytes)
    if (typeof value.$int === 'string' && Object.keys(value).length === 1) return value.$int
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, convert(item)]))
  }
  const params = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, convert(value)]))
  return { params, files }
}

/** Telegram's refusal as the exception that a command sees. */
export const toPythonError = (error: TelegramError): HostCallError => {
  const parameters = {
    ...(error.retryAfterSeconds === undefined ? {} : { retry_after: error.retryAfterSeconds }),
    ...(error.migrateToChatId === undefined ? {} : { migrate_to_chat_id: error.migrateToChatId }),
  }
  return new HostCallError(error.message, {
    kind: 'ApiTelegramException',
    errorCode: error.errorCode,
    description: error.description,
    parameters,
    cause: error,
  })
}
