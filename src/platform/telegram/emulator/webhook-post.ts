import * as http from 'node:http'
import * as https from 'node:https'

const ANSWER_TIMEOUT_MS = 60_000
const MAX_ANSWER_BYTES = 1024 * 1024

export interface HookAnswer {
  status: number
  statusText: string
  retryAfter: string | undefined
  text: string
}

/** @returns The answer, or what went wrong in the words of `getWebhookInfo`. */
export const postUpdate = (url: URL, body: string, secretToken: string | undefined): Promise<HookAnswer | string> =>
  new Promise((resolve) => {
    const { request } = url.protocol === 'https:' ? https : http
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      ...(secretToken !== undefined && { 'x-telegram-bot-api-secret-token': secretToken }),
    }
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS)
    const outgoing = request(url, { method: 'POST', headers, signal })
    const fail = ({ code, name }: NodeJS.ErrnoException) => resolve(HOOK_ERRORS[code ?? name] ?? 'Connection failed')
    outgoing.on('error', fail)
    outgoing.on('response', (incoming) => {
      const chunks: Buffer[] = []
      let sizeBytes = 0
      incoming.on('data', (chunk: Buffer) => {
        sizeBytes += chunk.byteLength
        if (sizeBytes <= MAX_ANSWER_BYTES) chunks.push(chunk)
      })
      incoming.on('error', fail)
      incoming.on('end', () => {
        const { statusCode: status = 0, statusMessage: statusText = '' } = incoming
        const retryAfter = incoming.headers['retry-after']
        resolve({ status, statusText, retryAfter, text: Buffer.concat(chunks).toString('utf8') })
      })
    })
    outgoing.end(body)
  })

const HOOK_ERRORS: Record<string, string> = {
  ECONNREFUSED: 'Connection refused',
  ECONNRESET: 'Connection reset by peer',
  ENOTFOUND: "Can't resolve host",
  ABORT_ERR: 'Read timeout expired',
  TimeoutError: 'Read timeout expired',
}
