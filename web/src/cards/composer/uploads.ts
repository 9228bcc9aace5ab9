import { createCard } from '../../../../src/cards/cards/contract.ts'
import { createUpload } from '../../../../src/cards/uploads/contract.ts'
import { api, messageOf } from '../../api.ts'
import { ownAddress } from '../card.ts'
import { showNew } from '../changes.ts'

/** A file on its way to become a card. */
export interface CardUpload {
  readonly id: string
  readonly file: File
  /** 0 to 1. */
  readonly progress: number
  /** Why it failed, in the server's words. */
  readonly error?: string
}

const AT_ONCE = 2
const GENERIC = 'application/octet-stream'

let uploads: readonly CardUpload[] = []
const waiting: string[] = []
let running = 0
const aborts = new Map<string, AbortController>()
const listeners = new Set<() => void>()

export const subscribeUploads = (listener: () => void): (() => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
export const cardUploads = (): readonly CardUpload[] => uploads

const set = (next: readonly CardUpload[]): void => {
  uploads = next
  for (const listener of listeners) listener()
}
const patch = (id: string, change: Partial<CardUpload>): void =>
  set(uploads.map((upload) => (upload.id === id ? { ...upload, ...change } : upload)))

/** Makes a card of each file. They go on when the page is left for another of this program. */
export const uploadAsCards = (files: readonly File[]): void => {
  const added = files.map((file) => ({ id: crypto.randomUUID(), file, progress: 0 }))
  set([...uploads, ...added])
  waiting.push(...added.map(({ id }) => id))
  next()
}

export const retryUpload = (id: string): void => {
  set(
    uploads.map(({ error: _why, ...upload }) =>
      upload.id === id ? { ...upload, progress: 0 } : { ...upload, ...(_why === undefined ? {} : { error: _why }) },
    ),
  )
  waiting.push(id)
  next()
}

export const cancelUpload = (id: string): void => {
  aborts.get(id)?.abort()
  set(uploads.filter((upload) => upload.id !== id))
}

const next = (): void => {
  while (running < AT_ONCE) {
    const id = waiting.shift()
    if (id === undefined) return
    const upload = uploads.find((one) => one.id === id)
    if (upload === undefined) continue
    running += 1
    void send(upload).finally(() => {
      running -= 1
      next()
    })
  }
}

/** Announces the file, sends its bytes, and makes the card. */
const send = async ({ id, file }: CardUpload): Promise<void> => {
  const abort = new AbortController()
  aborts.set(id, abort)
  const mimeType = file.type || GENERIC
  const named = { fileName: file.name || `pasted.${mimeType.split('/')[1] ?? 'bin'}`, mimeType }
  try {
    const announced = await api.call(createUpload, { body: { ...named, fileSize: file.size }, signal: abort.signal })
    const fileEtag = await put(ownAddress(announced.uploadUrl), file, {
      ...{ mimeType, signal: abort.signal },
      onProgress: (progress) => patch(id, { progress }),
    })
    const body = {
      ...named,
      fileSize: file.size,
      fileKey: announced.fileKey,
      ...(fileEtag === null ? {} : { fileEtag }),
    }
    const { cardId } = await api.call(createCard, { body, headers: { 'idempotency-key': id } })
    set(uploads.filter((upload) => upload.id !== id))
    await showNew(cardId)
  } catch (error) {
    if (!abort.signal.aborted) patch(id, { error: messageOf(error) })
  } finally {
    aborts.delete(id)
  }
}

// fetch does not say how far it is.
const put = (
  address: string,
  file: File,
  wish: { readonly mimeType: string; readonly signal: AbortSignal; readonly onProgress: (part: number) => void },
): Promise<string | null> =>
  new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('PUT', address)
    request.setRequestHeader('content-type', wish.mimeType)
    request.upload.onprogress = ({ loaded, total }) => wish.onProgress(total === 0 ? 1 : loaded / total)
    request.onload = () =>
      request.status === 200 ? resolve(request.getResponseHeader('etag')) : reject(new Error(sentenceOf(request)))
    request.onerror = () => reject(new Error('The server could not be reached.'))
    request.onabort = () => reject(new DOMException('Aborted', 'AbortError'))
    wish.signal.addEventListener('abort', () => request.abort())
    request.send(file)
  })

const sentenceOf = ({ responseText, status }: XMLHttpRequest): string => {
  try {
    const body: unknown = JSON.parse(responseText)
    const error: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, 'error') : undefined
    if (typeof error === 'string') return error
  } catch {
    // Of a proxy in between, then.
  }
  return `HTTP ${status}`
}
