import { type Expression, type SelectQueryBuilder, type SqlBool, sql } from 'kysely'
import type { Database, Tables } from '../../platform/db/index.ts'
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
  /** Of more than can be counted while somebody waits. */
  readonly isEstimate: boolean
  /** Whether the pages are found through the index of names too. */
  readonly isNarrow: boolean
}

const SORT_COLUMNS = {
  created_at: 'files.created_at',
  updated_at: 'files.updated_at',
  file_name: 'files.name_key',
  file_size: 'files.size_bytes',
} as const satisfies Record<FileSort, string>

// How many names are read in the hope of a page: a few milliseconds' worth. Where the index does not hold the names, each
// is a row to fetch.
const NEAR: Record<FileSort, number> = { created_at: 20_000, file_name: 20_000, updated_at: 5000, file_size: 5000 }

// Of more files the number of matches is told by a part of them: to read a million names takes a third of a second. Where
// the newest hold few matches, more are asked.
const SAMPLES = [20_000, 100_000]
const MIN_OF_SAMPLE = 100
const NEWEST_FIRST = { sort: 'created_at', direction: 'desc', after: undefined } as const

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

  /** How many match, by way of the index of names; undefined where it does not help. */
  const narrowCount = async (space: Space, filter: FileFilter, inPlace: number | undefined) => {
    const { term, isTrashed } = filter
    if (isTrashed || term === undefined || [...term].length < INDEXED_LENGTH) return undefined
    const all = sql.join<SqlBool>(conditions(filter), sql` and `)
    return search.count(reader, spaceIdOf(space), term, all, inPlace)
  }

  /** How many match, by those of the newest; undefined where that would say little, or all can be read as well. */
  const estimate = async (space: Space, filter: FileFilter, inPlace: number): Promise<number | undefined> => {
    const { term, ...others } = filter
    if (term === undefined || !isAll(others)) return undefined
    for (const sample of SAMPLES.filter((size) => size < inPlace)) {
      const hits = await hitsOfNewest(space, filter, term, sample)
      if (hits >= MIN_OF_SAMPLE) return Math.round((hits / sample) * inPlace)
    }
    return undefined
  }

  const hitsOfNewest = async (space: Space, filter: FileFilter, term: string, sample: number): Promise<number> => {
    const newest = ordered(matching(reader, space, { ...filter, term: undefined }, false), NEWEST_FIRST)
      .select('files.name_key')
      .limit(sample)
    const { hits } = await reader
      .selectFrom(newest.as('files'))
      .where(search.contains(term))
      .select((eb) => eb.fn.countAll<number>().as('hits'))
      .executeTakeFirstOrThrow()
    return hits
  }

  return {
    /** @param inPlace How many files the place has, where their number may be told from a part of them. */
    async count(space: Space, filter: FileFilter, inPlace: number | undefined): Promise<Matches> {
      const narrow = await narrowCount(space, filter, inPlace)
      if (narrow !== undefined) return { total: narrow, isEstimate: false, isNarrow: true }
      const estimated = inPlace === undefined ? undefined : await estimate(space, filter, inPlace)
      if (estimated !== undefined) return { total: estimated, isEstimate: true, isNarrow: false }
      const { total } = await matching(reader, space, filter, false)
        .select((eb) => eb.fn.countAll<number>().as('total'))
        .executeTakeFirstOrThrow()
      return { total, isEstimate: false, isNarrow: false }
    },

    /**
     * The page of a search, if there are so many matches that those who come first in the list hold it already.
     *
     * @returns A full page or undefined.
     */
    async nearPage(space: Space, filter: FileFilter, page: FilePage): Promise<ListedFile[] | undefined> {
      const { term } = filter
      if (term === undefined || page.offset > 0 || !hasIndex(filter, page)) return undefined
      const { sort, direction, limit } = page
      const column = SORT_COLUMNS[sort]
      const near = ordered(matching(reader, space, { ...filter, term: undefined }, false), page)
        .select(['files.id', 'files.name_key', `${column} as sort_value`])
        .limit(NEAR[sort])
      const found = await reader
        .selectFrom(near.as('files'))
        .select(['files.id', 'files.sort_value'])
        .where(search.contains(term))
        .orderBy('files.sort_value', direction)
        .orderBy('files.id', direction)
        .limit(limit)
        .execute()
      if (found.length < limit) return undefined
      const ids = found.map(({ id }) => id)
      return ordered(reader.selectFrom('files').where('files.id', 'in', ids), { ...page, after: undefined })
        .innerJoin('blobs', 'blobs.id', 'files.blob_id')
        .select([...FILE_COLUMNS, `${column} as sort_value`])
        .execute()
    },

    /** @param isNarrow From `count`; undefined for a list so plain that the database answers at once. */
    page(space: Space, filter: FileFilter, page: FilePage, isNarrow?: boolean): Promise<ListedFile[]> {
      const { sort, offset, limit } = page
      return ordered(matching(isNarrow === undefined ? db : reader, space, filter, isNarrow ?? false), page)
        .innerJoin('blobs', 'blobs.id', 'files.blob_id')
        .select([...FILE_COLUMNS, `${SORT_COLUMNS[sort]} as sort_value`])
        .limit(limit)
        .offset(offset)
        .execute()
    },
  }
}

const ordered = <O>(
  query: SelectQueryBuilder<Tables, 'files', O>,
  { sort, direction, after }: Omit<FilePage, 'offset' | 'limit'>,
) => {
  const column = SORT_COLUMNS[sort]
  return query
    .$if(after !== undefined, (rest) =>
      rest.where(({ eb, refTuple, tuple }) =>
        eb(refTuple(column, 'files.id'), direction === 'asc' ? '>' : '<', tuple(after?.value ?? '', after?.id ?? '')),
      ),
    )
    .orderBy(column, direction)
    .orderBy('files.id', direction)
}

/** Whether the first files of the list can be read without sorting all. */
const hasIndex = (
  { folderId, type, mimeType, createdAfter, createdBefore, isTrashed }: FileFilter,
  { sort }: FilePage,
) =>
  !isTrashed &&
  [type, mimeType, createdAfter, createdBefore].every((condition) => condition === undefined) &&
  (folderId === undefined || sort === 'created_at' || sort === 'file_name')

/** Whether nothing narrows the list but a term. */
const isAll = ({ isTrashed, ...conditions }: Omit<FileFilter, 'term'>): boolean =>
  !isTrashed && Object.values(conditions).every((condition) => condition === undefined)

const hasMimeType = (wanted: string): Expression<SqlBool> =>
  wanted.endsWith('/')
    ? sql`substr(files.mime_type, 1, ${wanted.length}) = ${wanted}`
    : sql`files.mime_type = ${wanted}`
