import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { dialects, testDatabase } from '../../../test/database.ts'
import { writeTogether } from './index.ts'

for (const dialect of dialects) {
  describe(`writes of many callers (${dialect})`, async () => {
    const database = await testDatabase(dialect)
    const insert = (name: string) => ({ name, owner: null, fence: 1, held_until: 0 })
    const names = async () =>
      (await database.db.selectFrom('leases').select('name').orderBy('name').execute()).map(({ name }) => name)

    it('are all there when each is done', async () => {
      const write = writeTogether(database)

      await Promise.all(
        ['a', 'b', 'c'].map((name) =>
          write(async (tx) => void (await tx.insertInto('leases').values(insert(name)).execute())),
        ),
      )

      assert.deepEqual(await names(), ['a', 'b', 'c'])
    })

    it('fail alone', async () => {
      const write = writeTogether(database, true)

      const results = await Promise.allSettled(
        ['d', 'a', 'e'].map((name) =>
          write(async (tx) => void (await tx.insertInto('leases').values(insert(name)).execute())),
        ),
      )

      assert.deepEqual(
        results.map(({ status }) => status),
        ['fulfilled', 'rejected', 'fulfilled'],
      )
      assert.deepEqual(await names(), ['a', 'b', 'c', 'd', 'e'])
    })
  })
}
