import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { eventually } from '../../../test/services/eventually.ts'
import { createBot, getBot, startBot, stopBot } from '../bots/contract.ts'
import { createCommand } from '../commands/contract.ts'
import { listRuns } from '../runs/contract.ts'
import { updateBotSettings } from '../settings/contract.ts'
import { testTelegram } from './telegram.fixture.ts'

for (const dialect of dialects) {
  describe(`updates by webhook (${dialect})`, async () => {
    const telegram = await testTelegram()
    const app = await testApp(dialect, { settings: { TELEGRAM_API_ROOT: telegram.root } })
    const ada = await app.account()
    const identity = telegram.bot(`hooked_${dialect}_bot`)
    const params = {
      botid: (await ada.call(createBot, { body: { bot_token: identity.token } })).result.botid,
    }
    await ada.call(createCommand, { params, body: { command: '*', code: 'bot.sendMessage(msg)' } })
    const hook = () => telegram.emulator.store.bot(identity.id)?.webhook ?? null
    const receive = (receives_by: 'polling' | 'webhook') =>
      ada.call(updateBotSettings, { params, body: { receives_by } })
    const arrives = (chat: number, texts: string[]) => eventually(() => assert.deepEqual(telegram.textsTo(chat), texts))

    it('come in order, are taken back when the bot stops or polls again, and are lost nowhere', {
      timeout: 90_000,
    }, async () => {
      await receive('webhook')
      await ada.call(startBot, { params })
      await eventually(() => assert.ok(hook()?.url.startsWith(`${app.url}/bot-webhook/`)))
      const numbers = Array.from({ length: 5 }, (_, n) => `${n}`)
      for (const n of numbers) telegram.write(identity.id, n, 1)
      await arrives(1, numbers)

      await ada.call(stopBot, { params })
      await eventually(() => assert.equal(hook(), null))
      telegram.write(identity.id, 'while stopped', 1)
      await ada.call(startBot, { params })
      await arrives(1, [...numbers, 'while stopped'])
      await receive('polling')
      await eventually(() => assert.equal(hook(), null))
      telegram.write(identity.id, 'polled', 1)
      await arrives(1, [...numbers, 'while stopped', 'polled'])
      assert.equal((await ada.call(getBot, { params })).result.problem, null)
      await receive('webhook')
      await eventually(() => assert.ok(hook() !== null))
    })

    it('are refused without the secret, and handled once however often they are posted', async () => {
      const { url = '', secretToken = '' } = hook() ?? {}
      const update = {
        update_id: 900_000_000,
        message: {
          message_id: 1,
          date: 1,
          chat: { id: 2, type: 'private' },
          from: { id: 2, is_bot: false, first_name: 'B' },
          text: 'posted',
        },
      }
      telegram.emulator.openChat({ botId: identity.id, user: { id: 2, first_name: 'B' } })
      const post = async (to: string, secret: string | undefined, body: object = update) => {
        const headers = {
          'content-type': 'application/json',
          ...(secret === undefined ? {} : { 'x-telegram-bot-api-secret-token': secret }),
        }
        return (await fetch(to, { method: 'POST', headers, body: JSON.stringify(body) })).status
      }

      const refused = [await post(url, undefined), await post(url, 'x'), await post(`${url}x`, secretToken)]
      const malformed = await post(url, secretToken, { no: 'update' })
      const taken = await Promise.all([post(url, secretToken), post(url, secretToken)])
      taken.push(await post(url, secretToken))

      assert.deepEqual([refused, malformed, taken], [[404, 404, 404], 400, [200, 200, 200]])
      await arrives(2, ['posted'])
      const { runs } = (await ada.call(listRuns, { params })).result
      assert.equal(runs.filter(({ update_id }) => update_id === update.update_id).length, 1)
      await ada.call(stopBot, { params })
    })

    it('show why Telegram does not take the address', async () => {
      telegram.emulator.failNext('setWebhook', {
        errorCode: 400,
        description: 'Bad Request: bad webhook: HTTPS url must be provided',
      })
      await ada.call(startBot, { params })

      await eventually(async () =>
        assert.match((await ada.call(getBot, { params })).result.problem ?? '', /Set LATCHKEY_PUBLIC_URL/),
      )
      await eventually(async () => assert.equal((await ada.call(getBot, { params })).result.problem, null))
      await ada.call(stopBot, { params })
    })
  })
}
