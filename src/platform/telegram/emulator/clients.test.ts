import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { Bot, InlineKeyboard, InputFile, Keyboard } from 'grammy'
import { Markup, Telegraf } from 'telegraf'
import { eventually } from '../../../../test/services/eventually.ts'
import type { BotIdentity } from './control/bots.ts'
import { ada } from './fixture.ts'
import { type EmulatorServer, startEmulator } from './server.ts'

const soon = (check: () => void) => eventually(check, { deadlineMs: 10_000 })

const GROUP = { id: -1_000_000_000_500, type: 'supergroup' as const, title: 'Talk' }
const BYTES = Buffer.from('the bytes of a file')
/** 1 × 1. */
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)
const TYPES = [
  'message',
  'edited_message',
  'callback_query',
  'inline_query',
  'chosen_inline_result',
  'my_chat_member',
  'chat_member',
  'message_reaction',
] as const

interface Running {
  stop(): Promise<void>
  /** What the bot noted, in order. */
  readonly seen: string[]
}

/**
 * The same bot, written for a framework as its manual shows it; the only thing of ours is the API root. Telegraf 4.16
 * cannot upload on current versions of Node (its own stream of a form ends after the first part), so it sends files by
 * address and by id.
 */
type Framework = (identity: BotIdentity, apiRoot: string) => Promise<Running>

const onGrammy: Framework = async ({ token }, apiRoot) => {
  const seen: string[] = []
  const bot = new Bot(token, { client: { apiRoot } })
  bot.command('menu', (ctx) =>
    ctx.reply('Choose', { reply_markup: new InlineKeyboard().text('Go', 'go').text('No', 'no') }),
  )
  bot.command('keys', (ctx) =>
    ctx.reply('Keys', { reply_markup: new Keyboard().text('Yes').requestContact('Me').resized() }),
  )
  bot.command('bold', (ctx) => ctx.reply('<b>bold</b>', { parse_mode: 'HTML' }))
  bot.command('file', (ctx) => ctx.replyWithDocument(new InputFile(BYTES, 'kept.txt'), { caption: 'a file' }))
  bot.command('again', async (ctx) => {
    const { document } = await ctx.replyWithDocument(new InputFile(BYTES, 'twice.txt'))
    await ctx.replyWithDocument(document.file_id)
  })
  bot.command('album', (ctx) =>
    ctx.replyWithMediaGroup([
      { type: 'photo', media: new InputFile(PNG, 'a.png'), caption: 'first' },
      { type: 'photo', media: new InputFile(PNG, 'b.png') },
    ]),
  )
  bot.command('place', async (ctx) => {
    await ctx.replyWithLocation(52.5, 13.4)
    await ctx.replyWithContact('+49', 'Bob')
    await ctx.replyWithPoll('Tea?', ['Yes', 'No'])
    await ctx.react('👍')
  })
  bot.command('wrong', async (ctx) => {
    await ctx.api.sendMessage(1, 'x').catch((error) => seen.push(`${error.error_code} ${error.description}`))
  })
  bot.command('who', async (ctx) => {
    const member = await ctx.getChatMember(ada.id)
    seen.push(`${member.status} ${await ctx.getChatMemberCount()} ${(await ctx.getChat()).type}`)
  })
  bot.callbackQuery('go', async (ctx) => {
    await ctx.answerCallbackQuery({ text: 'Going', show_alert: true })
    await ctx.editMessageText('Gone', { reply_markup: new InlineKeyboard().text('Back', 'back') })
  })
  bot.on('inline_query', (ctx) =>
    ctx.answerInlineQuery([
      { type: 'article', id: '1', title: ctx.inlineQuery.query, input_message_content: { message_text: 'found' } },
    ]),
  )
  bot.on('chosen_inline_result', (ctx) => void seen.push(`chosen ${ctx.chosenInlineResult.result_id}`))
  bot.on('my_chat_member', (ctx) => void seen.push(`me ${ctx.myChatMember.new_chat_member.status}`))
  bot.on('chat_member', (ctx) => void seen.push(`member ${ctx.chatMember.new_chat_member.status}`))
  bot.on('message:new_chat_members', (ctx) => void seen.push(`joined ${ctx.message.new_chat_members[0]?.first_name}`))
  bot.on('message:left_chat_member', (ctx) => void seen.push(`left ${ctx.message.left_chat_member.first_name}`))
  bot.on('message_reaction', (ctx) => void seen.push(`reaction ${ctx.messageReaction.new_reaction.length}`))
  bot.on('edited_message:text', (ctx) => void seen.push(`edited ${ctx.editedMessage.text}`))
  bot.on('message:document', async (ctx) => {
    const { file_path } = await ctx.getFile()
    const response = await fetch(`${apiRoot}/file/bot${token}/${file_path}`)
    await ctx.reply(`${await response.text()} ${response.headers.get('x-content-type-options')}`)
    await ctx.replyWithDocument(ctx.message.document.file_id)
  })
  bot.on('message:text', (ctx) =>
    ctx.reply(ctx.message.text, { reply_parameters: { message_id: ctx.message.message_id } }),
  )
  const { promise: started, resolve } = Promise.withResolvers<void>()
  const running = bot.start({ allowed_updates: TYPES, onStart: () => resolve() })
  await started
  return {
    seen,
    async stop() {
      await bot.stop()
      await running
    },
  }
}

const onTelegraf: Framework = async ({ token }, apiRoot) => {
  const seen: string[] = []
  const bot = new Telegraf(token, { telegram: { apiRoot } })
  bot.command('menu', (ctx) =>
    ctx.reply(
      'Choose',
      Markup.inlineKeyboard([Markup.button.callback('Go', 'go'), Markup.button.callback('No', 'no')]),
    ),
  )
  bot.command('keys', (ctx) =>
    ctx.reply('Keys', Markup.keyboard([['Yes', Markup.button.contactRequest('Me')]]).resize()),
  )
  bot.command('bold', (ctx) => ctx.replyWithHTML('<b>bold</b>'))
  bot.command('album', (ctx) =>
    ctx.replyWithMediaGroup([
      { type: 'photo', media: 'https://example.org/a.png', caption: 'first' },
      { type: 'photo', media: 'https://example.org/b.png' },
    ]),
  )
  bot.command('place', async (ctx) => {
    await ctx.replyWithLocation(52.5, 13.4)
    await ctx.replyWithContact('+49', 'Bob')
    await ctx.replyWithPoll('Tea?', ['Yes', 'No'])
    await ctx.react('👍')
  })
  bot.command('wrong', async (ctx) => {
    await ctx.telegram
      .sendMessage(1, 'x')
      .catch(({ response }) => seen.push(`${response.error_code} ${response.description}`))
  })
  bot.command('who', async (ctx) => {
    const member = await ctx.getChatMember(ada.id)
    seen.push(`${member.status} ${await ctx.getChatMembersCount()} ${(await ctx.getChat()).type}`)
  })
  bot.action('go', async (ctx) => {
    await ctx.answerCbQuery('Going', { show_alert: true })
    await ctx.editMessageText('Gone', Markup.inlineKeyboard([Markup.button.callback('Back', 'back')]))
  })
  bot.on('inline_query', (ctx) =>
    ctx.answerInlineQuery([
      { type: 'article', id: '1', title: ctx.inlineQuery.query, input_message_content: { message_text: 'found' } },
    ]),
  )
  bot.on('chosen_inline_result', (ctx) => void seen.push(`chosen ${ctx.chosenInlineResult.result_id}`))
  bot.on('my_chat_member', (ctx) => void seen.push(`me ${ctx.myChatMember.new_chat_member.status}`))
  bot.on('chat_member', (ctx) => void seen.push(`member ${ctx.chatMember.new_chat_member.status}`))
  bot.on('message_reaction', (ctx) => void seen.push(`reaction ${ctx.messageReaction.new_reaction.length}`))
  bot.on(
    'edited_message',
    (ctx) => void seen.push(`edited ${'text' in ctx.editedMessage ? ctx.editedMessage.text : ''}`),
  )
  bot.on('message', async (ctx) => {
    const { message } = ctx
    if ('new_chat_members' in message) seen.push(`joined ${message.new_chat_members[0]?.first_name}`)
    if ('left_chat_member' in message) seen.push(`left ${message.left_chat_member.first_name}`)
    if ('document' in message) {
      const response = await fetch(await ctx.telegram.getFileLink(message.document.file_id))
      await ctx.reply(`${await response.text()} ${response.headers.get('x-content-type-options')}`)
      await ctx.replyWithDocument(message.document.file_id)
    }
    if ('text' in message) await ctx.reply(message.text, { reply_parameters: { message_id: message.message_id } })
  })
  const { promise: started, resolve } = Promise.withResolvers<void>()
  const running = bot.launch({ allowedUpdates: [...TYPES] }, resolve)
  await started
  return {
    seen,
    async stop() {
      bot.stop()
      await running
    },
  }
}

const toText = (message: unknown): unknown =>
  typeof message === 'object' && message !== null && 'text' in message ? message.text : undefined

const play = ({ emulator }: EmulatorServer, botId: number, running: Running) => {
  const chat = (chatId: number = ada.id) => emulator.transcript(botId, chatId)
  const answersTo = async (messageId: number, answers: number) => {
    const answered = () => chat().filter(({ message_id }) => message_id > messageId)
    await soon(() => assert.ok(answered().length >= answers))
    return answered()
  }
  return {
    chat,
    answersTo,
    /** Writes, and waits for so many messages behind it. */
    say(text: string, answers = 1) {
      const { message } = emulator.sendAsUser({ botId, user: ada, text })
      return answersTo(message.message_id, answers)
    },
    noted: (text: string) => soon(() => assert.ok(running.seen.includes(text), `${text} in ${running.seen}`)),
  }
}

for (const [name, framework] of Object.entries({ grammY: onGrammy, Telegraf: onTelegraf })) {
  describe(`${name}, unmodified, on the emulator`, async () => {
    const server = await startEmulator()
    const { emulator, apiRoot } = server
    const identity = emulator.addBot({ username: 'stock_bot', firstName: 'Stock' })
    const botId = identity.id
    const running = await framework(identity, apiRoot)
    const { say, answersTo, chat, noted } = play(server, botId, running)
    after(async () => {
      await running.stop()
      server.close()
    })

    it('echoes as a reply, by long polling', async () => {
      const [echo] = await say('hello 👋')

      assert.deepEqual(
        [echo?.text, toText(echo?.reply_to_message), echo?.from?.username],
        ['hello 👋', 'hello 👋', 'stock_bot'],
      )
    })

    it('formats', async () => {
      const [message] = await say('/bold')

      assert.deepEqual([message?.text, message?.entities], ['bold', [{ type: 'bold', offset: 0, length: 4 }]])
    })

    it('answers presses of inline buttons, and edits the message under them', async () => {
      const [menu] = await say('/menu')
      const messageId = menu?.message_id ?? 0

      const { callbackQueryId } = emulator.pressButton({ botId, user: ada, chatId: ada.id, messageId, data: 'go' })

      await soon(() => assert.equal(chat().find(({ message_id }) => message_id === messageId)?.text, 'Gone'))
      const edited = chat().find(({ message_id }) => message_id === messageId)
      assert.deepEqual(edited?.reply_markup, { inline_keyboard: [[{ text: 'Back', callback_data: 'back' }]] })
      assert.deepEqual(emulator.callbackAnswer(callbackQueryId), { text: 'Going', show_alert: true })
    })

    it('shows a reply keyboard', async () => {
      const [message] = await say('/keys')

      const { keyboard, resize_keyboard } = message?.reply_markup ?? {}
      assert.deepEqual(keyboard, [[{ text: 'Yes' }, { text: 'Me', request_contact: true }]])
      assert.equal(resize_keyboard, true)
    })

    it('downloads what it is sent, and sends it again by its id', async () => {
      const { message } = emulator.sendAsUser({ botId, user: ada, document: { file_name: 'up.txt' }, bytes: BYTES })

      const [text, again] = await answersTo(message.message_id, 2)

      assert.equal(text?.text, `${BYTES} nosniff`)
      assert.deepEqual(again?.document, message.document)
    })

    const uploads = async () => {
      const [sent] = await say('/file')
      const [first, second] = await say('/again', 2)

      assert.equal(sent?.caption, 'a file')
      assert.match(JSON.stringify(sent?.document), /"file_name":"kept.txt".*"file_size":19/)
      assert.deepEqual(second?.document, first?.document)
    }
    if (name === 'grammY') it('uploads', uploads)

    it('sends an album', async () => {
      const album = await say('/album', 2)

      assert.equal(new Set(album.map(({ media_group_id }) => media_group_id)).size, 1)
      assert.deepEqual([album[0]?.caption, Array.isArray(album[1]?.photo)], ['first', true])
    })

    it('sends places, contacts and polls, and reacts', async () => {
      const messages = await say('/place', 3)

      assert.deepEqual(messages[0]?.location, { latitude: 52.5, longitude: 13.4 })
      assert.deepEqual(messages[1]?.contact, { phone_number: '+49', first_name: 'Bob' })
      assert.equal(JSON.stringify(messages[2]?.poll).includes('"question":"Tea?"'), true)
      await soon(() => assert.ok(chat().some(({ reactions }) => reactions !== undefined)))
    })

    it('finds results of inline queries, and hears which one was chosen', async () => {
      const { inlineQueryId } = emulator.askInline({ botId, user: ada, query: 'tea' })
      await soon(() => assert.ok(emulator.inlineResults(inlineQueryId)))

      const { message } = emulator.chooseInline({ botId, user: ada, chatId: ada.id, inlineQueryId, resultId: '1' })

      assert.deepEqual([message.text, JSON.stringify(message.via_bot).includes(`${botId}`)], ['found', true])
      await noted('chosen 1')
    })

    it('hears of edits and reactions', async () => {
      const { message } = emulator.sendAsUser({ botId, user: ada, text: 'befor' })
      emulator.editAsUser({ botId, user: ada, chatId: ada.id, messageId: message.message_id, text: 'before' })
      emulator.react({ botId, user: ada, chatId: ada.id, messageId: message.message_id, emoji: ['❤'] })

      await noted('edited before')
      await noted('reaction 1')
    })

    it('hears who comes and goes, and about itself', async () => {
      const bob = { id: 77, first_name: 'Bob' }
      emulator.changeMember({ botId, chat: GROUP, user: ada, status: 'creator' })
      emulator.changeMember({ botId, chat: GROUP, status: 'administrator', by: ada })
      emulator.changeMember({ botId, chat: GROUP, user: bob, status: 'member' })
      emulator.changeMember({ botId, chat: GROUP, user: bob, status: 'left' })
      await noted('left Bob')

      emulator.sendAsUser({ botId, user: ada, text: '/who', chat: GROUP })
      await noted('creator 2 supergroup')
      emulator.changeMember({ botId, chat: GROUP, status: 'kicked', by: ada })
      await noted('me kicked')
      // Some frameworks handle updates that come together side by side.
      const inGroup = running.seen.filter((text) => /^(?:me|member|joined|left)/.test(text)).sort()
      assert.deepEqual(inGroup, [
        'joined Ada',
        'joined Bob',
        'left Bob',
        'me administrator',
        'me kicked',
        'member left',
        'member member',
      ])
    })

    it('is told of what cannot be, in the words of the real one', async () => {
      emulator.sendAsUser({ botId, user: ada, text: '/wrong' })

      await noted('400 Bad Request: chat not found')
    })
  })
}
