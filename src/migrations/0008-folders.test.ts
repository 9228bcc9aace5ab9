import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { sql } from 'kysely'
import { dialects, emptyPlace } from '../../test/database.ts'
import { fileLists } from '../files/files/lists.ts'
import { fileRepo } from '../files/files/repo.ts'
import { migrate, openDatabase } from '../platform/db/index.ts'
import { migrations } from './index.ts'

const EVERYTHING = {
  folderId: undefined,
  type: undefined,
  mimeType: undefined,
  createdAfter: undefined,
  createdBefore: undefined,
  isTrashed: false,
}

for (const dialect of dialects) {
  describe(`the step to folders (${dialect})`, () => {
    it('keeps the files that were there: in their place, with their size, and found by their name', async () => {
      const place = await emptyPlace(dialect)
      const database = await openDatabase({ ...place, synchronous: 'NORMAL', own: false })
      after(async () => {
        await database.close()
        await place.remove()
      })
      const { db } = database
      await migrate(
        database,
        migrations.filter(({ id }) => id < '0008'),
        1,
      )
      await sql`insert into accounts (id, email, email_key, password_hash, token_version, plan_id, is_admin, status, created_at)
        values ('acc_1', '', 'a', '', 0, 'selfhost', 0, 'active', 0)`.execute(db)
      await sql`insert into blobs (id, size_bytes, sha256, backend, state, replicas, encrypted, created_at)
        values ('blob_1', 5, ${Buffer.alloc(32)}, 'database', 'stored', 1, 0, 0)`.execute(db)
      for (const name of ['old report.pdf', 'photo.jpg'])
        await sql`insert into files (id, account_id, blob_id, name, name_key, type, mime_type, created_at, updated_at)
          values (${`file_${name.length}`}, 'acc_1', 'blob_1', ${name}, ${name}, 'document', 'text/plain', 1, 1)`.execute(
          db,
        )

      await migrate(database, migrations, 2)

      const space = { accountId: 'acc_1', teamId: null }
      const file = await fileRepo(db).findByName(space, null, 'OLD report.pdf')
      const found = await fileLists(database).count(space, { ...EVERYTHING, term: 'report' }, undefined)
      assert.deepEqual([file?.id, file?.folder_id, file?.size_bytes], ['file_14', null, 5])
      assert.deepEqual(found, { total: 1, isEstimate: false, isNarrow: true })
      await fileRepo(db).move(space, 'file_14', { folderId: null, name: 'new name.pdf', at: 3 })
      const count = async (term: string) =>
        (await fileLists(database).count(space, { ...EVERYTHING, term }, undefined)).total
      assert.deepEqual([await count('report'), await count('new name')], [0, 1])
    })
  })
}
