import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ada, caller, emulatorWithBot } from './fixture.ts'

const channel = { id: -1_000_000_000_777, type: 'channel', title: 'News' } as const
const supergroup = { id: -1_000_000_000_778, type: 'supergroup', title: 'Club' } as const
const DAY_SECONDS = 86_400

describe('emulator: channels and groups', () => {
  const withChannel = (options = {}) => {
    const world = emulatorWithBot(options)
    const { emulator, bot } = world
    const other = emulator.addBot({ username: 'other_bot', firstName: 'Other' })
    for (const { id } of [bot, other]) emulator.openChat({ botId: id, user: ada, chat: channel })
    const chat_id = channel.id
    const post = (text = 'post'): Promise<{ message_id: number }> => world.call('sendMessage', { chat_id, text })
    return { ...world, chat_id, post, other: { ...other, ...caller(emulator, other.token) } }
  }

  it('shows the newest pinned message of a chat, with its file', async () => {
    const { call, refusal, emulator, bot, chat_id, post } = withChannel()
    const old = await post('old')
    const { message } = emulator.sendAsUser({
      botId: bot.id,
      user: ada,
      chat: channel,
      document: { file_name: 'index' },
    })
    const pinned = async () => (await call('getChat', { chat_id })).pinned_message

    assert.equal(await pinned(), undefined)
    assert.equal(await call('pinChatMessage', { chat_id, message_id: message.message_id }), true)
    assert.equal(await call('pinChatMessage', { chat_id, message_id: old.message_id }), true)
    assert.deepEqual(await pinned(), message)
    assert.equal(await call('unpinChatMessage', { chat_id }), true)
    assert.equal((await pinned()).text, 'old')
    await call('deleteMessage', { chat_id, message_id: old.message_id })
    assert.equal(await pinned(), undefined)
    await call('pinChatMessage', { chat_id, message_id: message.message_id })
    assert.equal(await call('unpinAllChatMessages', { chat_id }), true)
    assert.equal(await pinned(), undefined)
    assert.equal(await refusal('pinChatMessage', { chat_id, message_id: 99 }), 'Bad Request: message to pin not found')
    assert.equal(await refusal('unpinChatMessage', { chat_id }), 'Bad Request: message to unpin not found')
  })

  it('takes a number for the note that something was pinned', async () => {
    const { call, chat_id, post } = withChannel()
    const { message_id } = await post()

    await call('pinChatMessage', { chat_id, message_id })

    assert.equal((await post()).message_id, message_id + 2)
  })

  it('lets an administrator do what was not withheld', async () => {
    const { call, refusal, emulator, bot, chat_id, post, other } = withChannel()
    const { message_id } = await post()
    const theirs = await other.call('sendMessage', { chat_id, text: 'theirs' })
    const withhold = (right: Parameters<typeof emulator.withholdRights>[3][number]) =>
      emulator.withholdRights(bot.id, chat_id, bot.id, [right])
    const edit = { chat_id, message_id: theirs.message_id, text: 'mine' }

    withhold('can_edit_messages')
    assert.equal(await refusal('editMessageText', edit), "Bad Request: message can't be edited")
    assert.equal((await call('editMessageText', { ...edit, message_id })).text, 'mine')
    assert.equal(
      await refusal('pinChatMessage', { chat_id, message_id }),
      'Bad Request: not enough rights to manage pinned messages in the chat',
    )
    withhold('can_delete_messages')
    assert.equal(await refusal('deleteMessage', edit), "Bad Request: message can't be deleted")
    assert.equal(await call('deleteMessage', { chat_id, message_id }), true)
    const member = await call('getChatMember', { chat_id, user_id: bot.id })
    assert.partialDeepStrictEqual(member, {
      status: 'administrator',
      can_delete_messages: false,
      can_post_messages: true,
    })
    withhold('can_post_messages')
    assert.equal(
      await refusal('sendMessage', { chat_id, text: 'x' }),
      'Bad Request: need administrator rights in the channel chat',
    )
    const administrators: { user: { id: number } }[] = await call('getChatAdministrators', { chat_id })
    assert.deepEqual(administrators.map(({ user }) => user.id).sort(), [ada.id, bot.id, other.id].sort())
  })

  it('lets only administrators pin in a supergroup', async () => {
    const { call, refusal, emulator, bot } = withChannel()
    emulator.openChat({ botId: bot.id, user: ada, chat: supergroup })
    const chat_id = supergroup.id
    const { message_id } = await call('sendMessage', { chat_id, text: 'x' })

    assert.match(await refusal('pinChatMessage', { chat_id, message_id }), /not enough rights/)
    emulator.setMember(bot.id, chat_id, bot.id, 'administrator')

    assert.equal(await call('pinChatMessage', { chat_id, message_id }), true)
  })

  it('keeps what is older than two days, unless the rules say otherwise', async () => {
    const { call, refusal, emulator, clock, chat_id, post } = withChannel()
    const { message_id } = await post()
    clock.advance(3 * DAY_SECONDS)

    assert.equal(
      await refusal('deleteMessages', { chat_id, message_ids: [message_id] }),
      "Bad Request: message can't be deleted",
    )
    emulator.setRules({ deletesOldPosts: true })

    assert.equal(await call('deleteMessages', { chat_id, message_ids: [message_id] }), true)
  })

  it('tells other bots of posts where that is switched on', async () => {
    const { emulator, chat_id, post, other } = withChannel()
    await post('unseen')
    emulator.setRules({ tellsOtherBots: true })

    await post('seen')

    const updates: { channel_post?: { text?: string; chat: { id: number } } }[] = await other.call('getUpdates')
    const posts = updates.flatMap(({ channel_post }) => channel_post ?? [])
    assert.deepEqual(
      posts.map(({ text, chat }) => [text, chat.id]),
      [['seen', chat_id]],
    )
  })

  it('forwards and copies many messages, and passes over those that are gone', async () => {
    const { call, refusal, emulator, bot, chat_id, post } = withChannel()
    const ids = [(await post('one')).message_id, (await post('two')).message_id]
    const to = { chat_id: ada.id, from_chat_id: chat_id }

    const forwarded = await call('forwardMessages', { ...to, message_ids: [...ids, 99] })
    const copied = await call('copyMessages', { ...to, message_ids: JSON.stringify(ids) })

    const shown = emulator.transcript(bot.id, ada.id).slice(-4)
    assert.deepEqual(
      shown.map(({ text }) => text),
      ['one', 'two', 'one', 'two'],
    )
    assert.deepEqual(
      shown.map(({ message_id }) => ({ message_id })),
      [...forwarded, ...copied],
    )
    assert.partialDeepStrictEqual(shown[0], { forward_origin: { type: 'channel', message_id: ids[0] } })
    const refused = (message_ids: unknown) => refusal('forwardMessages', { ...to, message_ids })
    assert.equal(await refused([]), 'Bad Request: message identifiers are not specified')
    assert.equal(await refused(Array(101).fill(1)), 'Bad Request: too many message identifiers specified')
    assert.match(await refused([2, 1]), /strictly increasing order/)
    assert.equal(await refused([98, 99]), 'Bad Request: there are no messages to forward')
  })

  it('copies with or without captions', async () => {
    const { call, emulator, bot } = withChannel()
    const { message } = emulator.sendAsUser({ botId: bot.id, user: ada, document: { file_name: 'a' }, caption: 'c' })
    const copy = { chat_id: ada.id, from_chat_id: ada.id, message_ids: [message.message_id] }

    await call('copyMessages', copy)
    await call('copyMessages', { ...copy, remove_caption: true })

    const shown = emulator.transcript(bot.id, ada.id).slice(-2)
    assert.deepEqual(
      shown.map(({ caption }) => caption),
      ['c', undefined],
    )
    assert.deepEqual(
      shown.map(({ document }) => document),
      [message.document, message.document],
    )
  })

  it('refuses posts into a channel that is full, gone or lost its message', async () => {
    const { refusal, call, emulator, bot, chat_id, post } = withChannel()
    const { message_id } = await post()
    const send = () => refusal('sendMessage', { chat_id, text: 'x' })

    emulator.closeChat(bot.id, chat_id)
    assert.equal(await send(), 'Bad Request: CHAT_WRITE_FORBIDDEN')
    emulator.closeChat(bot.id, chat_id, null)
    emulator.loseMessage(bot.id, chat_id, message_id)
    assert.equal(
      await refusal('copyMessage', { chat_id, from_chat_id: chat_id, message_id }),
      'Bad Request: message to copy not found',
    )
    assert.ok(await call('sendMessage', { chat_id, text: 'open again' }))
    emulator.deleteChat(bot.id, chat_id)
    assert.equal(await send(), 'Bad Request: chat not found')
  })

  it('answers inline queries once they are asked', async () => {
    const { call, refusal, emulator, bot, clock } = withChannel()
    const results = [{ type: 'article', id: '1', title: 'x', input_message_content: { message_text: 'x' } }]
    const { inlineQueryId, update_id } = emulator.askInline({ botId: bot.id, user: ada, query: 'x' })
    const answer = (more: object = {}) => ({ inline_query_id: inlineQueryId, results, ...more })

    assert.equal(emulator.inlineResults(inlineQueryId), null)
    assert.equal(await call('answerInlineQuery', answer({ results: JSON.stringify(results) })), true)

    assert.ok(update_id)
    assert.deepEqual(emulator.inlineResults(inlineQueryId), results)
    assert.equal(
      await refusal('answerInlineQuery', answer({ results: Array(51).fill({}) })),
      'Bad Request: RESULTS_TOO_MUCH',
    )
    assert.equal(
      await refusal('answerInlineQuery', answer({ results: [...results, ...results] })),
      'Bad Request: RESULT_ID_DUPLICATE',
    )
    clock.advance(31)
    assert.match(await refusal('answerInlineQuery', answer()), /query is too old/)
    emulator.injectUpdate(bot.id, { inline_query: { id: '77', from: ada, query: '', offset: '' } })
    assert.equal(await call('answerInlineQuery', answer({ inline_query_id: '77' })), true)
  })
})
