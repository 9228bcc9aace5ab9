import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { aMessage, runner, testEngines } from './testing.ts'
import type { Json } from './types.ts'

const call = { id: '4382bfdwdsb323b2d9', from: aMessage.from, message: aMessage, data: '/go' }

/** What is written, the Telegram method it becomes, and with what. */
const sent: [code: string, method: string, params: Json][] = [
  ["bot.sendMessage('hi')", 'sendMessage', { chat_id: 42, text: 'hi' }],
  ["bot.send_message('hi', parse_mode='html')", 'sendMessage', { chat_id: 42, text: 'hi', parse_mode: 'HTML' }],
  ["Bot.sendMessage(chat_id=u, text='hi')", 'sendMessage', { chat_id: 42, text: 'hi' }],
  ["bot.send_message(message.chat.id, 'hi')", 'sendMessage', { chat_id: 42, text: 'hi' }],
  ["bot.sendMessage(u, 'hi')", 'sendMessage', { chat_id: 42, text: 'hi' }],
  ["bot.sendMessage('@channel', 'hi')", 'sendMessage', { chat_id: '@channel', text: 'hi' }],
  ["bot.sendMessage('-100123', text='hi')", 'sendMessage', { chat_id: -100123, text: 'hi' }],
  ["bot.sendMessage('5')", 'sendMessage', { chat_id: 42, text: '5' }],
  ["bot.sendMessage(5, 'hi', 'markdown')", 'sendMessage', { chat_id: 5, text: 'hi', parse_mode: 'Markdown' }],
  ["bot.replyText(9, 'hi')", 'sendMessage', { chat_id: 9, text: 'hi' }],
  ["bot.replyPhoto(9, 'p')", 'sendPhoto', { chat_id: 9, photo: 'p' }],
  ["bot.replyTo(message, 'x', parse_mode='MARKDOWNV2')", 'sendMessage',
    { chat_id: 42, text: 'x', parse_mode: 'MarkdownV2', reply_parameters: { message_id: 7 } }],
  ["bot.sendPhoto('p', caption='c')", 'sendPhoto', { chat_id: 42, photo: 'p', caption: 'c' }],
  ["bot.sendPhoto(9, 'p', 'c')", 'sendPhoto', { chat_id: 9, photo: 'p', caption: 'c' }],
  ["bot.sendLocation(1.5, 2.5)", 'sendLocation', { chat_id: 42, latitude: 1.5, longitude: 2.5 }],
  ["bot.sendLocation(9, 1.5, 2.5)", 'sendLocation', { chat_id: 9, latitude: 1.5, longitude: 2.5 }],
  ["bot.sendPoll('q', ['a', 'b'])", 'sendPoll', { chat_id: 42, question: 'q', options: ['a', 'b'] }],
  ["bot.sendDice()", 'sendDice', { chat_id: 42 }],
  ["bot.deleteMessage(42, 7)", 'deleteMessage', { chat_id: 42, message_id: 7 }],
  ["bot.get_chat_member('@c', u)", 'getChatMember', { chat_id: '@c', user_id: 42 }],
  ["bot.copyMessage(1, 2, 3)", 'copyMessage', { chat_id: 1, from_chat_id: 2, message_id: 3 }],
  ["bot.getChatMembersCount('@c')", 'getChatMemberCount', { chat_id: '@c' }],
  ["bot.kickChatMember(1, 2)", 'banChatMember', { chat_id: 1, user_id: 2 }],
  ["bot.editMessageText('t', 42, 7)", 'editMessageText', { text: 't', chat_id: 42, message_id: 7 }],
  ["bot.editMessageText('t')", 'editMessageText', { text: 't', chat_id: 42, message_id: 7 }],
  ["bot.answerCallbackQuery('done')", 'answerCallbackQuery', { callback_query_id: call.id, text: 'done' }],
  ["bot.answerCallbackQuery(call.id, 'done', True)", 'answerCallbackQuery',
    { callback_query_id: call.id, text: 'done', show_alert: true }],
  ["bot.answer_callback_query(callback_query_id=message.id, text='x')", 'answerCallbackQuery',
    { callback_query_id: call.id, text: 'x' }],
  ["bot.answerCallbackQuery()", 'answerCallbackQuery', { callback_query_id: call.id }],
  ["bot.sendMessage('x', disable_web_page_preview=True, reply_to_message_id=3, allow_sending_without_reply=True, timeout=9)", 'sendMessage',
    { chat_id: 42, text: 'x', link_preview_options: { is_disabled: true }, reply_parameters: { message_id: 3, allow_sending_without_reply: true } }],
  ["bot.sendSomethingNew(thing={'a': (1, 2)}, none=None)", 'sendSomethingNew', { thing: { a: [1, 2] } }],
  ["bot.get_me()", 'getMe', {}],
  ["bot.sendMessage('x', reply_markup={'inline_keyboard': [[{'text': 'a', 'url': 'u'}]]})", 'sendMessage',
    { chat_id: 42, text: 'x', reply_markup: { inline_keyboard: [[{ text: 'a', url: 'u' }]] } }],
  ["bot.sendMessage('x', reply_markup='{\"remove_keyboard\": true}')", 'sendMessage',
    { chat_id: 42, text: 'x', reply_markup: { remove_keyboard: true } }],
  ["k = ReplyKeyboardMarkup(True, row_width=2)\nk.add('a', 'b', KeyboardButton('c', request_contact=True))\nbot.sendMessage('x', reply_markup=k)", 'sendMessage',
    { chat_id: 42, text: 'x', reply_markup: { resize_keyboard: true, keyboard: [[{ text: 'a' }, { text: 'b' }], [{ text: 'c', request_contact: true }]] } }],
  ["k = InlineKeyboardMarkup([[InlineKeyboardButton('a', callback_data='b')]]).row(InlineKeyboardButton('c', 'u'))\nbot.sendMessage('x', reply_markup=k)", 'sendMessage',
    { chat_id: 42, text: 'x', reply_markup: { inline_keyboard: [[{ text: 'a', callback_data: 'b' }], [{ text: 'c', url: 'u' }]] } }],
  ["bot.sendMessage('x', reply_markup=ForceReply(selective=True))", 'sendMessage',
    { chat_id: 42, text: 'x', reply_markup: { force_reply: true, selective: true } }],
  ["bot.sendMessage('x', reply_markup=types.ReplyKeyboardRemove(), link_preview_options=types.LinkPreviewOptions(True))", 'sendMessage',
    { chat_id: 42, text: 'x', reply_markup: { remove_keyboard: true }, link_preview_options: { is_disabled: true } }],
] // biome-ignore format: a table

for (const { name: engineName, start } of testEngines) {
  describe(`bot (${engineName})`, () => {
    const engine = start({ maxWorkers: 1 })
    const run = runner(engine)
    before(() => engine.ready())
    after(() => engine.close())

    for (const [code, method, params] of sent) {
      it(`understands ${code.split('\n').at(-1)}`, async () => {
        const result = await run(code, { globals: { call } })

        assert.equal(result.error?.traceback ?? null, null)
        assert.deepEqual(
          result.calls.map(({ args }) => args),
          [[method, params]],
        )
      })
    }

    it('says what is missing', async () => {
      for (const [code, words] of [
        ["bot.sendMessage('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h')", /at most 6 positional arguments/],
        ["bot.sendSomethingNew('x')", /takes its arguments by name/],
        ["bot.sendMessage('a', text='b', chat_id=1)", /got text twice/],
        ["bot.answerCallbackQuery('x')", /does not come from a button/],
        ["bot.reply_to(None, 'x')", /needs a message/],
      ] as const) {
        const { error } = await run(code)

        assert.match(error?.message ?? '', words)
        assert.equal(error?.line, 1)
      }
    })

    it('reads objects by attribute and by key, and has None for what is not there', async () => {
      const { prints } = await run(
        `
print(message.from_user.first_name, message['from']['id'], message['from_user'].id, message.photo, message.id)
print('photo' in message, message.get('photo', 'no'), message.chat['type'], isinstance(message, dict))
sent = bot.sendMessage('x')
print(sent.message_id, sent['message_id'], 'message_id' in sent, sent.chat.id)
print(u == 42, u == '42', int(u) + 1, str(u), f'{u}', {'42': 'found'}[u], u in [42], u != 43, user == u)
print(params, options, call, bot.username, params != None)
try:
    message['photo']
except KeyError as e:
    print('KeyError', e)`,
        { globals: { bot: { username: 'ada_bot' } } },
      )

      assert.equal(
        prints,
        `Ada 42 42 None 7
False no private True
8 8 True 42
True True 43 42 42 found True True True
None None None ada_bot False
KeyError 'photo'
`,
      )
    })
  })
}
