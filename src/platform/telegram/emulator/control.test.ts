import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createEmulator } from './emulator.ts'
import { ada, caller, emulatorWithBot, manualClock } from './fixture.ts'
import { memoryStore } from './store.ts'

const group = { id: -4001, type: 'group', title: 'Club' } as const

describe('emulator: controls', () => {
  it('makes up a well-formed token, and no two alike', () => {
    const emulator = createEmulator({ clock: manualClock() })

    const one = emulator.addBot({ username: 'one_bot', firstName: 'One' })
    const two = emulator.addBot({ username: 'two_bot', firstName: 'Two' })

    assert.match(one.token, /^\d+:[\w-]{35}$/)
    assert.equal(one.token.split(':')[0], `${one.id}`)
    assert.notEqual(one.id, two.id)
    assert.notEqual(one.token.slice(11), two.token.slice(11))
  })

  it('brings a bot back with its token, and goes on with its numbers', async () => {
    const { emulator, bot, startId, call } = emulatorWithBot()
    emulator.removeBot(bot.id)

    const again = emulator.addBot({ token: bot.token, username: 'echo_bot', firstName: 'Echo' })
    const { update_id, message } = emulator.sendAsUser({ botId: bot.id, user: ada, text: 'back' })

    assert.deepEqual(again, bot)
    assert.equal((await call('getMe')).id, bot.id)
    assert.deepEqual([update_id, message.message_id], [startId + 1, 2])
  })

  it('does not give the number of a bot that was brought back to a new one', () => {
    const emulator = createEmulator({ clock: manualClock() })
    const token = `7000000001:${'A'.repeat(35)}`
    emulator.addBot({ token, username: 'old_bot', firstName: 'Old' })

    assert.equal(emulator.addBot({ username: 'new_bot', firstName: 'New' }).id, 7_000_000_002)
  })

  it('refuses the old token of a bot that got a new one', async () => {
    const { emulator, bot, refusal, call } = emulatorWithBot()
    const token = `${bot.id}:${'B'.repeat(35)}`
    emulator.addBot({ token, username: 'echo_bot', firstName: 'Echo' })

    assert.equal(await refusal('getMe'), 'Unauthorized')
    await assert.rejects(call('getMe'))
    assert.equal((await caller(emulator, token).call('getUpdates')).length, 1)
  })

  it('refuses a token that is not one', () => {
    const emulator = createEmulator({ clock: manualClock() })
    const add = (token: string) => () => emulator.addBot({ token, username: 'x_bot', firstName: 'X' })

    for (const token of ['', '123', '123:short', `0:${'A'.repeat(35)}`]) {
      assert.throws(add(token), { code: 'SIMULATOR_TOKEN_INVALID' })
    }
  })

  it('sends text with its commands marked', async () => {
    const { emulator, bot, clock } = emulatorWithBot()

    const { message } = emulator.sendAsUser({ botId: bot.id, user: ada, text: '/start now' })

    assert.deepEqual(message, {
      message_id: 2,
      from: { id: 501, is_bot: false, first_name: 'Ada', username: 'ada', language_code: 'en' },
      chat: { id: 501, first_name: 'Ada', username: 'ada', type: 'private' },
      date: clock.now().getTime() / 1000,
      text: '/start now',
      entities: [{ type: 'bot_command', offset: 0, length: 6 }],
    })
  })

  it('sends contacts, photos and files', () => {
    const { emulator, bot } = emulatorWithBot()
    const send = (content: object) => emulator.sendAsUser({ botId: bot.id, user: ada, ...content }).message

    assert.deepEqual(send({ contact: { phone_number: '+1', first_name: 'Ada' } }).contact, {
      phone_number: '+1',
      first_name: 'Ada',
      user_id: 501,
    })
    const { photo } = send({ photo: { width: 10, height: 20 } }) as { photo?: Record<string, unknown>[] }
    assert.deepEqual([photo?.length, photo?.[0]?.width], [1, 10])
    const first = send({ document: { file_name: 'a.txt' } }).document as Record<string, unknown>
    const second = send({ document: { file_name: 'a.txt' } }).document as Record<string, unknown>
    assert.notEqual(first.file_id, second.file_id)
    assert.equal(first.file_name, 'a.txt')
    assert.deepEqual(send({ location: { latitude: 1, longitude: 2 } }).location, { latitude: 1, longitude: 2 })
  })

  it('refuses what a person cannot do', async () => {
    const { emulator, bot, call } = emulatorWithBot()
    const { message_id } = await call('sendMessage', { chat_id: 501, text: 'no buttons' })
    const send = (content: object) => () => emulator.sendAsUser({ botId: bot.id, user: ada, ...content })
    const press =
      (messageId: number, chatId = 501) =>
      () =>
        emulator.pressButton({ botId: bot.id, user: ada, chatId, messageId, data: 'yes' })

    assert.throws(send({ botId: 1, text: 'x' }), { code: 'SIMULATOR_BOT_NOT_FOUND' })
    assert.throws(send({}), { code: 'SIMULATOR_MESSAGE_EMPTY' })
    assert.throws(send({ text: ' ' }), { code: 'SIMULATOR_MESSAGE_EMPTY' })
    assert.throws(send({ text: 'x', replyTo: 99 }), { code: 'SIMULATOR_MESSAGE_NOT_FOUND' })
    assert.throws(press(99), { code: 'SIMULATOR_MESSAGE_NOT_FOUND' })
    assert.throws(press(message_id), { code: 'SIMULATOR_BUTTON_NOT_FOUND' })
    assert.throws(press(message_id, 9), { code: 'SIMULATOR_CHAT_NOT_FOUND' })
    assert.throws(() => emulator.injectUpdate(bot.id, { update_id: 1 }), { code: 'SIMULATOR_UPDATE_INVALID' })
    assert.throws(() => emulator.transcript(bot.id, 9), { code: 'SIMULATOR_CHAT_NOT_FOUND' })
    emulator.openChat({ botId: bot.id, user: ada, chat: group })
    emulator.setMember(bot.id, group.id, 501, 'kicked')
    assert.throws(send({ text: 'x', chat: group }), { code: 'SIMULATOR_SENDER_BANNED' })
  })

  it('hands a message in a group to every bot there', async () => {
    const { emulator, bot, call, startId } = emulatorWithBot()
    const other = emulator.addBot({ username: 'other_bot', firstName: 'Other' })
    emulator.openChat({ botId: other.id, user: ada, chat: group })

    const { message } = emulator.sendAsUser({ botId: bot.id, user: ada, chat: group, text: 'all' })

    const mine = await call('getUpdates', { offset: startId + 1 })
    const theirs = await caller(emulator, other.token).call('getUpdates')
    assert.deepEqual([mine[0].message, theirs[0].message], [message, message])
    assert.deepEqual(emulator.listChats(other.id), [group])
  })

  it('hands a post in a channel over as a channel post', async () => {
    const { emulator, bot, call, startId } = emulatorWithBot()
    const chat = { id: -1_000_000_000_777, type: 'channel', title: 'News' } as const

    emulator.sendAsUser({ botId: bot.id, user: ada, chat, text: 'post' })

    const [update] = await call('getUpdates', { offset: startId + 1 })
    assert.deepEqual([update.channel_post.sender_chat, update.channel_post.from], [chat, undefined])
  })

  it('presses a button, and shows what the bot answered', async () => {
    const { emulator, bot, call, refusal, clock, startId } = emulatorWithBot()
    const reply_markup = { inline_keyboard: [[{ text: 'Yes', callback_data: 'yes' }]] }
    const message = await call('sendMessage', { chat_id: 501, text: '?', reply_markup })

    const press = { botId: bot.id, user: ada, chatId: 501, messageId: message.message_id, data: 'yes' }
    const { update_id, callbackQueryId } = emulator.pressButton(press)

    const [update] = await call('getUpdates', { offset: startId + 1 })
    assert.equal(update.update_id, update_id)
    const { id, from, data, chat_instance } = update.callback_query
    assert.deepEqual([id, from.id, data, update.callback_query.message], [callbackQueryId, 501, 'yes', message])
    assert.equal(emulator.callbackAnswer(callbackQueryId), null)
    const answer = { callback_query_id: callbackQueryId, text: 'Done', show_alert: 'true' }
    assert.equal(await call('answerCallbackQuery', answer), true)
    assert.deepEqual(emulator.callbackAnswer(callbackQueryId), { text: 'Done', show_alert: true })
    assert.match(chat_instance, /^-?\d+$/)
    const tooOld = 'Bad Request: query is too old and response timeout expired or query ID is invalid'
    assert.equal(await refusal('answerCallbackQuery', { callback_query_id: '12' }), tooOld)
    clock.advance(150)
    assert.equal(await refusal('answerCallbackQuery', answer), tooOld)
  })

  it('keeps a chat as the person sees it now', async () => {
    const { emulator, bot, call } = emulatorWithBot()
    const { message_id } = await call('sendMessage', { chat_id: 501, text: 'one' })
    await call('sendMessage', { chat_id: 501, text: 'gone' })
    await call('editMessageText', { chat_id: 501, message_id, text: 'two' })
    await call('deleteMessage', { chat_id: 501, message_id: message_id + 1 })

    const texts = emulator.transcript(bot.id, 501).map(({ text }) => text)

    assert.deepEqual(texts, ['/start', 'two'])
  })

  it('keeps only the last thousand messages of a chat', async () => {
    const { emulator, bot } = emulatorWithBot()
    for (let n = 0; n < 1100; n++) emulator.sendAsUser({ botId: bot.id, user: ada, text: `${n}` })

    const transcript = emulator.transcript(bot.id, 501)

    assert.deepEqual([transcript.length, transcript.at(-1)?.text], [1000, '1099'])
  })
})

describe('emulator: state', () => {
  it('comes back from a snapshot as it was, and goes on with its numbers', async () => {
    const { emulator, bot, call, clock, startId } = emulatorWithBot()
    await call('getUpdates', { allowed_updates: ['message'] })
    await call('setMyCommands', { commands: [{ command: 'a', description: 'b' }] })
    const sent = await call('sendMessage', { chat_id: 501, text: 'kept', reply_markup: { keyboard: [['k']] } })

    const restored = createEmulator({ clock, store: memoryStore() })
    restored.store.restore(JSON.parse(JSON.stringify(emulator.store.snapshot())))

    const again = caller(restored, bot.token)
    clock.advance(10)
    assert.deepEqual(restored.store.snapshot(), emulator.store.snapshot())
    assert.deepEqual(restored.transcript(bot.id, 501), emulator.transcript(bot.id, 501))
    assert.equal((await again.call('getUpdates'))[0].update_id, startId)
    assert.equal((await again.call('getMyCommands')).length, 1)
    assert.equal((await again.call('sendMessage', { chat_id: 501, text: 'next' })).message_id, sent.message_id + 1)
    assert.equal(restored.sendAsUser({ botId: bot.id, user: ada, text: 'x' }).update_id, startId + 1)
    assert.notEqual(restored.addBot({ username: 'b_bot', firstName: 'B' }).id, bot.id)
  })

  it('survives any mix of actions and restarts without using a number twice', async () => {
    const action = fc.constantFrom('user', 'bot', 'delete', 'restart', 'newBot', 'removeBot')
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 25 }), async (actions) => {
        const { emulator, bot, call } = emulatorWithBot()
        const seen = new Set(['message 1', `bot ${bot.id}`])
        const note = (what: string, id: number | null) => {
          assert.ok(!seen.has(`${what} ${id}`), `${what} ${id} was used before`)
          seen.add(`${what} ${id}`)
        }
        for (const step of actions) {
          if (step === 'user') {
            const { update_id, message } = emulator.sendAsUser({ botId: bot.id, user: ada, text: 'x' })
            note('update', update_id)
            note('message', message.message_id)
          } else if (step === 'bot') {
            emulator.openChat({ botId: bot.id, user: ada })
            note('message', (await call('sendMessage', { chat_id: 501, text: 'y' })).message_id)
          } else if (step === 'delete') {
            const last = emulator.listChats(bot.id).length > 0 ? emulator.transcript(bot.id, 501).at(-1) : undefined
            if (last) await call('deleteMessage', { chat_id: 501, message_id: last.message_id })
          } else if (step === 'newBot') {
            const other = emulator.addBot({ username: 'other_bot', firstName: 'Other' })
            note('bot', other.id)
            emulator.removeBot(other.id)
          } else if (step === 'removeBot') {
            emulator.removeBot(bot.id)
            emulator.addBot({ token: bot.token, username: 'echo_bot', firstName: 'Echo' })
          } else {
            emulator.store.restore(JSON.parse(JSON.stringify(emulator.store.snapshot())))
          }
        }
      }),
      { numRuns: 50 },
    )
  })

  it('refuses what is not a snapshot, and stays as it was', () => {
    const { emulator, bot } = emulatorWithBot()

    assert.throws(() => emulator.store.restore({ version: 2 }), { name: 'ZodError' })
    assert.equal(emulator.transcript(bot.id, 501).length, 1)
  })

  it('tells when there is something to keep', async () => {
    const { emulator, bot, call } = emulatorWithBot()
    let changes = 0
    const stop = emulator.store.onChange(() => {
      changes += 1
    })

    await call('getMe')
    assert.equal(changes, 0)
    emulator.sendAsUser({ botId: bot.id, user: ada, text: 'x' })
    stop()
    assert.ok(changes > 0)
  })
})
