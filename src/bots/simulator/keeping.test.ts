import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testApp } from '../../../test/app.ts'
import { dialects, testPlace } from '../../../test/database.ts'
import { createClient } from '../../client/index.ts'
import { loadConfig } from '../../platform/config/index.ts'
import { createSealer } from '../../platform/sealed.ts'
import { simulatedBot, texts } from '../v2.fixture.ts'
import { listMessages, sendMessage } from './contract.ts'
import { worldContext } from './world.ts'

for (const dialect of dialects) {
  describe(`what simulators keep (${dialect})`, () => {
    it('outlives a restart, and what older versions kept is found again', { timeout: 60_000 }, async () => {
      const place = await testPlace(dialect)
      const first = await testApp(dialect, { place })
      const [ada, bob] = [await first.account(), await first.account()]
      const [hers, his] = [await simulatedBot(ada, { '*': 'print(msg)' }), await simulatedBot(bob, { '*': 'print(1)' })]
      await hers.say('kept')
      await his.say('his')
      await first.stop()

      // As it was before: one row for all accounts.
      const { ENCRYPTION_KEY } = loadConfig({}, { DATA_DIR: place.dataDir })
      const sealer = createSealer(ENCRYPTION_KEY, 'bots')
      const between = await testApp(dialect, { place, roles: new Set(['worker']) })
      const { db } = between.app.core.database
      const rows = await db.selectFrom('simulator_worlds').selectAll().orderBy('account_id').execute()
      const opened = (id: string, sealed: Buffer) => JSON.parse(sealer.open(sealed, worldContext(id)))
      const accounts = Object.fromEntries(rows.map(({ account_id: id, sealed }) => [id, opened(id, sealed)]))
      const sealed = sealer.seal(JSON.stringify({ accounts }), 'simulator')
      await db.deleteFrom('simulator_worlds').execute()
      await db.insertInto('simulator_state').values({ id: 1, sealed }).execute()
      await between.stop()

      const second = await testApp(dialect, { place })
      const again = createClient({ baseUrl: second.url, key: ada.key })
      const { messages } = (await again.call(listMessages, { params: hers.params })).result
      const { result } = await again.call(sendMessage, { params: hers.params, body: { text: 'more' } })
      const legacy = await second.app.core.database.db.selectFrom('simulator_state').select('id').execute()

      assert.deepEqual(new Set(rows.map(({ account_id: id }) => id)), new Set([ada.id, bob.id]))
      assert.deepEqual(texts(messages), ['kept'])
      assert.deepEqual([result.run?.prints, texts(result.messages)], [['more'], ['kept', 'more']])
      assert.deepEqual(legacy, [])
      await second.stop()
      await place.remove()
    })

    it('is written when the player is answered, and stays small', { timeout: 60_000 }, async () => {
      const app = await testApp(dialect)
      const ada = await app.account()
      const bot = await simulatedBot(ada, { '*': 'print(len(msg))' })
      const { db } = app.app.core.database
      const sizeOf = async () => {
        const row = await db
          .selectFrom('simulator_worlds')
          .select('sealed')
          .where('account_id', '=', ada.id)
          .executeTakeFirstOrThrow()
        return row.sealed.length
      }
      await bot.say('one')
      const before = await sizeOf()

      const long = { message: { chat: { id: 1_000_001, type: 'private' }, text: 'x', padding: 'y'.repeat(200_000) } }
      for (let n = 0; n < 30; n++)
        await ada.fetch(`/v2/bots/${bot.botid}/simulator/updates?timeout_ms=0`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(long),
        })
      const last = await bot.say('two')

      assert.ok(before > 500 && before < 100_000)
      assert.ok((await sizeOf()) < 4_500_000)
      assert.deepEqual(last.run?.prints, ['3'])
    })
  })
}
