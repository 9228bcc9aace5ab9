import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testApp } from '../app.ts'
import { dialects } from '../database.ts'

for (const dialect of dialects) {
  describe(`the published credentials of bots (${dialect})`, async () => {
    const app = await testApp(dialect)
    const ada = await app.account()
    const send = async (method: string, path: string, body?: object, headers: Record<string, string> = {}) => {
      const json = body === undefined ? {} : { body: JSON.stringify(body) }
      const response = await app.fetch(path, {
        method,
        headers: { 'content-type': 'application/json', ...headers },
        ...json,
      })
      return { status: response.status, body: JSON.parse(await response.text()) }
    }

    it('make and delete a bot, whichever of the four ways they come in', async () => {
      const cookie = await ada.signIn()
      const ways: [path: string, member: object, headers: Record<string, string>][] = [
        ['', {}, { authorization: `Bearer ${ada.key}` }],
        [`?api_key=${ada.key}`, {}, {}],
        ['', { api_key: ada.key }, {}],
        ['', {}, { cookie }],
      ]
      for (const [query, member, headers] of ways) {
        const made = await send(
          'POST',
          `/v2/create-bot${query}`,
          { ...member, simulated: true, bot_name: 'My Bot' },
          headers,
        )
        assert.deepEqual([made.status < 300, made.body.ok, made.body.result.bot_name], [true, true, 'My Bot'])

        const gone = await send('DELETE', `/v2/bots/${made.body.result.botid}${query}`, member, headers)
        assert.deepEqual(gone.body, { ok: true, result: 'Bot deleted successfully' })
      }
    })

    it('are asked for, refused and kept from the bots of others in the published words', async () => {
      const eve = await app.account()
      const { body } = await send('POST', '/v2/create-bot', { api_key: ada.key, simulated: true, bot_name: 'Mine' })
      const path = `/v2/bots/${body.result.botid}`

      const results = await Promise.all([
        send('GET', path),
        send('GET', `${path}?api_key=wrong`),
        send('GET', `${path}?api_key=${eve.key}`),
        send('GET', `/v2/bots/nobodys?api_key=${eve.key}`),
        send('GET', `${path}/commands/L25vbmU=?api_key=${ada.key}`),
      ])

      assert.deepEqual(
        results.map((answer) => [answer.status, answer.body.ok, answer.body.result]),
        [
          [401, false, 'Authentication required'],
          [401, false, 'Invalid API key'],
          [404, false, 'Bot not found or not owned by you'],
          [404, false, 'Bot not found or not owned by you'],
          [404, false, 'Command not found'],
        ],
      )
      assert.deepEqual(results[2]?.body, results[3]?.body)
    })
  })
}
