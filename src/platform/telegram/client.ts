import * as http from 'node:http'
import * as https from 'node:https'
import { unwrapAnswer } from './answer.ts'
import {
  type BotApi,
  type BotApiCallOptions,
  type BotApiDownload,
  type BotApiFile,
  type BotApiParams,
  TelegramError,
} from './api.ts'
import type { EmulatorDoor } from './emulator/emulator.ts'
import type { Upload } from './emulator/form.ts'
import { readBytes } from './emulator/vault.ts'
import { ExchangeFailure, exchange, readText } from './exchange.ts'
import { telegramFiles } from './files.ts'
import { multipartPayload } from './multipart.ts'
import { methodUrl, networkError, parseApiRoot, parseJson, parseRetryAfter, withoutToken } from './wire.ts'

const DEFAULT_TIMEOUT_MS = 30_000
/** Telegram caps an answer near 4 MB; a proxy in between may not. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024
/** @see https://core.telegram.org/bots/api#getupdates; the official server waits no longer than this. */
const MAX_LONG_POLL_SECONDS = 50

export interface HttpBotApiOptions {
  /** `https://api.telegram.org`, a local Bot API server, or the emulator; a path prefix is kept. */
  apiRoot: string
  /** For calls that name no timeout of their own. */
  timeoutMs?: number
  /** Connections kept open at most; calls beyond that wait. Long polls have connections of their own, without a limit. */
  maxSockets?: number
}

interface Call {
  url: URL
  method: string
  payload: Buffer
  contentType: string
  timeoutMs: number
  signal: AbortSignal | undefined
  agent: http.Agent
}

interface HttpAnswer {
  status: number
  statusText: string
  retryAfter: string | undefined
  text: string
}

/** The Bot API over HTTP(S). `close` drops the idle connections; calls under way end on their own. */
export const httpBotApi = (options: HttpBotApiOptions): BotApi & { close(): void } => {
  const { apiRoot, timeoutMs: defaultTimeoutMs = DEFAULT_TIMEOUT_MS, maxSockets = 256 } = options
  const root = parseApiRoot(apiRoot)
  const { Agent } = root.protocol === 'https:' ? https : http
  const agent = new Agent({ keepAlive: true, maxSockets })
  // Each bot that is polled holds one all the time: counted with the others, some hundred bots would leave none.
  const pollAgent = new Agent({ keepAlive: true })

  const call = async (token: string, method: string, params: BotApiParams = {}, options: BotApiCallOptions = {}) => {
    options.signal?.throwIfAborted()
    const pollMs = longPollMs(method, params)
    const timeoutMs = (options.timeoutMs ?? defaultTimeoutMs) + pollMs
    const url = methodUrl(root, token, method)
    const body = bodyOf(params, options.files)
    const from = pollMs > 0 ? pollAgent : agent
    const answer = await post({ url, method, ...body, timeoutMs, signal: options.signal, agent: from })
    return unwrapAnswer({
      method,
      status: answer.status,
      statusText: answer.statusText,
      body: parseJson(withoutToken(answer.text, token)),
      retryAfterSeconds: parseRetryAfter(answer.retryAfter),
    })
  }
  const files = telegramFiles({ apiRoot })
  const download = async (token: string, filePath: string, { maxBytes, signal }: BotApiDownload): Promise<Buffer> =>
    collect(await files.download({ token, filePath, signal }), maxBytes)
  const close = (): void => {
    agent.destroy()
    pollAgent.destroy()
    files.close()
  }
  return { call, download, close }
}

/** The Bot API of an emulator in this process, without HTTP; it behaves as if there was HTTP in between. */
export const emulatorBotApi = (emulator: EmulatorDoor, defaultTimeoutMs = DEFAULT_TIMEOUT_MS): BotApi => ({
  async download(token, filePath, { maxBytes }) {
    const bytes = await emulator.files.open(token, filePath)
    return collect(readBytes(bytes, 0, bytes.sizeBytes - 1), maxBytes)
  },
  async call(token, method, params = {}, options = {}) {
    options.signal?.throwIfAborted()
    const timeoutMs = (options.timeoutMs ?? defaultTimeoutMs) + longPollMs(method, params)
    const deadline = new AbortController()
    const timer = setTimeout(() => deadline.abort(timeoutError(method, timeoutMs)), timeoutMs)
    const signal = options.signal ? AbortSignal.any([options.signal, deadline.signal]) : deadline.signal
    try {
      const { status, body, dropped } = await emulator.request({
        token,
        method,
        params,
        signal,
        files: toUploads(options.files),
      })
      if (dropped) throw networkError(method, 'ECONNRESET')
      return unwrapAnswer({ method, status, body })
    } finally {
      clearTimeout(timer)
    }
  },
})

const collect = async (source: AsyncIterable<Buffer>, maxBytes: number): Promise<Buffer> => {
  const pieces: Buffer[] = []
  let sizeBytes = 0
  for await (const piece of source) {
    sizeBytes += piece.byteLength
    if (sizeBytes > maxBytes) throw new Error(`the file has more than ${maxBytes} bytes`)
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

const bodyOf = (params: BotApiParams, files: readonly BotApiFile[] = []): { contentType: string; payload: Buffer } =>
  files.length > 0
    ? multipartPayload(params, files)
    : { contentType: 'application/json', payload: Buffer.from(JSON.stringify(params)) }

const toUploads = (files: readonly BotApiFile[] = []): Map<string, Upload> =>
  new Map(
    files.map(({ field, fileName, bytes }) => [
      field,
      {
        fileName,
        mimeType: 'application/octet-stream',
        bytes: { at: 'memory', buffer: bytes, sizeBytes: bytes.byteLength },
      },
    ]),
  )

const longPollMs = (method: string, params: BotApiParams): number => {
  const seconds = Number(params.timeout)
  if (method.toLowerCase() !== 'getupdates' || !(seconds > 0)) return 0
  return Math.min(seconds, MAX_LONG_POLL_SECONDS) * 1000
}

const post = async (call: Call): Promise<HttpAnswer> => {
  try {
    return await attempt(call).catch((error: unknown) => {
      // An idle connection may be closed by the server while the request leaves. Only a read may be sent again: nobody
      // can tell whether a message was sent.
      if (error instanceof ExchangeFailure && error.isReused && error.networkCode === 'ECONNRESET' && isRead(call))
        return attempt(call)
      throw error
    })
  } catch (error) {
    if (!(error instanceof ExchangeFailure)) throw error
    const { method, timeoutMs } = call
    throw error.networkCode === 'TIMEOUT' ? timeoutError(method, timeoutMs) : networkError(method, error.networkCode)
  }
}

const isRead = ({ method }: Call): boolean => /^get/i.test(method)

/** @throws {ExchangeFailure}; the signal's reason */
const attempt = async ({ url, payload, contentType, timeoutMs, signal, agent }: Call): Promise<HttpAnswer> => {
  const headers = { 'content-type': contentType, 'content-length': payload.byteLength }
  const timeouts = { connectMs: timeoutMs, idleMs: timeoutMs, totalMs: timeoutMs }
  const reply = await exchange({ url, verb: 'POST', headers, body: payload, agent, timeouts, signal })
  const { statusCode: status = 0, statusMessage: statusText = '', headers: answered } = reply.incoming
  return { status, statusText, retryAfter: answered['retry-after'], text: await readText(reply, MAX_ANSWER_BYTES) }
}

const timeoutError = (method: string, timeoutMs: number) =>
  new TelegramError({ method, errorCode: 0, description: `no answer within ${timeoutMs} ms`, networkCode: 'TIMEOUT' })
