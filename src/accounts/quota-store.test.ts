import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { dialects, testDatabase } from '../../test/database.ts'
import { quotaStore } from './quota-store.ts'

const request = (subject: string, units: number, limit: number, day = 20_000) => ({
  subject,
  policy: 'day',
  day,
  units,
  limit,
})

for (const dialect of dialects) {
  describe(`reservations of day quotas (${dialect})`, () => {
    it('made together are each answered as if made alone', async () => {
      const store = quotaStore((await testDatabase(dialect)).db)
      await store.reserve(request('full', 10, 10))

      const answers = await Promise.all([
        store.reserve(request('full', 5, 10)),
        store.reserve(request('b', 5, 100)),
        store.reserve(request('a', 7, 100)),
        store.reserve(request('c', 8, 6)),
        store.reserve(request('a', 3, 100)),
        store.reserve(request('a', 1, 100, 20_001)),
      ])

      assert.deepEqual(answers, [
        { granted: 0, reserved: 10 },
        { granted: 5, reserved: 5 },
        { granted: 7, reserved: 7 },
        { granted: 6, reserved: 8 },
        { granted: 3, reserved: 10 },
        { granted: 1, reserved: 1 },
      ])
    })

    it('of 200 keys at once grant each its units, and what was given back is granted again', async () => {
      const store = quotaStore((await testDatabase(dialect)).db)
      const subjects = Array.from({ length: 200 }, (_, index) => `key-${index}`)

      const first = await Promise.all(subjects.map((subject) => store.reserve(request(subject, 50, 60))))
      await store.release({ subject: 'key-7', policy: 'day', day: 20_000, units: 30 })
      const second = await Promise.all(subjects.map((subject) => store.reserve(request(subject, 50, 60))))

      assert.ok(first.every(({ granted, reserved }) => granted === 50 && reserved === 50))
      assert.deepEqual(second[7], { granted: 40, reserved: 70 })
      assert.deepEqual(second[8], { granted: 10, reserved: 100 })
    })
  })
}
