import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type TestAccount, testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { eventually } from '../../../test/services/eventually.ts'
import { createCommand } from '../commands/contract.ts'
import { createPairingCode } from '../pairing/contract.ts'
import { updateBotSettings } from '../settings/contract.ts'
import { listMessages, sendMessage, sendUpdate } from '../simulator/contract.ts'
import { simulatedBot, texts } from '../v2.fixture.ts'
import { installTemplate, listTemplates } from './contract.ts'

const ADA = 1_000_001
const query = { timeout_ms: '25000' }
const open = { cards_bridge: true, files_bridge: true }
const PICTURE = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4z8DwHwAFAAH/iZk9HQAAAABJRU5ErkJggg==',
  'base64',
)

interface Card {
  readonly id: string
  readonly type: string
  readonly url: string | null
  readonly content: string
  readonly notes: string | null
  readonly tags: readonly string[]
  readonly fileName: string | null
  readonly fileSize: number | null
}

type Body = Record<string, unknown>

/** A capture bot in the simulator, its owner Ada's, and what she can do with it. */
const captureBot = async (account: TestAccount, wish: object = open) => {
  const bot = await simulatedBot(account)
  const { params } = bot
  // Files that are sent before the bot has commands are only there.
  const uploads = new Map<string, Body>()
  for (const kind of ['photo', 'video', 'voice', 'audio', 'document'] as const) {
    const file = {
      content_base64: PICTURE.toString('base64'),
      ...(kind === 'document' ? { file_name: 'paper.pdf' } : {}),
    }
    const { messages } = (await account.call(sendMessage, { params, query, body: { [kind]: file } })).result
    uploads.set(kind, messages.at(-1)?.[kind] as Body)
  }
  await account.call(installTemplate, { params: { ...params, name: 'capture' }, body: wish })
  await account.call(updateBotSettings, { params, body: { admins: [ADA] } })
  let messageId = 5_000
  const from = { id: ADA, is_bot: false, first_name: 'Ada', username: 'ada' }
  return {
    ...bot,
    file: (kind: string): unknown => uploads.get(kind),
    /** Any message of Ada, as Telegram would hand it over. */
    async send(body: Body) {
      messageId += 1
      const chat = { id: ADA, type: 'private', first_name: 'Ada', username: 'ada' }
      const message = { message_id: messageId, date: Math.floor(Date.now() / 1000), chat, from, ...body }
      return (await account.call(sendUpdate, { params, query, body: { message } })).result
    },
    async cards(): Promise<Card[]> {
      const response = await account.fetch('/v1/cards?include=content,metadata')
      return ((await response.json()) as { items: Card[] }).items
    },
    async answers(): Promise<unknown[]> {
      return texts((await account.call(listMessages, { params })).result.messages)
    },
  }
}

for (const dialect of dialects) {
  describe(`the capture bot (${dialect})`, async () => {
    const app = await testApp(dialect)

    it('is a template that is installed as commands, and opens no bridge by itself', async () => {
      const ada = await app.account()
      const bot = await simulatedBot(ada, { '/start': 'print("mine")' })
      const params = { ...bot.params, name: 'capture' }

      const listed = (await ada.call(listTemplates, {})).result
      await assert.rejects(ada.call(installTemplate, { params, body: {} }), { status: 409 })
      const { result } = await ada.call(installTemplate, { params, body: { replace: true } })
      const again = await ada.call(installTemplate, { params, body: { cards_bridge: true } })

      assert.deepEqual(listed.find(({ name }) => name === 'capture')?.commands, result.commands)
      assert.deepEqual([result.cards_bridge, result.files_bridge], [false, false])
      assert.deepEqual([again.result.cards_bridge, again.result.files_bridge], [true, false])
      await assert.rejects(ada.call(installTemplate, { params: { ...params, name: 'none' }, body: {} }), {
        status: 404,
      })
      const eve = await app.account()
      await assert.rejects(eve.call(installTemplate, { params, body: {} }), { status: 404 })
    })

    it('captures for whoever comes with a code, once, and has one polite line for everybody else', async () => {
      const ada = await app.account()
      const bot = await simulatedBot(ada)
      await ada.call(installTemplate, { params: { ...bot.params, name: 'capture' }, body: open })
      const { result } = await ada.call(createPairingCode, { params: bot.params })
      const [bob, eve] = [
        { id: 77, first_name: 'Bob' },
        { id: 78, first_name: 'Eve' },
      ]

      const stranger = texts((await bot.say('hello', bob)).messages)
      const silence = texts((await bot.say('hello?', bob)).messages)
      const wrong = texts((await bot.say('/start wrong', bob)).messages).at(-1)
      const paired = texts((await bot.say(`/start ${result.code}`, bob)).messages).at(-1)
      const used = texts((await bot.say(`/start ${result.code}`, eve)).messages).at(-1)
      const saved = texts((await bot.say('keep this', bob)).messages).at(-1)

      assert.ok(result.link.endsWith(`?start=${result.code}`))
      assert.match(String(stranger[1]), /for its owner only/)
      assert.deepEqual([stranger.length, silence.length], [2, 3])
      assert.match(String(wrong), /does not work/)
      assert.match(String(paired), /^You are paired/)
      assert.match(String(used), /does not work/)
      assert.match(String(saved), /^Saved: keep this\nhttp/)
      const cards = (await (await ada.fetch('/v1/cards')).json()) as { items: Card[] }
      assert.equal(cards.items.length, 1)
    })

    it('keeps the formatting and the links of a text as Markdown, and its hashtags as tags', async () => {
      const bot = await captureBot(await app.account())
      const text = '🟢 bold it code link #cooking\nquoted'
      const entity = (type: string, word: string, more: Body = {}): Body => ({
        ...{ type, offset: text.indexOf(word), length: word.length },
        ...more,
      })

      await bot.send({
        text,
        entities: [
          entity('bold', 'bold it'),
          entity('italic', 'it'),
          entity('code', 'code'),
          entity('text_link', 'link', { url: 'https://example.org/a?b=c' }),
          entity('hashtag', '#cooking'),
          entity('blockquote', 'quoted'),
        ],
      })

      const [card] = await bot.cards()
      assert.equal(card?.content, '🟢 **bold _it_** `code` [link](https://example.org/a?b=c) #cooking\n> quoted')
      assert.deepEqual([...(card?.tags ?? [])].sort(), ['cooking', 'telegram'])
    })

    it('makes a link of a message that is nothing but one, and a text of others', async () => {
      const bot = await captureBot(await app.account())

      await bot.send({ text: 'https://example.org/soup' })
      await bot.send({ text: 'example.org/x', entities: [{ type: 'url', offset: 0, length: 13 }] })
      await bot.send({ text: 'see https://example.org/a and https://example.org/b' })

      assert.deepEqual(
        (await bot.cards()).map(({ type, url }) => [type, url]),
        [
          ['text', null],
          ['link', 'https://example.org/x'],
          ['link', 'https://example.org/soup'],
        ],
      )
    })

    it('saves photo, video, voice, audio and document with their captions', async () => {
      const bot = await captureBot(await app.account())

      for (const kind of ['photo', 'video', 'voice', 'audio', 'document'])
        await bot.send({ [kind]: bot.file(kind), caption: `my ${kind}` })

      const cards = await bot.cards()
      assert.deepEqual(cards.map(({ type, content, fileSize }) => [type, content, fileSize]).reverse(), [
        ['image', 'my photo', PICTURE.length],
        ['video', 'my video', PICTURE.length],
        ['audio', 'my voice', PICTURE.length],
        ['audio', 'my audio', PICTURE.length],
        ['document', 'my document', PICTURE.length],
      ])
      assert.equal(cards[0]?.fileName, 'paper.pdf')
    })

    it('makes one card of an album, with all its files and its caption', async () => {
      const ada = await app.account()
      const bot = await captureBot(ada)
      const album = { media_group_id: 'g1' }

      await bot.send({ ...album, photo: bot.file('photo'), caption: 'Three of us' })
      await bot.send({ ...album, photo: bot.file('photo') })
      await bot.send({ ...album, document: bot.file('document') })
      await eventually(async () => assert.equal((await bot.cards()).length, 1))

      const [card] = await bot.cards()
      assert.match(String(card?.content), /^Three of us\n\n\[photo-\d+\.jpg\]\(http.*\)\n\n\[paper\.pdf\]\(http/)
      assert.equal(card?.type, 'image')
      const { files } = (await (await ada.fetch('/api/v1/files')).json()) as { files: unknown[] }
      assert.equal(files.length, 3)
      await eventually(async () => assert.match(String((await bot.answers()).at(-1)), /^Saved: photo-\d+\.jpg/))
    })

    it('says where a forward comes from, with a link to the post of a channel', async () => {
      const bot = await captureBot(await app.account())
      const date = 1_700_000_000
      const origins = [
        { type: 'channel', chat: { id: -1001234, title: 'News', username: 'news', type: 'channel' }, message_id: 7 },
        { type: 'channel', chat: { id: -1001234, title: 'Private', type: 'channel' }, message_id: 8 },
        { type: 'user', sender_user: { id: 5, first_name: 'Bob', last_name: 'B', username: 'bob' } },
        { type: 'hidden_user', sender_user_name: 'Carol' },
        { type: 'chat', sender_chat: { id: -5, title: 'Friends', type: 'group' } },
      ]

      for (const [n, origin] of origins.entries())
        await bot.send({ text: `forward ${n}`, forward_origin: { date, ...origin } })

      assert.deepEqual((await bot.cards()).map(({ notes }) => notes).reverse(), [
        'Forwarded from [News](https://t.me/news/7)',
        'Forwarded from [Private](https://t.me/c/1234/8)',
        'Forwarded from [Bob B](https://t.me/bob)',
        'Forwarded from Carol',
        'Forwarded from Friends',
      ])
    })

    it('takes the comment that was sent along with a forward as its note', async () => {
      const bot = await captureBot(await app.account())
      const date = 1_800_000_000
      const forward_origin = { type: 'hidden_user', sender_user_name: 'Carol', date }

      await bot.send({ text: 'look at this', date })
      await bot.send({ text: 'forwarded', forward_origin, date: date + 1 })
      await bot.send({ text: 'another text', date: date + 10 })
      await bot.send({ text: 'forwarded later', forward_origin, date: date + 60 })

      assert.deepEqual(
        (await bot.cards()).map(({ content, notes }) => [content, notes]),
        [
          ['forwarded later', 'Forwarded from Carol'],
          ['another text', null],
          ['forwarded', 'look at this\n\nForwarded from Carol'],
        ],
      )
    })

    it('puts a reply to its answer on the card as a note', async () => {
      const bot = await captureBot(await app.account())
      await bot.send({ text: 'first' })
      const answer = (await bot.chat()).at(-1)
      await bot.send({ text: 'second' })

      const { messages } = await bot.send({ text: 'about the first', reply_to_message: answer })

      assert.deepEqual(
        (await bot.cards()).map(({ content, notes }) => [content, notes]),
        [
          ['second', null],
          ['first', 'about the first'],
        ],
      )
      assert.equal(texts(messages).at(-1), 'Noted.')
    })

    it('finds, and takes back one thing after the other', async () => {
      const bot = await captureBot(await app.account())
      await bot.send({ text: 'sabayon with yolks' })
      await bot.send({ text: 'sabayon without' })

      const found = texts((await bot.send({ text: '/find sabayon' })).messages).at(-1)
      const none = texts((await bot.send({ text: '/find pigeon' })).messages).at(-1)
      await bot.send({ text: '/undo' })
      const left = await bot.cards()
      await bot.send({ text: '/undo' })
      const empty = texts((await bot.send({ text: '/undo' })).messages).at(-1)

      assert.match(String(found), /^• sabayon (with|without).*\nhttp.*\n\n• sabayon/s)
      assert.equal(none, 'There is nothing like that.')
      assert.deepEqual(
        left.map(({ content }) => content),
        ['sabayon with yolks'],
      )
      assert.equal(empty, 'There is nothing to undo.')
      assert.deepEqual(await bot.cards(), [])
    })

    it('keeps places and people as text, and says so of what it does not keep', async () => {
      const bot = await captureBot(await app.account())
      const location = { latitude: 52.5, longitude: 13.4 }

      await bot.send({ location })
      await bot.send({ location, venue: { location, title: 'Café', address: 'Main St 1' } })
      await bot.send({ contact: { phone_number: '+491', first_name: 'Bob', last_name: 'B' } })
      await bot.send({ poll: { id: '1', question: 'Tea?', options: [{ text: 'yes', voter_count: 0 }] } })
      const sticker = texts((await bot.send({ sticker: { file_id: 'x', type: 'regular' } })).messages).at(-1)
      const dice = texts((await bot.send({ dice: { emoji: '🎲', value: 3 } })).messages).at(-1)

      const map = 'Location: 52.5, 13.4\nhttps://www.openstreetmap.org/?mlat=52.5&mlon=13.4'
      assert.deepEqual((await bot.cards()).map(({ content }) => content).reverse(), [
        map,
        `Café\nMain St 1\n${map}`,
        'Bob B\n+491',
        'Tea?\n- yes',
      ])
      assert.deepEqual([sticker, dice], ['Stickers are not kept.', 'I cannot keep this kind of message.'])
    })

    it('makes files of what its settings name, and of all files where it may not save cards', async () => {
      const ada = await app.account()
      const bot = await captureBot(ada, { files_bridge: true })
      await bot.send({ document: bot.file('document') })
      const refused = texts((await bot.send({ text: 'a text' })).messages).at(-1)
      await ada.call(updateBotSettings, { params: bot.params, body: { cards_bridge: true } })
      await bot.send({ voice: bot.file('voice') })

      const { files } = (await (await ada.fetch('/api/v1/files')).json()) as { files: { file_name: string }[] }

      assert.match(String(refused), /switch on the setting cards_bridge/)
      assert.deepEqual(
        (await bot.cards()).map(({ type }) => type),
        ['audio'],
      )
      assert.deepEqual(files.map(({ file_name }) => file_name.replace(/\d+/, 'N')).sort(), ['paper.pdf', 'voice-N.ogg'])
    })

    it('keeps the words where Telegram does not give out the file', async () => {
      const bot = await captureBot(await app.account())

      const { run } = await bot.send({ document: { file_id: 'gone', file_name: 'film.mkv' }, caption: 'watch' })

      assert.equal(run?.error?.traceback ?? null, null)
      assert.deepEqual(
        (await bot.cards()).map(({ content }) => content),
        ['watch\n\n(not kept: film.mkv)'],
      )
    })

    it('is ordinary code: a command of ones own stands beside it', async () => {
      const ada = await app.account()
      const bot = await captureBot(ada)
      await ada.call(createCommand, {
        params: bot.params,
        body: { command: '/count', code: 'print(len(libs.Cards.find()))' },
      })

      const { run } = await bot.send({ text: '/count' })

      assert.deepEqual(run?.prints, ['0'])
    })
  })
}
