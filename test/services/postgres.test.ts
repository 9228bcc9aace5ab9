import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import pg from 'pg'
import { type Postgres, startPostgres } from './postgres.ts'

/** Runs one statement on a connection of its own and gives the rows. */
const query = async (url: string, text: string): Promise<Record<string, unknown>[]> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

describe('PostgreSQL for tests', () => {
  let postgres: Postgres
  before(async () => {
    postgres = await startPostgres()
  })
  after(() => postgres.stop())

  it('makes databases in UTF-8 with the C locale', async () => {
    const { url } = await postgres.createDatabase()

    const [database] = await query(
      url,
      `select pg_encoding_to_char(encoding) as encoding, datcollate from pg_database where datname = current_database()`,
    )

    assert.deepEqual(database, { encoding: 'UTF8', datcollate: 'C' })
  })

  it('keeps two databases apart', async () => {
    const [one, other] = await Promise.all([postgres.createDatabase(), postgres.createDatabase()])
    await query(one.url, 'create table shelves (id int)')

    const tables = await query(other.url, `select 1 from pg_tables where tablename = 'shelves'`)

    assert.deepEqual(tables, [])
  })

  it('drops a database that somebody is still connected to', async () => {
    const database = await postgres.createDatabase()
    const client = new pg.Client({ connectionString: database.url })
    client.on('error', () => {})
    await client.connect()

    await database.drop()

    await assert.rejects(query(database.url, 'select 1'), { code: '3D000' })
    await client.end()
  })

  it('copies a template that is filled only once, however many ask at the same time', async () => {
    let filled = 0
    const template = {
      key: `shelves ${process.pid}`,
      fill: async (url: string) => {
        filled += 1
        await query(url, 'create table shelves as select 7 as id')
      },
    }

    const databases = await Promise.all([1, 2, 3].map(() => postgres.createDatabase(template)))

    const rows = await Promise.all(databases.map(({ url }) => query(url, 'select id from shelves')))
    assert.deepEqual(rows.flat(), [{ id: 7 }, { id: 7 }, { id: 7 }])
    assert.equal(filled, 1)
  })
})

describe('PostgreSQL of a test’s own', () => {
  it('keeps what it acknowledged through kill -9 when it is durable', async (t) => {
    const postgres = await startPostgres({ durable: true })
    t.after(() => postgres.stop())
    const { url } = await postgres.createDatabase()
    await query(url, 'create table kept as select 1 as id')

    await postgres.kill()
    await assert.rejects(query(url, 'select 1'), { code: 'ECONNREFUSED' })
    await postgres.restart()

    assert.deepEqual(await query(url, 'select id from kept'), [{ id: 1 }])
  })

  it('leaves neither process nor data when it is stopped', async () => {
    const postgres = await startPostgres({ own: true })
    const [row] = await query(postgres.url, `select current_setting('data_directory') as data`)

    await postgres.stop()

    assert.throws(() => process.kill(postgres.pid() ?? 0, 0), { code: 'ESRCH' })
    assert.equal(existsSync(String(row?.data)), false)
  })

  it('wants its password', async (t) => {
    const postgres = await startPostgres({ own: true })
    t.after(() => postgres.stop())
    const stranger = new URL(postgres.url)
    stranger.password = 'guess'

    await assert.rejects(query(stranger.href, 'select 1'), { code: '28P01' })
  })
})
