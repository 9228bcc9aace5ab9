import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sql } from 'kysely'
import { dialects, testDatabase } from '../../../test/database.ts'
import { type Db, prepared } from './index.ts'

interface Wanted {
  readonly name: string
  readonly fence: number
}

const leaseOf = prepared((db, { name, fence }: Wanted) =>
  db
    .selectFrom('leases')
    .select(['name', 'fence'])
    .where('name', '=', name)
    .where((eb) => eb.or([eb('fence', '=', fence), eb('fence', '>', fence)]))
    .where('held_until', '=', 0),
)

const insertLeases = (db: Db, ...names: string[]) =>
  db
    .insertInto('leases')
    .values(names.map((name, fence) => ({ name, owner: null, fence, held_until: 0 })))
    .execute()

for (const dialect of dialects)
  describe(`queries that are written once (${dialect})`, async () => {
    const { db, transaction } = await testDatabase(dialect)
    await insertLeases(db, 'a', 'b', 'c')

    it('answer for the values of each time, also side by side', async () => {
      const answers = await Promise.all([
        leaseOf(db, { name: 'a', fence: 0 }),
        leaseOf(db, { name: 'b', fence: 0 }),
        leaseOf(db, { name: 'b', fence: 2 }),
        leaseOf(db, { name: 'c', fence: 2 }),
      ])

      assert.deepEqual(
        answers.map((rows) => rows.map(({ name, fence }) => `${name}${fence}`)),
        [['a0'], ['b1'], [], ['c2']],
      )
    })

    it('see the transaction that they are written for', async () => {
      const seen = await transaction(async (tx) => {
        await insertLeases(tx, 'new')
        return leaseOf(tx, { name: 'new', fence: 0 })
      })

      assert.deepEqual(seen, [{ name: 'new', fence: 0 }])
    })
  })

describe('PostgreSQL', async () => {
  const { db, transaction } = await testDatabase('postgres')
  await insertLeases(db, 'a')
  const plans = (on: Db) =>
    sql<{ statement: string }>`select statement from pg_prepared_statements where name like 'latchkey_%'`.execute(on)

  it('plans them once for a connection', async () => {
    const kept = await transaction(async (tx) => {
      for (let fence = 0; fence < 7; fence++) await leaseOf(tx, { name: 'a', fence })
      return plans(tx)
    })

    assert.equal(kept.rows.length, 1)
    assert.match(kept.rows[0]?.statement ?? '', /from "leases"/)
  })

  it('may lose their plans, and nobody notices', async () => {
    await leaseOf(db, { name: 'a', fence: 0 })
    await sql`deallocate all`.execute(db)

    const first = await leaseOf(db, { name: 'a', fence: 0 })
    const second = await leaseOf(db, { name: 'a', fence: 0 })

    assert.deepEqual([first, second], Array(2).fill([{ name: 'a', fence: 0 }]))
    assert.deepEqual((await plans(db)).rows, [])
  })
})
