import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { ada, emulatorWithBot } from './fixture.ts'

/** One second of Telegram's time takes a millisecond. */
const FAST = { timeScale: 0.001 }

describe('emulator: getUpdates', () => {
  const withUpdates = (count: number, options = {}) => {
    const world = emulatorWithBot(options)
    const send = (text: string) => world.emulator.sendAsUser({ botId: world.bot.id, user: ada, text }).update_id ?? 0
    const ids = Array.from({ length: count }, (_, n) => send(`text ${n}`))
    const get = async (params: Record<string, unknown> = {}): Promise<number[]> => {
      world.clock.advance(10)
      const updates: { update_id: number }[] = await world.call('getUpdates', params)
      return updates.map(({ update_id }) => update_id)
    }
    return { ...world, send, get, ids: [world.startId, ...ids] }
  }

  it('numbers the updates of a bot in steps of one', async () => {
    const { get, ids } = withUpdates(3)

    assert.deepEqual(await get(), ids)
    assert.deepEqual(
      ids,
      [0, 1, 2, 3].map((step) => (ids[0] ?? 0) + step),
    )
  })

  it('repeats what was not confirmed, and forgets what was', async () => {
    const { get, ids } = withUpdates(3)

    assert.deepEqual(await get(), ids)
    assert.deepEqual(await get(), ids)
    assert.deepEqual(await get({ offset: ids[2] }), ids.slice(2))
    assert.deepEqual(await get({ offset: ids[0] }), ids.slice(2))
  })

  it('keeps only the last n for a negative offset', async () => {
    const { get, ids } = withUpdates(5)

    assert.deepEqual(await get({ offset: -2 }), ids.slice(-2))
    assert.deepEqual(await get(), ids.slice(-2))
  })

  it('does not believe an offset far in the future', async () => {
    const { get, ids } = withUpdates(1)

    assert.deepEqual(await get({ offset: (ids[1] ?? 0) + 1000 }), ids)
  })

  it('brings the limit between 1 and 100', async () => {
    const { get, ids } = withUpdates(120)

    assert.deepEqual(await get({ limit: 0 }), ids.slice(0, 1))
    assert.deepEqual(await get({ limit: 1000 }), ids.slice(0, 100))
    assert.deepEqual(await get({ limit: '7' }), ids.slice(0, 7))
  })

  it('ends an answer near four megabytes', async () => {
    const { emulator, bot, get } = withUpdates(0)
    for (let n = 0; n < 5; n++) emulator.injectUpdate(bot.id, { message: { text: 'x'.repeat(1_000_000) } })

    assert.equal((await get()).length, 5)
  })

  it('never acknowledges what it was not told to, and never brings back what was acknowledged', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('send' as const), count: fc.integer({ min: 1, max: 4 }) }),
      fc.record({
        do: fc.constant('get' as const),
        ahead: fc.integer({ min: -6, max: 6 }),
        limit: fc.integer({ min: 1, max: 5 }),
      }),
      fc.record({ do: fc.constant('restart' as const) }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const world = withUpdates(0)
        let expected = [...world.ids]
        let highest = world.startId
        for (const action of steps) {
          if (action.do === 'send') {
            for (let n = 0; n < action.count; n++) {
              const id = world.send('x')
              assert.equal(id, highest + 1)
              highest = id
              expected.push(id)
            }
          } else if (action.do === 'restart') {
            world.emulator.store.restore(JSON.parse(JSON.stringify(world.emulator.store.snapshot())))
          } else {
            const offset = highest + action.ahead
            expected = expected.filter((id) => id >= offset)
            assert.deepEqual(await world.get({ offset, limit: action.limit }), expected.slice(0, action.limit))
          }
        }
        assert.deepEqual(await world.get(), expected)
      }),
      { numRuns: 60 },
    )
  })

  it('waits for an update and wakes at once when it comes', async () => {
    const { call, emulator, bot, ids, clock } = withUpdates(1)

    clock.advance(10)
    const poll = call('getUpdates', { offset: (ids[1] ?? 0) + 1, timeout: 50 })
    const { update_id, message } = emulator.sendAsUser({ botId: bot.id, user: ada, text: 'now' })

    assert.deepEqual(await poll, [{ update_id, message }])
  })

  it('answers nothing when the wait is over, with the timeout brought to 50 seconds', async () => {
    const { call, ids, clock } = withUpdates(1, FAST)

    clock.advance(10)

    assert.deepEqual(await call('getUpdates', { offset: (ids[1] ?? 0) + 1, timeout: 1_000_000 }), [])
  })

  it('ends the first of two waiting polls', async () => {
    const { request, call, ids, emulator, bot, clock } = withUpdates(1)
    const offset = (ids[1] ?? 0) + 1
    clock.advance(10)

    const first = request('getUpdates', { offset, timeout: 50 })
    const second = call('getUpdates', { offset, timeout: 50 })

    assert.deepEqual((await first).body, {
      ok: false,
      error_code: 409,
      description: 'Conflict: terminated by other getUpdates request; make sure that only one bot instance is running',
    })
    emulator.sendAsUser({ botId: bot.id, user: ada, text: 'for the second' })
    assert.equal((await second).length, 1)
  })

  it('holds back a second conflict within three seconds', async () => {
    const { request, ids, clock } = withUpdates(1, FAST)
    const offset = (ids[1] ?? 0) + 1
    clock.advance(10)
    const order: string[] = []
    const poll = async (name: string) => {
      const { status } = await request('getUpdates', { offset, timeout: 20 })
      order.push(`${name} ${status}`)
    }

    await Promise.all([poll('first'), poll('second'), poll('third')])

    assert.deepEqual(order, ['first 409', 'second 409', 'third 200'])
  })

  it('waits three seconds when the same offset comes again within three seconds', async () => {
    const { call, request, ids, emulator, bot, clock } = withUpdates(1)
    const offset = (ids[1] ?? 0) + 1
    clock.advance(10)
    assert.deepEqual(await call('getUpdates', { offset }), [])

    clock.advance(2)
    const again = request('getUpdates', { offset })
    const { update_id } = emulator.sendAsUser({ botId: bot.id, user: ada, text: 'now' })
    const { body } = await again

    assert.ok(body.ok && Array.isArray(body.result))
    assert.equal(body.result[0].update_id, update_id)
  })

  it('gives one update when the same offset comes again within half a second', async () => {
    const { call, clock } = withUpdates(3)
    clock.advance(10)

    const first = await call('getUpdates')
    clock.advance(0.4)
    const choking = await call('getUpdates')
    clock.advance(0.6)
    const later = await call('getUpdates')

    assert.deepEqual([first.length, choking.length, later.length], [4, 1, 4])
  })

  it('forgets an update after a day, and a button press after 150 seconds', async () => {
    const { call, get, emulator, bot, clock, ids } = withUpdates(0)
    const { message_id } = await call('sendMessage', {
      chat_id: ada.id,
      text: 'press',
      reply_markup: { inline_keyboard: [[{ text: 'yes', callback_data: 'yes' }]] },
    })
    emulator.pressButton({ botId: bot.id, user: ada, chatId: ada.id, messageId: message_id, data: 'yes' })

    assert.equal((await get()).length, 2)
    clock.advance(150)
    assert.deepEqual(await get(), ids.slice(0, 1))
    clock.advance(86_400)
    assert.deepEqual(await get(), [])
  })

  it('remembers the allowed updates, and leaves three types out by default', async () => {
    const { call, emulator, bot, get } = withUpdates(0)
    const inject = (type: string) => emulator.injectUpdate(bot.id, { [type]: {} }).update_id

    assert.equal(inject('chat_member'), null)
    assert.equal(inject('message_reaction'), null)
    assert.equal(inject('message_reaction_count'), null)
    await get({ allowed_updates: '["CHAT_MEMBER"]' })
    assert.notEqual(inject('chat_member'), null)
    assert.equal(inject('message'), null)
    await get()
    assert.equal(inject('message'), null)
    assert.deepEqual((await call('getWebhookInfo')).allowed_updates, ['chat_member'])
    await get({ allowed_updates: [] })
    assert.notEqual(inject('message'), null)
    assert.equal(inject('chat_member'), null)
  })

  it('leaves the queue when the caller goes', async () => {
    const { call, ids, emulator, bot, get, clock } = withUpdates(1)
    const caller = new AbortController()
    clock.advance(10)

    const poll = call('getUpdates', { offset: (ids[1] ?? 0) + 1, timeout: 50 }, caller.signal)
    caller.abort(new Error('gone'))
    await assert.rejects(poll, { message: 'gone' })
    const { update_id } = emulator.sendAsUser({ botId: bot.id, user: ada, text: 'kept' })

    assert.deepEqual(await get(), [update_id])
  })

  it('gives each bot its own queue', async () => {
    const { emulator, get, ids } = withUpdates(1)
    const other = emulator.addBot({ username: 'other_bot', firstName: 'Other' })
    emulator.sendAsUser({ botId: other.id, user: ada, text: 'to the other' })

    const { body } = await emulator.request({ token: other.token, method: 'getUpdates' })

    assert.ok(body.ok && Array.isArray(body.result))
    assert.equal(body.result[0].message.text, 'to the other')
    assert.deepEqual(await get(), ids)
  })

  it('says when the bot has confirmed an update', async () => {
    const { emulator, bot, get, ids } = withUpdates(1)
    const [first = 0, second = 0] = ids

    const confirmed = emulator.waitForConfirmed(bot.id, first)
    await get({ offset: second })
    await confirmed
    const never = emulator.waitForConfirmed(bot.id, second, AbortSignal.abort(new Error('too late')))

    await assert.rejects(never, { message: 'too late' })
  })
})
