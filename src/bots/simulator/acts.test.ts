import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { simulatedBot, texts, v2 } from '../v2.fixture.ts'
import {
  askInline,
  changeMember,
  chooseInline,
  listChats,
  listPeople,
  pressButton,
  reactToMessage,
  replayRun,
  resetSimulator,
  sendMessage,
} from './contract.ts'

const GROUP = { id: -1_000_000_000_900, type: 'supergroup' as const, title: 'Talk' }
const BOB = { id: 77, first_name: 'Bob' }

for (const dialect of dialects) {
  describe(`what a person can do on the simulator (${dialect})`, async () => {
    const app = await testApp(dialect)

    it('comes into groups and leaves them, as the bot does, and the bot hears of it', async () => {
      const ada = await app.account()
      const bot = await simulatedBot(ada, {
        '/joined': "print('joined', message.new_chat_members[0].first_name)",
        '*': "print('left', message.left_chat_member.first_name)",
        '/handler_chat_member': "print('member', message.new_chat_member.status)",
        '/handler_my_chat_member': "print('me', message.new_chat_member.status)",
      })
      const change = async (body: object) =>
        (await ada.call(changeMember, { params: bot.params, body: { chat: GROUP, status: 'member', ...body } })).result

      const joined = await change({ user: BOB })
      const promoted = await change({ status: 'administrator', by: BOB })
      const left = await change({ user: BOB, status: 'left' })
      const again = await change({ user: BOB, status: 'left' })
      const blocked = await bot.say('x', BOB).then(() => change({ chat: { id: BOB.id }, user: BOB, status: 'kicked' }))

      assert.deepEqual(joined.run?.prints, ['joined Bob'])
      assert.deepEqual(promoted.run?.prints, ['me administrator'])
      assert.deepEqual(left.run?.prints, ['left Bob'])
      assert.deepEqual([again.update_id, again.done], [null, true])
      assert.deepEqual(blocked.run?.prints, ['me kicked'])
      assert.equal(left.messages.length, 2)
    })

    it('sends files whose bytes the bot reads, contacts and places, and edits', async () => {
      const ada = await app.account()
      const bot = await simulatedBot(ada, {
        '*': 'd = message.get("document")\nprint(Bot.downloadFile(d.file_id).text() if d else list(message.keys())[-1])',
        '/handler_edited_message': "print('edited', message.text)",
      })
      const send = async (body: object) => (await ada.call(sendMessage, { params: bot.params, body })).result
      const bytes = Buffer.from('the bytes').toString('base64')

      const document = await send({ document: { file_name: 'a.txt', content_base64: bytes } })
      const contact = await send({ contact: { phone_number: '1', first_name: 'Ada' } })
      const place = await send({ location: { latitude: 1, longitude: 2 } })
      const voice = await send({ voice: { duration: 3 } })
      const photo = await send({ photo: { width: 5, height: 5 } })
      const said = await send({ text: 'befor' })
      const edited = await send({ text: 'before', edit_message_id: Number(said.messages.at(-1)?.message_id) })
      const path = `/v2/bots/${bot.botid}/simulator/messages`
      const wrong = await v2(ada, 'POST', path, { document: { content_base64: '***' } })
      const foreign = await v2(ada, 'POST', path, { text: 'x', edit_message_id: 9999 })

      assert.deepEqual(document.run?.prints, ['the bytes'], JSON.stringify(document.run?.error))
      assert.deepEqual(
        [contact, place, voice, photo].map(({ run }) => run?.prints[0]),
        ['contact', 'location', 'voice', 'photo'],
      )
      assert.deepEqual(edited.run?.prints, ['edited before'])
      assert.ok(!JSON.stringify(document.messages).includes('content_base64'))
      assert.deepEqual([wrong.status, foreign.status], [400, 404])
    })

    it('asks inline, chooses a result, reacts, and sees what the bot answers to a press', async () => {
      const ada = await app.account()
      const result = "{'type': 'article', 'id': '1', 'title': 'T', 'input_message_content': {'message_text': 'found'}}"
      const bot = await simulatedBot(ada, {
        '/handler_inline_query': `bot.answerInlineQuery(message.id, [${result}])`,
        '/handler_message_reaction': 'print(message.new_reaction[0].emoji)',
        '/menu': "bot.sendMessage('M', reply_markup={'inline_keyboard': [[{'text': 'G', 'callback_data': '/go'}]]})",
        '/go': "bot.answerCallbackQuery(call.id, 'done', show_alert=True)",
        '*': 'print(msg)',
      })
      const { params } = bot
      const menu = (await bot.say('/menu')).messages.at(-1)
      const message_id = Number(menu?.message_id)

      const asked = (await ada.call(askInline, { params, body: { query: 'tea' } })).result
      const choice = { inline_query_id: asked.inline_query_id ?? '', result_id: '1' }
      const chosen = (await ada.call(chooseInline, { params, body: choice })).result
      const reacted = (await ada.call(reactToMessage, { params, body: { message_id, emoji: ['🔥'] } })).result
      const pressed = (await ada.call(pressButton, { params, body: { data: '/go', message_id } })).result
      const missing = await v2(ada, 'POST', `/v2/bots/${bot.botid}/simulator/inline-choices`, {
        ...choice,
        result_id: '2',
      })

      assert.equal(asked.results?.length, 1, JSON.stringify(asked.run?.error))
      assert.deepEqual(chosen.run?.prints, ['found'])
      assert.deepEqual(reacted.run?.prints, ['🔥'])
      assert.deepEqual(pressed.answer, { text: 'done', show_alert: true })
      assert.equal(missing.status, 404)
    })

    it('has the update of an earlier run come again', async () => {
      const ada = await app.account()
      const bot = await simulatedBot(ada, {
        '/menu': "bot.sendMessage('M', reply_markup={'inline_keyboard': [[{'text': 'G', 'callback_data': '/go 5'}]]})",
        '/go': "bot.answerCallbackQuery(call.id, 'ok')\nprint(params)",
      })
      const menu = (await bot.say('/menu')).messages.at(-1)
      const first = await bot.press('/go 5', Number(menu?.message_id))

      const body = { run_id: first.run?.id ?? '' }
      const { result } = await ada.call(replayRun, { params: bot.params, body })
      const unknown = await v2(ada, 'POST', `/v2/bots/${bot.botid}/simulator/replay`, { run_id: 'run_x' })

      assert.deepEqual([result.run?.command, result.run?.prints, result.run?.error], ['/go', ['5'], null])
      assert.ok((result.update_id ?? 0) > (first.update_id ?? 0))
      assert.equal(unknown.status, 404)
    })

    it('finds its chats and its people, until everything begins anew', async () => {
      const ada = await app.account()
      const bot = await simulatedBot(ada, { '*': 'bot.sendMessage(msg)' })
      await bot.say('one')
      await bot.say('two', BOB)
      const { params } = bot
      const before = (await ada.call(listChats, { params })).result.chats
      const people = (await ada.call(listPeople, { params })).result.users

      await ada.call(resetSimulator, { params })
      const after = (await ada.call(listChats, { params })).result.chats
      const again = await bot.say('three')

      assert.deepEqual(before.map(({ messages, last_message: last }) => [messages, last?.text]).sort(), [
        [2, 'one'],
        [2, 'two'],
      ])
      assert.deepEqual(people.map(({ id }) => id).sort(), [BOB.id, 1_000_001].sort())
      assert.deepEqual(after, [])
      assert.deepEqual(texts(again.messages), ['three', 'three'])
    })

    it('is another account’s to nobody, and refuses what nobody can do', async () => {
      const [ada, bob] = [await app.account(), await app.account()]
      const bot = await simulatedBot(ada)
      const path = `/v2/bots/${bot.botid}/simulator`
      const bodies: [string, string, object | undefined][] = [
        ['POST', 'messages', { text: 'x' }],
        ['POST', 'callbacks', { data: 'x', message_id: 1 }],
        ['POST', 'updates', { message: {} }],
        ['POST', 'members', { chat: GROUP, status: 'member' }],
        ['POST', 'reactions', { message_id: 1, emoji: [] }],
        ['POST', 'inline-queries', { query: '' }],
        ['POST', 'inline-choices', { inline_query_id: '1', result_id: '1' }],
        ['POST', 'replay', { run_id: 'x' }],
        ['POST', 'reset', undefined],
        ['GET', 'messages', undefined],
        ['GET', 'chats', undefined],
        ['GET', 'users', undefined],
      ]

      const foreign = await Promise.all(bodies.map(([method, name, body]) => v2(bob, method, `${path}/${name}`, body)))
      const hostile = await Promise.all(
        [
          ['members', { chat: { id: 5, type: 'group' }, status: 'member' }],
          ['members', { chat: GROUP, status: 'king' }],
          ['members', { chat: { id: 1e300 }, status: 'member' }],
          ['reactions', { message_id: 1, emoji: ['x'.repeat(99)] }],
          ['reactions', { message_id: 1, chat_id: 424242, emoji: [] }],
          ['inline-queries', { query: 'x'.repeat(300) }],
          ['messages', { text: 'x', user: { id: 0, first_name: 'x' } }],
          ['messages', { photo: [] }],
          ['messages', { text: '\u0000', chat: { id: -5, type: 'forum' } }],
        ].map(([name, body]) => v2(ada, 'POST', `${path}/${name}`, body)),
      )

      assert.deepEqual(new Set(foreign.map(({ text }) => text)).size, 1)
      assert.equal(foreign[0]?.status, 404)
      for (const { status, text } of hostile) assert.ok([400, 404].includes(status), text)
    })
  })
}
