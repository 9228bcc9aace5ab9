import assert from 'node:assert/strict'
import { it } from 'node:test'
import { sql } from 'kysely'
import { testDatabase } from '../../../test/database.ts'

it('a statement goes through whatever number the row had that was inserted last', async () => {
  const { db, transaction } = await testDatabase('sqlite')
  await sql`create table large (id integer primary key)`.execute(db)
  await sql`insert into large (id) values (9009535716950016)`.execute(db)

  await assert.rejects(
    transaction(async () => {
      throw new Error('undone')
    }),
    /undone/,
  )

  const { rows } = await transaction((tx) => sql<{ one: number }>`select 1 as one`.execute(tx))
  assert.deepEqual(rows, [{ one: 1 }])
})
