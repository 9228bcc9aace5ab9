import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { sql } from 'kysely'
import { testDatabase } from '../../../test/database.ts'

describe('the one connection that writes', () => {
  it('is given to one after the other, in the order in which they asked', async () => {
    const { db, transaction } = await testDatabase('sqlite')
    const done: string[] = []
    const first = Promise.withResolvers<void>()

    const holding = transaction(async (tx) => {
      await sql`select 1`.execute(tx)
      await first.promise
      done.push('first')
    })
    const others = ['second', 'third'].map((name) => sql`select 1`.execute(db).then(() => done.push(name)))
    await nextTurn()
    assert.deepEqual(done, [])
    first.resolve()
    await Promise.all([holding, ...others])

    assert.deepEqual(done, ['first', 'second', 'third'])
  })

  it('is not waited for without end, and who gave up is in nobody’s way', async (test) => {
    const { db, transaction } = await testDatabase('sqlite')
    test.mock.timers.enable({ apis: ['setTimeout'] })
    const held = Promise.withResolvers<void>()

    const holding = transaction(() => held.promise)
    await nextTurn()
    const impatient = sql`select 1`.execute(db)
    const refused = assert.rejects(impatient, { message: /not given back in time/, code: 'ETIMEDOUT' })
    await nextTurn()
    test.mock.timers.tick(29_000)
    const patient = sql<{ two: number }>`select 2 as two`.execute(db)
    await nextTurn()
    test.mock.timers.tick(1_000)
    await refused
    held.resolve()
    await holding

    assert.deepEqual((await patient).rows, [{ two: 2 }])
    assert.equal((await sql`select 3`.execute(db)).rows.length, 1)
  })
})
