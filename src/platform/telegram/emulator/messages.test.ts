import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ada, caller, emulatorWithBot } from './fixture.ts'
import { STRICT } from './flood.ts'

const chat = { id: 501, first_name: 'Ada', username: 'ada', type: 'private' }
const group = { id: -4001, type: 'group', title: 'Club' } as const
const channel = { id: -1_000_000_000_777, type: 'channel', title: 'News', username: 'news' } as const

describe('emulator: sending', () => {
  const withSender = (options = {}) => {
    const world = emulatorWithBot(options)
    const send = (params: Record<string, unknown> = {}) =>
      world.call('sendMessage', { chat_id: ada.id, text: 'hi', ...params })
    const refused = (params: Record<string, unknown> = {}) =>
      world.refusal('sendMessage', { chat_id: ada.id, text: 'hi', ...params })
    return {
      ...world,
      send,
      refused,
      self: { id: world.bot.id, is_bot: true, first_name: 'Echo', username: 'echo_bot' },
    }
  }

  it('answers with the message that was sent', async () => {
    const { send, self, clock } = withSender()

    const message = await send({ text: 'Hello' })

    const date = clock.now().getTime() / 1000
    assert.equal(JSON.stringify(message), JSON.stringify({ message_id: 2, from: self, chat, date, text: 'Hello' }))
  })

  it('answers with entities, keyboard, link preview and the message replied to', async () => {
    const { send, emulator, bot, clock, self } = withSender()
    const { message: asked } = emulator.sendAsUser({ botId: bot.id, user: ada, text: 'well?' })
    const markup = {
      inline_keyboard: [
        [
          { text: 'Yes', callback_data: 'yes' },
          { text: 'Site', url: 'example.com' },
        ],
      ],
    }

    const message = await send({
      text: '<b>bold</b> /help',
      parse_mode: 'HTML',
      reply_parameters: JSON.stringify({ message_id: asked.message_id }),
      reply_markup: JSON.stringify(markup),
      link_preview_options: { is_disabled: true },
    })

    assert.deepEqual(message, {
      message_id: 3,
      from: self,
      chat,
      date: clock.now().getTime() / 1000,
      reply_to_message: asked,
      text: 'bold /help',
      entities: [
        { type: 'bold', offset: 0, length: 4 },
        { type: 'bot_command', offset: 5, length: 5 },
      ],
      link_preview_options: { is_disabled: true },
      reply_markup: {
        inline_keyboard: [
          [
            { text: 'Yes', callback_data: 'yes' },
            { text: 'Site', url: 'http://example.com/' },
          ],
        ],
      },
    })
  })

  it('takes the old name of the message replied to, and shows one level of replies', async () => {
    const { send } = withSender()
    const first = await send()

    const second = await send({ reply_to_message_id: `${first.message_id}` })
    const third = await send({ reply_to_message_id: second.message_id })

    assert.deepEqual(second.reply_to_message, first)
    assert.equal(third.reply_to_message.reply_to_message, undefined)
  })

  it('sends without a reply when that is allowed', async () => {
    const { send, refused } = withSender()

    assert.equal(await refused({ reply_to_message_id: 99 }), 'Bad Request: message to be replied not found')
    assert.equal((await send({ reply_to_message_id: 99, allow_sending_without_reply: 'true' })).message_id, 2)
    const parameters = { message_id: 99, allow_sending_without_reply: true }
    assert.equal((await send({ reply_parameters: parameters })).message_id, 3)
  })

  it('refuses a text that is missing, blank or too long after its markup', async () => {
    const { send, refused } = withSender()

    assert.equal(await refused({ text: undefined }), 'Bad Request: message text is empty')
    assert.equal(await refused({ text: ' \n ' }), 'Bad Request: text must be non-empty')
    assert.equal(await refused({ text: '<b></b>', parse_mode: 'html' }), 'Bad Request: text must be non-empty')
    assert.equal(await refused({ text: 'x'.repeat(4097) }), 'Bad Request: message is too long')
    const bold = `<b>${'x'.repeat(4096)}</b>`
    assert.equal((await send({ text: bold, parse_mode: 'HTML' })).text.length, 4096)
  })

  it('refuses a chat that is missing or that the bot does not know', async () => {
    const { refused, emulator } = withSender()
    const other = emulator.addBot({ username: 'other_bot', firstName: 'Other' })

    assert.equal(await refused({ chat_id: undefined }), 'Bad Request: chat_id is empty')
    assert.equal(await refused({ chat_id: '' }), 'Bad Request: chat_id is empty')
    for (const chat_id of [502, 'abc', '@nobody', -100123]) {
      assert.equal(await refused({ chat_id }), 'Bad Request: chat not found')
    }
    assert.equal(await refused({ chat_id: other.id }), "Forbidden: bots can't send messages to bots")
    const stranger = caller(emulator, other.token)
    assert.equal(await stranger.refusal('sendMessage', { chat_id: ada.id, text: 'hi' }), 'Bad Request: chat not found')
  })

  it('refuses to write to a person who blocked the bot, until the person writes again', async () => {
    const { refused, send, emulator, bot, call, startId } = withSender()
    emulator.blockBot(bot.id, 501)

    assert.equal(await refused(), 'Forbidden: bot was blocked by the user')
    emulator.sendAsUser({ botId: bot.id, user: ada, text: 'sorry' })
    assert.ok(await send())
    const updates: { my_chat_member?: { new_chat_member: { status: string } } }[] = await call('getUpdates', {
      offset: startId + 1,
    })
    const standings = updates.map(({ my_chat_member }) => my_chat_member?.new_chat_member.status)
    assert.deepEqual(standings, ['kicked', 'member', undefined])
  })

  it('refuses groups and channels in which the bot may not write', async () => {
    const { refused, send, emulator, bot } = withSender()
    emulator.openChat({ botId: bot.id, user: ada, chat: group })
    emulator.openChat({ botId: bot.id, user: ada, chat: channel })
    assert.equal((await send({ chat_id: '@news' })).sender_chat.title, 'News')

    emulator.setMember(bot.id, group.id, bot.id, 'kicked')
    emulator.setMember(bot.id, channel.id, bot.id, 'kicked')
    assert.equal(await refused({ chat_id: group.id }), 'Forbidden: bot was kicked from the group chat')
    assert.equal(await refused({ chat_id: channel.id }), 'Forbidden: bot was kicked from the channel chat')
    emulator.setMember(bot.id, channel.id, bot.id, 'left')
    assert.equal(await refused({ chat_id: channel.id }), 'Forbidden: bot is not a member of the channel chat')
    emulator.setMember(bot.id, channel.id, bot.id, 'member')
    assert.equal(await refused({ chat_id: channel.id }), 'Bad Request: need administrator rights in the channel chat')
  })

  it('names the supergroup that a group became', async () => {
    const { request, send, emulator, bot } = withSender()
    emulator.openChat({ botId: bot.id, user: ada, chat: group })

    const id = emulator.upgradeGroup(bot.id, group.id)

    const { body } = await request('sendMessage', { chat_id: group.id, text: 'hi' })
    assert.deepEqual(body, {
      ok: false,
      error_code: 400,
      description: 'Bad Request: group chat was upgraded to a supergroup chat',
      parameters: { migrate_to_chat_id: id },
    })
    assert.deepEqual((await send({ chat_id: id })).chat, { ...group, id, type: 'supergroup' })
  })

  for (const [reply_markup, description] of [
    ['{', "can't parse reply keyboard markup JSON object"],
    ['[]', 'object expected as reply markup'],
    [{ inline_keyboard: 1 }, 'field "inline_keyboard" must be of type Array'],
    [{ inline_keyboard: [{}] }, 'field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays'],
    [{ inline_keyboard: [[1]] }, "can't parse inline keyboard button: InlineKeyboardButton must be an Object"],
    [{ inline_keyboard: [[{}]] }, `can't parse inline keyboard button: Can't find field "text"`],
    [{ inline_keyboard: [[{ text: 'a' }]] }, 'text buttons are unallowed in the inline keyboard'],
    [{ inline_keyboard: [[{ text: 'a', callback_data: 'я'.repeat(33) }]] }, 'BUTTON_DATA_INVALID'],
    [{ inline_keyboard: [[{ text: 'a', callback_data: '' }]] }, 'BUTTON_DATA_INVALID'],
    [
      { inline_keyboard: [[{ text: 'a', url: 'nowhere' }]] },
      "inline keyboard button URL 'nowhere' is invalid: Wrong HTTP URL",
    ],
    [{ keyboard: ['a'] }, 'field "keyboard" of the ReplyKeyboardMarkup must be an Array of Arrays'],
    [{ keyboard: [[1]] }, "can't parse keyboard button: KeyboardButton must be an Object"],
    [{ keyboard: [['']] }, 'keyboard button text must be non-empty'],
    [{ remove_keyboard: 'yes' }, 'field "remove_keyboard" must be of type Boolean'],
  ] as const) {
    it(`refuses the reply markup ${JSON.stringify(reply_markup).slice(0, 60)}`, async () => {
      const { refused } = withSender()

      assert.equal(await refused({ reply_markup }), `Bad Request: ${description}`)
    })
  }

  it('shows a reply keyboard to the person, and not in the answer', async () => {
    const { send, emulator, bot } = withSender()

    const message = await send({ reply_markup: { keyboard: [['Yes', { text: 'No' }]], resize_keyboard: true } })

    assert.equal(message.reply_markup, undefined)
    assert.deepEqual(emulator.transcript(bot.id, 501).at(-1)?.reply_markup, {
      keyboard: [[{ text: 'Yes' }, { text: 'No' }]],
      resize_keyboard: true,
    })
  })

  it('lets a chat have one message a second, and says how long to wait', async () => {
    const { send, request, clock, emulator, bot } = withSender({ flood: STRICT })
    for (let n = 0; n < 5; n++) await send()

    const { status, body } = await request('sendMessage', { chat_id: 501, text: 'hi' })
    assert.deepEqual(
      [status, body],
      [
        429,
        { ok: false, error_code: 429, description: 'Too Many Requests: retry after 1', parameters: { retry_after: 1 } },
      ],
    )
    clock.advance(1)
    assert.ok(await send())
    emulator.openChat({ botId: bot.id, user: ada, chat: group })
    for (let n = 0; n < 20; n++) await send({ chat_id: group.id })
    const { body: busy } = await request('sendMessage', { chat_id: group.id, text: 'hi' })
    assert.deepEqual(!busy.ok && busy.parameters, { retry_after: 3 })
  })

  it('lets a person at the simulator write as fast as a person can', async () => {
    const { send } = withSender()

    for (let n = 0; n < 400; n++) await send()
  })

  it('takes a chat action, and no unknown one', async () => {
    const { call, refusal } = withSender()

    assert.equal(await call('sendChatAction', { chat_id: 501, action: 'typing' }), true)
    assert.equal(
      await refusal('sendChatAction', { chat_id: 501, action: 'sing' }),
      'Bad Request: wrong parameter action in request',
    )
  })
})

describe('emulator: changing messages', () => {
  const keyboard = (data: string) => ({ inline_keyboard: [[{ text: 'x', callback_data: data }]] })
  const withMessage = async () => {
    const world = emulatorWithBot()
    const message = await world.call('sendMessage', { chat_id: 501, text: 'one', reply_markup: keyboard('a') })
    const at = { chat_id: 501, message_id: message.message_id }
    return { ...world, message, at }
  }

  it('edits a text, and drops the keyboard that is not given again', async () => {
    const { call, message, at, clock, emulator, bot } = await withMessage()
    const { reply_markup: _, ...bare } = message

    const edited = await call('editMessageText', { ...at, text: '*two*', parse_mode: 'Markdown' })

    const edit_date = clock.now().getTime() / 1000
    assert.deepEqual(edited, { ...bare, text: 'two', entities: [{ type: 'bold', offset: 0, length: 3 }], edit_date })
    assert.deepEqual(emulator.transcript(bot.id, 501).at(-1), edited)
  })

  it('refuses an edit that changes nothing', async () => {
    const { refusal, call, at } = await withMessage()
    const description =
      'Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message'

    assert.equal(await refusal('editMessageText', { ...at, text: 'one', reply_markup: keyboard('a') }), description)
    assert.equal(await refusal('editMessageReplyMarkup', { ...at, reply_markup: keyboard('a') }), description)
    assert.equal((await call('editMessageReplyMarkup', at)).reply_markup, undefined)
    assert.equal(await refusal('editMessageReplyMarkup', at), description)
  })

  it('edits only texts of its own that are there', async () => {
    const { refusal, emulator, bot, at } = await withMessage()
    const edit = (params: Record<string, unknown>) => refusal('editMessageText', { ...at, text: 'two', ...params })
    const { message } = emulator.sendAsUser({ botId: bot.id, user: ada, text: 'mine' })

    assert.equal(await edit({ message_id: 99 }), 'Bad Request: message to edit not found')
    assert.equal(await edit({ message_id: message.message_id }), "Bad Request: message can't be edited")
    assert.equal(await edit({ message_id: undefined }), 'Bad Request: message identifier is not specified')
    assert.equal(await edit({ chat_id: 1 }), 'Bad Request: chat not found')
    assert.equal(await edit({ text: '' }), 'Bad Request: message text is empty')
    assert.equal(await edit({ text: 'x'.repeat(4097) }), 'Bad Request: MESSAGE_TOO_LONG')
    assert.equal(
      await refusal('editMessageText', { inline_message_id: 'abc', text: 'two' }),
      'Bad Request: MESSAGE_ID_INVALID',
    )
  })

  it('deletes messages of both sides, within two days', async () => {
    const { call, refusal, clock, at, emulator, bot } = await withMessage()
    assert.equal(await call('deleteMessage', { chat_id: 501, message_id: 1 }), true)

    assert.equal(emulator.transcript(bot.id, 501).length, 1)
    assert.equal(
      await refusal('deleteMessage', { chat_id: 501, message_id: 1 }),
      'Bad Request: message to delete not found',
    )
    clock.advance(48 * 3600 + 1)
    assert.equal(await refusal('deleteMessage', at), "Bad Request: message can't be deleted")
  })

  it('deletes many messages at once, and passes over those that are gone', async () => {
    const { call, refusal, at, emulator, bot } = await withMessage()
    const remove = (message_ids: unknown) => refusal('deleteMessages', { chat_id: 501, message_ids })

    assert.equal(await call('deleteMessages', { chat_id: 501, message_ids: [1, at.message_id, 77] }), true)

    assert.deepEqual(emulator.transcript(bot.id, 501), [])
    assert.equal(await remove([]), 'Bad Request: message identifiers are not specified')
    assert.equal(
      await remove(Array.from({ length: 101 }, (_, n) => n)),
      'Bad Request: too many message identifiers specified',
    )
  })

  it('never uses the number of a deleted message again', async () => {
    const { call, at } = await withMessage()
    await call('deleteMessage', at)

    const next = await call('sendMessage', { chat_id: 501, text: 'next' })

    assert.equal(next.message_id, at.message_id + 1)
  })

  it('forwards a message and says where it comes from', async () => {
    const { call, refusal, emulator, bot } = await withMessage()
    const { message } = emulator.sendAsUser({ botId: bot.id, user: ada, text: '/pass on' })
    const params = { chat_id: 501, from_chat_id: 501, message_id: message.message_id }

    const forwarded = await call('forwardMessage', params)
    const twice = await call('forwardMessage', { ...params, message_id: forwarded.message_id })

    assert.deepEqual(forwarded.forward_origin, { type: 'user', sender_user: message.from, date: message.date })
    assert.deepEqual([forwarded.text, forwarded.entities], [message.text, message.entities])
    assert.deepEqual(twice.forward_origin, forwarded.forward_origin)
    assert.equal(
      await refusal('forwardMessage', { ...params, message_id: 99 }),
      'Bad Request: message to forward not found',
    )
  })

  it('copies a message without its origin and keyboard', async () => {
    const { call, refusal, at, emulator, bot } = await withMessage()
    const photo = emulator.sendAsUser({ botId: bot.id, user: ada, photo: {}, caption: 'old' }).message
    const copy = (params: Record<string, unknown>) => call('copyMessage', { from_chat_id: 501, ...at, ...params })

    const text = await copy({})
    const picture = await copy({ message_id: photo.message_id, caption: '<i>new</i>', parse_mode: 'HTML' })

    assert.deepEqual(text, { message_id: at.message_id + 2 })
    const [copied, captioned] = emulator.transcript(bot.id, 501).slice(-2)
    assert.deepEqual([copied?.text, copied?.reply_markup, copied?.forward_origin], ['one', undefined, undefined])
    assert.deepEqual([captioned?.message_id, captioned?.caption], [picture.message_id, 'new'])
    assert.deepEqual(captioned?.photo, photo.photo)
    assert.equal(
      await refusal('copyMessage', { from_chat_id: 501, chat_id: 501, message_id: 99 }),
      'Bad Request: message to copy not found',
    )
  })

  it('describes chats and members', async () => {
    const { call, refusal, emulator, bot } = await withMessage()
    emulator.openChat({ botId: bot.id, user: ada, chat: group })
    emulator.addUser({ id: 777, first_name: 'Bob' })
    const member = (user_id: unknown) => call('getChatMember', { chat_id: group.id, user_id })

    assert.equal((await call('getChat', { chat_id: '501' })).username, 'ada')
    assert.deepEqual(
      [(await member(501)).status, (await member(bot.id)).status, (await member('777')).status],
      ['member', 'member', 'left'],
    )
    assert.equal(await call('getChatMemberCount', { chat_id: group.id }), 2)
    const unknown = (user_id: unknown) => refusal('getChatMember', { chat_id: group.id, user_id })
    assert.equal(await unknown(9), 'Bad Request: user not found')
    assert.equal(await unknown('x'), 'Bad Request: invalid user_id specified')
  })
})
