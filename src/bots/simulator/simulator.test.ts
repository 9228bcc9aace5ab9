import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { updateCommand } from '../commands/contract.ts'
import { simulatedBot, texts, v2 } from '../v2.fixture.ts'
import { listMessages, sendMessage, sendUpdate } from './contract.ts'

const BOB = { id: 77, first_name: 'Bob' }

for (const dialect of dialects) {
  describe(`simulator (${dialect})`, async () => {
    const app = await testApp(dialect)

    it('runs the published example', async () => {
      const bot = await simulatedBot(await app.account(), { hello: "bot.reply_to(message, 'Hello World!')" })

      const { run, messages, done } = await bot.say('hello')

      assert.deepEqual(texts(messages), ['hello', 'Hello World!'])
      assert.deepEqual([done, run?.command, run?.outcome, run?.error], [true, 'hello', 'ok', null])
      assert.deepEqual(
        run?.calls.map(({ method }) => method),
        ['sendMessage'],
      )
      assert.deepEqual(await bot.chat(), messages)
    })

    it('hands a command its parameters, also when it is called by the name of the bot', async () => {
      const bot = await simulatedBot(await app.account(), { '/cmd': 'print(repr(params))' })

      const prints = []
      for (const text of [
        '/cmd',
        '/cmd a  b ',
        '/cmd\nc',
        `/cmd@${bot.username} d`,
        `/cmd@${bot.username.toUpperCase()}`,
      ])
        prints.push((await bot.say(text)).run?.prints)

      assert.deepEqual(prints, [['None'], ["'a  b'"], ["'c'"], ["'d'"], ['None']])
      assert.equal((await bot.say('/cmd@another_bot')).run, null)
      assert.equal((await bot.say('/CMD')).run, null)
    })

    it('runs * for what is no command, and nothing where there is no *', async () => {
      const ada = await app.account()
      const [plain, star] = [await simulatedBot(ada), await simulatedBot(ada, { '*': 'print(msg)' })]

      assert.deepEqual(await plain.say('whatever').then(({ run, done }) => [run, done]), [null, true])
      assert.deepEqual((await star.say('whatever')).run?.prints, ['whatever'])
      assert.deepEqual((await star.say('*')).run?.prints, ['*'])
    })

    it('runs the command that a pressed button names', async () => {
      const keyboard =
        "{'inline_keyboard': [[{'text': 'Go', 'callback_data': '/go now'}, {'text': '?', 'callback_data': 'zzz'}]]}"
      const bot = await simulatedBot(await app.account(), {
        '/menu': `bot.sendMessage('Choose', reply_markup=${keyboard})`,
        '/go': "print(params, call.data)\nbot.answerCallbackQuery(call.id, 'ok')",
        '/handler_callback_query': "print('unknown', callback_data)",
        '*': "print('star')",
      })
      const { messages } = await bot.say('/menu')
      const menuId = Number(messages.at(-1)?.message_id)

      const pressed = await bot.press('/go now', menuId)
      const other = await bot.press('zzz', menuId)

      assert.deepEqual([pressed.run?.command, pressed.run?.prints], ['/go', ['now /go now']])
      assert.deepEqual([other.run?.command, other.run?.prints], ['/handler_callback_query', ['unknown zzz']])
      await assert.rejects(bot.press('nope', menuId), { status: 404 })
      await assert.rejects(bot.press('zzz', 999), { status: 404 })
    })

    it('shows what a command printed, called and stumbled over, with the line', async () => {
      const code = "print('one')\nprint('two')\nbot.sendMessage('three')\nraise ValueError('no')"
      const bot = await simulatedBot(await app.account(), { '/x': code })

      const { run } = await bot.say('/x')

      assert.deepEqual(run?.prints, ['one', 'two'])
      assert.deepEqual(
        run?.calls.map(({ method, error }) => [method, error]),
        [['sendMessage', null]],
      )
      assert.deepEqual(
        [run?.outcome, run?.error?.type, run?.error?.message, run?.error?.line],
        ['error', 'ValueError', 'no', 4],
      )
    })

    it('runs new code from the next message on', async () => {
      const ada = await app.account()
      const bot = await simulatedBot(ada, { '/v': 'print(1)' })
      const before = await bot.say('/v')
      const path = { ...bot.params, '*': Buffer.from('/v').toString('base64') }
      await ada.call(updateCommand, { params: path, body: { code: 'print(2)' } })

      const after = await bot.say('/v')

      assert.deepEqual([before.run?.prints, after.run?.prints], [['1'], ['2']])
    })

    it('says that it is not done when the time is short', async () => {
      const ada = await app.account()
      const bot = await simulatedBot(ada, { '/nap': 'import time\ntime.sleep(1)\nprint("up")' })

      const { result } = await ada.call(sendMessage, {
        params: bot.params,
        query: { timeout_ms: '1' },
        body: { text: '/nap' },
      })

      assert.deepEqual([result.done, result.run], [false, null])
      assert.deepEqual(texts(result.messages), ['/nap'])
      await bot.say('the queue of the chat is empty again')
    })

    it('is closed while the bot is stopped, and to other accounts', async () => {
      const [ada, bob] = [await app.account(), await app.account()]
      const bot = await simulatedBot(ada, { hello: 'print(1)' })
      await v2(ada, 'POST', `/v2/bots/${bot.botid}/stop`)

      const stopped = await v2(ada, 'POST', `/v2/bots/${bot.botid}/simulator/messages`, { text: 'hello' })
      const foreign = await v2(bob, 'GET', `/v2/bots/${bot.botid}/simulator/messages`)
      await v2(ada, 'POST', `/v2/bots/${bot.botid}/restart`)

      assert.deepEqual([stopped.status, foreign.status], [409, 404])
      assert.deepEqual((await bot.say('hello')).run?.prints, ['1'])
    })

    it('shows nobody the people and groups of another account', async () => {
      const [ada, bob] = [await app.account(), await app.account()]
      const [hers, his] = [
        await simulatedBot(ada, { '*': 'print(message.from_user)' }),
        await simulatedBot(bob, { '*': 'print(message.from_user)' }),
      ]
      const chat = { id: -100500, type: 'group' as const, title: 'Secrets' }
      const eve = { id: 900, first_name: 'Eve', last_name: 'Hidden', username: 'hidden_name' }
      await ada.call(sendMessage, { params: hers.params, body: { text: 'a secret', chat, user: eve } })

      const sent = await bob.call(sendMessage, {
        params: his.params,
        body: { text: 'hi', chat: { ...chat, title: 'Mine' }, user: { id: 900, first_name: 'E' } },
      })
      const seenByBob = await bob.call(listMessages, { params: his.params, query: { chat_id: String(chat.id) } })
      const seenByAda = await ada.call(listMessages, { params: hers.params, query: { chat_id: String(chat.id) } })

      assert.deepEqual(texts(seenByBob.result.messages), ['hi'])
      assert.deepEqual(texts(seenByAda.result.messages), ['a secret'])
      assert.ok(!JSON.stringify(sent).includes('idden'))
    })

    it('tells people apart by their chats', async () => {
      const bot = await simulatedBot(await app.account(), { hello: 'bot.sendMessage(message.from_user.first_name)' })
      await bot.say('hello')

      const { messages } = await bot.say('hello', BOB)

      assert.deepEqual(texts(messages), ['hello', 'Bob'])
      assert.deepEqual(texts(await bot.chat()), ['hello', 'Ada'])
    })

    it('outlives any update, however it is made', { timeout: 60_000 }, async () => {
      const ada = await app.account()
      const bot = await simulatedBot(ada, {
        '*': 'print(type(message).__name__)',
        '/handler_special_updates': 'print(update_type)',
      })
      const path = `/v2/bots/${bot.botid}/simulator/updates?timeout_ms=20000`
      const deep = `{"message":${'['.repeat(50_000)}${']'.repeat(50_000)}}`
      const bodies = [
        ...[
          null,
          1,
          'x',
          [],
          {},
          [{}],
          { text: 5 },
          { chat: 5, from: 'x' },
          { chat: { id: 'x' } },
          { chat: { id: 1e300 } },
        ].map((message) => JSON.stringify({ message })),
        '{"message":{"text":"\\u0000"}}',
        '{"message":{"text":"\\ud800"}}',
        '{"message":{"\\ud800":1}}',
        '{"message":{"__proto__":{"text":"x"}}}',
        '{"callback_query":{}}',
        '{"callback_query":{"from":{"id":1},"data":{}}}',
        '{"callback_query":{"from":{"id":1},"data":"/x","message":[]}}',
        '{"message_reaction":{"chat":{"id":1}}}',
        '{"poll":{"id":"1"}}',
        '{"nonsense":{}}',
        '{"update_id":1}',
        '{"update_id":-1,"message":{}}',
        '{"message":{},"poll":{}}',
        '{}',
        '[]',
        'null',
        '{',
        deep,
        JSON.stringify({ message: { text: 'x'.repeat(3_000_000) } }),
        JSON.stringify({ message: Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`k${n}`, n])) }),
      ]

      for (const body of bodies) {
        const response = await ada.fetch(path, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body,
        })
        const text = await response.text()
        assert.ok(
          [200, 400].includes(response.status),
          `${response.status} for ${body.slice(0, 80)}: ${text.slice(0, 200)}`,
        )
        if (response.status === 200) assert.ok(JSON.parse(text).result.done, body.slice(0, 80))
      }

      const after = await bot.say('still there?')
      assert.equal(after.run?.outcome, 'ok')
      assert.ok(!app.log.some((line) => line.includes('a bot stopped')))
    })

    it('hands over an update of a kind that no member names', async () => {
      const ada = await app.account()
      const bot = await simulatedBot(ada, { '/handler_chat_member': 'print(update_type, chat_id)' })

      const { result } = await ada.call(sendUpdate, {
        params: bot.params,
        body: { chat_member: { chat: { id: -5, type: 'group' }, from: { id: 1, is_bot: false, first_name: 'A' } } },
      })

      assert.deepEqual(result.run?.prints, ['chat_member -5'])
    })
  })
}
