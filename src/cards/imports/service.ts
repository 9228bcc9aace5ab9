import { mediaTypeOf, type StoredFile } from '../../files/index.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { parseCursor, toCursor } from '../../platform/http/cursor.ts'
import type { RequestInfo } from '../../platform/http/index.ts'
import { newId } from '../../platform/ids.ts'
import type { JobQueue } from '../../platform/jobs/index.ts'
import { AttachmentErrors } from '../cards/contract.ts'
import { type CardFiles, type FileReleases, FOLDER_NAME } from '../uploads/releases.ts'
import { uploadRepo } from '../uploads/repo.ts'
import type { CardImport } from './contract.ts'
import { ImportErrors } from './errors.ts'
import { type ImportRow, importRepo } from './repo.ts'
import { type ImportRuns, importJob } from './runs.ts'
import { sourceOf } from './source-of.ts'
import { formatOf, type ImportFormat, openImport } from './sources/index.ts'

const DAY_MS = 24 * 60 * 60_000
const KEPT_MS = 7 * DAY_MS
const STALE_MS = 2 * DAY_MS
const MOST_LIVE = 5

export interface CardImportParts {
  readonly database: Database
  readonly clock: Clock
  readonly jobs: Pick<JobQueue, 'enqueue' | 'cancel'>
  readonly files: CardFiles
  readonly releases: FileReleases
  readonly runs: ImportRuns
}

export interface NewImport {
  readonly format?: ImportFormat | undefined
  readonly dryRun: boolean
  readonly fileName?: string | undefined
}

export type CardImports = ReturnType<typeof cardImports>

/**
 * Imports: the file is kept among the files of the account until every entry of it has been looked at by a durable job,
 * or somebody has cancelled it.
 */
export const cardImports = ({ database, clock, jobs, files, releases, runs }: CardImportParts) => {
  const repo = importRepo(database.db)
  const now = (): number => clock.now().getTime()

  const find = async (accountId: string, id: string): Promise<ImportRow> => {
    const row = await repo.find(accountId, id)
    if (row === undefined) throw new AppError(ImportErrors.NOT_FOUND)
    return row
  }

  /** As an upload that has become nothing yet: whatever happens to us, it is given up after a day. */
  const receive = async (accountId: string, name: string, { headers, raw, signal }: RequestInfo) => {
    const room = await files.uploads.room(accountId)
    const length = headers['content-length']
    if (length !== undefined && Number(length) > room) throw new AppError(AttachmentErrors.FILE_TOO_LARGE)
    const folder = await files.folders.ensure({ accountId }, FOLDER_NAME)
    const uploadId = newId('upload')
    const mediaType = mediaTypeOf(headers['content-type'] ?? '', name)
    const after = async (tx: Db, file: StoredFile): Promise<void> => {
      const upload = { id: uploadId, account_id: accountId, file_name: name, mime_type: mediaType }
      await uploadRepo(tx).insert({ ...upload, size_bytes: file.size_bytes }, now())
      await uploadRepo(tx).setFile(uploadId, file.id, file.sha256.toString('hex'))
    }
    const options = { maxBytes: room, ownsBuffers: true, signal, after }
    const { file } = await files.uploads
      .store(accountId, options, async (take) => {
        await take(raw)
        return { name, mediaType, folderId: folder.id, onConflict: 'rename' as const }
      })
      .catch((error: unknown) => {
        const isOver = error instanceof AppError && error.status === 413
        throw isOver ? new AppError(AttachmentErrors.FILE_TOO_LARGE, { cause: error }) : error
      })
    return { uploadId, file }
  }

  const giveUp = async (accountId: string, uploadId: string, fileId: string): Promise<void> => {
    await database.transaction(async (tx) => {
      if (await uploadRepo(tx).delete(uploadId)) await uploadRepo(tx).release(accountId, fileId)
    })
    releases.soon()
  }

  const start = (row: ImportRow, uploadId: string): Promise<void> =>
    database.transaction(async (tx) => {
      if ((await importRepo(tx).countLive(row.account_id)) >= MOST_LIVE)
        throw new AppError(ImportErrors.TOO_MANY_IMPORTS)
      if ((await uploadRepo(tx).take(row.account_id, uploadId, row.file_id)) === undefined)
        throw new Error('The file of an import was given up while it was looked at.')
      await importRepo(tx).insert(row)
      await jobs.enqueue(tx, importJob, { importId: row.id }, { key: row.id })
    })

  return {
    /**
     * Takes the file, and sees what it is.
     *
     * @throws {AppError} UNREADABLE_IMPORT, TOO_MANY_IMPORTS, FILE_TOO_LARGE, and what an upload of files throws
     */
    async create(accountId: string, wish: NewImport, request: RequestInfo): Promise<CardImport> {
      if ((await repo.countLive(accountId)) >= MOST_LIVE) throw new AppError(ImportErrors.TOO_MANY_IMPORTS)
      const { fileName = 'cards import' } = wish
      const { uploadId, file } = await receive(accountId, fileName, request)
      try {
        const source = sourceOf(files.content, file, request.signal)
        const format = await formatOf(source, wish.format)
        await openImport(source, format)
        const row = newRow({ accountId, format, isDryRun: wish.dryRun, fileName }, file, now())
        await start(row, uploadId)
        return toImport(row)
      } catch (error) {
        await giveUp(accountId, uploadId, file.id)
        throw error
      }
    },

    /** @throws {AppError} NOT_FOUND */
    async get(accountId: string, id: string) {
      const row = await find(accountId, id)
      return { ...toImport(row), problems: await repo.problems(id) }
    },

    /** @throws {AppError} INVALID_INPUT for a cursor that does not continue this list */
    async list(accountId: string, limit: number, cursor = '') {
      const list = [accountId, 'imports']
      const after = cursor === '' ? undefined : parseCursor(cursor, list)
      const found = await repo.list(accountId, after, limit + 1)
      const last = found.length > limit ? found[limit - 1] : undefined
      const nextCursor = last === undefined ? null : toCursor({ createdAt: last.created_at, id: last.id }, list)
      return { items: found.slice(0, limit).map(toImport), nextCursor }
    },

    /** At once where it runs in this process, and else behind its next few entries. @throws {AppError} NOT_FOUND */
    async cancel(accountId: string, id: string): Promise<CardImport> {
      const { file_id } = await find(accountId, id)
      await database.transaction(async (tx) => {
        await jobs.cancel(tx, importJob, id)
        if (await importRepo(tx).update(id, { state: 'cancelled', updated_at: now() }))
          await uploadRepo(tx).release(accountId, file_id)
      })
      runs.stop(id)
      releases.soon()
      return toImport(await find(accountId, id))
    },

    /** Ends imports whose job died with its process, and forgets those that have been over for a week. */
    async sweep(): Promise<void> {
      const { code, message } = ImportErrors.IMPORT_FAILED
      await database.transaction(async (tx) => {
        const failure = { error_code: code, error: message, updated_at: now() }
        const stale = await importRepo(tx).failStale(now() - STALE_MS, failure)
        for (const { account_id, file_id } of stale) await uploadRepo(tx).release(account_id, file_id)
      })
      await repo.forgetBefore(now() - KEPT_MS)
    },
  }
}

interface Wanted {
  readonly accountId: string
  readonly format: ImportFormat
  readonly isDryRun: boolean
  readonly fileName: string
}

const newRow = ({ accountId, format, isDryRun, fileName }: Wanted, file: StoredFile, at: number): ImportRow => ({
  id: newId('cimport'),
  account_id: accountId,
  format,
  is_dry_run: isDryRun ? 1 : 0,
  file_id: file.id,
  file_name: fileName,
  size_bytes: file.size_bytes,
  state: 'queued',
  total: null,
  processed: 0,
  created: 0,
  duplicates: 0,
  invalid: 0,
  error_code: null,
  error: null,
  created_at: at,
  updated_at: at,
})

const toImport = (row: ImportRow): CardImport => ({
  id: row.id,
  state: row.state,
  format: row.format,
  dryRun: row.is_dry_run === 1,
  fileName: row.file_name,
  fileSize: row.size_bytes,
  total: row.total,
  processed: row.processed,
  created: row.created,
  duplicates: row.duplicates,
  invalid: row.invalid,
  error: row.error_code === null ? null : { code: row.error_code, message: row.error ?? '' },
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})
