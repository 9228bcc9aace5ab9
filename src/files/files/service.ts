import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { parseCursor, toCursor } from '../../platform/http/cursor.ts'
import { shareRepo } from '../shares/repo.ts'
import type { Counters } from '../stats/counters.ts'
import { type File, FileErrors, type FilesQuery } from './contract.ts'
import { nameKey } from './names.ts'
import { toFile } from './present.ts'
import { fileRepo, type StoredFile } from './repo.ts'

// Skipping rows costs as much as reading them: a far page must not hold up everybody else.
const FAR_OFFSET = 1000

export interface FileServiceParts {
  readonly database: Database
  readonly counters: Counters
  readonly clock: Clock
  readonly publicUrl: () => string
}

export interface FilesPage {
  readonly files: File[]
  readonly pagination: { total: number; limit: number; offset: number; next_cursor?: string | null }
}

export type FileService = ReturnType<typeof fileService>

export const fileService = ({ database, counters, clock, publicUrl }: FileServiceParts) => {
  const files = fileRepo(database.db)
  const searches = fileRepo(database.reader)
  const shares = shareRepo(database.db)

  const present = async (accountId: string, stored: readonly StoredFile[]): Promise<File[]> => {
    const ids = stored.map(({ id }) => id)
    const links = await shares.newestOf(accountId, ids, clock.now().getTime())
    return stored.map((file) => toFile(file, links.get(file.id), publicUrl()))
  }

  const find = async (accountId: string, id: string): Promise<StoredFile> => {
    const file = await files.find(accountId, id)
    if (file === undefined) throw new AppError(FileErrors.FILE_NOT_FOUND)
    return file
  }

  return {
    /** The row itself, for who serves its content. @throws {AppError} FILE_NOT_FOUND */
    find,

    /** As callers see it. */
    async present(accountId: string, file: StoredFile): Promise<File> {
      const [shown] = await present(accountId, [file])
      if (shown === undefined) throw new Error('A file was lost between two lines.')
      return shown
    },

    /** @throws {AppError} INVALID_INPUT for a cursor that does not continue this list */
    async list(accountId: string, { limit, offset, search: text = '', cursor }: FilesQuery): Promise<FilesPage> {
      const search = text === '' ? undefined : text
      const list = [accountId, search === undefined ? '' : nameKey(search)]
      const after = cursor === undefined || cursor === '' ? undefined : parseCursor(cursor, list)
      const reading = search !== undefined || offset > FAR_OFFSET ? searches : files
      const total =
        search === undefined ? (await counters.row(accountId)).files : await reading.count(accountId, search)
      // One more tells whether there is another page.
      const found = await reading.list(accountId, { search, after, offset, limit: limit + 1 })
      const page = found.slice(0, limit)
      const pagination = { total, limit, offset }
      const shown = await present(accountId, page)
      if (cursor === undefined) return { files: shown, pagination }
      const last = found.length > limit ? page.at(-1) : undefined
      const next_cursor = last === undefined ? null : toCursor({ createdAt: last.created_at, id: last.id }, list)
      return { files: shown, pagination: { ...pagination, next_cursor } }
    },

    /**
     * Disables every share link of a file; the file stays.
     *
     * @returns How many there were.
     * @throws {AppError} FILE_NOT_FOUND
     */
    deactivateShares: (accountId: string, id: string): Promise<number> =>
      counters.change(accountId, async (tx) => {
        const file = await fileRepo(tx).find(accountId, id)
        if (file === undefined) throw new AppError(FileErrors.FILE_NOT_FOUND)
        const disabled = await shareRepo(tx).disableAll(accountId, id, clock.now().getTime())
        return { result: disabled, add: { shareLinks: -disabled } }
      }),
  }
}
