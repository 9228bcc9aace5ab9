import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Emulator, EmulatorBody } from './emulator.ts'
import { type Form, FormError, readForm } from './form.ts'

export type EmulatorHttp = (request: IncomingMessage, response: ServerResponse, path: string) => Promise<void>

const notFound: EmulatorBody = { ok: false, error_code: 404, description: 'Not Found' }

/**
 * Speaks the Bot API over HTTP: `/bot<token>/<method>`, GET or POST, with parameters in the query and in an urlencoded,
 * JSON or multipart body. The body must not have been read yet.
 *
 * @param path What follows the prefix under which this is mounted, with the query; the request's own URL is not read.
 * @returns A promise that rejects only for a bug, with nothing answered.
 */
export const emulatorHttp =
  (emulator: Emulator): EmulatorHttp =>
  async (request, response, path) => {
    const [pathname = '', query = ''] = path.split(/\?(.*)/s)
    const match = /^\/bot([^/]+)(?:\/([^/]*))?$/.exec(pathname)
    if (!match) return send(response, 404, notFound)
    if (request.method !== 'GET' && request.method !== 'POST') {
      return send(response, 405, { ok: false, error_code: 405, description: 'Method Not Allowed' })
    }
    const form = await formOf(request, response)
    if (!form) return
    const params: Form = { ...Object.fromEntries(new URLSearchParams(query)), ...form }
    await answer(emulator, response, {
      token: decode(match[1] ?? ''),
      // Telegram lets the name of the method be a parameter too.
      method: decode(match[2] ?? '') || String(params.method ?? ''),
      params,
    })
  }

const decode = (part: string): string => {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/** @returns The parameters of the body, or undefined when the refusal has been sent. */
const formOf = async (request: IncomingMessage, response: ServerResponse): Promise<Form | undefined> => {
  try {
    return request.method === 'GET' ? {} : await readForm(request)
  } catch (error) {
    if (!(error instanceof FormError)) throw error
    // The rest of a body that is too large is not waited for.
    response.setHeader('connection', 'close')
    send(response, error.status, { ok: false, error_code: error.status, description: error.message })
    return undefined
  }
}

const answer = async (
  emulator: Emulator,
  response: ServerResponse,
  call: { token: string; method: string; params: Form },
): Promise<void> => {
  const gone = new AbortController()
  const leave = () => gone.abort()
  response.once('close', leave)
  try {
    const { status, body, dropped } = await emulator.request({ ...call, signal: gone.signal })
    if (dropped) response.destroy()
    else send(response, status, body)
  } catch (error) {
    // Nobody is left to answer to; anything else is a bug and goes up.
    if (!gone.signal.aborted) throw error
  } finally {
    response.off('close', leave)
  }
}

const send = (response: ServerResponse, status: number, body: EmulatorBody): void => {
  const text = JSON.stringify(body)
  const retryAfter = body.ok ? undefined : body.parameters?.retry_after
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    ...(retryAfter !== undefined && { 'retry-after': `${retryAfter}` }),
  })
  response.end(text)
}
