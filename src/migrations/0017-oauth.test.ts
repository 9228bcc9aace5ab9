import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { sql } from 'kysely'
import { dialects, emptyPlace } from '../../test/database.ts'
import { migrate, openDatabase } from '../platform/db/index.ts'
import { oauth } from './0017-oauth.ts'
import { migrations } from './index.ts'

for (const dialect of dialects) {
  describe(`the step to OAuth (${dialect})`, () => {
    it('runs on a database that has the steps behind it, and keeps one live key of the single kinds', async () => {
      const place = await emptyPlace(dialect)
      const database = await openDatabase({ ...place, synchronous: 'NORMAL', own: false })
      after(async () => {
        await database.close()
        await place.remove()
      })
      const { db } = database
      const insertKey = (id: string, kind: string) =>
        sql`insert into api_keys (id, account_id, kind, hash, prefix, last4, name, scopes, created_at, created_via, uses, uses_in_url)
          values (${id}, 'acc_1', ${kind}, ${Buffer.from(id)}, '', '', '', 0, 0, '', 0, 0)`.execute(db)
      await migrate(
        database,
        migrations.filter(({ id }) => id !== oauth.id),
        1,
      )
      await sql`insert into accounts (id, email, email_key, password_hash, token_version, plan_id, is_admin, status, created_at)
        values ('acc_1', '', 'a', '', 0, 'selfhost', 0, 'active', 0)`.execute(db)
      await insertKey('key_1', 'cards')

      const applied = await migrate(database, migrations, 2)

      assert.deepEqual(applied, [oauth.id])
      await insertKey('key_2', 'oauth')
      await insertKey('key_3', 'oauth')
      await insertKey('key_4', 'bots')
      await assert.rejects(insertKey('key_5', 'bots'), /unique/i)
      await assert.rejects(insertKey('key_6', 'cards'), /unique/i)
      const { rows } = await sql`select id, grant_id from api_keys where id = 'key_1'`.execute(db)
      assert.deepEqual(rows, [{ id: 'key_1', grant_id: null }])
    })
  })
}
