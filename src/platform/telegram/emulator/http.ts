import type { IncomingMessage, ServerResponse } from 'node:http'
import { type DownloadRequest, sendDownload } from './download.ts'
import type { EmulatorBody, EmulatorDoor, EmulatorRequest } from './emulator.ts'
import { type FormContent, FormError, readForm } from './form.ts'

export type EmulatorHttp = (request: IncomingMessage, response: ServerResponse, path: string) => Promise<void>

const notFound: EmulatorBody = { ok: false, error_code: 404, description: 'Not Found' }

/**
 * Speaks the Bot API over HTTP: `/bot<token>/<method>`, GET or POST, with parameters in the query and in an urlencoded,
 * JSON or multipart body, and `/file/bot<token>/<path>` for what `getFile` names. The body must not have been read yet.
 *
 * @param path What follows the prefix under which this is mounted, with the query; the request's own URL is not read.
 * @returns A promise that rejects only for a bug, with nothing answered.
 */
export const emulatorHttp =
  (emulator: EmulatorDoor): EmulatorHttp =>
  async (request, response, path) => {
    const [pathname = '', query = ''] = path.split(/\?(.*)/s)
    const download = downloadIn(pathname, request)
    if (download) return answerDownload(emulator, response, download)
    const match = /^\/bot([^/]+)(?:\/([^/]*))?$/.exec(pathname)
    if (!match) return send(response, 404, notFound)
    if (request.method !== 'GET' && request.method !== 'POST') {
      return send(response, 405, { ok: false, error_code: 405, description: 'Method Not Allowed' })
    }
    const named = decode(match[2] ?? '')
    const content = await contentOf(emulator, request, response, named)
    if (!content) return
    const params = { ...Object.fromEntries(new URLSearchParams(query)), ...content.params }
    await answer(emulator, response, {
      token: decode(match[1] ?? ''),
      // Telegram lets the name of the method be a parameter too.
      method: named || String(params.method ?? ''),
      params,
      files: content.files,
    })
  }

const decode = (part: string): string => {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

const downloadIn = (pathname: string, { method, headers }: IncomingMessage): DownloadRequest | undefined => {
  const match = /^\/file\/bot([^/]+)\/(.+)$/.exec(pathname)
  if (!match || (method !== 'GET' && method !== 'HEAD')) return undefined
  const [, token = '', path = ''] = match
  return { token: decode(token), path: decode(path), range: headers.range, isHead: method === 'HEAD' }
}

const answerDownload = async (emulator: EmulatorDoor, response: ServerResponse, request: DownloadRequest) => {
  const refusal = await sendDownload(emulator.files, request, response)
  if (refusal) send(response, refusal.status, refusal.body, refusal.html)
}

/** @returns What the body holds, or undefined when the refusal has been sent or the connection is broken. */
const contentOf = async (
  { files }: EmulatorDoor,
  request: IncomingMessage,
  response: ServerResponse,
  method: string,
): Promise<FormContent | undefined> => {
  if (request.method === 'GET') return { params: {}, files: new Map() }
  const cutAfter = files.uploadCut(method)
  let sizeBytes = 0
  const meter = (pieceBytes: number) => {
    sizeBytes += pieceBytes
    if (cutAfter !== undefined && sizeBytes > cutAfter) {
      request.destroy()
      throw new FormError(400, 'The connection is broken')
    }
    return files.isSlowUpload() ? files.passUpload(pieceBytes) : undefined
  }
  try {
    return await readForm(request, { maxBodyBytes: files.maxBodyBytes(), receiver: files.receiver, meter })
  } catch (error) {
    if (!(error instanceof FormError)) throw error
    refuseBody(request, response, error, files.htmlErrors())
    return undefined
  }
}

/** How much of a refused body is read past; a client that sends more loses the connection. */
const MAX_DRAINED_BYTES = 256 * 1024 * 1024

/** The answer goes out at once, and the rest of the body is read past: closing earlier could destroy the answer. */
const refuseBody = (request: IncomingMessage, response: ServerResponse, error: FormError, html: boolean): void => {
  if (request.socket.destroyed) return
  const { status, message: description } = error
  send(response, status, { ok: false, error_code: status, description }, html && status === 413)
  let drainedBytes = 0
  request.on('data', (piece: Buffer) => {
    drainedBytes += piece.byteLength
    if (drainedBytes > MAX_DRAINED_BYTES) request.destroy()
  })
  request.on('error', () => response.destroy())
}

const answer = async (
  emulator: EmulatorDoor,
  response: ServerResponse,
  call: Omit<EmulatorRequest, 'signal'>,
): Promise<void> => {
  const gone = new AbortController()
  const leave = () => gone.abort()
  response.once('close', leave)
  try {
    const { status, body, dropped, html } = await emulator.request({ ...call, signal: gone.signal })
    if (dropped) response.destroy()
    else send(response, status, body, html)
  } catch (error) {
    // Nobody is left to answer to; anything else is a bug and goes up.
    if (!gone.signal.aborted) throw error
  } finally {
    response.off('close', leave)
  }
}

const send = (response: ServerResponse, status: number, body: EmulatorBody, html = false): void => {
  const text = html ? errorPage(status, body) : JSON.stringify(body)
  const retryAfter = body.ok ? undefined : body.parameters?.retry_after
  response.writeHead(status, {
    'content-type': html ? 'text/html' : 'application/json',
    'content-length': Buffer.byteLength(text),
    'x-content-type-options': 'nosniff',
    ...(retryAfter !== undefined && { 'retry-after': `${retryAfter}` }),
  })
  response.end(text)
}

/** Such as a server in front of the Bot API answers on its own. */
const errorPage = (status: number, body: EmulatorBody): string => {
  const title = `${status} ${body.ok ? 'OK' : body.description}`
  return `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n</body>\r\n</html>\r\n`
}
