import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { createLog } from '../../platform/log/index.ts'
import { getStatistics } from '../log/contract.ts'
import { sendUpdate } from '../simulator/contract.ts'
import { simulatedBot } from '../v2.fixture.ts'
import { blockBotUser, countBotUsers, getBotUser, listBotUsers } from './contract.ts'
import { ACTIVITY_STEP_MS, seenUsers } from './seen.ts'

for (const dialect of dialects) {
  describe(`users of bots (${dialect})`, async () => {
    const app = await testApp(dialect)
    const newBot = async () => {
      const ada = await app.account()
      return { ada, ...(await simulatedBot(ada, { '*': 'print(1)' })) }
    }

    it('are listed, found, counted, and told apart from those who have blocked the bot', async () => {
      const { ada, params, say } = await newBot()
      const people = [
        { id: 11, first_name: 'Ärla', username: 'arla_x' },
        { id: 12, first_name: 'Bo', last_name: 'Berg' },
        { id: 13, first_name: '100%' },
      ]
      for (const person of people) await say('hi', person)
      const status = (id: number, state: string) => ({
        my_chat_member: {
          chat: { id, type: 'private', first_name: 'x' },
          from: { id, is_bot: false, first_name: 'Bo' },
          date: 1,
          old_chat_member: { status: 'member', user: { id: 1, is_bot: true, first_name: 'b' } },
          new_chat_member: { status: state, user: { id: 1, is_bot: true, first_name: 'b' } },
        },
      })
      await ada.call(sendUpdate, { params, query: { timeout_ms: '20000' }, body: status(12, 'kicked') })
      const list = async (query: Record<string, string>) =>
        (await ada.call(listBotUsers, { params, query })).result.users.map(({ user_id }) => user_id)

      const first = await ada.call(listBotUsers, { params, query: { limit: '2' } })
      const rest = await list({ limit: '2', cursor: first.result.next_cursor ?? '' })

      assert.deepEqual([...first.result.users.map(({ user_id }) => user_id), ...rest], [13, 12, 11])
      assert.deepEqual(await list({ search: 'ärl' }), [11])
      assert.deepEqual(await list({ search: '@ARLA' }), [11])
      assert.deepEqual(await list({ search: '%' }), [13])
      assert.deepEqual(await list({ filter: 'blocked_bot' }), [12])
      assert.deepEqual(await list({ filter: 'reachable' }), [13, 11])
      const counts = { total: 3, blocked: 0, blocked_bot: 1, active_24h: 3, active_7d: 3, active_30d: 3 }
      assert.deepEqual((await ada.call(countBotUsers, { params })).result, counts)
      await say('back', people[1])
      assert.deepEqual(await list({ filter: 'blocked_bot' }), [])
      const { result } = await ada.call(getStatistics, { params, query: { days: '2' } })
      assert.deepEqual(result.days.map(({ updates, runs, new_users }) => [updates, runs, new_users]).at(-1), [5, 4, 3])
      assert.equal(result.runs_24h.total, 4)
    })

    it('belong to the account of the bot', async () => {
      const { ada, params, say } = await newBot()
      await say('hi', { id: 21, first_name: 'Cy' })
      const eve = await app.account()
      const path = { ...params, userid: '21' }

      assert.equal((await ada.call(getBotUser, { params: path })).result.first_name, 'Cy')
      for (const call of [getBotUser, blockBotUser])
        await assert.rejects(eve.call(call, { params: path }), { status: 404 })
      await assert.rejects(eve.call(listBotUsers, { params }), { status: 404 })
      await assert.rejects(ada.call(getBotUser, { params: { ...params, userid: '22' } }), { status: 404 })
    })

    it('writes when somebody is new or has changed, and else once in five minutes', async () => {
      const ada = await app.account()
      const { botid } = await simulatedBot(ada)
      const { db } = app.app.core.database
      let nowMs = 1_000_000
      const seen = seenUsers({
        database: app.app.core.database,
        clock: { now: () => new Date(nowMs), monotonicMs: () => nowMs },
        log: createLog('error', () => {}),
      })
      const lastActive = async (): Promise<number | undefined> =>
        (await db.selectFrom('bot_users').select('last_active_at').where('bot_id', '=', botid).executeTakeFirst())
          ?.last_active_at
      const saw = (name: string) => seen.saw(ada.id, botid, { id: 5, first_name: name })

      await saw('A')
      assert.equal(await lastActive(), 1_000_000)
      nowMs += 1_000
      await saw('A')
      assert.equal(await lastActive(), 1_000_000)
      await saw('B')
      assert.equal(await lastActive(), 1_001_000)
      nowMs += ACTIVITY_STEP_MS
      await saw('B')
      assert.equal(await lastActive(), 1_001_000 + ACTIVITY_STEP_MS)
      await seen.saw(ada.id, 'no such bot', { id: 5, first_name: 'A' })
      await seen.saw(ada.id, botid, { id: 6, is_bot: true, first_name: 'Bot' })
      await seen.saw(ada.id, botid, null)
      const { count } = await db
        .selectFrom('bot_users')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .where('bot_id', '=', botid)
        .executeTakeFirstOrThrow()
      assert.equal(count, 1)
    })
  })
}
