import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { createCommand } from '../commands/contract.ts'
import { listRuns } from '../runs/contract.ts'
import { updateBotSettings } from '../settings/contract.ts'
import { sendUpdate } from '../simulator/contract.ts'
import { blockBotUser, unblockBotUser } from '../users/contract.ts'
import { simulatedBot, texts } from '../v2.fixture.ts'

const BOB = { id: 77, first_name: 'Bob' }

for (const dialect of dialects) {
  describe(`special commands (${dialect})`, async () => {
    const app = await testApp(dialect)
    const newBot = async (commands: Readonly<Record<string, string>>) => {
      const ada = await app.account()
      const bot = await simulatedBot(ada, commands)
      return {
        ...bot,
        ada,
        runs: async () =>
          (await ada.call(listRuns, { params: bot.params })).result.runs.map(({ command, update_id }) => [
            command,
            update_id !== null,
          ]),
        update: async (body: Record<string, unknown>) =>
          (await ada.call(sendUpdate, { params: bot.params, query: { timeout_ms: '25000' }, body })).result,
      }
    }

    it('@ runs before every command, which goes on unless @ stops it', async () => {
      const bot = await newBot({
        '@': 'print("before", msg)\nif msg == "/no": raise ReturnCommand\nshared = 1',
        '*': 'print("main", "shared" in globals_() if "globals_" in dir() else "apart")',
      })

      const yes = await bot.say('/yes')
      const no = await bot.say('/no')

      assert.deepEqual(yes.run?.prints, ['main apart'])
      assert.deepEqual([no.run?.command, no.run?.prints], ['@', ['before /no']])
      // An update is named by the run that it ends with.
      assert.deepEqual(await bot.runs(), [
        ['@', true],
        ['*', true],
        ['@', false],
      ])
    })

    it('~ and .env are in front of every command, with its names', async () => {
      const bot = await newBot({
        '~': 'def greet(name):\n    return GREETING + ", " + name',
        '.env': 'GREETING = "Hello"\nLIST = [1, 2]',
        '/start': 'print(greet("Ada"), LIST[1])',
      })

      assert.deepEqual((await bot.say('/start')).run?.prints, ['Hello, Ada 2'])
    })

    it('! takes the error of a command, and cannot run others', async () => {
      const bot = await newBot({
        '/bad': 'x = 1\nx / 0',
        '!': 'bot.sendMessage("sorry: " + options)\ntry:\n    Bot.runCommand("/bad")\nexcept Exception as e:\n    bot.sendMessage(type(e).__name__)',
      })

      const played = await bot.say('/bad')

      assert.equal(played.run?.error?.line, 2)
      assert.deepEqual(texts(played.messages).slice(1), ['sorry: ZeroDivisionError: division by zero', 'RuntimeError'])
    })

    it('without ! the person is told that something went wrong', async () => {
      const bot = await newBot({ '/bad': 'x / 0' })

      const played = await bot.say('/bad')

      assert.deepEqual(texts(played.messages).slice(1), ['Something went wrong. Please try again later.'])
    })

    it('aliases, commands for administrators, and people who are blocked', async () => {
      const bot = await newBot({ '*': 'print("any")' })
      const body = { command: '/secret', code: 'print("secret", params)', admin_only: true, aliases: ['/s', 'Secret!'] }
      await bot.ada.call(createCommand, { params: bot.params, body })
      assert.deepEqual((await bot.say('/secret', BOB)).run?.prints, ['any'])
      await bot.ada.call(updateBotSettings, { params: bot.params, body: { admins: [BOB.id] } })

      assert.deepEqual((await bot.say('/secret 1', BOB)).run?.prints, ['secret 1'])
      assert.deepEqual((await bot.say('/s 2', BOB)).run?.prints, ['secret 2'])
      assert.deepEqual((await bot.say('Secret!', BOB)).run?.prints, ['secret None'])
      assert.deepEqual((await bot.say('/secret')).run?.prints, ['any'])

      const params = { ...bot.params, userid: String(BOB.id) }
      await bot.ada.call(blockBotUser, { params })
      assert.equal((await bot.say('/secret', BOB)).run, null)
      assert.deepEqual((await bot.say('/x')).run?.prints, ['any'])
      await bot.ada.call(unblockBotUser, { params })
      assert.deepEqual((await bot.say('/secret', BOB)).run?.prints, ['secret None'])
    })

    it('updates of every kind have their handlers, with the raw object as the message', async () => {
      const bot = await newBot({
        '/joined': 'print("joined", message.new_chat_members[0].first_name)',
        '/handler_poll_answer': 'print("poll", u, message.option_ids)',
        '/handler_special_updates': 'print(update_type, u, chat_id)',
      })
      const chat = { id: -100, type: 'supergroup', title: 'Group' }
      const from = { id: 5, is_bot: false, first_name: 'Eve' }

      const joined = await bot.update({ message: { message_id: 1, date: 1, chat, from, new_chat_members: [from] } })
      const answer = await bot.update({ poll_answer: { poll_id: '1', user: from, option_ids: [2] } })
      const reaction = await bot.update({
        message_reaction: { chat, message_id: 1, user: from, date: 1, old_reaction: [], new_reaction: [] },
      })

      assert.deepEqual(joined.run?.prints, ['joined Eve'])
      assert.deepEqual(answer.run?.prints, ['poll 5 [2]'])
      assert.deepEqual(reaction.run?.prints, ['message_reaction 5 -100'])
    })
  })
}
