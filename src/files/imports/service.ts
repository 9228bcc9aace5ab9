import { z } from 'zod'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { parseCursor, toCursor } from '../../platform/http/cursor.ts'
import type { Fetched, Fetcher } from '../../platform/http-client/index.ts'
import { FetchErrors } from '../../platform/http-client/index.ts'
import { newId } from '../../platform/ids.ts'
import { defineJob, type JobQueue, type JobRun } from '../../platform/jobs/index.ts'
import type { Log } from '../../platform/log/index.ts'
import { ChunkErrors } from '../chunks/chunk.ts'
import { parseFileName } from '../files/names.ts'
import { toMoment } from '../files/present.ts'
import type { Uploads } from '../files/uploads.ts'
import { UploadErrors } from '../uploads/contract.ts'
import type { UploadRow } from '../uploads/repo.ts'
import type { ResumableUploads } from '../uploads/service.ts'
import { type RemoteFile, toRemoteFile } from './answer.ts'
import { type Import, ImportErrors } from './contract.ts'
import { type ImportRow, importRepo } from './repo.ts'

const DAY_MS = 24 * 60 * 60_000
const KEPT_MS = 7 * DAY_MS
const MOST_LIVE = 100
const LONGEST_MS = 12 * 60 * 60_000

export const importJob = defineJob({
  name: 'files.import',
  payload: z.object({ importId: z.string() }),
  attempts: 8,
  timeoutMs: LONGEST_MS,
  backoff: { baseMs: 2_000, maxMs: 10 * 60_000 },
  concurrency: 2,
})

export interface ImportsOptions {
  readonly database: Database
  readonly fetcher: Fetcher
  readonly resumable: ResumableUploads
  readonly uploads: Pick<Uploads, 'assertWanted'>
  readonly jobs: Pick<JobQueue, 'enqueue' | 'cancel' | 'handle'>
  readonly clock: Clock
  readonly log: Log
}

export interface ImportRequest {
  readonly url: string
  readonly file_name?: string | undefined
  readonly folder_id?: string | null | undefined
  readonly team_id?: string | null | undefined
}

export type Imports = ReturnType<typeof importService>

/**
 * Files that the server fetches by itself. Each is a durable job, and its bytes go into a resumable upload: what breaks,
 * here or there, goes on where it broke if the other server has ranges and a strong ETag, and else starts again.
 */
export const importService = (options: ImportsOptions) => {
  const { database, fetcher, resumable, uploads, jobs, clock, log } = options
  const repo = importRepo(database.db)
  const now = (): number => clock.now().getTime()
  const running = new Map<string, AbortController>()

  const draftOf = (row: Pick<ImportRow, 'folder_id' | 'team_id'>, name: string, mediaType: string) => ({
    name,
    mediaType,
    folderId: row.folder_id ?? undefined,
    teamId: row.team_id ?? undefined,
    onConflict: 'rename' as const,
  })

  const find = async (accountId: string, id: string) => {
    const row = await repo.find(accountId, id)
    if (row === undefined) throw new AppError(ImportErrors.IMPORT_NOT_FOUND)
    return row
  }

  const dropUpload = async ({ account_id, upload_id }: ImportRow): Promise<void> => {
    if (upload_id === null) return
    await resumable.remove(account_id, upload_id).catch((error: unknown) => {
      if (!(error instanceof AppError))
        log.warn({ err: error, uploadId: upload_id }, 'bytes of an import are left to expire')
    })
  }

  const fail = async (row: ImportRow, error: AppError): Promise<void> => {
    await repo.update(row.id, { state: 'failed', error_code: error.code, error: error.message, updated_at: now() })
    await dropUpload((await repo.get(row.id)) ?? row)
  }

  const newUpload = async (row: ImportRow, remote: RemoteFile): Promise<UploadRow> => {
    const name = row.file_name ?? remote.name
    const draft = draftOf(row, name, remote.mediaType)
    const upload = await resumable.create(row.account_id, { kind: 'import', ...draft, sizeBytes: remote.sizeBytes })
    const known = { upload_id: upload.id, file_name: name, total_bytes: remote.sizeBytes ?? null }
    if (await repo.update(row.id, { ...known, validator: remote.validator, updated_at: now() })) return upload
    await resumable.remove(row.account_id, upload.id)
    throw new Cancelled()
  }

  const uploadOf = async (row: ImportRow): Promise<UploadRow | undefined> => {
    if (row.upload_id === null) return undefined
    try {
      return await resumable.look(row.account_id, row.upload_id)
    } catch (error) {
      const gone = [UploadErrors.UPLOAD_NOT_FOUND.code, UploadErrors.UPLOAD_EXPIRED.code]
      if (error instanceof AppError && gone.includes(error.code)) return undefined
      throw error
    }
  }

  const ask = async (row: ImportRow, upload: UploadRow | undefined, signal: AbortSignal): Promise<Fetched> => {
    const goesOn = upload !== undefined && upload.offset_bytes > 0 && row.validator !== null
    const headers: Record<string, string> = goesOn
      ? { range: `bytes=${upload.offset_bytes}-`, 'if-range': row.validator ?? '' }
      : {}
    // How many bytes there may be is the upload's business.
    const fetched = await fetcher.fetch(row.url, { headers, maxBytes: Infinity, signal, totalMs: LONGEST_MS })
    if (fetched.status === 200 || (fetched.status === 206 && goesOn)) return fetched
    fetched.body.destroy()
    // It has become shorter than what we have of it.
    if (fetched.status === 416 && upload !== undefined) await resumable.restart(row.account_id, upload.id)
    throw new AppError(ImportErrors.IMPORT_STATUS, {
      message: `The other server answered with status ${fetched.status}.`,
      details: { status: fetched.status },
    })
  }

  /** An upload into which the answer fits: the old one from where it is, or a new one. */
  const fit = async (row: ImportRow, known: UploadRow | undefined, remote: RemoteFile): Promise<UploadRow> => {
    const sameSize = known?.size_bytes === null || known?.size_bytes === remote.sizeBytes
    if (known !== undefined && known.offset_bytes === remote.from && sameSize) return known
    if (remote.from !== 0) throw new AppError(ImportErrors.IMPORT_CHANGED)
    if (known !== undefined) await resumable.remove(row.account_id, known.id)
    return newUpload(row, remote)
  }

  const receive = async (row: ImportRow, signal: AbortSignal): Promise<UploadRow> => {
    const known = await uploadOf(row)
    if (known?.state === 'done') return known
    const fetched = await ask(row, known, signal)
    try {
      const remote = toRemoteFile(fetched)
      const upload = await fit(row, known, remote)
      const [account, offset] = [row.account_id, upload.offset_bytes]
      const piece = { source: fetched.body, signal, sizeBytes: undefined, declaredBytes: remote.bodyBytes }
      const after = await resumable.append(account, upload.id, { ...piece, offset })
      if (after.state === 'done') return after
      if (after.size_bytes !== null) throw new AppError(ChunkErrors.UPLOAD_TRUNCATED)
      // It ended without having said how long it is.
      const end = { ...piece, offset: after.offset_bytes, declaredBytes: 0, sizeBytes: after.offset_bytes }
      return await resumable.append(account, upload.id, end)
    } finally {
      fetched.body.destroy()
    }
  }

  const work = async (row: ImportRow, signal: AbortSignal): Promise<void> => {
    if (!(await repo.update(row.id, { state: 'running', updated_at: now() }))) return
    const upload = await receive(row, signal)
    const done = { state: 'done' as const, file_id: upload.file_id, received_bytes: upload.offset_bytes }
    await repo.update(row.id, {
      ...done,
      total_bytes: upload.offset_bytes,
      error_code: null,
      error: null,
      updated_at: now(),
    })
  }

  const handle = async ({ importId }: { importId: string }, run: JobRun): Promise<void> => {
    const row = await repo.get(importId)
    if (row === undefined) return
    const cancelled = new AbortController()
    running.set(importId, cancelled)
    try {
      await work(row, AbortSignal.any([run.signal, cancelled.signal]))
    } catch (error) {
      if (cancelled.signal.aborted || error instanceof Cancelled) return
      if (run.signal.aborted) throw error
      const isLast = run.attempt >= importJob.attempts
      if (error instanceof AppError && (isLast || isFinal(error))) return await fail(row, error)
      if (isLast) await fail(row, new AppError(ImportErrors.IMPORT_FAILED))
      else await repo.update(importId, { updated_at: now() })
      throw error
    } finally {
      running.delete(importId)
    }
  }
  jobs.handle(importJob, handle)

  return {
    /** @throws {AppError} FETCH_URL, FETCH_REFUSED, FOLDER_NOT_FOUND, TOO_MANY_IMPORTS, INVALID_INPUT for the name */
    async create(accountId: string, { url, file_name, folder_id, team_id }: ImportRequest): Promise<Import> {
      const address = fetcher.assertUrl(url)
      const name = file_name === undefined ? null : parseFileName(file_name)
      const place = { folder_id: folder_id ?? null, team_id: team_id ?? null }
      await uploads.assertWanted(accountId, draftOf(place, name ?? 'download', ''))
      const none = { upload_id: null, validator: null, received_bytes: 0, total_bytes: null, file_id: null }
      const at = now()
      const row: ImportRow = {
        id: newId('import'),
        account_id: accountId,
        url: address.href,
        state: 'queued',
        file_name: name,
        ...place,
        ...none,
        error_code: null,
        error: null,
        created_at: at,
        updated_at: at,
      }
      await database.transaction(async (tx) => {
        if ((await importRepo(tx).countLive(accountId)) >= MOST_LIVE) throw new AppError(ImportErrors.TOO_MANY_IMPORTS)
        await importRepo(tx).insert(row)
        await jobs.enqueue(tx, importJob, { importId: row.id }, { key: row.id })
      })
      return toImport(row)
    },

    /** @throws {AppError} IMPORT_NOT_FOUND */
    get: async (accountId: string, id: string): Promise<Import> => toImport(await find(accountId, id)),

    /** @throws {AppError} INVALID_INPUT for a cursor that does not continue this list */
    async list(accountId: string, limit: number, cursor: string | undefined) {
      const list = [accountId, 'imports']
      const after = cursor === undefined || cursor === '' ? undefined : parseCursor(cursor, list)
      const found = await repo.list(accountId, after, limit + 1)
      const page = found.slice(0, limit)
      const last = found.length > limit ? page.at(-1) : undefined
      const next_cursor = last === undefined ? null : toCursor({ createdAt: last.created_at, id: last.id }, list)
      return { imports: page.map(toImport), next_cursor }
    },

    /** Stops an import, at once where it runs in this process. @throws {AppError} IMPORT_NOT_FOUND */
    async cancel(accountId: string, id: string): Promise<Import> {
      await find(accountId, id)
      const isNew = await database.transaction(async (tx) => {
        await jobs.cancel(tx, importJob, id)
        return importRepo(tx).update(id, { state: 'cancelled', updated_at: now() })
      })
      if (isNew) {
        running.get(id)?.abort(new Cancelled())
        const row = await repo.get(id)
        if (row !== undefined) await dropUpload(row)
      }
      return toImport(await find(accountId, id))
    },

    /** Ends imports whose job died with its process, and forgets those that have been over for a week. */
    async sweep(): Promise<void> {
      const { code, message } = ImportErrors.IMPORT_FAILED
      await repo.failStale(now() - 2 * DAY_MS, { error_code: code, error: message, updated_at: now() })
      await repo.forgetBefore(now() - KEPT_MS)
    },
  }
}

/** The import is not wanted any more: no failure. */
class Cancelled extends Error {}

// What may be different in a moment: https://www.rfc-editor.org/rfc/rfc9110#section-15
const PASSING_STATUSES = new Set([408, 416, 425, 429, 500, 502, 503, 504])
const PASSING = new Set<string>([
  FetchErrors.FETCH_UNREACHABLE.code,
  FetchErrors.FETCH_TIMEOUT.code,
  ImportErrors.IMPORT_CHANGED.code,
  ChunkErrors.UPLOAD_TRUNCATED.code,
  ChunkErrors.UPLOAD_ABORTED.code,
  UploadErrors.UPLOAD_LOCKED.code,
  UploadErrors.UPLOAD_OFFSET.code,
  UploadErrors.UPLOAD_NOT_FOUND.code,
])

/** Whether trying again is in vain. */
const isFinal = ({ code, status, details }: AppError): boolean => {
  if (code === ImportErrors.IMPORT_STATUS.code) {
    const said = typeof details === 'object' && details !== null && 'status' in details ? Number(details.status) : 0
    return !PASSING_STATUSES.has(said)
  }
  return !PASSING.has(code) && (status < 500 || code === FetchErrors.FETCH_REDIRECTS.code)
}

const toImport = (row: ImportRow & { offset_bytes?: number | null }): Import => ({
  id: row.id,
  state: row.state,
  url: row.url,
  file_name: row.file_name,
  bytes: row.state === 'done' ? row.received_bytes : (row.offset_bytes ?? 0),
  total: row.total_bytes,
  file_id: row.file_id,
  error: row.error_code === null ? null : { code: row.error_code.toLowerCase(), message: row.error ?? '' },
  created_at: toMoment(row.created_at),
  updated_at: toMoment(row.updated_at),
})
