import { type IncomingMessage, request } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'

type Headers = Readonly<Record<string, string>>

/** What came of a transfer that takes its time. */
export interface SlowEnd {
  /** False if the connection broke first. */
  readonly isComplete: boolean
  /** What was received, or sent. */
  readonly bytes: number
}

export interface Slow {
  /** Bytes up to now. */
  bytes(): number
  /** Goes on without pauses from now on. */
  hurry(): void
  readonly ended: Promise<SlowEnd>
}

const PAUSE_MS = 20
const PIECE_BYTES = 4096

/** Downloads with pauses, so that the server has to wait with most of a file of many MiB. */
export const slowDownload = (url: string, path: string, headers: Headers): Slow => {
  let bytes = 0
  let pauseMs = PAUSE_MS
  const run = async (): Promise<SlowEnd> => {
    const response = await new Promise<IncomingMessage>((fulfil, reject) => {
      request(new URL(path, url), { headers, agent: false }, fulfil).once('error', reject).end()
    })
    if (response.statusCode !== 200) throw new Error(`${path} was answered with ${response.statusCode}.`)
    try {
      for await (const piece of response) {
        bytes += piece.length
        if (pauseMs > 0) await wait(pauseMs)
      }
      return { isComplete: true, bytes }
    } catch {
      return { isComplete: false, bytes }
    }
  }
  const hurry = (): void => {
    pauseMs = 0
  }
  return { bytes: () => bytes, hurry, ended: run() }
}

/** Uploads `sizeBytes`, a little at a time. */
export const slowUpload = (url: string, path: string, headers: Headers, sizeBytes: number): Slow => {
  let bytes = 0
  let pauseMs = PAUSE_MS
  const sending = request(new URL(path, url), {
    method: 'PUT',
    headers: { ...headers, 'content-length': String(sizeBytes) },
    agent: false,
  })
  const answered = new Promise<boolean>((fulfil) => {
    sending.once('response', (response) => fulfil((response.resume().statusCode ?? 0) < 300))
    sending.on('error', () => fulfil(false))
    sending.once('close', () => fulfil(false))
  })
  const run = async (): Promise<SlowEnd> => {
    while (bytes < sizeBytes && !sending.destroyed) {
      const piece = Buffer.alloc(Math.min(PIECE_BYTES, sizeBytes - bytes), 'x')
      sending.write(piece)
      bytes += piece.length
      if (pauseMs > 0) await wait(pauseMs)
    }
    if (!sending.destroyed) sending.end()
    return { isComplete: await answered, bytes }
  }
  const hurry = (): void => {
    pauseMs = 0
  }
  return { bytes: () => bytes, hurry, ended: run() }
}
