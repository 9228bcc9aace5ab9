import assert from 'node:assert/strict'
import { it } from 'node:test'
import { sql } from 'kysely'
import { testDatabase } from '../../../test/database.ts'

it('PostgreSQL compiles no query of ours, whatever it is set to', async () => {
  const { db } = await testDatabase('postgres')

  const { rows } = await sql`select setting, source from pg_settings where name = 'jit'`.execute(db)

  assert.deepEqual(rows, [{ setting: 'off', source: 'session' }])
})
