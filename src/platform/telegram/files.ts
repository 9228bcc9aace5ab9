import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import * as http from 'node:http'
import * as https from 'node:https'
import type { Readable } from 'node:stream'
import { unwrapAnswer } from './answer.ts'
import { TelegramError } from './api.ts'
import { downloadStream } from './download-stream.ts'
import { ExchangeFailure, type ExchangeRequest, exchange, type Reply, readText, type Timeouts } from './exchange.ts'
import { TelegramFileError, toFileError, toNetworkError } from './file-error.ts'
import { parseChat, parseMessage, parseRemoteFile, parseSentDocument } from './file-results.ts'
import { multipartBody } from './multipart.ts'
import { fileUrl, methodUrl, parseApiRoot, parseJson, parseRetryAfter, withoutToken } from './wire.ts'

export type { Timeouts } from './exchange.ts'
export { SourceSizeError } from './exchange.ts'
export { type TelegramFailureReason, TelegramFileError } from './file-error.ts'
export type { PostedMessage, RemoteFile, SentDocument, StorageChat } from './file-results.ts'

/** An answer to a call is small; only `getUpdates`, which is not called here, gives megabytes. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024
/** The server answers only when the bytes have reached Telegram, or come from there: that is silence on this line. */
const DEFAULT_TIMEOUTS: Timeouts = { connectMs: 10_000, idleMs: 60_000, totalMs: 600_000 }
/** Servers close idle connections; one that is about to be closed is better not used. */
const IDLE_SOCKET_MS = 10_000

export interface TelegramFilesOptions {
  /** `https://api.telegram.org`, a local Bot API server, or the emulator; a path prefix is kept. */
  apiRoot: string
  timeouts?: Partial<Timeouts>
  /** Connections at most; calls beyond that wait. */
  maxSockets?: number
  /**
   * The server runs with `--local` and shares its folder with this machine: an absolute path from `getFile` is read from
   * the disk. Otherwise such a path is refused.
   */
  readsLocalPaths?: boolean
}

export interface CallOptions {
  token: string
  /** Ends the call; it then rejects with the signal's reason. */
  signal?: AbortSignal | undefined
  timeouts?: Partial<Timeouts> | undefined
}

/** A chat's id or `@username`. */
export type ChatId = number | string

export interface SendDocument extends CallOptions {
  chatId: ChatId
  fileName: string
  /** Shown as it is, without markup. @see https://core.telegram.org/bots/api#senddocument At most 1024 characters. */
  caption?: string | undefined
  /** At least 1; the source gives exactly this many, and is read once. */
  sizeBytes: number
  source: AsyncIterable<Buffer>
}

export interface Download extends CallOptions {
  /** As `getFile` gave it. */
  filePath: string
  /** First byte, from 0. */
  from?: number | undefined
  /** Last byte, inclusive. */
  to?: number | undefined
}

export interface MessageCall extends CallOptions {
  chatId: ChatId
  messageId: number
}

export type TelegramFiles = ReturnType<typeof telegramFiles>

/**
 * The Bot API as far as keeping files needs it. Bytes are streamed in both directions, and no call waits for ever.
 *
 * Every method throws {@link TelegramFileError}s and nothing else, apart from the reason of an aborted signal and, in
 * `sendDocument`, what the source threw and {@link SourceSizeError}. No error holds the token.
 */
export const telegramFiles = (options: TelegramFilesOptions) => {
  const root = parseApiRoot(options.apiRoot)
  const { Agent } = root.protocol === 'https:' ? https : http
  const agent = new Agent({ keepAlive: true, maxSockets: options.maxSockets ?? 16, timeout: IDLE_SOCKET_MS })
  const timeoutsOf = ({ timeouts }: CallOptions) => ({ ...DEFAULT_TIMEOUTS, ...options.timeouts, ...timeouts })
  const open = (name: string, request: Omit<ExchangeRequest, 'agent'>, mayRepeat: boolean) =>
    openReply(name, { ...request, agent }, mayRepeat)

  /** Calls a method with parameters as JSON. @param mayRepeat Twice does no harm. */
  const call = async (given: CallOptions, method: string, params: object, mayRepeat = false): Promise<unknown> => {
    const body = Buffer.from(JSON.stringify(params))
    const headers = { 'content-type': 'application/json', 'content-length': body.byteLength }
    const url = methodUrl(root, given.token, method)
    const request = { url, verb: 'POST' as const, headers, body, timeouts: timeoutsOf(given), signal: given.signal }
    return readAnswer(method, given.token, await open(method, request, mayRepeat))
  }

  return {
    /** Sends a file into a chat. It is sent as it is: Telegram makes no video or picture of it. */
    async sendDocument(given: SendDocument) {
      const { token, chatId, fileName, caption, sizeBytes, source, signal } = given
      const fields = { chat_id: chatId, caption, disable_content_type_detection: true, disable_notification: true }
      const form = multipartBody(fields, { field: 'document', fileName, sizeBytes, source })
      const headers = { 'content-type': form.contentType, 'content-length': form.contentLength }
      const url = methodUrl(root, token, 'sendDocument')
      const request = { url, verb: 'POST' as const, headers, body: form.body, timeouts: timeoutsOf(given), signal }
      const reply = await open('sendDocument', request, false)
      return parseSentDocument('sendDocument', await readAnswer('sendDocument', token, reply))
    },

    /** Asks for a link to a file. The answer comes when the server holds the whole file; the link works for an hour. */
    async getFile(given: CallOptions & { fileId: string }) {
      return parseRemoteFile('getFile', await call(given, 'getFile', { file_id: given.fileId }, true))
    },

    /**
     * Reads a file, or a part of it. Where the server knows no ranges the whole comes over the line, and is cut here.
     *
     * @returns A stream once the server has begun to answer; it gives the part in full, or fails with a
     * {@link TelegramFileError}, `network` or `timeout`.
     */
    async download(given: Download): Promise<Readable> {
      const { token, filePath, from = 0, to, signal } = given
      if (filePath.startsWith('/'))
        return openLocal(filePath, { from, to, isAllowed: options.readsLocalPaths ?? false })
      const isPart = from > 0 || to !== undefined
      const headers = { 'accept-encoding': 'identity', ...(isPart && { range: `bytes=${from}-${to ?? ''}` }) }
      const url = fileUrl(root, token, filePath)
      const request = { url, verb: 'GET' as const, headers, timeouts: timeoutsOf(given), signal }
      const reply = await open('download', request, true)
      const { statusCode } = reply.incoming
      if (statusCode === 200 || statusCode === 206) return partOf(reply, from, to)
      await readAnswer('download', token, reply)
      throw answerError('download', `HTTP ${statusCode}`)
    },

    /** Forwards a message; what comes back holds the file as this bot knows it. */
    async forwardMessage(given: MessageCall & { fromChatId: ChatId }) {
      const { chatId, fromChatId, messageId } = given
      const params = { chat_id: chatId, from_chat_id: fromChatId, message_id: messageId, disable_notification: true }
      return parseMessage('forwardMessage', await call(given, 'forwardMessage', params))
    },

    /** @param given.messageIds 1 to 100. Those that are gone already are passed over. */
    async deleteMessages(given: CallOptions & { chatId: ChatId; messageIds: readonly number[] }): Promise<void> {
      await call(given, 'deleteMessages', { chat_id: given.chatId, message_ids: given.messageIds }, true)
    },

    /** @returns The chat with its pinned message, if it has one. */
    async getChat(given: CallOptions & { chatId: ChatId }) {
      return parseChat('getChat', await call(given, 'getChat', { chat_id: given.chatId }, true))
    },

    async pinChatMessage(given: MessageCall): Promise<void> {
      const params = { chat_id: given.chatId, message_id: given.messageId, disable_notification: true }
      await call(given, 'pinChatMessage', params, true)
    },

    /** One that is what it was already is no error. */
    async editMessageCaption(given: MessageCall & { caption: string }): Promise<void> {
      const params = { chat_id: given.chatId, message_id: given.messageId, caption: given.caption }
      try {
        await call(given, 'editMessageCaption', params, true)
      } catch (error) {
        const isSame = error instanceof TelegramFileError && /message is not modified/i.test(error.description)
        if (!isSame) throw error
      }
    },

    /** Drops the idle connections; calls under way end on their own. */
    close: (): void => agent.destroy(),
  }
}

const openReply = async (name: string, request: ExchangeRequest, mayRepeat: boolean): Promise<Reply> => {
  try {
    return await exchange(request)
  } catch (error) {
    if (!(error instanceof ExchangeFailure)) throw error
    // A server may close an idle connection while the request is on its way.
    if (mayRepeat && error.isReused && error.networkCode !== 'TIMEOUT') return openReply(name, request, false)
    throw toNetworkError(name, error)
  }
}

/** @returns The `result` of an answer. @throws {TelegramFileError} */
const readAnswer = async (method: string, token: string, reply: Reply): Promise<unknown> => {
  const { incoming, isSent } = reply
  const { statusCode: status = 0, statusMessage: statusText = '', headers } = incoming
  try {
    const text = await readText(reply, MAX_ANSWER_BYTES)
    const retryAfterSeconds = parseRetryAfter(headers['retry-after'])
    const body = parseJson(withoutToken(text, token))
    return unwrapAnswer({ method, status, statusText, body, retryAfterSeconds })
  } catch (error) {
    if (error instanceof ExchangeFailure) throw toNetworkError(method, error)
    throw error instanceof TelegramError ? toFileError(error, isSent) : error
  }
}

const answerError = (method: string, description: string) =>
  new TelegramFileError({ method, errorCode: 0, description }, { reason: 'answer', outcome: 'unknown' })

/** The wanted part, whether the server sent just that or everything. */
const partOf = ({ incoming, watch }: Reply, from: number, to: number | undefined): Readable => {
  const lengthHeader = Number(incoming.headers['content-length'])
  const bodyBytes = Number.isSafeInteger(lengthHeader) ? lengthHeader : undefined
  const isRange = incoming.statusCode === 206
  const start = isRange ? Number(/^bytes (\d+)-/.exec(incoming.headers['content-range'] ?? '')?.[1]) : 0
  const skipBytes = from - start
  const takeBytes = to === undefined ? bodyBytes && bodyBytes - skipBytes : to + 1 - from
  if (
    !(skipBytes >= 0) ||
    (takeBytes ?? 0) < 0 ||
    (bodyBytes ?? Number.POSITIVE_INFINITY) < skipBytes + (takeBytes ?? 0)
  ) {
    watch.cut('RANGE')
    throw answerError('download', 'The server has no such part of the file')
  }
  const endsWithPart = to === undefined || bodyBytes === skipBytes + (takeBytes ?? 0)
  const fail = (networkCode: string) =>
    toNetworkError('download', new ExchangeFailure(networkCode, { isSent: true, isReused: false }))
  return downloadStream({ incoming, watch, skipBytes, takeBytes, endsWithPart, fail })
}

const openLocal = async (
  path: string,
  { from, to, isAllowed }: { from: number; to: number | undefined; isAllowed: boolean },
): Promise<Readable> => {
  if (!isAllowed) throw answerError('download', 'The server named a path on its own disk, which is not shared')
  const found = await stat(path).catch(() => undefined)
  if (!found?.isFile() || found.size <= Math.max(from, to ?? 0)) {
    const details = { method: 'download', errorCode: 404, description: 'The local server does not hold this file' }
    throw new TelegramFileError(details, { reason: 'file', outcome: 'not-done' })
  }
  return createReadStream(path, { start: from, ...(to !== undefined && { end: to }), highWaterMark: 1024 * 1024 })
}
