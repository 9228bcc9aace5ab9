import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { simulatedBot, v2 } from '../v2.fixture.ts'
import { listRuns } from './contract.ts'

for (const dialect of dialects) {
  describe(`the log of runs (${dialect})`, async () => {
    const app = await testApp(dialect)

    it('gives pages, newest first, and single runs, to the owner only', async () => {
      const [ada, bob] = [await app.account(), await app.account()]
      const bot = await simulatedBot(ada, { '*': 'print(msg)' })
      for (const n of ['1', '2', '3']) await bot.say(n)

      const { result: first } = await ada.call(listRuns, { params: bot.params, query: { limit: '2' } })
      const { result: second } = await ada.call(listRuns, {
        params: bot.params,
        query: { limit: '2', before: first.next_before ?? '' },
      })
      const id = first.runs[0]?.id ?? ''
      const foreign = await v2(bob, 'GET', `/v2/bots/${bot.botid}/runs/${id}`)
      const other = await simulatedBot(ada)
      const misplaced = await v2(ada, 'GET', `/v2/bots/${other.botid}/runs/${id}`)

      assert.deepEqual(
        [first.runs, second.runs].map((runs) => runs.map(({ prints }) => prints[0])),
        [['3', '2'], ['1']],
      )
      assert.equal(second.next_before, null)
      assert.deepEqual((await v2(ada, 'GET', `/v2/bots/${bot.botid}/runs/${id}`)).body, {
        ok: true,
        result: first.runs[0],
      })
      assert.deepEqual([foreign.status, misplaced.status], [404, 404])
    })

    it('holds what no database would take: NUL, half a letter, and very much of it', async () => {
      const bot = await simulatedBot(await app.account(), {
        '/nul': "print('a\\x00b', '\\ud83d')",
        '/raise': "raise ValueError('\\x00\\udc00' * 10)",
        '/much': "print('x' * 10_000_000)",
      })

      for (const name of ['/nul', '/raise', '/much']) assert.ok((await bot.say(name)).run !== null, name)
    })
  })
}
