import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { listCards } from '../cards/contract.ts'
import { failureOf, json, movableClock, uploadFile } from '../testing.ts'

const withKey = (body: unknown, key = 'first-try') => json('POST', body, { 'idempotency-key': key })

for (const dialect of dialects) {
  describe(`idempotency keys (${dialect})`, async () => {
    const app = await testApp(dialect)

    it('answer the same request the same way, and say so', async () => {
      const ada = await app.account()
      const first = await ada.fetch('/v1/cards', withKey({ content: 'soup', tags: ['a'] }))
      const body = await first.text()

      const again = await ada.fetch('/api/v1/cards', withKey({ tags: ['a'], content: 'soup' }))

      assert.deepEqual([again.status, await again.text()], [first.status, body])
      assert.deepEqual(
        [first, again].map(({ headers }) => headers.get('idempotent-replayed')),
        [null, 'true'],
      )
      assert.equal((await ada.call(listCards)).items.length, 1)
    })

    it('save one card for twenty equal requests at once', async () => {
      const ada = await app.account()

      const answers = await Promise.all(
        Array.from({ length: 20 }, () => ada.fetch('/v1/cards', withKey({ content: 'soup' }))),
      )

      const done = answers.filter(({ status }) => status === 200)
      const bodies = new Set(await Promise.all(done.map((answer) => answer.text())))
      const others = await Promise.all(answers.filter(({ status }) => status !== 200).map(failureOf))
      assert.equal((await ada.call(listCards)).items.length, 1)
      assert.ok(done.length >= 1 && bodies.size === 1)
      for (const other of others) assert.deepEqual(other, [409, 'CONFLICT'])
    })

    it('belong to one request and to one account', async () => {
      const [ada, eve] = [await app.account(), await app.account()]
      await ada.fetch('/v1/cards', withKey({ content: 'soup' }))

      const other = await ada.fetch('/v1/cards', withKey({ content: 'stew' }))
      const bulk = await ada.fetch('/v1/cards/bulk', withKey({ operation: 'create', items: [{ content: 'soup' }] }))
      const foreign = await eve.fetch('/v1/cards', withKey({ content: 'stew' }))

      assert.deepEqual(await failureOf(other), [409, 'CONFLICT'])
      assert.deepEqual(await failureOf(bulk), [409, 'CONFLICT'])
      assert.equal(foreign.status, 200)
    })

    it('are free again after a failure', async () => {
      const ada = await app.account()
      const refused = await ada.fetch('/v1/cards', withKey({ content: 'é'.repeat(512 * 1024) }))

      const next = await ada.fetch('/v1/cards', withKey({ content: 'soup' }))

      assert.deepEqual([refused.status, next.status], [400, 200])
    })

    it('answer the same for a file, which is a card by then', async () => {
      const ada = await app.account()
      const file = await uploadFile(ada, 'a.png', Uint8Array.from([1, 2, 3]), 'image/png')
      const first = await ada.fetch('/v1/cards', withKey(file))

      const again = await ada.fetch('/v1/cards', withKey(file))

      assert.deepEqual([again.status, await again.text()], [200, await first.text()])
    })

    it('do a bulk once', async () => {
      const ada = await app.account()
      const bulk = { operation: 'create', items: [{ content: 'a' }, { content: ' ' }] }
      const first = await ada.fetch('/v1/cards/bulk', withKey(bulk))

      const again = await ada.fetch('/v1/cards/bulk', withKey(bulk))

      assert.equal(await again.text(), await first.text())
      assert.equal((await ada.call(listCards)).items.length, 1)
    })

    it('must be words', async () => {
      const ada = await app.account()

      for (const key of ['two words', 'x'.repeat(256)])
        assert.deepEqual(await failureOf(await ada.fetch('/v1/cards', withKey({ content: 'a' }, key))), [
          400,
          'INVALID_INPUT',
        ])
    })

    it('are forgotten after a day', async () => {
      const clock = movableClock()
      const own = await testApp(dialect, { clock })
      const ada = await own.account()
      await ada.fetch('/v1/cards', withKey({ content: 'soup' }))

      clock.advance(24 * 60 * 60_000 - 60_000)
      const within = await ada.fetch('/v1/cards', withKey({ content: 'soup' }))
      clock.advance(120_000)
      const after = await ada.fetch('/v1/cards', withKey({ content: 'stew' }))
      clock.advance(25 * 60 * 60_000)
      await own.app.cards.sweep()

      const { database } = own.app.core
      assert.deepEqual(
        [within, after].map(({ headers }) => headers.get('idempotent-replayed')),
        ['true', null],
      )
      assert.equal((await ada.call(listCards)).items.length, 2)
      assert.deepEqual(await database.db.selectFrom('card_idempotency_keys').selectAll().execute(), [])
    })

    it('are not there when the card is not', async () => {
      const ada = await app.account()
      const { cards, core } = app.app
      const { idempotencyService } = await import('./service.ts')
      const keys = idempotencyService({
        database: core.database,
        clock: { now: () => new Date(), monotonicMs: () => 0 },
      })
      const request = { accountId: ada.id, key: 'k', endpoint: 'POST /v1/cards', body: {} }
      const work = (fails: boolean) => ({
        prepare: async () => undefined,
        async perform(tx: Parameters<typeof cards.cards.within>[0]) {
          const { cards: repo, at } = await cards.cards.within(tx, ada.id)
          const row = { type: 'text' as const, content: 'x', url: null, notes: null, source: null, tags: [] }
          await repo.insert(ada.id, { ...row, id: `card_test${at}${fails}`, createdAt: at })
          if (fails) throw new Error('killed')
          return 'done'
        },
        recall: String,
      })

      await assert.rejects(keys.run(request, work(true)), /killed/)
      const next = await keys.run(request, work(false))
      const again = await keys.run(request, work(true))

      assert.deepEqual(
        [next, again].map(({ isReplay }) => isReplay),
        [false, true],
      )
      assert.equal((await ada.call(listCards)).items.length, 1)
    })
  })
}
