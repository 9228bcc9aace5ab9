import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { describeFailure } from './failure.ts'
import { emulatorWithBot } from './fixture.ts'

describe('emulator: transport and identity', () => {
  it('answers a success in an envelope', async () => {
    const { request, bot } = emulatorWithBot()

    const response = await request('getMe')

    assert.deepEqual(response, {
      status: 200,
      dropped: false,
      body: {
        ok: true,
        result: {
          id: bot.id,
          is_bot: true,
          first_name: 'Echo',
          username: 'echo_bot',
          can_join_groups: true,
          can_read_all_group_messages: true,
          supports_inline_queries: false,
          can_connect_to_business: false,
          has_main_web_app: false,
        },
      },
    })
  })

  it('answers a failure in an envelope, with the error code as the status', async () => {
    const { request } = emulatorWithBot()

    const response = await request('sendMessage', { chat_id: 999, text: 'hi' })

    assert.deepEqual(response, {
      status: 400,
      dropped: false,
      body: { ok: false, error_code: 400, description: 'Bad Request: chat not found' },
    })
  })

  it('takes the name of a method in any case', async () => {
    const { call, bot } = emulatorWithBot()

    for (const method of ['getme', 'GETME', 'gEtMe']) assert.equal((await call(method)).id, bot.id)
  })

  it('says that a method does not exist', async () => {
    const { request } = emulatorWithBot()

    const { status, body } = await request('getNothing')

    assert.deepEqual(body, { ok: false, error_code: 404, description: 'Not Found: method not found' })
    assert.equal(status, 404)
  })

  for (const [token, status, description] of [
    ['0123:abc', 401, 'Unauthorized: invalid token specified'],
    [`1:${'a'.repeat(79)}`, 401, 'Unauthorized: invalid token specified'],
    ['123456', 401, 'Unauthorized: invalid token specified'],
    ['12/34:abc', 401, 'Unauthorized: invalid token specified'],
    ['abc:def', 421, 'Misdirected Request: unallowed token specified'],
    [':def', 421, 'Misdirected Request: unallowed token specified'],
    [`123:${'A'.repeat(35)}`, 401, 'Unauthorized'],
  ] as const) {
    it(`refuses the token ${token.slice(0, 12)} with ${status} ${description}`, async () => {
      const { emulator } = emulatorWithBot()

      const response = await emulator.request({ token, method: 'getMe' })

      assert.equal(response.status, status)
      assert.deepEqual(response.body, { ok: false, error_code: status, description })
    })
  }

  it('refuses the token of a bot that was removed', async () => {
    const { emulator, bot, refusal } = emulatorWithBot()
    emulator.removeBot(bot.id)

    assert.equal(await refusal('getMe'), 'Unauthorized')
  })

  it('refuses a bot that has logged out, for ten minutes', async () => {
    const { call, refusal, clock, bot } = emulatorWithBot()
    assert.equal(await call('logOut'), true)

    assert.equal(await refusal('getMe'), 'Logged out')
    clock.advance(600)
    assert.equal((await call('getMe')).id, bot.id)
  })

  it('prefixes a message and lowers its first letter, unless it is a constant or has the prefix', () => {
    assert.equal(describeFailure(400, 'Chat not found'), 'Bad Request: chat not found')
    assert.equal(describeFailure(400, 'BUTTON_DATA_INVALID'), 'Bad Request: BUTTON_DATA_INVALID')
    assert.equal(describeFailure(400, 'B_X'), 'Bad Request: B_X')
    assert.equal(describeFailure(403, 'Forbidden: bot was kicked'), 'Forbidden: bot was kicked')
    assert.equal(describeFailure(404, ''), 'Not Found')
  })

  it('keeps commands by scope and language', async () => {
    const { call, refusal } = emulatorWithBot()
    const commands = [{ command: 'start', description: 'Begin' }]

    assert.equal(await call('setMyCommands', { commands: JSON.stringify(commands), language_code: 'de' }), true)

    assert.deepEqual(await call('getMyCommands', { language_code: 'de' }), commands)
    assert.deepEqual(await call('getMyCommands'), [])
    assert.equal(await call('deleteMyCommands', { language_code: 'de' }), true)
    assert.deepEqual(await call('getMyCommands', { language_code: 'de' }), [])
    const bad = (command: string, description = 'x') =>
      refusal('setMyCommands', { commands: [{ command, description }] })
    assert.equal(await bad('Start'), 'Bad Request: BOT_COMMAND_INVALID')
    assert.equal(await bad('start', ''), 'Bad Request: command description must be non-empty')
    assert.equal(await bad('a'.repeat(33)), 'Bad Request: command length must not exceed 32')
    assert.equal(
      await refusal('setMyCommands', { commands: '{' }),
      "Bad Request: can't parse commands list JSON object",
    )
  })

  it('tells listeners of each call, without the token', async () => {
    const { emulator, call, bot } = emulatorWithBot()
    const calls: unknown[] = []
    const stop = emulator.onCall((apiCall) => calls.push(apiCall))

    await call('GETCHAT', { chat_id: 501 })
    stop()
    await call('getMe')

    assert.equal(calls.length, 1)
    assert.ok(!JSON.stringify(calls).includes(bot.token.slice(11)))
    const [{ botId, method, params, status, durationMs }] = calls as [Record<string, unknown>]
    assert.deepEqual([botId, method, params, status, durationMs], [bot.id, 'getChat', { chat_id: 501 }, 200, 0])
  })

  it('fails, delays and loses answers as a test orders, once each', async () => {
    const { emulator, call, request } = emulatorWithBot()
    emulator.failNext('sendMessage', { errorCode: 429, description: 'Too Many Requests', retryAfterSeconds: 5 })
    emulator.dropReplyAfterWork('sendMessage')
    emulator.delayNext('getMe', 1)
    const message = { chat_id: 501, text: 'hi' }

    const failed = await request('sendMessage', message)
    const dropped = await request('sendMessage', message)
    const passed = await request('sendMessage', message)

    assert.deepEqual([failed.status, failed.dropped, dropped.dropped], [429, true, false])
    assert.deepEqual([dropped.status, passed.status, passed.dropped], [200, 200, false])
    assert.ok(await call('getMe'))
  })
})
