import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { EmulatorBody, EmulatorDoor } from './emulator.ts'
import { ApiFailure } from './failure.ts'
import { DOWNLOAD, type Faults, InjectedRefusal } from './faults.ts'
import { maxUploadBytes } from './rules.ts'
import { type Bytes, type Receiver, readBytes } from './vault.ts'
import type { World } from './world.ts'

export interface DownloadRequest {
  token: string
  path: string
  /** The header, if there is one. */
  range: string | undefined
  isHead: boolean
}

interface Refusal {
  status: number
  body: EmulatorBody
  html: boolean
}

/** What the HTTP side needs to take and hand out the bytes of files. */
export interface EmulatorFiles {
  receiver(): Receiver
  maxBodyBytes(): number
  htmlErrors(): boolean
  isSlowUpload(): boolean
  passUpload(sizeBytes: number): Promise<void>
  passDownload(sizeBytes: number, signal: AbortSignal): Promise<void>
  /** @returns After how many bytes this call's connection breaks. */
  uploadCut(method: string): number | undefined
  downloadCut(): number | undefined
  servesRanges(): boolean
  /** The bytes that are kept, by the key of their file, for whoever keeps them over a restart. */
  kept(): ReadonlyMap<number, Bytes>
  restore(key: number, buffer: Buffer): void
  /** @throws {ApiFailure} 404 for what is not there, and what a test ordered. */
  open(token: string, path: string): Promise<Bytes>
}

export const emulatorFiles = (world: World, troubles: Faults): EmulatorFiles => ({
  receiver: world.vault.receiver,
  maxBodyBytes: () => maxUploadBytes(world.rules),
  htmlErrors: () => world.rules.htmlErrors,
  isSlowUpload: () => world.link.isSlow('upload'),
  passUpload: (sizeBytes) => world.link.pass('upload', sizeBytes),
  passDownload: (sizeBytes, signal) => world.link.pass('download', sizeBytes, signal),
  uploadCut: troubles.uploadCut,
  downloadCut: troubles.downloadCut,
  servesRanges: () => world.rules.servesRanges,
  kept: world.vault.all,
  restore: (key, buffer) => world.vault.keep(key, { at: 'memory', buffer, sizeBytes: buffer.byteLength }),
  async open(token, path) {
    await troubles.before(DOWNLOAD, undefined)
    const bot = world.store.botByToken(token)
    const link = bot && world.fileLinks.get(linkKey(bot.id, path))
    const bytes = link && link.expiresAtMs > world.time.nowMs() ? world.vault.find(link.key) : undefined
    if (!bytes || world.rules.local) throw new ApiFailure(404, 'Not Found')
    return bytes
  },
})

export const linkKey = (botId: number, path: string): string => `${botId}/${path}`

/** @returns What was refused, with nothing sent, or undefined when the bytes have gone out. */
export const sendDownload = async (
  files: EmulatorDoor['files'],
  request: DownloadRequest,
  response: ServerResponse,
): Promise<Refusal | undefined> => {
  try {
    const bytes = await files.open(request.token, request.path)
    await sendBytes(files, bytes, request, response)
    return undefined
  } catch (error) {
    if (!(error instanceof ApiFailure)) throw error
    const { errorCode, message: description, parameters } = error
    const body = { ok: false as const, error_code: errorCode, description, ...(parameters && { parameters }) }
    return { status: errorCode, body, html: error instanceof InjectedRefusal && error.html }
  }
}

const sendBytes = async (
  files: EmulatorDoor['files'],
  bytes: Bytes,
  { range, isHead }: DownloadRequest,
  response: ServerResponse,
): Promise<void> => {
  const { sizeBytes } = bytes
  const part = files.servesRanges() ? parseRange(range, sizeBytes) : undefined
  const { from, to } = part ?? { from: 0, to: sizeBytes - 1 }
  response.writeHead(part ? 206 : 200, {
    'content-type': 'application/octet-stream',
    // Somebody else's bytes under the address of this server: no browser is to run them.
    'x-content-type-options': 'nosniff',
    'content-disposition': 'attachment',
    'content-length': to - from + 1,
    ...(part && { 'content-range': `bytes ${from}-${to}/${sizeBytes}` }),
  })
  if (isHead) return void response.end()
  response.flushHeaders()
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  try {
    await pump(files, readBytes(bytes, from, to), response, gone.signal)
  } catch (error) {
    // The client left in the middle.
    if (!gone.signal.aborted) throw error
  }
}

const pump = async (
  files: EmulatorDoor['files'],
  source: AsyncIterable<Buffer>,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> => {
  let leftBytes = files.downloadCut() ?? Number.POSITIVE_INFINITY
  for await (const piece of source) {
    await files.passDownload(piece.byteLength, signal)
    const isCut = piece.byteLength > leftBytes
    const sent = isCut ? piece.subarray(0, leftBytes) : piece
    leftBytes -= sent.byteLength
    // Not before the bytes have left: a test counts on them.
    if (isCut) return void response.write(sent, () => response.destroy())
    if (!response.write(sent)) await once(response, 'drain', { signal })
  }
  response.end()
}

/** One range of bytes, as far as it lies in the file; anything else is answered with the whole. */
const parseRange = (header: string | undefined, sizeBytes: number): { from: number; to: number } | undefined => {
  const match = /^bytes=(\d+)-(\d*)$/.exec(header ?? '')
  if (!match) return undefined
  const from = Number(match[1])
  const to = match[2] === '' ? sizeBytes - 1 : Math.min(Number(match[2]), sizeBytes - 1)
  return from <= to ? { from, to } : undefined
}
