import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { updateCommand } from '../commands/contract.ts'
import { listMessages } from '../simulator/contract.ts'
import { simulatedBot, v2 } from '../v2.fixture.ts'
import { createTest, deleteTest, getTest, listTests, runTest, runTests, tryCommand, updateTest } from './contract.ts'

const MENU = `bot.sendMessage('Choose', reply_markup={'inline_keyboard': [[{'text': 'Go', 'callback_data': '/go'}]]})`
const COMMANDS = {
  '/menu': MENU,
  '/go': "bot.editMessageText('Gone', chat_id=chat_id, message_id=message.message_id)",
  '/name': "bot.sendMessage('Who?')\nBot.handleNextCommand('/named')",
  '/named': "User.saveData('name', msg)\nbot.sendMessage('Hello ' + msg)",
  '/count': "n = (Bot.getData('n') or 0) + 1\nBot.saveData('n', n)\nbot.sendMessage(str(n))",
}

for (const dialect of dialects) {
  describe(`tests of bots (${dialect})`, async () => {
    const app = await testApp(dialect)

    it('are made of a conversation, pass, and show what has changed when the code has', async () => {
      const ada = await app.account()
      const bot = await simulatedBot(ada, COMMANDS)
      const { messages } = await bot.say('/menu')
      await bot.press('/go', Number(messages.at(-1)?.message_id))
      await bot.say('/name')
      await bot.say('Bob')
      const { result: test } = await ada.call(createTest, { params: bot.params, body: { name: 'all of it' } })
      const path = { ...bot.params, testid: test.id }
      const { result: first } = await ada.call(runTest, { params: path })
      const named = { ...bot.params, '*': Buffer.from('/named').toString('base64') }
      await ada.call(updateCommand, {
        params: named,
        body: { code: "bot.sendMessage('Hi ' + msg)\nbot.sendMessage('!')" },
      })

      const { result: second } = await ada.call(runTest, { params: path })

      assert.deepEqual(
        test.steps.map(({ act, expect }) => [act, expect.map(({ text }) => text)]),
        [
          ['message', ['Choose']],
          ['callback', ['Gone']],
          ['message', ['Who?']],
          ['message', ['Hello Bob']],
        ],
      )
      assert.deepEqual(test.steps[0]?.expect[0]?.buttons, [['Go']])
      assert.equal(first.passed, true, JSON.stringify(first))
      assert.deepEqual([second.passed, second.steps.map(({ passed }) => passed)], [false, [true, true, true, false]])
      assert.deepEqual(
        second.steps[3]?.differences.map(({ kind, expected, seen }) => [kind, expected?.text, seen?.text]),
        [
          ['different', 'Hello Bob', 'Hi Bob'],
          ['unexpected', undefined, '!'],
        ],
      )
      const { result: kept } = await ada.call(getTest, { params: path })
      assert.equal(kept.last_passed, false)
    })

    it('change nothing of the bot, and begin with what they are told to', async () => {
      const ada = await app.account()
      const bot = await simulatedBot(ada, COMMANDS)
      await bot.say('/count')
      const steps = [{ act: 'message' as const, body: { text: '/count' }, expect: [{ text: '1' }] }]
      const body = { name: 'counts', steps }
      await ada.call(createTest, { params: bot.params, body })
      await ada.call(createTest, { params: bot.params, body: { ...body, data: 'live' as const } })

      const { result } = await ada.call(runTests, { params: bot.params })

      assert.deepEqual([result.passed, result.failed], [1, 1])
      assert.deepEqual(
        result.tests.map(({ steps }) => steps[0]?.seen[0]?.text),
        ['1', '2'],
      )
      const { messages } = (await ada.call(listMessages, { params: bot.params })).result
      assert.deepEqual(
        messages.map(({ text }) => text),
        ['/count', '1'],
      )
      const again = await bot.say('/count')
      assert.equal(again.messages.at(-1)?.text, '2')
    })

    it('are compared as the rules say', async () => {
      const ada = await app.account()
      const bot = await simulatedBot(ada, { '*': "bot.sendMessage('It is 12:31')\nbot.sendMessage('bye')" })
      const expectations = [
        [{ rule: 'contains' as const, text: 'It is' }, { rule: 'ignore' as const }],
        [{ text: 'It is' }, { rule: 'exact' as const, text: 'bye' }],
        [{ rule: 'ignore' as const }],
        [{ rule: 'ignore' as const }, { text: 'bye', buttons: [['x']] }],
        [{ rule: 'ignore' as const }, { text: 'bye' }, { text: 'more' }],
      ]
      const steps = expectations.map((expect) => ({ act: 'message' as const, body: { text: 'x' }, expect }))
      const { result: test } = await ada.call(createTest, { params: bot.params, body: { name: 'rules', steps } })

      const { result } = await ada.call(runTest, { params: { ...bot.params, testid: test.id } })

      assert.deepEqual(
        result.steps.map(({ differences }) => differences.map(({ kind }) => kind)),
        [[], ['different'], ['unexpected'], ['different'], ['missing']],
      )
    })

    it('say which step could not be done, and which command failed', async () => {
      const ada = await app.account()
      const bot = await simulatedBot(ada, { '/bad': "raise ValueError('no')" })
      const steps = [
        { act: 'callback' as const, body: { data: 'nowhere', chat_id: 5 } },
        { act: 'message' as const, body: { text: '/bad' }, expect: [{ rule: 'ignore' as const }] },
      ]
      const { result: test } = await ada.call(createTest, { params: bot.params, body: { name: 'bad', steps } })

      const { result } = await ada.call(runTest, { params: { ...bot.params, testid: test.id } })

      assert.match(result.steps[0]?.problem ?? '', /no such chat/)
      assert.match(result.steps[1]?.problem ?? '', /\/bad: no/)
    })

    it('can be renamed, changed and deleted, by their owner alone', async () => {
      const [ada, bob] = [await app.account(), await app.account()]
      const bot = await simulatedBot(ada)
      const steps = [{ act: 'message' as const, body: { text: 'x' } }]
      const { result: test } = await ada.call(createTest, { params: bot.params, body: { name: 'one', steps } })
      const path = `/v2/bots/${bot.botid}/tests`
      const asked = [
        await v2(bob, 'GET', path),
        await v2(bob, 'POST', path, { name: 'x', steps }),
        await v2(bob, 'GET', `${path}/${test.id}`),
        await v2(bob, 'PUT', `${path}/${test.id}`, { name: 'x' }),
        await v2(bob, 'DELETE', `${path}/${test.id}`),
        await v2(bob, 'POST', `${path}/${test.id}/run`),
        await v2(bob, 'POST', `${path}/run`),
        await v2(bob, 'POST', `/v2/bots/${bot.botid}/test`, { command: 'x' }),
      ]

      const params = { ...bot.params, testid: test.id }
      const { result: renamed } = await ada.call(updateTest, { params, body: { name: 'two' } })
      await ada.call(deleteTest, { params })

      assert.deepEqual(new Set(asked.map(({ text }) => text)).size, 1)
      assert.equal(asked[0]?.status, 404)
      assert.deepEqual([renamed.name, renamed.steps.length], ['two', 1])
      assert.deepEqual((await ada.call(listTests, { params: bot.params })).result.tests, [])
      assert.equal((await v2(ada, 'GET', `${path}/${test.id}`)).status, 404)
    })

    it('refuse what is no test', async () => {
      const ada = await app.account()
      const bot = await simulatedBot(ada)
      const path = `/v2/bots/${bot.botid}/tests`
      const message = { act: 'message', body: { text: 'x' } }
      const bodies = [
        {},
        { name: '', steps: [message] },
        { name: 'x', steps: [] },
        { name: 'x', steps: [{ act: 'nothing', body: {} }] },
        { name: 'x', steps: [{ act: 'message', body: { text: 5 } }] },
        { name: 'x', steps: Array.from({ length: 101 }, () => message) },
        { name: 'x', steps: [{ ...message, expect: [{ rule: 'maybe' }] }] },
        { name: 'x', data: 'some', steps: [message] },
      ]

      for (const body of bodies) assert.equal((await v2(ada, 'POST', path, body)).status, 400, JSON.stringify(body))
      const large = { act: 'update', body: { message: { text: 'x'.repeat(300_000) } } }
      assert.equal((await v2(ada, 'POST', path, { name: 'x', steps: [large] })).status, 413)
      assert.equal((await v2(ada, 'POST', path, { name: 'nothing said yet' })).status, 409)
    })
  })

  describe(`trying a command (${dialect})`, async () => {
    const app = await testApp(dialect)

    it('shows every message and everything that would be kept, and keeps nothing', async () => {
      const ada = await app.account()
      const code = [
        "bot.sendMessage('hi ' + str(params))",
        "Bot.saveData('city', 'Berlin')",
        "User.saveData('age', 7)",
        "Account.saveData('all', [1])",
        "libs.Resources.userRes('gold', u).add(5)",
        "Bot.handleNextCommand('/next')",
        "Bot.runCommandAfter(60, '/next')",
        'Bot.blockUser(5)',
        'print(message.text)',
      ].join('\n')
      const bot = await simulatedBot(ada, { '/all': code, '/next': 'print(1)' })

      const { result } = await ada.call(tryCommand, { params: bot.params, body: { command: '/all', params: 'x y' } })

      assert.equal(result.run?.outcome, 'ok', JSON.stringify(result.run?.error))
      assert.deepEqual([result.run?.prints, result.run?.trigger], [['/all x y'], 'test'])
      assert.deepEqual(
        result.messages.map(({ text }) => text),
        ['hi x y'],
      )
      const kinds = result.effects.map(({ kind, name, after }) => [
        kind,
        kind === 'timer' ? '' : name,
        kind === 'data' ? after : '',
      ])
      assert.deepEqual(kinds.sort(), [
        ['data', 'account: all', [1]],
        ['data', 'bot: city', 'Berlin'],
        ['data', 'user 1000001: age', 7],
        ['resource', 'user 1000001: gold', ''],
        ['timer', '', ''],
        ['user', `${bot.botid}: 5`, ''],
        ['wait', 'user 1000001 in chat 1000001', ''],
      ])
      assert.deepEqual(await bot.chat(), [])
      const { db } = app.app.core.database
      const kept = await db.selectFrom('bot_values').select('name').where('account_id', '=', ada.id).execute()
      const runs = await db.selectFrom('runs').select('id').where('account_id', '=', ada.id).execute()
      assert.deepEqual([kept, runs], [[], []])
    })

    it('takes an update, a code that is not saved, and what the bot keeps', async () => {
      const ada = await app.account()
      const bot = await simulatedBot(ada, { '/set': "Bot.saveData('n', 41)", '/read': 'print(0)' })
      await bot.say('/set')
      const update = {
        message: {
          message_id: 9,
          date: 1,
          chat: { id: -100, type: 'group', title: 'G' },
          from: { id: 3, is_bot: false, first_name: 'Cy' },
          text: '/read',
        },
      }
      const code = "print(Bot.getData('n') + 1, chat_id, u)\nbot.sendMessage('to the group')"

      const { result: given } = await ada.call(tryCommand, {
        params: bot.params,
        body: { command: '/read', code, update },
      })
      const { result: matched } = await ada.call(tryCommand, { params: bot.params, body: { update } })
      const { result: none } = await ada.call(tryCommand, {
        params: bot.params,
        body: { update: { poll: { id: '1' } } },
      })

      assert.deepEqual(given.run?.prints, ['42 -100 3'], JSON.stringify(given.run?.error))
      assert.deepEqual(given.messages[0]?.text, 'to the group')
      assert.deepEqual([matched.run?.command, matched.run?.prints], ['/read', ['0']])
      assert.equal(none.run, null)
    })

    it('makes no requests, and refuses what cannot be tried', async () => {
      const ada = await app.account()
      const bot = await simulatedBot(ada, { '/http': "HTTP.get('http://127.0.0.1:9/')" })
      const path = `/v2/bots/${bot.botid}/test`

      const { result } = await ada.call(tryCommand, { params: bot.params, body: { command: '/http' } })

      assert.equal(result.run?.outcome, 'error')
      assert.equal((await v2(ada, 'POST', path, { command: '/nothing' })).status, 404)
      assert.equal((await v2(ada, 'POST', path, {})).status, 400)
      assert.equal((await v2(ada, 'POST', path, { update: {} })).status, 400)
      assert.equal((await v2(ada, 'POST', path, { code: 'x' })).status, 400)
      for (const update of [
        { message: null },
        { message: { chat: { id: 'x' } } },
        { a: {}, b: {} },
        { callback_query: {} },
      ]) {
        const { status } = await v2(ada, 'POST', path, { command: '/http', update })
        assert.ok([200, 400].includes(status), JSON.stringify(update))
      }
    })
  })
}
