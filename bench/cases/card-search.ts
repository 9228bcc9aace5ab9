import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { cardService } from '../../src/cards/cards/service.ts'
import { cardIndex } from '../../src/cards/search/index.ts'
import { tagKey } from '../../src/cards/tags/repo.ts'
import { migrations } from '../../src/migrations/index.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { type Database, migrate, openDatabase } from '../../src/platform/db/index.ts'
import { newId } from '../../src/platform/ids.ts'
import { addAccount } from '../../test/account-row.ts'
import { startPostgres } from '../../test/services/postgres.ts'
import { atMost, type Case, quantile, type Row } from '../figures.ts'
import { judge } from '../search/judge.ts'

const CARDS = Number(process.env.BENCH_CARDS ?? 1_000_000)
const FEW_CARDS = 10_000
const BATCH = 500
const SAMPLES = 60
/** So that PostgreSQL keeps the index of a million cards in memory; docs/cards.md says what less of it does. */
const SHARED_BUFFERS_MB = 1024
const MOST_SEARCH_MS = 60
const MOST_LIST_MS = 15
const MOST_CREATE_MS = 10
const MOST_PREFIX_MS = 15

const SYLLABLES = 'ba ce di fo gu ha je ki lo mu na pe ri so tu va we xi yo zu'.split(' ')
/** The word of a rank: the first ones stand in many cards, the last ones in few, as in any language. */
const wordOf = (rank: number): string => {
  const parts: string[] = []
  for (let left = rank + 20; left > 0; left = Math.floor(left / 20)) parts.push(SYLLABLES[left % 20] ?? '')
  return parts.join('')
}
const random = (seed: number): (() => number) => {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
const someWords = (next: () => number, count: number): string =>
  Array.from({ length: count }, () => wordOf(Math.floor(30_000 ** next()))).join(' ')

const TYPES = ['text', 'text', 'text', 'link', 'image', 'quote'] as const

/** Cards as the service would have left them, many in one transaction. */
const fill = async (database: Database, count: number): Promise<string> => {
  const accountId = await addAccount(database.db)
  const index = cardIndex(database.dialect)
  const next = random(7)
  for (let made = 0; made < count; made += BATCH)
    await database.transaction(async (tx) => {
      const drafts = Array.from({ length: Math.min(BATCH, count - made) }, (_, at) =>
        draftOf(accountId, made + at, next),
      )
      const rows = drafts.map(({ tag: _tag, ...row }) => row)
      const numbers = await tx.insertInto('cards').values(rows).returning(['number', 'id']).execute()
      const tagOf = new Map(drafts.map(({ id, tag }) => [id, tag]))
      const tags = numbers.flatMap(({ number, id }) => {
        const name = tagOf.get(id)
        const place = { card_number: number, account_id: accountId, position: 0 }
        return name === undefined ? [] : [{ ...place, name, name_key: tagKey(name) }]
      })
      await tx.insertInto('card_tags').values(tags).execute()
      await index.refreshAll(
        tx,
        accountId,
        numbers.map(({ number }) => number),
      )
    })
  return accountId
}

const draftOf = (account_id: string, at: number, next: () => number) => {
  const type = TYPES[at % TYPES.length] ?? 'text'
  const moment = 1_700_000_000_000 + at
  return {
    id: newId('card'),
    account_id,
    type,
    content: someWords(next, 25),
    url: type === 'link' ? `https://${wordOf(at)}.example/${at}` : null,
    is_favorited: 0,
    created_at: moment,
    updated_at: moment,
    tag: at % 3 === 0 ? wordOf(at % 50) : undefined,
  }
}

/** Building an index at the end takes minutes where growing it takes an hour; what comes of it is the same. */
const withoutIndex = async (database: Database, work: () => Promise<string>): Promise<string> => {
  if (database.dialect === 'sqlite') return work()
  const { rows } = await sql<{ definition: string }>`select indexdef as definition from pg_indexes
    where indexname = 'card_search_words'`.execute(database.db)
  await sql`drop index card_search_words`.execute(database.db)
  const made = await work()
  await database.db.connection().execute(async (db) => {
    // Both take minutes; connections of the server give up after one.
    await sql`select set_config('statement_timeout', '0', false), set_config('maintenance_work_mem', '1GB', false)`.execute(
      db,
    )
    for (const { definition } of rows) await sql.raw(definition).execute(db)
    await sql`vacuum analyze`.execute(db)
    await sql`reset all`.execute(db)
  })
  return made
}

const timed = async (times: number, work: (sample: number) => Promise<unknown>): Promise<number[]> => {
  const found: number[] = []
  // Once through all of them before: what is asked for is how long it takes where it was done before.
  for (let sample = 0; sample < 2 * times; sample += 1) {
    const startedAt = performance.now()
    await work(sample)
    if (sample >= times) found.push(performance.now() - startedAt)
  }
  return found
}

/** The database of a measurement, with what it was given. */
const nameOf = (dialect: Database['dialect']): string =>
  dialect === 'postgres' ? `postgres (shared_buffers ${SHARED_BUFFERS_MB} MB)` : dialect

const toRow = (name: string, times: readonly number[], most: number): Row => ({
  name,
  ours: `p50 ${quantile(times, 0.5).toFixed(1)} ms, p95 ${quantile(times, 0.95).toFixed(1)} ms`,
  yardstick: '',
  ratios: [],
  bar: atMost(quantile(times, 0.95), most, 'ms at p95'),
})

const measure = async (database: Database): Promise<Row[]> => {
  const { dialect } = database
  const cards = cardService({ database, index: cardIndex(dialect), clock: systemClock })
  const few = await fill(database, Math.min(CARDS, FEW_CARDS))
  const many = await withoutIndex(database, () => fill(database, CARDS))
  const rank = (sample: number): number => Math.floor(30_000 ** ((sample % SAMPLES) / SAMPLES))
  const one = (sample: number): string => `"${wordOf(rank(sample))}"`
  const two = (sample: number): string => `${wordOf(rank(sample))} ${wordOf(rank(sample * 7))}`
  const find = (accountId: string, q: string, more: object = {}) => cards.find(accountId, { q, limit: 50, ...more })
  const rows: Row[] = []
  const note = async (name: string, most: number, work: (sample: number) => Promise<unknown>): Promise<void> =>
    void rows.push(toRow(`cards, ${nameOf(dialect)}: ${name}`, await timed(SAMPLES, work), most))

  await note(`${Math.min(CARDS, FEW_CARDS).toLocaleString('en')}: as you type`, MOST_PREFIX_MS, (at) =>
    find(few, wordOf(rank(at)).slice(0, 2 + (at % 4))),
  )
  const size = CARDS.toLocaleString('en')
  await note(`${size}: one word`, MOST_SEARCH_MS, (at) => find(many, one(at)))
  await note(`${size}: two words`, MOST_SEARCH_MS, (at) => find(many, two(at)))
  await note(`${size}: one word, of a type`, MOST_SEARCH_MS, (at) => find(many, one(at), { type: 'link' }))
  await note(`${size}: two words, with a tag`, MOST_SEARCH_MS, (at) => find(many, `${two(at)} tag:${wordOf(at % 50)}`))
  await note(`${size}: one word, newest`, MOST_SEARCH_MS, (at) => find(many, one(at), { sort: 'newest' }))
  await note(`${size}: a page of the list`, MOST_LIST_MS, () => cards.list(many, { limit: 50 }))
  const next = random(9)
  await note(`${size}: create`, MOST_CREATE_MS, () => cards.create(many, { content: someWords(next, 25) }))
  return rows
}

const onEach = async (work: (database: Database) => Promise<Row[]>): Promise<Row[]> => {
  const postgres = await startPostgres({ sharedBuffersMb: SHARED_BUFFERS_MB })
  const dataDir = mkdtempSync(join(tmpdir(), 'latchkey-bench-'))
  const rows: Row[] = []
  try {
    for (const url of [undefined, (await postgres.createDatabase()).url]) {
      const database = await openDatabase({ url, dataDir, synchronous: 'FULL', own: false })
      await migrate(database, migrations, Date.now())
      rows.push(...(await work(database)))
      await database.close()
    }
    return rows
  } finally {
    await postgres.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

/** Searches in a million cards. Filling the databases takes long. */
export const cardSearchCase: Case = {
  name: 'card-search',
  run: async ({ quick }) => (quick ? [] : onEach(measure)),
}

/** How good the order of searches is, by a set of queries whose answers were judged. */
export const cardQualityCase: Case = {
  name: 'card-quality',
  run: () => onEach(async (database) => judge(database, await addAccount(database.db))),
}
