import assert from 'node:assert/strict'
import { resolve } from 'node:path'
import { describe, it } from 'node:test'
import { type TestAccount, testApp } from '../../../test/app.ts'
import { closeAfter } from '../../../test/closing.ts'
import { dialects, testPlace } from '../../../test/database.ts'
import { eventually } from '../../../test/services/eventually.ts'
import { spawnLatchkey } from '../../../test/services/process.ts'
import { createBot, startBot } from '../bots/contract.ts'
import { createCommand } from '../commands/contract.ts'
import { simulatedBot, texts } from '../v2.fixture.ts'
import { testTelegram } from './telegram.fixture.ts'

const CACHE_DIR = resolve(import.meta.dirname, '../../../node_modules/.cache/latchkey')
/** Long, so that it stands in its middle however slowly the rest comes; the second time it is over at once. */
const NAP = `import time
rested = Bot.getData('rested')
Bot.saveData('rested', True)
bot.sendMessage('begun ' + msg)
for _ in range(0 if rested else 5):
    time.sleep(10)
bot.sendMessage('done ' + msg)`

for (const dialect of dialects) {
  describe(`bots over a crash (${dialect})`, async () => {
    const place = await testPlace(dialect)
    closeAfter(() => place.remove())
    const telegram = await testTelegram()
    const settings = { TELEGRAM_API_ROOT: telegram.root }
    const spawn = () =>
      spawnLatchkey({
        dataDir: place.dataDir,
        env: {
          LATCHKEY_TELEGRAM_API_ROOT: telegram.root,
          LATCHKEY_CACHE_DIR: CACHE_DIR,
          LATCHKEY_LIMIT_BOTS_PER_MINUTE: '100000',
          ...(place.url === undefined ? {} : { LATCHKEY_DATABASE_URL: place.url }),
        },
      })
    const start = async (account: TestAccount) => {
      const identity = telegram.bot(`crash_${dialect}_bot`)
      const { result } = await account.call(createBot, { body: { bot_token: identity.token } })
      const params = { botid: result.botid }
      for (const [command, code] of Object.entries({ '/nap': NAP, '*': 'bot.sendMessage(msg)' }))
        await account.call(createCommand, { params, body: { command, code } })
      await account.call(startBot, { params })
      return identity
    }

    it('lose no update when the server is killed in the middle of one, and repeat none that was done', {
      timeout: 90_000,
    }, async () => {
      const first = await testApp(dialect, { place, settings })
      const ada = await first.account()
      const bot = await start(ada)
      telegram.write(bot.id, 'before', 1)
      await eventually(() => assert.deepEqual(telegram.textsTo(1), ['before']))
      const toy = await simulatedBot(ada, { '*': 'print(msg)' })
      const played = await toy.say('kept')
      await first.stop()

      const killed = spawn()
      closeAfter(() => killed.kill('SIGKILL'))
      await killed.ready
      const say = async (text: string) => {
        const response = await fetch(`${killed.url}/v2/bots/${toy.botid}/simulator/messages`, {
          method: 'POST',
          headers: { authorization: `Bearer ${ada.key}`, 'content-type': 'application/json' },
          body: JSON.stringify({ text }),
        })
        return (await response.json()) as { result: { update_id: number; run: { prints: string[] } } }
      }
      await say('a')
      telegram.write(bot.id, '/nap', 1)
      telegram.write(bot.id, 'queued', 1)
      telegram.write(bot.id, 'other chat', 2)
      await eventually(() => {
        assert.deepEqual(telegram.textsTo(1), ['before', 'begun /nap'])
        assert.deepEqual(telegram.textsTo(2), ['other chat'])
      })
      const last = await say('b')
      await killed.kill('SIGKILL')
      telegram.write(bot.id, 'while down', 2)

      const second = await testApp(dialect, { place, settings })
      await eventually(
        () => {
          assert.deepEqual(telegram.textsTo(1), ['before', 'begun /nap', 'begun /nap', 'done /nap', 'queued'])
          assert.deepEqual(telegram.textsTo(2), ['other chat', 'while down'])
        },
        { deadlineMs: 90_000 },
      )

      // The simulator as well: the bot is there, its chat is, and no number is given twice.
      const again = await second.fetch(`/v2/bots/${toy.botid}/simulator/messages`, {
        method: 'POST',
        headers: { authorization: `Bearer ${ada.key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ text: 'after' }),
      })
      const { result } = (await again.json()) as { result: typeof played }
      assert.deepEqual([result.done, result.run?.prints], [true, ['after']])
      assert.ok((result.update_id ?? 0) > last.result.update_id)
      assert.equal(texts(result.messages)[0], 'kept')
      await second.stop()
    })
  })
}
