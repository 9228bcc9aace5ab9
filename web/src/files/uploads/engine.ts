import { DetailedError, Upload } from 'tus-js-client'
import { createUpload, getUpload } from '../../../../src/files/uploads/contract.ts'
import { api } from '../../api.ts'
import { fingerprintOf, uploadId } from './kept.ts'

const MIB = 1024 * 1024
// Large enough to cost nothing, small enough for most proxies; one that takes less says 413.
const PART = 32 * MIB
const SMALLEST_PART = MIB
/** Up to this size the bytes go along with the first request. */
const AT_ONCE = 4 * MIB

export interface SendWish {
  readonly file: File
  readonly name: string
  readonly folder: string | null
  readonly team?: string | undefined
  /** Of an upload from before a reload. */
  readonly url?: string | undefined
  readonly onProgress: (sent: number) => void
  readonly onDone: (fileId: string | undefined) => void
  readonly onFailed: (failure: SendFailure) => void
}

export interface SendFailure {
  readonly message: string
  /** Milliseconds after which it can go on by itself. */
  readonly waitMs?: number | undefined
}

export interface Sending {
  /** Stops; what has arrived stays there. */
  readonly stop: () => Promise<void>
  /** Stops, and deletes what has arrived. */
  readonly cancel: () => Promise<void>
}

const sentenceOf = (body: string | undefined): string | undefined => {
  try {
    const answer: unknown = JSON.parse(body ?? '')
    const isSaid = typeof answer === 'object' && answer !== null && 'error' in answer
    return isSaid && typeof answer.error === 'string' ? answer.error : undefined
  } catch {
    return undefined
  }
}

const failureOf = (error: Error | DetailedError): SendFailure => {
  const response = error instanceof DetailedError ? error.originalResponse : null
  const seconds = Number(response?.getHeader('Retry-After') ?? Number.NaN)
  const isWait = response != null && [423, 429, 503].includes(response.getStatus()) && seconds > 0
  return {
    message: sentenceOf(response?.getBody()) ?? error.message,
    ...(isWait ? { waitMs: seconds * 1000 } : {}),
  }
}

/** Refusals stay refusals; a broken connection, a lock and a server in trouble are worth another try. */
const isWorthRetrying = (error: DetailedError): boolean => {
  const response = error.originalResponse
  if (response == null) return navigator.onLine
  if (Number(response.getHeader('Retry-After') ?? 0) > 0) return false
  const status = response.getStatus()
  return status === 409 || status === 423 || (status >= 500 && status !== 507)
}

const fileIdOf = async (url: string | null): Promise<string | undefined> => {
  if (url === null) return undefined
  const headers = { 'tus-resumable': '1.0.0' }
  return (await api.call(getUpload, { params: { id: uploadId(url) }, headers })).file_id ?? undefined
}

/** Sends a file, going on where an earlier upload of it ended. */
export const send = async (wish: SendWish): Promise<Sending> => {
  const { file, name, folder, team } = wish
  let part = PART
  let release = (): void => undefined

  const upload = new Upload(file, {
    endpoint: api.url(createUpload, {}),
    uploadUrl: wish.url ?? null,
    metadata: {
      filename: name,
      filetype: file.type,
      ...(folder === null ? {} : { folder_id: folder }),
      ...(team === undefined ? {} : { team_id: team }),
    },
    chunkSize: part,
    retryDelays: [0, 1_000, 3_000, 6_000, 12_000],
    uploadDataDuringCreation: file.size <= AT_ONCE,
    removeFingerprintOnSuccess: true,
    fingerprint: () => Promise.resolve(fingerprintOf(file, wish)),
    onUploadUrlAvailable: () => {
      release = holdLock(upload.url ?? '')
    },
    onShouldRetry: isWorthRetrying,
    onProgress: wish.onProgress,
    onSuccess: ({ lastResponse }) => {
      release()
      const told = lastResponse.getHeader('X-File-Id')
      if (told !== undefined && told !== null) return wish.onDone(told)
      fileIdOf(upload.url).then(wish.onDone, () => wish.onDone(undefined))
    },
    onError: (error) => {
      const isTooLarge = error instanceof DetailedError && error.originalResponse?.getStatus() === 413
      // One that the server did not say: a proxy in between takes less at once.
      if (isTooLarge && sentenceOf(error.originalResponse?.getBody()) === undefined && part > SMALLEST_PART) {
        part /= 2
        upload.options.chunkSize = part
        upload.options.uploadDataDuringCreation = false
        upload.start()
        return
      }
      release()
      wish.onFailed(failureOf(error))
    },
  })
  if (wish.url === undefined) {
    const [previous] = await upload.findPreviousUploads()
    if (previous !== undefined) upload.resumeFromPreviousUpload(previous)
  }
  upload.start()
  return {
    async stop() {
      await upload.abort()
      release()
    },
    async cancel() {
      await upload.abort(true)
      release()
    },
  }
}

export const lockName = (url: string): string => `latchkey upload ${uploadId(url)}`

/** Tells other tabs that this one is sending. Browsers have it in secure contexts only; elsewhere nobody is told. */
const holdLock = (url: string): (() => void) => {
  if (!('locks' in navigator)) return () => undefined
  const { promise, resolve } = Promise.withResolvers<void>()
  void navigator.locks.request(lockName(url), { ifAvailable: true }, (lock) => (lock === null ? undefined : promise))
  return resolve
}
