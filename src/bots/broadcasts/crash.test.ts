import assert from 'node:assert/strict'
import { resolve } from 'node:path'
import { describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { testApp } from '../../../test/app.ts'
import { closeAfter } from '../../../test/closing.ts'
import { dialects, testPlace } from '../../../test/database.ts'
import { eventually } from '../../../test/services/eventually.ts'
import { type LatchkeyProcess, spawnLatchkey } from '../../../test/services/process.ts'
import { inBatches } from '../../platform/db/index.ts'
import { createBot, startBot } from '../bots/contract.ts'
import { createCommand } from '../commands/contract.ts'
import { testTelegram } from '../gateway/telegram.fixture.ts'
import { updateBotSettings } from '../settings/contract.ts'
import { maxInFlight, maxSpeed } from './pace.ts'

const CACHE_DIR = resolve(import.meta.dirname, '../../../node_modules/.cache/latchkey')
const USERS = 10_000
const MESSAGES_PER_SECOND = 720
const SPEED = maxSpeed({ messages_per_second: MESSAGES_PER_SECOND })
const KILLS = 3
const TIMERS = 30
/** One each: a chat takes a message a second. */
const TIMER_CHATS = Array.from({ length: TIMERS }, (_, n) => 101 + n)
const WAIT_CHAT = 8
const COMMANDS = {
  '/tick': 'bot.sendMessage("tick " + str(options))',
  '/ask': 'bot.sendMessage("asked")\nBot.handleNextCommand("/answer")',
  '/answer': 'bot.sendMessage("answer " + msg)\nBot.handleNextCommand("/answer")',
  '*': 'bot.sendMessage("any " + msg)',
}

for (const dialect of dialects) {
  describe(`broadcasts, timers and waits of a server that is killed (${dialect})`, async () => {
    const place = await testPlace(dialect)
    const telegram = await testTelegram()
    const settings = { TELEGRAM_API_ROOT: telegram.root }
    let server: LatchkeyProcess | undefined
    closeAfter(async () => {
      // However the test ended: a server that is left over keeps this process from ending.
      await server?.kill('SIGKILL')
      await place.remove()
    })

    it('send nothing twice but what was on its way, skip nobody, fire every timer, and go on waiting', {
      timeout: 120_000 + USERS * 20,
    }, async (t) => {
      const first = await testApp(dialect, { place, settings })
      const ada = await first.account()
      const identity = telegram.bot(`killed_${dialect}_bot`)
      const { result } = await ada.call(createBot, { body: { bot_token: identity.token } })
      const params = { botid: result.botid }
      for (const [command, code] of Object.entries(COMMANDS))
        await ada.call(createCommand, { params, body: { command, code } })
      await ada.call(updateBotSettings, { params, body: { messages_per_second: MESSAGES_PER_SECOND } })
      await ada.call(startBot, { params })
      const users = Array.from({ length: USERS }, (_, n) => 1_000 + n)
      const rows = users.map((id) => ({
        bot_id: result.botid,
        user_id: id,
        account_id: ada.id,
        username: null,
        first_name: 'P',
        last_name: null,
        language_code: null,
        search_text: 'p',
        created_at: 1,
        last_active_at: 1,
        blocked_at: null,
        blocked_bot_at: null,
      }))
      for (const batch of inBatches(rows))
        await first.app.core.database.db
          .insertInto('bot_users')
          .values([...batch])
          .execute()
      for (const id of [...users, ...TIMER_CHATS, WAIT_CHAT])
        telegram.emulator.openChat({ botId: identity.id, user: { id, first_name: 'P' } })
      await first.stop()

      const spawn = async (): Promise<LatchkeyProcess> => {
        server = spawnLatchkey({
          dataDir: place.dataDir,
          env: {
            LATCHKEY_TELEGRAM_API_ROOT: telegram.root,
            LATCHKEY_CACHE_DIR: CACHE_DIR,
            LATCHKEY_LIMIT_BOTS_PER_MINUTE: '100000',
            ...(place.url === undefined ? {} : { LATCHKEY_DATABASE_URL: place.url }),
          },
        })
        await server.ready
        return server
      }
      let url = (await spawn()).url
      const call = async (method: string, path: string, body?: object): Promise<Record<string, unknown>> => {
        const response = await fetch(`${url}/v2/bots/${result.botid}${path}`, {
          method,
          headers: { authorization: `Bearer ${ada.key}`, 'content-type': 'application/json' },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        })
        const answer = (await response.json()) as { result: Record<string, unknown> }
        assert.equal(response.status, 200, JSON.stringify(answer))
        return answer.result
      }
      // Who asks is a user as well, and gets the broadcast.
      const said = () => telegram.textsTo(WAIT_CHAT).filter((text) => text !== 'cast')
      const sentTo = (ids: readonly number[]) => ids.reduce((sum, id) => sum + telegram.textsTo(id).length, 0)

      for (const [n, chat] of TIMER_CHATS.entries())
        await call('POST', '/tasks', {
          command: '/tick',
          after_seconds: 1 + n / 4,
          options: n,
          chat_id: chat,
          user_id: chat,
        })
      telegram.write(identity.id, '/ask', WAIT_CHAT)
      await eventually(() => assert.deepEqual(telegram.textsTo(WAIT_CHAT), ['asked']))
      const { broadcast_id } = await call('POST', '/broadcasts', { text: 'cast', speed: SPEED })
      const answers: string[] = []
      /** Whose message may have been on its way when the server was killed. */
      const onTheirWay = new Set<number>()
      for (let kill = 0; kill < KILLS; kill += 1) {
        const enough = (USERS * (kill + 0.5)) / (KILLS + 0.5)
        await eventually(() => assert.ok(sentTo(users) >= enough), { deadlineMs: 90_000, everyMs: 5 })
        // In the middle of a message, of a timer, and of an answer, as chance has it.
        telegram.write(identity.id, `a${kill}`, WAIT_CHAT)
        answers.push(`answer a${kill}`)
        await wait(kill * 15)
        await server?.kill('SIGKILL')
        const cast = telegram.sent.filter(({ text }) => text === 'cast')
        for (const { chatId } of cast.slice(-maxInFlight(SPEED))) onTheirWay.add(chatId)
        url = (await spawn()).url
      }
      const done = await eventually(
        async () => {
          const status = await call('GET', `/broadcasts/${broadcast_id}`)
          assert.equal(status.state, 'done', JSON.stringify(status))
          return status
        },
        { deadlineMs: 90_000 + USERS * 10, everyMs: 100 },
      )
      await eventually(() => {
        for (const chat of TIMER_CHATS) assert.notEqual(telegram.textsTo(chat).length, 0, `timer ${chat}`)
        assert.equal(new Set(said()).size, KILLS + 1)
      })

      const skipped = users.filter((id) => telegram.textsTo(id).length === 0)
      const twice = users.filter((id) => telegram.textsTo(id).length > 1)
      t.diagnostic(`${USERS} users, ${KILLS} kills: ${twice.length} messages came twice`)
      assert.deepEqual(skipped, [])
      assert.deepEqual(
        twice.filter((id) => !onTheirWay.has(id)),
        [],
      )
      assert.deepEqual([done.total_users, done.total_success, done.remaining], [USERS + 1, USERS + 1, 0])
      const { tasks } = (await call('GET', '/tasks?state=finished')) as { tasks: { state: string }[] }
      assert.deepEqual(
        tasks.map(({ state }) => state),
        TIMER_CHATS.map(() => 'done'),
      )
      const ticks = sentTo(TIMER_CHATS)
      assert.ok(ticks - TIMERS <= KILLS * 2, `${ticks - TIMERS} timers fired twice`)
      // Whatever was cut off was answered again by the command that was waited for, in its order.
      assert.deepEqual([...new Set(said())], ['asked', ...answers])
      const waits = (await call('GET', '/waits')) as unknown as { command: string; user_id: number }[]
      assert.deepEqual(
        waits.map(({ command, user_id }) => [command, user_id]),
        [['/answer', WAIT_CHAT]],
      )
    })
  })
}
