import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { simulatedBot, v2 } from '../v2.fixture.ts'

interface Page {
  readonly result: {
    readonly values: readonly { name: string; value: unknown; json: string }[]
    readonly next_after: string | null
  }
}

for (const dialect of dialects) {
  describe(`the data of bots (${dialect})`, async () => {
    const app = await testApp(dialect)

    it('can be looked at, put right and deleted, and code sees what was written', async () => {
      const ada = await app.account()
      const { botid, say } = await simulatedBot(ada, {
        '/write': "Bot.saveData('n', 2**60 + 1)\nUser.saveData('city', 'Rome')\nBot.saveData('a/b ü', {'x': 1.0})",
        '/read': "print(Bot.getData('n'), User.getData('city'), Bot.getData('new'))",
      })
      const base = `/v2/bots/${botid}/data`
      await say('/write')

      const list = (await v2(ada, 'GET', base)).body as Page
      const odd = await v2(ada, 'GET', `${base}/values/${encodeURIComponent('a/b ü')}`)
      await v2(ada, 'PUT', `${base}/values/n`, { json: '99999999999999999999' })
      await v2(ada, 'PUT', `${base}/values/new`, { value: [1, { a: null }] })
      const users = (await v2(ada, 'GET', `${base}/users`)).body as { result: { users: string[] } }
      const [user = ''] = users.result.users
      await v2(ada, 'PUT', `${base}/users/${user}/values/city`, { value: 'Oslo' })
      const { run } = await say('/read')
      const deleted = await v2(ada, 'DELETE', `${base}/values/new`)
      const again = await v2(ada, 'DELETE', `${base}/values/new`)

      assert.deepEqual(
        list.result.values.map(({ name, json }) => [name, json]),
        [
          ['a/b ü', '{"x": 1.0}'],
          ['n', '1152921504606846977'],
        ],
      )
      assert.equal(odd.status, 200)
      assert.deepEqual(run?.prints, ["99999999999999999999 Oslo [1, {'a': None}]"])
      assert.deepEqual([deleted.status, again.status], [200, 404])
    })

    it('comes in pages by prefix, and to its owner only', async () => {
      const [ada, bob] = [await app.account(), await app.account()]
      const { botid } = await simulatedBot(ada)
      const base = `/v2/bots/${botid}/data`
      for (const name of ['a1', 'a2', 'a3', 'b1']) await v2(ada, 'PUT', `${base}/values/${name}`, { value: name })

      const first = (await v2(ada, 'GET', `${base}?prefix=a&limit=2`)).body as Page
      const second = (await v2(ada, 'GET', `${base}?prefix=a&limit=2&after=${first.result.next_after}`)).body as Page
      const foreign = await v2(bob, 'GET', base)
      const broken = await v2(ada, 'PUT', `${base}/values/x`, { json: '{' })
      const large = await v2(ada, 'PUT', `${base}/values/x`, { value: 'x'.repeat(2 * 1024 * 1024) })

      assert.deepEqual(
        [first, second].map(({ result }) => result.values.map(({ value }) => value)),
        [['a1', 'a2'], ['a3']],
      )
      assert.equal(second.result.next_after, null)
      assert.deepEqual([foreign.status, broken.status, large.status], [404, 400, 413])
    })
  })
}
