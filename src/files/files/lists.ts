import { type Expression, type SqlBool, sql } from 'kysely'
import type { Database } from '../../platform/db/index.ts'
import type { Position } from '../cursors.ts'
import { type Space, spaceIdOf } from '../spaces.ts'
import type { FileSort, FileType } from './contract.ts'
import { postgresNameSearch } from './name-search.postgres.ts'
import { sqliteNameSearch } from './name-search.sqlite.ts'
import { INDEXED_LENGTH } from './name-search.ts'
import { FILE_COLUMNS, type StoredFile } from './repo.ts'

/** Which files of a place. What is undefined does not matter. */
export interface FileFilter {
  /** A name key, not empty. */
  readonly term: string | undefined
  /** Null for the top, undefined for anywhere. */
  readonly folderId: string | null | undefined
  readonly type: FileType | undefined
  /** Whole, or its first part with the slash. */
  readonly mimeType: string | undefined
  readonly createdAfter: number | undefined
  readonly createdBefore: number | undefined
  readonly isTrashed: boolean
}

export interface FileOrder {
  readonly sort: FileSort
  readonly direction: 'asc' | 'desc'
}

export interface FilePage extends FileOrder {
  readonly after: Position | undefined
  readonly offset: number
  readonly limit: number
}

/** A file in a list, with what the list is sorted by. */
export interface ListedFile extends StoredFile {
  readonly sort_value: string | number
}

/** What a search came to, and by which way. */
export interface Matches {
  readonly total: number
  /** Whether the pages are found through the index of names too. */
  readonly isNarrow: boolean
}

const SORT_COLUMNS = {
  created_at: 'files.created_at',
  updated_at: 'files.updated_at',
  file_name: 'files.name_key',
  file_size: 'files.size_bytes',
} as const satisfies Record<FileSort, string>

export type FileLists = ReturnType<typeof fileLists>

/** Lists of files. A million of them is no reason to wait: each way through them has an index. */
export const fileLists = ({ dialect, db, reader }: Database) => {
  const search = dialect === 'sqlite' ? sqliteNameSearch : postgresNameSearch

  const conditions = (filter: FileFilter): Expression<SqlBool>[] => {
    const { term, folderId, type, mimeType, createdAfter, createdBefore, isTrashed } = filter
    const all: Expression<SqlBool>[] = [sql`files.trashed_at is ${sql.raw(isTrashed ? 'not null' : 'null')}`]
    if (folderId !== undefined) all.push(sql`files.folder_key = ${folderId ?? ''}`)
    if (type !== undefined) all.push(sql`files.type = ${type}`)
    if (mimeType !== undefined) all.push(hasMimeType(mimeType))
    if (createdAfter !== undefined) all.push(sql`files.created_at >= ${createdAfter}`)
    if (createdBefore !== undefined) all.push(sql`files.created_at < ${createdBefore}`)
    if (term !== undefined) all.push(search.contains(term))
    return all
  }

  const matching = (source: typeof db, space: Space, filter: FileFilter, isNarrow: boolean) => {
    const spaceId = spaceIdOf(space)
    const place = isNarrow ? search.inSpace(spaceId) : sql<SqlBool>`files.space_id = ${spaceId}`
    const narrow = isNarrow && filter.term !== undefined ? [search.among(spaceId, filter.term)] : []
    return source.selectFrom('files').where((eb) => eb.and([place, ...narrow, ...conditions(filter)]))
  }

  const isSelective = async (space: Space, { term, isTrashed }: FileFilter): Promise<boolean> =>
    !isTrashed &&
    term !== undefined &&
    [...term].length >= INDEXED_LENGTH &&
    (await search.isSelective(reader, spaceIdOf(space), term))

  return {
    async count(space: Space, filter: FileFilter): Promise<Matches> {
      const isNarrow = await isSelective(space, filter)
      const { total } = await matching(reader, space, filter, isNarrow)
        .select((eb) => eb.fn.countAll<number>().as('total'))
        .executeTakeFirstOrThrow()
      return { total, isNarrow }
    },

    /** @param isNarrow From `count`; undefined for a list so plain that the database answers at once. */
    page(space: Space, filter: FileFilter, page: FilePage, isNarrow?: boolean): Promise<ListedFile[]> {
      const { sort, direction, after, offset, limit } = page
      const column = SORT_COLUMNS[sort]
      return matching(isNarrow === undefined ? db : reader, space, filter, isNarrow ?? false)
        .$if(after !== undefined, (query) =>
          query.where(({ eb, refTuple, tuple }) =>
            eb(
              refTuple(column, 'files.id'),
              direction === 'asc' ? '>' : '<',
              tuple(after?.value ?? '', after?.id ?? ''),
            ),
          ),
        )
        .innerJoin('blobs', 'blobs.id', 'files.blob_id')
        .select([...FILE_COLUMNS, `${column} as sort_value`])
        .orderBy(column, direction)
        .orderBy('files.id', direction)
        .limit(limit)
        .offset(offset)
        .execute()
    },
  }
}

const hasMimeType = (wanted: string): Expression<SqlBool> =>
  wanted.endsWith('/')
    ? sql`substr(files.mime_type, 1, ${wanted.length}) = ${wanted}`
    : sql`files.mime_type = ${wanted}`
