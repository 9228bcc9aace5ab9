import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import { type TestAccount, testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { eventually } from '../../../test/services/eventually.ts'
import { createBot, getBot, startBot, stopBot, updateBotToken } from '../bots/contract.ts'
import { createCommand } from '../commands/contract.ts'
import { listRuns } from '../runs/contract.ts'
import { testTelegram } from './telegram.fixture.ts'

const ECHO = { '*': 'bot.sendMessage(msg)' }

for (const dialect of dialects) {
  describe(`gateway (${dialect})`, async () => {
    const telegram = await testTelegram()
    const app = await testApp(dialect, { settings: { TELEGRAM_API_ROOT: telegram.root } })
    let bots = 0
    const stops: (() => Promise<unknown>)[] = []

    // A trouble that a test orders hits whoever polls next, and that must not be the bot of a test before.
    afterEach(async () => {
      await Promise.all(stops.splice(0).map((stop) => stop()))
    })

    /** A bot with a token, made and not started. */
    const newBot = async (account: TestAccount, commands: Readonly<Record<string, string>> = ECHO) => {
      bots += 1
      const identity = telegram.bot(`gateway_${bots}_bot`)
      const { result } = await account.call(createBot, { body: { bot_token: identity.token } })
      const params = { botid: result.botid }
      stops.push(() => account.call(stopBot, { params }))
      for (const [command, code] of Object.entries(commands))
        await account.call(createCommand, { params, body: { command, code } })
      return {
        ...identity,
        params,
        start: () => account.call(startBot, { params }),
        stop: () => account.call(stopBot, { params }),
        state: async () => (await account.call(getBot, { params })).result,
        runs: async () => (await account.call(listRuns, { params })).result.runs,
        write: (text: string, userId?: number) => telegram.write(identity.id, text, userId),
      }
    }
    const started = async (commands?: Readonly<Record<string, string>>) => {
      const bot = await newBot(await app.account(), commands)
      await bot.start()
      return bot
    }
    let chats = 10_000
    const newChat = (): number => {
      chats += 1
      return chats
    }
    const arrives = (chat: number, texts: readonly string[]) =>
      eventually(() => assert.deepEqual(telegram.textsTo(chat), texts), { deadlineMs: 90_000 })

    it('takes the updates of a bot from its start to its stop, and then leaves them to Telegram', async () => {
      const bot = await newBot(await app.account())
      const chat = newChat()
      bot.write('before', chat)
      assert.equal((await bot.state()).status, 'stopped')

      await bot.start()
      await arrives(chat, ['before'])
      await bot.stop()
      await eventually(() => assert.ok(!telegram.emulator.store.bot(bot.id)?.pending.length))
      const fence = await started()
      bot.write('while stopped', chat)
      fence.write('fence', chat + 50_000)
      await arrives(chat + 50_000, ['fence'])
      assert.deepEqual(telegram.textsTo(chat), ['before'])
      await bot.start()

      await arrives(chat, ['before', 'while stopped'])
    })

    it('leaves the updates of a disabled account to Telegram, until it is enabled again', async () => {
      const account = await app.account()
      const [bot, chat] = [await newBot(account), newChat()]
      await bot.start()
      bot.write('before', chat)
      await arrives(chat, ['before'])
      const become = async (status: 'active' | 'disabled') => {
        await app.app.core.database.db.updateTable('accounts').set({ status }).where('id', '=', account.id).execute()
        // Any change of another bot makes the gateway look at all of them.
        await (await started()).stop()
      }

      await become('disabled')
      await eventually(() => assert.ok(!telegram.emulator.store.bot(bot.id)?.pending.length))
      bot.write('while disabled', chat)
      const fence = await started()
      fence.write('fence', chat + 60_000)
      await arrives(chat + 60_000, ['fence'])
      assert.deepEqual(telegram.textsTo(chat), ['before'])

      await become('active')
      await arrives(chat, ['before', 'while disabled'])
    })

    it('keeps the order of each chat', async () => {
      const bot = await started()
      const people = [newChat(), newChat(), newChat()]
      const numbers = Array.from({ length: 15 }, (_, n) => `${n}`)

      for (const n of numbers) for (const chat of people) bot.write(n, chat)

      for (const chat of people) await arrives(chat, numbers)
    })

    it('lets no chat wait for a slow command of another', async () => {
      const bot = await started({ '/slow': 'import time\ntime.sleep(3)\nbot.sendMessage("slow")', ...ECHO })
      const [slow, quick] = [newChat(), newChat()]
      bot.write('warm', quick)
      await arrives(quick, ['warm'])

      bot.write('/slow', slow)
      bot.write('behind', slow)
      for (const n of ['1', '2', '3']) bot.write(n, quick)
      await arrives(quick, ['warm', '1', '2', '3'])

      assert.deepEqual(telegram.textsTo(slow), [])
      await arrives(slow, ['slow', 'behind'])
    })

    it('loses none of two hundred messages that come at once', { timeout: 60_000 }, async () => {
      const bot = await started()
      const first = chats + 1
      chats += 200

      for (let n = 0; n < 200; n++) bot.write(`m${n}`, first + n)

      await eventually(
        () => {
          for (let n = 0; n < 200; n++) assert.deepEqual(telegram.textsTo(first + n), [`m${n}`])
        },
        { deadlineMs: 90_000, everyMs: 100 },
      )
    })

    it('shows what keeps a bot from its updates, goes on by itself, and shows that no more', async () => {
      const bot = await started()
      const chat = newChat()
      const troubles = [
        [{ errorCode: 409, description: 'Conflict: terminated by other getUpdates request' }, /Another program/],
        [{ errorCode: 429, description: 'Too Many Requests: retry after 1', retryAfterSeconds: 1 }, /asks to wait 1 s/],
        [{ errorCode: 500, description: 'Internal Server Error' }, /cannot be reached/],
        [{ errorCode: 404, description: 'Not Found' }, /cannot be reached/],
      ] as const
      const texts: string[] = []
      for (const [failure, pattern] of troubles) {
        telegram.emulator.failNext('getUpdates', failure)
        texts.push(failure.description)
        bot.write(failure.description, chat)

        await eventually(async () => assert.match((await bot.state()).problem ?? '', pattern))
        await eventually(async () => assert.equal((await bot.state()).problem, null))
        await arrives(chat, texts)
      }
      assert.equal((await bot.state()).status, 'working')
    })

    it('outlives a network that is away', async () => {
      const bot = await started()
      const chat = newChat()
      bot.write('1', chat)
      await arrives(chat, ['1'])

      telegram.unplug()
      await eventually(async () => assert.match((await bot.state()).problem ?? '', /cannot be reached/))
      bot.write('2', chat)
      await telegram.plugIn()

      await arrives(chat, ['1', '2'])
      await eventually(async () => assert.equal((await bot.state()).problem, null))
    })

    it('stops a bot whose token was revoked, and says so until it is started again', async () => {
      const bot = await started()
      telegram.emulator.removeBot(bot.id)

      await eventually(async () => assert.equal((await bot.state()).status, 'stopped'))

      assert.match((await bot.state()).problem ?? '', /does not accept the token/)
      telegram.emulator.addBot({ token: bot.token, username: bot.username, firstName: 'Back' })
      await bot.start()
      assert.equal((await bot.state()).problem, null)
      const chat = newChat()
      bot.write('back', chat)
      await arrives(chat, ['back'])
    })

    it('goes on with a new token, whatever becomes of the old one', async () => {
      const ada = await app.account()
      const bot = await newBot(ada)
      await bot.start()
      const next = telegram.bot('rotated_bot')
      const [before, after] = [newChat(), newChat()]
      bot.write('old', before)
      await arrives(before, ['old'])

      await ada.call(updateBotToken, { params: bot.params, body: { token: next.token } })
      telegram.emulator.removeBot(bot.id)
      telegram.write(next.id, 'new', after)

      await arrives(after, ['new'])
      assert.deepEqual([(await bot.state()).status, (await bot.state()).problem], ['working', null])
      assert.equal((await bot.state()).bot_username, 'rotated_bot')
    })

    it('handles nothing again that Telegram repeats', async () => {
      const bot = await started()
      const chat = newChat()
      bot.write('once', chat)
      await arrives(chat, ['once'])
      await eventually(async () => assert.equal((await bot.runs()).length, 1))
      await bot.stop()
      const resident = telegram.emulator.store.bot(bot.id)
      await eventually(() => assert.equal(resident?.pending.length, 0))

      // As after a crash between the answer and the next poll: the offset was not saved, and Telegram was not told.
      const id = (resident?.nextUpdateId ?? 0) - 1
      const json = JSON.stringify({ message: { message_id: 1, chat: { id: chat, type: 'private' }, text: 'once' } })
      resident?.pending.push({ id, type: 'message', json, queueKey: 'x', expiresAtMs: Date.now() + 60_000 })
      const { db } = app.app.core.database
      await db.updateTable('bots').set({ next_update_id: null }).where('id', '=', bot.params.botid).execute()
      await bot.start()
      bot.write('twice', chat)

      await arrives(chat, ['once', 'twice'])
      // The record of a run follows its reply.
      await eventually(async () => assert.equal((await bot.runs()).length, 2))
    })

    it('keeps tokens out of every table, log line and run', async () => {
      const bot = await started({ '*': 'print(bot)\nbot.sendMessage(msg)\nbot.noSuchMethod(chat_id=1)' })
      const chat = newChat()
      bot.write('hi', chat)
      await eventually(async () => assert.equal((await bot.runs()).length, 1))
      const secret = bot.token.split(':')[1] ?? ''

      const { db } = app.app.core.database
      const tables = await db.introspection.getTables()
      for (const { name } of tables) {
        const rows = await db
          .selectFrom(name as 'bots')
          .selectAll()
          .execute()
        for (const value of rows.flatMap((row) => Object.values(row))) {
          const text = Buffer.isBuffer(value) ? value.toString('latin1') : String(value)
          assert.ok(!text.includes(secret), `a token stands in ${name}`)
        }
      }

      assert.ok(tables.length > 10)
      assert.ok(!app.log.join('').includes(secret))
      assert.ok(!JSON.stringify(await bot.runs()).includes(secret))
    })
  })
}
