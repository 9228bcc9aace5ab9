import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { after, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { sql } from 'kysely'
import { dialects, emptyPlace } from '../../../test/database.ts'
import { migrations } from '../../migrations/index.ts'
import { type Database, type Migration, migrate, openDatabase, type SqlDialect } from './index.ts'

const run = promisify(execFile)
const MAIN = resolve(import.meta.dirname, '../../../bin/main.js')

const open = async (dialect: SqlDialect, sharing?: Awaited<ReturnType<typeof emptyPlace>>): Promise<Database> => {
  const place = sharing ?? (await emptyPlace(dialect))
  const database = await openDatabase({ ...place, synchronous: 'NORMAL', own: false })
  after(async () => {
    await database.close()
    await place.remove()
  })
  return database
}

const first: Migration = { id: '0001-one', up: ({ text }) => [`create table one (id ${text} primary key)`] }
const second: Migration = { id: '0002-two', up: ({ integer }) => [`create table two (n ${integer} not null)`] }
const broken: Migration = {
  id: '0002-two',
  up: () => ['create table half (id integer)', 'create table one (id integer)'],
}

for (const dialect of dialects) {
  describe(`migrations (${dialect})`, () => {
    it('apply in order, each once', async () => {
      const database = await open(dialect)

      assert.deepEqual(await migrate(database, [first], 1), ['0001-one'])
      assert.deepEqual(await migrate(database, [first, second], 2), ['0002-two'])
      assert.deepEqual(await migrate(database, [first, second], 3), [])
    })

    it('apply what is new to a database also where its number is not the last', async () => {
      const database = await open(dialect)
      const third: Migration = { id: '0003-three', up: ({ text }) => [`create table three (id ${text} primary key)`] }
      await migrate(database, [first, third], 1)

      assert.deepEqual(await migrate(database, [first, second, third], 2), ['0002-two'])
      assert.deepEqual(await migrate(database, [first, second, third], 3), [])
    })

    it('leave nothing of a step that fails, and can go on from there', async () => {
      const database = await open(dialect)

      await assert.rejects(migrate(database, [first, broken], 1))

      await assert.rejects(sql`select * from half`.execute(database.db))
      assert.deepEqual(await migrate(database, [first, second], 2), ['0002-two'])
    })

    it('refuse a database that a newer program has written', async () => {
      const database = await open(dialect)
      await migrate(database, [first, second], 1)

      await assert.rejects(migrate(database, [first], 2), /written by a newer Latchkey \(it knows 0002-two\)/)
    })

    it('are applied once by processes that start together', async () => {
      const place = await emptyPlace(dialect)
      after(() => place.remove())
      const env = {
        PATH: process.env.PATH,
        LATCHKEY_DATA_DIR: place.dataDir,
        ...(place.url === undefined ? {} : { LATCHKEY_DATABASE_URL: place.url }),
      }

      const processes = Array.from({ length: 3 }, () => run(process.execPath, [MAIN, 'migrate'], { env }))

      const applied = (await Promise.all(processes)).map(
        ({ stdout }) => /^Applied: (.*)$/m.exec(stdout)?.[1]?.split(', ') ?? [],
      )
      assert.deepEqual(
        applied.flat().sort(),
        migrations.map(({ id }) => id),
      )
    })
  })

  describe(`database (${dialect})`, () => {
    it('shows the reader what was committed, and keeps it from writing', async () => {
      const database = await open(dialect)
      await migrate(database, [first], 1)
      await sql`insert into one values ('a')`.execute(database.db)

      const { rows } = await sql<{ id: string }>`select id from one`.execute(database.reader)

      assert.deepEqual(rows, [{ id: 'a' }])
      if (dialect === 'sqlite')
        await assert.rejects(sql`insert into one values ('b')`.execute(database.reader), /readonly/)
    })

    it('takes back a transaction that throws, and goes on', async () => {
      const database = await open(dialect)
      await migrate(database, [first], 1)

      const failed = database.transaction(async (tx) => {
        await sql`insert into one values ('a')`.execute(tx)
        throw new Error('no')
      })

      await assert.rejects(failed, /no/)
      const { rows } = await sql`select id from one`.execute(database.db)
      assert.deepEqual(rows, [])
    })

    it('gives bytes as Buffer and large whole numbers as numbers', async () => {
      const database = await open(dialect)
      const type = dialect === 'sqlite' ? 'blob' : 'bytea'
      await sql`create table mixed (b ${sql.raw(type)}, n bigint)`.execute(database.db)
      await sql`insert into mixed values (${Buffer.from([0, 255])}, ${9_007_199_254_740_991})`.execute(database.db)

      for (const db of [database.db, database.reader]) {
        const { rows } = await sql<{ b: unknown; n: unknown }>`select b, n from mixed`.execute(db)

        assert.ok(Buffer.isBuffer(rows[0]?.b))
        assert.equal(rows[0].b.toString('hex'), '00ff')
        assert.equal(rows[0].n, 9_007_199_254_740_991)
      }
    })
  })
}

describe('the history', () => {
  it('stands in the order of its numbers, each once', () => {
    const ids = migrations.map(({ id }) => id)

    assert.deepEqual(ids, [...new Set(ids)].sort())
  })
})

describe('the data folder', () => {
  it('belongs to one server at a time, and is free again when that ends', async () => {
    const place = await emptyPlace('sqlite')
    after(() => place.remove())
    const options = { url: undefined, dataDir: place.dataDir, synchronous: 'NORMAL', own: true } as const
    const one = await openDatabase(options)

    const two = await openDatabase(options)

    assert.deepEqual([one.owned, two.owned], [true, false])
    await two.close()
    await one.close()
    const three = await openDatabase(options)
    assert.equal(three.owned, true)
    await three.close()
  })
})
