import { sql } from 'kysely'
import { nameKey } from '../../src/files/files/names.ts'
import { type Database, openDatabase, type SqlDialect } from '../../src/platform/db/index.ts'
import { startPostgres } from '../../test/services/postgres.ts'
import { atMost, type Case, quantile, type Row } from '../figures.ts'
import { startHelper } from '../processes.ts'
import type { MillionReady } from '../servers/million.ts'

const FILES = Number(process.env.BENCH_FILES ?? 1_000_000)
const BATCH = 2000
const SAMPLES = 100
const MOST_MS = 50
const MOST_STATS_MS = 2

const SUBJECTS = [
  'report',
  'invoice',
  'holiday',
  'IMG',
  'scan',
  'budget',
  'draft',
  'final',
  'meeting',
  'notes',
  'photo',
]
const KINDS = ['pdf', 'jpg', 'docx', 'png', 'txt', 'mp4', 'zip']

/** Spread over all rows, and another word for each. */
const markOf = (number: number): string => ((number * 2_654_435_761) % 2 ** 32).toString(36)
const subjectOf = (number: number): string => SUBJECTS[number % SUBJECTS.length]!
const nameOf = (number: number): string =>
  `${subjectOf(number)} ${subjectOf(Math.floor(number / 97))} ${markOf(number)}.${KINDS[(number * 31) % KINDS.length]}`

/** Rows as uploads would have left them, but for the bytes. */
const fill = async (database: Database): Promise<void> => {
  const { db } = database
  const { id: accountId } = await db.selectFrom('accounts').select('id').executeTakeFirstOrThrow()
  const blob = { id: 'blob_bench', size_bytes: 5, sha256: Buffer.alloc(32), backend: 'database', state: 'stored' }
  await db
    .insertInto('blobs')
    .values({ ...blob, replicas: 1, encrypted: 0, created_at: 0, inline_bytes: Buffer.from('hello') })
    .execute()
  for (let from = 0; from < FILES; from += BATCH) {
    const rows = Array.from({ length: Math.min(BATCH, FILES - from) }, (_, index) => toRow(accountId, from + index))
    await database.transaction((tx) => tx.insertInto('files').values(rows).execute())
  }
  const counted = { files: FILES, size_bytes: 5 * FILES, downloads: 0, share_links: 0, version: 1 }
  await db
    .insertInto('file_counters')
    .values({ account_id: accountId, team_files: 0, trash_bytes: 0, ...counted })
    .execute()
  // What autovacuum does within its first minutes.
  if (database.dialect === 'postgres') await sql`vacuum analyze`.execute(db)
}

const toRow = (account_id: string, number: number) => {
  const name = nameOf(number)
  const at = 1_700_000_000_000 + number * 1000
  return {
    id: `file_${number.toString().padStart(22, '0')}`,
    account_id,
    team_id: null,
    folder_id: null,
    blob_id: 'blob_bench',
    name,
    name_key: nameKey(name),
    type: 'document' as const,
    mime_type: 'application/octet-stream',
    size_bytes: 5,
    created_at: at,
    updated_at: at,
  }
}

interface Answer {
  readonly pagination: { readonly total: number; readonly next_cursor?: string | null }
}

/** Times requests one after the other. */
const clientOf = ({ url, key }: MillionReady) => {
  const times: number[] = []
  const get = async (path: string): Promise<Answer> => {
    const startedAt = performance.now()
    const response = await fetch(new URL(path, url), { headers: { authorization: `Bearer ${key}` } })
    const text = await response.text()
    times.push(performance.now() - startedAt)
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text}`)
    return JSON.parse(text)
  }
  return { get, take: (): number[] => times.splice(0) }
}

const toCaseRow = (name: string, times: readonly number[], most?: number): Row => ({
  name,
  ours: `p50 ${quantile(times, 0.5).toFixed(1)} ms, p95 ${quantile(times, 0.95).toFixed(1)} ms`,
  yardstick: '',
  ratios: [],
  ...(most === undefined ? {} : { bar: atMost(quantile(times, 0.95), most, 'ms at p95') }),
})

const measure = async (dialect: SqlDialect, ready: MillionReady): Promise<Row[]> => {
  const { get, take } = clientOf(ready)
  const rows: Row[] = []
  const note = (name: string, most?: number): void =>
    void rows.push(toCaseRow(`${FILES} files, ${dialect}: ${name}`, take(), most))
  const walk = async (query: string, pages: number): Promise<void> => {
    let cursor: string | null | undefined = ''
    for (let page = 0; page < pages && typeof cursor === 'string'; page++)
      cursor = (await get(`/api/v1/files?${query}&cursor=${cursor}`)).pagination.next_cursor
  }
  const search = (term: string) => get(`/api/v1/files?search=${encodeURIComponent(term)}`)
  const spread = Array.from({ length: SAMPLES }, (_, index) => Math.floor((index + 0.5) * (FILES / SAMPLES)))

  // Connections, and the thread that searches.
  for (let warm = 0; warm < 20; warm++) await search(`warm ${warm}`)
  take()
  for (let sample = 0; sample < SAMPLES; sample++) await get('/api/v1/files')
  note('first page', MOST_MS)
  await walk('limit=50', SAMPLES)
  note('next pages', MOST_MS)
  for (const sort of ['file_name', 'file_size', 'updated_at'] as const) await walk(`limit=50&sort=${sort}`, SAMPLES / 4)
  note('pages by name, size and change', MOST_MS)
  for (const number of spread) await search(markOf(number).slice(0, 5))
  note('search for part of one name', MOST_MS)
  for (const number of spread)
    await search(`${subjectOf(number)} ${subjectOf(Math.floor(number / 97))} ${markOf(number)[0]}`)
  note('search for words that a hundred or thousands have', MOST_MS)
  for (const subject of SUBJECTS) await walk(`search=${subject}%20${SUBJECTS[0]}`, 5)
  note('next pages of a search that thousands have', MOST_MS)
  for (const term of [...SUBJECTS, ...KINDS]) await search(term)
  note('first search for what a tenth of all have', MOST_MS)
  for (const term of [...SUBJECTS, ...KINDS]) await search(term)
  note('the same again', MOST_MS)
  // Ten times as many, because they take a tenth of the time: what the server does once a second falls on few of them.
  for (let sample = 0; sample < SAMPLES * 10; sample++) await get('/api/v1/stats')
  note('stats', MOST_STATS_MS)
  return rows
}

const runOn = async (dialect: SqlDialect, url: string | undefined): Promise<Row[]> => {
  const settings = url === undefined ? {} : { DATABASE_URL: url }
  const server = await startHelper<MillionReady>('servers/million.ts', settings)
  try {
    const startedAt = performance.now()
    const { dataDir } = server.ready
    const database = await openDatabase({ url, dataDir, synchronous: 'NORMAL', own: false })
    await fill(database)
    await database.close()
    console.log(`${dialect}: filled in ${((performance.now() - startedAt) / 1000).toFixed(0)} s`)
    return await measure(dialect, server.ready)
  } finally {
    await server.stop()
  }
}

/** Lists, searches and figures of an account with a million files. Filling the databases takes minutes. */
export const millionCase: Case = {
  name: 'million',
  async run({ quick }) {
    if (quick) return []
    const rows = await runOn('sqlite', undefined)
    const postgres = await startPostgres()
    try {
      const { url } = await postgres.createDatabase()
      return [...rows, ...(await runOn('postgres', url))]
    } finally {
      await postgres.stop()
    }
  },
}
