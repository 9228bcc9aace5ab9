import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { parseCursor, toCursor } from '../cursors.ts'
import { type Place, type PlaceName, placeResolver } from '../places.ts'
import { shareRepo } from '../shares/repo.ts'
import { type Actor, type Need, type Space, spaceIdOf, spaceResolver } from '../spaces.ts'
import type { Counters } from '../stats/counters.ts'
import { sharersOf } from '../trash/purge.ts'
import { type File, FileErrors, type FilesQuery } from './contract.ts'
import { type FileFilter, type FileOrder, fileLists, type Matches } from './lists.ts'
import { nameKey } from './names.ts'
import { toFile } from './present.ts'
import { fileRepo, type StoredFile } from './repo.ts'
import { totals } from './totals.ts'

// Skipping rows costs as much as reading them: a far page must not hold up everybody else.
const FAR_OFFSET = 1000

// With fewer, the first files of a list are hardly among those that a search finds.
const MANY = 1000

export interface FileServiceParts {
  readonly database: Database
  readonly counters: Counters
  readonly clock: Clock
  readonly publicUrl: () => string
}

export interface FilesPage {
  readonly files: File[]
  readonly pagination: {
    total: number
    total_is_estimate?: true
    limit: number
    offset: number
    next_cursor?: string | null
  }
}

export type FileService = ReturnType<typeof fileService>

export const fileService = ({ database, counters, clock, publicUrl }: FileServiceParts) => {
  const files = fileRepo(database.db)
  const lists = fileLists(database)
  const countMatches = totals(counters, lists)
  const shares = shareRepo(database.db)
  const places = placeResolver(database.db)

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

  const spaceOf = async (actor: Actor, file: StoredFile, needed: Need): Promise<Space> => {
    const space = await spaceResolver(database.db).around(actor, file, needed)
    if (space === undefined) throw new AppError(FileErrors.FILE_NOT_FOUND)
    return space
  }

  const matches = async (space: Space, filter: FileFilter, isExact: boolean): Promise<Partial<Matches>> => {
    // Of a team nothing is counted beforehand.
    if (space.teamId !== null) return countMatches(space, filter, undefined)
    const { files: all, team_files } = await counters.row(space.accountId)
    const inPlace = all - team_files
    return isPlain(filter) ? { total: inPlace } : countMatches(space, filter, isExact ? undefined : inPlace)
  }

  return {
    /** The row itself, of the account or of one of its teams, for who serves its content. @throws {AppError} FILE_NOT_FOUND */
    find,

    /** The same, with the place it lies in. @throws {AppError} FILE_NOT_FOUND, ROLE_TOO_SMALL */
    async get(actor: Actor, id: string, needed: Need): Promise<{ file: StoredFile; space: Space }> {
      const file = await find(actor.accountId, id)
      return { file, space: await spaceOf(actor, file, needed) }
    },

    /** As callers see it. */
    async present(accountId: string, file: StoredFile): Promise<File> {
      const [shown] = await present(accountId, [file])
      if (shown === undefined) throw new Error('A file was lost between two lines.')
      return shown
    },

    /** @throws {AppError} FOLDER_NOT_FOUND, TEAM_NOT_FOUND; INVALID_INPUT for a cursor that does not continue this list */
    async list(actor: Actor, query: FilesQuery): Promise<FilesPage> {
      const { limit, offset, cursor } = query
      const place = await places.of(actor, toPlaceName(query), 'read')
      const [filter, order] = [toFilter(query, place), toOrder(query)]
      const list = [spaceIdOf(place.space), filter, order]
      const type = order.sort === 'file_name' ? 'string' : 'number'
      const after = cursor === undefined || cursor === '' ? undefined : parseCursor(cursor, list, type)
      const isExact = query.total === 'exact'
      const { total = 0, isNarrow, isEstimate = false } = await matches(place.space, filter, isExact)
      const isFar = offset > FAR_OFFSET ? false : undefined
      // One more tells whether there is another page.
      const page = { ...order, after, offset, limit: limit + 1 }
      const near = isNarrow && total < MANY ? undefined : await lists.nearPage(place.space, filter, page)
      const rows = near ?? (await lists.page(place.space, filter, page, isNarrow ?? isFar))
      const pagination = { total, ...(isEstimate ? { total_is_estimate: true as const } : {}), limit, offset }
      const shown = await present(actor.accountId, rows.slice(0, limit))
      if (cursor === undefined) return { files: shown, pagination }
      const last = rows.length > limit ? rows[limit - 1] : undefined
      const next_cursor = last === undefined ? null : toCursor({ value: last.sort_value, id: last.id }, list)
      return { files: shown, pagination: { ...pagination, next_cursor } }
    },

    /**
     * Disables every share link of a file, whoever made it; the file stays.
     *
     * @returns How many there were.
     * @throws {AppError} FILE_NOT_FOUND, ROLE_TOO_SMALL
     */
    async deactivateShares(actor: Actor, id: string): Promise<number> {
      // Also in the trash: the links lead nowhere from there, but would again after it came back.
      const file = await files.findAnywhere(actor.accountId, id)
      if (file === undefined) throw new AppError(FileErrors.FILE_NOT_FOUND)
      return counters.changeIn(await spaceOf(actor, file, 'delete'), async (tx, lock) => {
        const sharers = await sharersOf(tx, [id], [])
        await lock(sharers)
        const ended = new Map<string, number>()
        for (const accountId of sharers)
          ended.set(accountId, await shareRepo(tx).disableAll(accountId, id, clock.now().getTime()))
        const add = new Map([...ended].map(([accountId, links]) => [accountId, { shareLinks: -links }]))
        return { result: [...ended.values()].reduce((sum, links) => sum + links, 0), add }
      })
    },
  }
}

const toPlaceName = ({ team_id, folder_id }: FilesQuery): PlaceName => ({ teamId: team_id, folderId: folder_id })

const toFilter = (query: FilesQuery, { folderId }: Place): FileFilter => ({
  term: query.search === undefined || query.search === '' ? undefined : nameKey(query.search),
  folderId: query.folder_id === undefined ? undefined : folderId,
  type: query.file_type,
  mimeType: query.mime_type === '' ? undefined : query.mime_type?.toLowerCase(),
  createdAfter: query.created_after,
  createdBefore: query.created_before,
  isTrashed: query.trashed === 'true',
})

const toOrder = ({ sort, order }: FilesQuery): FileOrder => ({
  sort,
  direction: order ?? (sort === 'file_name' ? 'asc' : 'desc'),
})

/** Whether it takes every file. */
const isPlain = ({ isTrashed, ...conditions }: FileFilter): boolean =>
  !isTrashed && Object.values(conditions).every((condition) => condition === undefined)
