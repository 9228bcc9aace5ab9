import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { stopBot } from '../bots/contract.ts'
import { deleteCommand } from '../commands/contract.ts'
import { simulatedBot } from '../v2.fixture.ts'
import { createWebhook, listWebhooks, revokeWebhook } from './contract.ts'

const HOOKED = {
  '/url': 'print(libs.Webhook.getUrlFor("/paid", user_id=u, order=17))',
  '/redirect':
    'print(libs.Webhook.getUrlFor("/paid", u, options={"options": 1, "redirect_to": "https://example.org/done"}))',
  '/paid':
    'bot.sendMessage(f"{options.data}|{options.json}|{options.options}|{u}|{message}")\nprint(sorted(options.headers.keys()), options.ip, options.query)',
  '/answer': 'Api.setWebhookResult({"got": options.json, "big": 2**60})',
  '/text': 'Api.setWebhookResult("<b>plain</b>")',
}

for (const dialect of dialects) {
  describe(`webhooks (${dialect})`, async () => {
    const app = await testApp(dialect)
    const newBot = async () => {
      const ada = await app.account()
      const bot = await simulatedBot(ada, HOOKED)
      const urlOf = async (command: string) =>
        (await ada.call(createWebhook, { params: bot.params, body: { command } })).result.url
      const last = async () => (await bot.chat()).at(-1)?.text
      return { ...bot, ada, urlOf, last }
    }
    const post = (url: string, body: string, headers: Record<string, string> = {}) =>
      fetch(url, { method: 'POST', body, headers, redirect: 'manual' })

    it('run a command with what was sent, without credentials, by POST and by GET', async () => {
      const bot = await newBot()
      const said = await bot.say('/url')
      const url = said.run?.prints[0] ?? ''
      assert.ok(url.startsWith(`${app.url}/new-webhook?data=`), url)

      const posted = await post(`${url}&x=1`, '{"a":[1,2]}', {
        'content-type': 'text/weird',
        authorization: 'Bearer secret',
        cookie: 'a=b',
        'x-sign': 's',
      })

      assert.deepEqual([posted.status, await posted.json()], [200, { ok: true }])
      assert.equal(await bot.last(), "{\"a\":[1,2]}|{'a': [1, 2]}|{'order': 17}|1000001|None")
      const { result } = await bot.ada.call(listWebhooks, { params: bot.params })
      assert.deepEqual(
        result.webhooks.map(({ command, url: address }) => [command, address]),
        [['/paid', url]],
      )
      const got = await fetch(url)
      assert.equal(got.status, 200)
      assert.equal(await bot.last(), "|None|{'order': 17}|1000001|None")
      const row = await app.app.core.database.db
        .selectFrom('runs')
        .select('prints')
        .where('bot_id', '=', bot.botid)
        .where('started_by', '=', 'webhook')
        .orderBy('id')
        .executeTakeFirstOrThrow()
      assert.doesNotMatch(row.prints, /authorization|cookie|'host'/)
      assert.match(row.prints, /x-sign.*127\.0\.0\.1.*'x': '1'/)
    })

    it('answer what the command says, or redirect', async () => {
      const bot = await newBot()

      const json = await post(await bot.urlOf('/answer'), '[1]')
      const text = await fetch(await bot.urlOf('/text'))
      const redirect = await post((await bot.say('/redirect')).run?.prints[0] ?? '', 'x')

      assert.match(json.headers.get('content-type') ?? '', /application\/json/)
      assert.match(await json.text(), /^\{"got":\[1\]/)
      assert.match(text.headers.get('content-type') ?? '', /text\/plain/)
      assert.equal(await text.text(), '<b>plain</b>')
      assert.deepEqual([redirect.status, redirect.headers.get('location')], [302, 'https://example.org/done'])
      assert.match((await bot.last()) as string, /^x\|None\|1\|/)
    })

    it('are the same for the same, cannot be guessed, and end when they are revoked', async () => {
      const bot = await newBot()
      const make = () => bot.ada.call(createWebhook, { params: bot.params, body: { command: '/answer' } })
      const [one, two] = [(await make()).result, (await make()).result]
      assert.deepEqual(one, two)
      const eve = await app.account()
      const params = { ...bot.params, webhookid: one.id }
      await assert.rejects(eve.call(revokeWebhook, { params }), { status: 404 })

      await bot.ada.call(revokeWebhook, { params })

      assert.equal((await post(one.url, '')).status, 404)
      const three = (await make()).result
      assert.notEqual(three.url, one.url)
      const forged = Buffer.concat([Buffer.alloc(16), Buffer.from(three.id)]).toString('base64url')
      for (const data of [forged, '', 'x', `${three.url.split('=')[1]}x`])
        assert.equal((await fetch(`${app.url}/new-webhook?data=${data}`)).status, 404, data)
      assert.equal((await post(three.url, 'x'.repeat(1024 * 1024 + 1))).status, 413)
      assert.equal((await post(three.url, 'x'.repeat(1024 * 1024))).status, 200)
    })

    it('say that the bot is stopped, and that the command is gone', async () => {
      const bot = await newBot()
      const url = await bot.urlOf('/text')
      const path = { ...bot.params, '*': Buffer.from('/text').toString('base64url') }
      await bot.ada.call(deleteCommand, { params: path })
      assert.equal((await fetch(url)).status, 410)
      await bot.ada.call(stopBot, { params: bot.params })

      const stopped = await fetch(url)

      assert.equal(stopped.status, 503)
      assert.deepEqual(Object.keys((await stopped.json()) as object), ['ok', 'result', 'msg', 'code'])
    })
  })
}
