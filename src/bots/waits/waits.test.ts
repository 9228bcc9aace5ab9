import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { updateBotSettings } from '../settings/contract.ts'
import { simulatedBot } from '../v2.fixture.ts'
import { clearWaits, listWaits } from './contract.ts'

const ASK = {
  '/ask': 'Bot.handleNextCommand("/answer", options={"from": msg})',
  '/answer': 'print("answer", msg, options["from"])',
  '/menu': 'print("menu")',
  '/strict': 'handleNextCommand("/answer", {"from": "strict"}, cancel_at_command=True)',
  '*': 'print("any", msg)',
}
const BOB = { id: 77, first_name: 'Bob' }

for (const dialect of dialects) {
  describe(`waits (${dialect})`, async () => {
    const app = await testApp(dialect)
    const newBot = async (commands: Readonly<Record<string, string>> = ASK) => {
      const ada = await app.account()
      const bot = await simulatedBot(ada, commands)
      return { ...bot, ada, waits: async () => (await ada.call(listWaits, { params: bot.params })).result }
    }
    const prints = async (work: Promise<{ run: { prints: string[] } | null }>) => (await work).run?.prints

    it('take the next message of the person in the chat, once, and nobody else’s', async () => {
      const bot = await newBot()
      const asked = await bot.say('/ask')
      assert.equal(asked.run?.error, null)
      assert.deepEqual(
        (await bot.waits()).map(({ user_id, chat_id, command, options }) => ({ user_id, chat_id, command, options })),
        [{ user_id: 1_000_001, chat_id: 1_000_001, command: '/answer', options: { from: '/ask' } }],
      )

      assert.deepEqual(await prints(bot.say('mine', BOB)), ['any mine'])
      const answered = await bot.say('forty')

      assert.deepEqual([answered.run?.prints, answered.run?.trigger], [['answer forty /ask'], 'wait'])
      assert.deepEqual(await bot.waits(), [])
      assert.deepEqual(await prints(bot.say('fifty')), ['any fifty'])
    })

    it('lose against commands, unless the bot is told otherwise', async () => {
      const bot = await newBot()
      await bot.say('/ask')
      assert.deepEqual(await prints(bot.say('/menu')), ['menu'])
      assert.deepEqual(await bot.waits(), [])

      await bot.ada.call(updateBotSettings, { params: bot.params, body: { commands_always_win: false } })
      await bot.say('/ask')
      assert.deepEqual(await prints(bot.say('/menu')), ['answer /menu /ask'])
      await bot.say('/strict')
      assert.deepEqual(await prints(bot.say('/menu')), ['menu'])
    })

    it('may begin the next wait, and are not ended by a button', async () => {
      const bot = await newBot({
        '/start':
          'bot.sendMessage("?", reply_markup={"inline_keyboard": [[{"text": "b", "callback_data": "/tap"}]]})\nBot.handleNextCommand("/one")',
        '/tap': 'print("tap")',
        '/one': 'print("one", msg)\nBot.handleNextCommand("/two")',
        '/two': 'print("two", msg)',
      })
      const { messages } = await bot.say('/start')
      const tapped = await bot.press('/tap', Number(messages.at(-1)?.message_id))
      assert.deepEqual(tapped.run?.prints, ['tap'])

      assert.deepEqual(await prints(bot.say('a')), ['one a'])
      assert.deepEqual(await prints(bot.say('b')), ['two b'])
      assert.equal((await bot.say('c')).run, null)
    })

    it('end by themselves, and by the API', async () => {
      const bot = await newBot({ ...ASK, '/short': 'Bot.handleNextCommand("/answer", expires_in=0)' })
      await bot.say('/short')
      assert.deepEqual(await prints(bot.say('late')), ['any late'])
      await bot.say('/ask')
      await bot.say('/ask', BOB)

      const one = await bot.ada.call(clearWaits, { params: bot.params, query: { user_id: String(BOB.id) } })

      assert.deepEqual(one.result, { cleared: 1 })
      assert.deepEqual(await prints(bot.say('x', BOB)), ['any x'])
      assert.deepEqual(await prints(bot.say('y')), ['answer y /ask'])
    })

    it('name commands that there are', async () => {
      const bot = await newBot({ '/ask': 'Bot.handleNextCommand("/nothing")' })

      assert.match((await bot.say('/ask')).run?.error?.message ?? '', /There is no command '\/nothing'/)
    })

    it('are found by the account of the bot only', async () => {
      const bot = await newBot()
      const eve = await app.account()

      await assert.rejects(eve.call(listWaits, { params: bot.params }), { status: 404 })
      await assert.rejects(eve.call(clearWaits, { params: bot.params }), { status: 404 })
    })
  })
}
