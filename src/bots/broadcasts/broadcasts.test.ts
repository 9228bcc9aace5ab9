import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { describe, it, type TestContext } from 'node:test'
import { testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { eventually } from '../../../test/services/eventually.ts'
import { createBot, startBot, stopBot } from '../bots/contract.ts'
import { createCommand } from '../commands/contract.ts'
import { testTelegram } from '../gateway/telegram.fixture.ts'
import { updateBotSettings } from '../settings/contract.ts'
import { getBotUser } from '../users/contract.ts'
import { botUserRepo } from '../users/repo.ts'
import {
  clearBroadcasts,
  createBroadcast,
  getBroadcast,
  listBroadcasts,
  pauseBroadcast,
  rerunBroadcast,
  resumeBroadcast,
  setBroadcastSpeed,
  stopBroadcast,
} from './contract.ts'

const FAST = 25

for (const dialect of dialects) {
  describe(`broadcasts (${dialect})`, async () => {
    const telegram = await testTelegram()
    const settings = { TELEGRAM_API_ROOT: telegram.root, FETCH_ALLOW: '127.0.0.1' }
    const app = await testApp(dialect, { settings })
    let bots = 0
    let people = 100_000

    /** A bot that works, with so many users who have begun a chat with it. */
    const newBot = async (t: TestContext, count: number, commands: Readonly<Record<string, string>> = {}) => {
      bots += 1
      const ada = await app.account()
      const identity = telegram.bot(`broadcast_${dialect}_${bots}_bot`)
      const { result } = await ada.call(createBot, { body: { bot_token: identity.token } })
      const params = { botid: result.botid }
      for (const [command, code] of Object.entries(commands))
        await ada.call(createCommand, { params, body: { command, code } })
      const users = Array.from({ length: count }, () => {
        people += 1
        return people
      })
      for (const id of users) {
        telegram.emulator.openChat({ botId: identity.id, user: { id, first_name: `P<${id}>` } })
        const person = { id, username: null, firstName: `P<${id}>`, lastName: 'L', languageCode: null }
        await botUserRepo(app.app.core.database.db).upsert(ada.id, params.botid, person, 1)
      }
      await ada.call(startBot, { params })
      t.after(() => ada.call(stopBot, { params }))
      const path = (id: string) => ({ ...params, broadcastid: id })
      return {
        ada,
        params,
        path,
        users,
        identity,
        make: async (body: Parameters<typeof ada.call<typeof createBroadcast>>[1]['body']) =>
          (await ada.call(createBroadcast, { params, body })).result,
        look: async (id: string) => (await ada.call(getBroadcast, { params: path(id) })).result,
        becomes: (id: string, state: string) =>
          eventually(async () => {
            const { result: now } = await ada.call(getBroadcast, { params: path(id) })
            assert.equal(now.state, state, now.problem ?? '')
            return now
          }),
      }
    }
    const received = (users: readonly number[]) => users.map((id) => telegram.textsTo(id))

    it('reach everybody once, with their names, and count who has blocked the bot', async (t) => {
      const bot = await newBot(t, 5)
      telegram.emulator.blockBot(bot.identity.id, bot.users[1] ?? 0)
      await eventually(async () => {
        const params = { ...bot.params, userid: String(bot.users[1]) }
        assert.equal((await bot.ada.call(getBotUser, { params })).result.blocked_bot, true)
      })
      const stranger = { id: 99, username: null, firstName: 'X', lastName: null, languageCode: null }
      await botUserRepo(app.app.core.database.db).upsert(bot.ada.id, bot.params.botid, stranger, 1)

      const made = await bot.make({
        text: '<b>{first_name}</b> {unknown} {user_id}',
        params: { parse_mode: 'HTML' },
        speed: FAST,
      })
      const done = await bot.becomes(made.broadcast_id, 'done')

      const [first] = bot.users
      assert.deepEqual(telegram.textsTo(first ?? 0), [`<b>P&lt;${first}&gt;</b> {unknown} ${first}`])
      assert.deepEqual(
        received(bot.users).map(({ length }) => length),
        [1, 0, 1, 1, 1],
      )
      const { total_users, processed, remaining, total_success, total_errors, progress_pct } = done
      assert.deepEqual(
        { total_users, processed, remaining, total_success, total_errors, progress_pct },
        { total_users: 5, processed: 5, remaining: 0, total_success: 4, total_errors: 1, progress_pct: 100 },
      )
    })

    it('run code and commands for each, with bot, u and the person', async (t) => {
      const bot = await newBot(t, 3, { '/news': 'bot.sendMessage("news " + message.from_user.first_name)' })

      const code = await bot.make({ code: 'if int(u) % 2: 1/0\nbot.sendMessage(f"code {u}")', speed: FAST })
      const done = await bot.becomes(code.broadcast_id, 'done')
      const command = await bot.make({ command: '/news', speed: FAST })
      await bot.becomes(command.broadcast_id, 'done')

      const odd = bot.users.filter((id) => id % 2 === 1).length
      assert.deepEqual([done.total_success, done.total_errors], [3 - odd, odd])
      for (const id of bot.users)
        assert.deepEqual(telegram.textsTo(id), [...(id % 2 === 1 ? [] : [`code ${id}`]), `news P<${id}>`])
    })

    it('go to their maker first, and to nobody else if that fails', async (t) => {
      const bot = await newBot(t, 2)
      const test_chat_id = bot.users[0]

      const bad = await bot.make({ text: '<b>open', params: { parse_mode: 'HTML' }, test_chat_id, speed: FAST })
      const failed = await bot.becomes(bad.broadcast_id, 'failed')
      assert.match(failed.problem ?? '', /The test failed: .*parse entities/)
      const good = await bot.make({ text: 'ok', test_chat_id: 1, speed: FAST })
      await bot.becomes(good.broadcast_id, 'done')

      assert.deepEqual(received(bot.users), [['ok'], ['ok']])
    })

    it('pause, go on, change their speed, stop, and are made again', async (t) => {
      const bot = await newBot(t, 40)
      const made = await bot.make({ text: 'slow', speed: 5 })
      const params = bot.path(made.broadcast_id)
      await eventually(async () => assert.ok((await bot.look(made.broadcast_id)).processed > 0))

      await bot.ada.call(pauseBroadcast, { params })
      // The job has seen it and is gone: nobody sends any more.
      await eventually(async () => {
        const jobs = await app.app.core.database.db
          .selectFrom('jobs')
          .select('id')
          .where('key', '=', made.broadcast_id)
          .execute()
        assert.deepEqual(jobs, [])
      })
      assert.ok((await bot.look(made.broadcast_id)).processed < 40)
      assert.equal((await bot.look(made.broadcast_id)).state, 'paused')
      await bot.ada.call(setBroadcastSpeed, { params, body: { speed: FAST } })
      await bot.ada.call(resumeBroadcast, { params })
      await bot.becomes(made.broadcast_id, 'done')
      assert.deepEqual(new Set(received(bot.users).map((texts) => texts.join())), new Set(['slow']))

      const again = (await bot.ada.call(rerunBroadcast, { params })).result
      await bot.ada.call(stopBroadcast, { params: bot.path(again.broadcast_id) })
      await assert.rejects(bot.ada.call(stopBroadcast, { params: bot.path(again.broadcast_id) }), { status: 409 })
      const { result: list } = await bot.ada.call(listBroadcasts, { params: bot.params })
      assert.deepEqual(
        list.broadcasts.map(({ state }) => state),
        ['stopped', 'done'],
      )
      assert.deepEqual((await bot.ada.call(clearBroadcasts, { params: bot.params })).result, { cleared: 2 })
    })

    it('are no faster than the bot may send', async (t) => {
      const bot = await newBot(t, 40)
      const { params } = bot
      await assert.rejects(bot.make({ text: 'x', speed: FAST + 1 }), { code: 'broadcast_too_fast' })
      await bot.ada.call(updateBotSettings, { params, body: { messages_per_second: 600 } })
      await assert.rejects(bot.make({ text: 'x', speed: 501 }), { code: 'broadcast_too_fast' })

      const made = await bot.make({ text: 'fast', speed: 500 })
      const done = await bot.becomes(made.broadcast_id, 'done')

      assert.deepEqual(new Set(received(bot.users).map((texts) => texts.join())), new Set(['fast']))
      assert.equal(done.speed, 500)
      await bot.ada.call(updateBotSettings, { params, body: { messages_per_second: 30 } })
      const again = await bot.ada.call(rerunBroadcast, { params: bot.path(made.broadcast_id) })
      assert.equal(again.result.speed, FAST)
      await bot.ada.call(stopBroadcast, { params: bot.path(again.result.broadcast_id) })
    })

    it('wait as long as Telegram says, and outlive an outage and a stop of the bot', async (t) => {
      const bot = await newBot(t, 6)
      telegram.emulator.failNext('sendMessage', {
        errorCode: 429,
        description: 'Too Many Requests',
        retryAfterSeconds: 1,
      })
      telegram.emulator.failNext('sendMessage', { errorCode: 502, description: 'Bad Gateway' })
      const made = await bot.make({ text: 'through', speed: FAST })
      await bot.becomes(made.broadcast_id, 'done')
      assert.deepEqual(
        received(bot.users),
        bot.users.map(() => ['through']),
      )

      await bot.ada.call(stopBot, { params: bot.params })
      const second = await bot.make({ text: 'later', speed: FAST })
      await eventually(async () =>
        assert.match((await bot.look(second.broadcast_id)).problem ?? '', /goes on when it is started/),
      )
      await bot.ada.call(startBot, { params: bot.params })
      await bot.becomes(second.broadcast_id, 'done')
      assert.deepEqual(
        received(bot.users),
        bot.users.map(() => ['through', 'later']),
      )
    })

    it('tell the callback_url of their end, and only a public one', async (t) => {
      const bodies: unknown[] = []
      const server = createServer(async (request, response) => {
        bodies.push(await json(request))
        response.end()
      }).listen(0, '127.0.0.1')
      t.after(() => server.close())
      await once(server, 'listening')
      const bot = await newBot(t, 2)
      const callback_url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/done`

      const made = await bot.make({ text: 'x', speed: FAST, callback_url })
      await eventually(async () => assert.equal((await bot.look(made.broadcast_id)).callback_state, 'delivered'))

      const { broadcast_id } = made
      assert.deepEqual(bodies, [{ broadcast_id, state: 'done', total: 2, total_success: 2, total_errors: 0 }])
      await assert.rejects(bot.make({ text: 'x', callback_url: 'http://10.0.0.1/' }), {
        code: 'broadcast_callback_invalid',
      })
    })

    it('are made and watched by commands too', async (t) => {
      const bot = await newBot(t, 2, {
        '/all':
          'r = bot.broadcast("Hello, everyone!")\nprint(r.status, r.message, Bot.getBroadcastStatus(r.broadcast_id).total_errors)',
        '/photo': 'r = Bot.broadcast(function="send_message", text="{user_name}", speed=25)\nprint(r.status)',
        '/none': 'print(Bot.broadcast(function="get_me"))',
      })
      const [first = 0] = bot.users
      telegram.write(bot.identity.id, '/all', first)
      telegram.write(bot.identity.id, '/photo', first)
      telegram.write(bot.identity.id, '/none', first)

      const { result } = await eventually(async () => {
        const found = await bot.ada.call(listBroadcasts, { params: bot.params })
        assert.deepEqual(
          found.result.broadcasts.map(({ state }) => state),
          ['done', 'done'],
        )
        return found
      })

      assert.deepEqual(
        result.broadcasts.map(({ mode }) => mode),
        ['function', 'text'],
      )
      assert.match(result.broadcasts[1]?.hint ?? '', /no Python/)
      const last = bot.users[1] ?? 0
      assert.deepEqual(telegram.textsTo(last).toSorted(), ['Hello, everyone!', `P<${last}> L`].toSorted())
      // Written last, and nothing of it waits for the broadcasts.
      await eventually(async () => {
        const rows = await app.app.core.database.db
          .selectFrom('runs')
          .select('prints')
          .where('command', '=', '/none')
          .execute()
        assert.match(rows.at(-1)?.prints ?? '', /Function 'getMe' not allowed for broadcasting/)
      })
    })

    it('are three at a time for one bot, and of its account only', async (t) => {
      const bot = await newBot(t, 1)
      await bot.ada.call(stopBot, { params: bot.params })
      const made = [await bot.make({ text: '1' }), await bot.make({ text: '2' }), await bot.make({ text: '3' })]
      const eve = await app.account()

      await assert.rejects(bot.make({ text: '4' }), { code: 'broadcast_limit_reached' })
      await assert.rejects(bot.make({}), { code: 'broadcast_source_missing' })
      await assert.rejects(eve.call(getBroadcast, { params: bot.path(made[0]?.broadcast_id ?? '') }), { status: 404 })
      for (const { broadcast_id } of made) await bot.ada.call(stopBroadcast, { params: bot.path(broadcast_id) })
    })
  })
}
