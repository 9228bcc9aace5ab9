import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, describe, it } from 'node:test'
import { dialects, testDatabase } from '../../../test/database.ts'
import { AppError } from '../../platform/errors.ts'
import { type Backend, BackendErrors } from '../backends/backend.ts'
import { faultyBackend, seeded } from './faulty.fixture.ts'
import { storageStack, tempFolder } from './stack.fixture.ts'

for (const dialect of dialects) {
  describe(`the scrub (${dialect})`, async () => {
    const database = await testDatabase(dialect)
    const folder = await tempFolder()
    after(folder.remove)
    const far = faultyBackend('far', seeded(7))
    let unreadable: string[] = []
    let leaves = (): boolean => false
    const get: Backend['get'] = async (locator, ...rest) => {
      if (!leaves() && !unreadable.includes(locator)) return far.backend.get(locator, ...rest)
      far.counts.gets += 1
      throw new AppError(BackendErrors.BACKEND_UNAVAILABLE)
    }
    const stack = await storageStack({
      database,
      folder: folder.path,
      far: [{ ...far.backend, get }],
      defaultBackend: 'disk',
    })
    await stack.storage.policies.replace([{ backends: ['far'] }])
    for (let file = 0; file < 6; file += 1) await stack.upload(randomBytes(2500))
    await stack.settle()

    /** The locators of the far copies, those first that a scrub begins with. */
    const copiesInOrder = async (): Promise<string[]> => {
      const rows = await database.db
        .selectFrom('chunk_copies')
        .select('locator')
        .where('backend', '=', 'far')
        .orderBy('locator')
        .execute()
      for (const [at, { locator }] of rows.entries())
        await database.db
          .updateTable('chunk_copies')
          .set({ verified_at: at + 1 })
          .where('locator', '=', locator)
          .execute()
      return rows.map(({ locator }) => locator)
    }
    const verifiedAt = async (locators: readonly string[]): Promise<number[]> => {
      const rows = await database.db.selectFrom('chunk_copies').select(['locator', 'verified_at']).execute()
      return locators.map((locator) => rows.find((row) => row.locator === locator)?.verified_at ?? -1)
    }

    it('goes on behind copies that nobody can look at, and comes back to them', async () => {
      const copies = await copiesInOrder()
      unreadable = copies.slice(0, 3)

      const first = await stack.storage.inspector.scrub(1)
      await stack.storage.inspector.scrub(1)

      assert.deepEqual([first.looked, first.bad], [copies.length - 3, 0])
      assert.deepEqual(await verifiedAt(unreadable), [1, 2, 3])

      unreadable = []
      for (let run = 0; run < 3; run += 1) await stack.storage.inspector.scrub(1)

      assert.ok((await verifiedAt(copies)).every((at) => at > 1000))
    })

    it('ends soon where the storage goes away in the middle', async () => {
      const copies = await copiesInOrder()
      const left = 3
      let answered = 0
      leaves = () => ++answered > left * 2

      const { looked } = await stack.storage.inspector.scrub(1)
      const asked = answered
      leaves = () => false
      await stack.storage.inspector.scrub(1)

      assert.ok(looked > 0 && looked <= left * 2 && asked <= left * 2 + 2, `${looked} looked at, ${asked} asked for`)
      assert.ok((await verifiedAt(copies)).every((at) => at > 1000))
    })

    it('ends early where the storage is away, and begins there when it is back', async () => {
      const copies = await copiesInOrder()
      far.faults.isDown = true
      const before = far.counts.gets

      const away = await stack.storage.inspector.scrub(1)
      const asked = far.counts.gets - before
      far.faults.isDown = false
      const back = await stack.storage.inspector.scrub(1)

      assert.deepEqual(away, { looked: 0, bad: 0 })
      assert.ok(asked <= 2, `${asked} copies were asked for`)
      assert.deepEqual(back, { looked: copies.length, bad: 0 })
    })
  })
}
