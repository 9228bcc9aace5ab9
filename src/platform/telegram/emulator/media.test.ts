import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import type { EmulatorOptions } from './emulator.ts'
import { ada, emulatorWithBot } from './fixture.ts'
import { startEmulator } from './server.ts'

/** One black pixel. */
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)

describe('emulator: files', () => {
  const closing: (() => unknown)[] = []
  after(async () => {
    for (const close of closing) await close()
  })

  const withBot = async (options: Partial<EmulatorOptions> = {}) => {
    const server = await startEmulator(options)
    closing.push(server.close)
    const { emulator, apiRoot } = server
    const bot = emulator.addBot({ username: 'echo_bot', firstName: 'Echo' })
    emulator.openChat({ botId: bot.id, user: ada })
    const post = (method: string, fields: Record<string, unknown>, token = bot.token) => {
      const body = new FormData()
      for (const [name, value] of Object.entries({ chat_id: '501', ...fields })) {
        if (Buffer.isBuffer(value)) body.set(name, new Blob([new Uint8Array(value)]), `${name}.bin`)
        else if (value !== undefined) body.set(name, typeof value === 'string' ? value : JSON.stringify(value))
      }
      return fetch(`${apiRoot}/bot${token}/${method}`, { method: 'POST', body })
    }
    const call = async (method: string, fields: Record<string, unknown>, token?: string) => {
      const { ok, result, description } = JSON.parse(await (await post(method, fields, token)).text())
      return ok ? result : assert.fail(description)
    }
    const refusal = async (method: string, fields: Record<string, unknown>, token?: string): Promise<string> => {
      const { ok, description } = JSON.parse(await (await post(method, fields, token)).text())
      return ok ? assert.fail(`${method} was accepted`) : description
    }
    const download = async (file_id: string, headers: Record<string, string> = {}, token = bot.token) => {
      const { file_path } = await call('getFile', { file_id }, token)
      return fetch(`${apiRoot}/file/bot${token}/${file_path}`, { headers })
    }
    return { emulator, apiRoot, bot, post, call, refusal, download }
  }

  it('sends a document from a field of the form, with its caption', async () => {
    const { call, download } = await withBot()
    const document = randomBytes(200_000)

    const message = await call('sendDocument', { document, caption: '<b>all</b>', parse_mode: 'HTML' })

    const { file_id, file_unique_id, ...media } = message.document
    assert.deepEqual(media, { file_name: 'document.bin', mime_type: 'application/octet-stream', file_size: 200_000 })
    assert.deepEqual([message.caption, message.caption_entities[0].type], ['all', 'bold'])
    assert.match(file_unique_id, /^[\w-]{10,}$/)
    const response = await download(file_id)
    assert.equal(response.headers.get('content-length'), '200000')
    assert.ok(Buffer.from(await response.arrayBuffer()).equals(document))
  })

  it('sends a document behind attach://, and the next one by its id', async () => {
    const { call, download } = await withBot()

    const first = await call('sendDocument', { document: 'attach://part', part: Buffer.from('small') })
    const second = await call('sendDocument', { document: first.document.file_id })

    assert.deepEqual(second.document, first.document)
    assert.equal(await (await download(second.document.file_id)).text(), 'small')
  })

  for (const [method, kind, given, expected] of [
    ['sendVideo', 'video', { width: 4, height: 3, duration: 9 }, { width: 4, height: 3, duration: 9 }],
    ['sendAudio', 'audio', { duration: 9, title: 'T', performer: 'P' }, { duration: 9, title: 'T', performer: 'P' }],
    ['sendVoice', 'voice', { duration: 9 }, { duration: 9, mime_type: 'application/octet-stream' }],
    ['sendAnimation', 'animation', { width: 4 }, { width: 4, height: 0, duration: 0 }],
  ] as const) {
    it(`sends ${kind} with what is said of it`, async () => {
      const { call, refusal } = await withBot()

      const message = await call(method, { [kind]: Buffer.from('bytes'), ...given })

      assert.partialDeepStrictEqual(message[kind], { ...expected, file_size: 5 })
      assert.equal(message.document !== undefined, kind === 'animation')
      assert.equal(await refusal(method, {}), `Bad Request: there is no ${kind} in the request`)
      assert.equal((await call(method, { [kind]: message[kind].file_id })).message_id, message.message_id + 1)
    })
  }

  it('sends a photo with its size, and nothing else as a photo', async () => {
    const { call, refusal } = await withBot()

    const { photo } = await call('sendPhoto', { photo: PNG })

    assert.partialDeepStrictEqual(photo, [{ width: 1, height: 1, file_size: PNG.byteLength }])
    assert.equal(await refusal('sendPhoto', { photo: randomBytes(100) }), 'Bad Request: IMAGE_PROCESS_FAILED')
    const { document } = await call('sendDocument', { document: PNG })
    assert.equal(
      await refusal('sendPhoto', { photo: document.file_id }),
      "Bad Request: can't use file of type Document as Photo",
    )
    assert.ok(await call('sendPhoto', { photo: 'https://example.com/a.png' }))
  })

  it('sends an album, all or nothing', async () => {
    const { call, refusal, emulator, bot } = await withBot()
    const item = (name: string, more = {}) => ({ type: 'document', media: `attach://${name}`, ...more })
    const parts = { a: Buffer.from('a'), b: Buffer.from('bb') }

    const messages = await call('sendMediaGroup', { media: [item('a', { caption: 'first' }), item('b')], ...parts })

    assert.equal(messages.length, 2)
    assert.equal(messages[0].media_group_id, messages[1].media_group_id)
    assert.deepEqual([messages[0].caption, messages[1].document.file_size], ['first', 2])
    for (const [media, description] of [
      [[], 'there are no messages to send'],
      [Array(11).fill(item('a')), 'too many messages to send as an album'],
      [[item('a'), item('c')], 'there is no document in the request'],
      [
        [item('a'), { type: 'photo', media: 'x' }],
        "documents and audio files can't be mixed with other types in an album",
      ],
      ['{', "can't parse media JSON object"],
    ] as const) {
      assert.equal(await refusal('sendMediaGroup', { media, ...parts }), `Bad Request: ${description}`)
    }
    assert.equal(emulator.transcript(bot.id, 501).length, 2)
  })

  it('refuses a file that is missing, empty or unknown', async () => {
    const { refusal, emulator, call } = await withBot()
    const other = emulator.addBot({ username: 'other_bot', firstName: 'Other' })
    const { document } = await call('sendDocument', { document: Buffer.from('mine') })
    const wrong = 'Bad Request: wrong file identifier/HTTP URL specified'
    const missing = 'Bad Request: there is no document in the request'
    const unavailable = 'Bad Request: wrong file_id or the file is temporarily unavailable'

    assert.equal(await refusal('sendDocument', {}), missing)
    assert.equal(await refusal('sendDocument', { document: 'attach://nothing' }), missing)
    assert.equal(await refusal('sendDocument', { document: Buffer.alloc(0) }), 'Bad Request: file must be non-empty')
    assert.equal(await refusal('sendDocument', { document: 'nonsense' }), wrong)
    assert.equal(await refusal('sendDocument', { document: 'file:///etc/hostname' }), wrong)
    assert.equal(await refusal('getFile', {}), 'Bad Request: file_id not specified')
    assert.equal(await refusal('getFile', { file_id: 'nonsense' }), 'Bad Request: invalid file_id')
    assert.equal(await refusal('getFile', { file_id: document.file_id }, other.token), unavailable)
    await emulator.loseFile(document.file_id)
    assert.equal(await refusal('getFile', { file_id: document.file_id }), unavailable)
  })

  it('refuses to hand out more than 20 MB, and to take more than 50', async () => {
    const { call, refusal, post, emulator } = await withBot()
    const largest = await call('sendDocument', { document: Buffer.alloc(20_971_520) })
    const larger = await call('sendDocument', { document: Buffer.alloc(20_971_521) })
    const tooLarge = { document: Buffer.alloc(50 * 1024 * 1024) }

    assert.equal((await call('getFile', { file_id: largest.document.file_id })).file_size, 20_971_520)
    assert.equal(await refusal('getFile', { file_id: larger.document.file_id }), 'Bad Request: file is too big')
    assert.equal(await refusal('sendDocument', tooLarge), 'Request Entity Too Large')
    emulator.setRules({ htmlErrors: true })
    const page = await post('sendDocument', tooLarge)
    assert.deepEqual([page.status, page.headers.get('content-type')], [413, 'text/html'])
    assert.match(await page.text(), /<h1>413 Request Entity Too Large<\/h1>/)
  })

  it('answers a range with the part where that is switched on, and with the whole where it is not', async () => {
    const { call, download, emulator } = await withBot()
    const { document } = await call('sendDocument', { document: Buffer.from('0123456789') })
    const ask = async (range: string) => {
      const response = await download(document.file_id, { range })
      return [response.status, response.headers.get('content-range'), await response.text()]
    }

    assert.deepEqual(await ask('bytes=2-4'), [200, null, '0123456789'])
    emulator.setRules({ servesRanges: true })
    assert.deepEqual(await ask('bytes=2-4'), [206, 'bytes 2-4/10', '234'])
    assert.deepEqual(await ask('bytes=7-'), [206, 'bytes 7-9/10', '789'])
    assert.deepEqual(await ask('lines=1-2'), [200, null, '0123456789'])
  })

  it('lets a link work for an hour, unless told otherwise', async () => {
    const { call, download, apiRoot, bot, emulator } = await withBot()
    const { document } = await call('sendDocument', { document: Buffer.from('x') })
    const link = `${apiRoot}/file/bot${bot.token}/${(await call('getFile', document)).file_path}`
    emulator.jumpClock(3599)
    assert.equal((await fetch(link)).status, 200)
    emulator.jumpClock(2)

    const expired = await fetch(link)

    assert.deepEqual(
      [expired.status, await expired.json()],
      [404, { ok: false, error_code: 404, description: 'Not Found' }],
    )
    assert.equal((await download(document.file_id)).status, 200)
    emulator.setRules({ linkLifetimeSeconds: null })
    await call('getFile', document)
    emulator.jumpClock(30 * 86_400)
    assert.equal((await fetch(link)).status, 200)
  })

  it('gives paths on its disk as a local server, and takes them', async () => {
    const { call, apiRoot, bot } = await withBot({ rules: { local: true } })
    const folder = await mkdtemp(join(tmpdir(), 'latchkey-test-'))
    closing.push(() => rm(folder, { recursive: true }))
    const source = join(folder, 'source.bin')
    await writeFile(source, 'from the disk')

    const sent = await call('sendDocument', { document: Buffer.alloc(51 * 1024 * 1024, 7) })
    const local = await call('sendDocument', { document: `file://${source}` })

    const { file_path } = await call('getFile', { file_id: sent.document.file_id })
    assert.equal((await readFile(file_path)).byteLength, 51 * 1024 * 1024)
    assert.deepEqual([local.document.file_name, local.document.file_size], ['source.bin', 13])
    const copied = await call('getFile', { file_id: local.document.file_id })
    assert.equal(await readFile(copied.file_path, 'utf8'), 'from the disk')
    assert.equal((await fetch(`${apiRoot}/file/bot${bot.token}/${copied.file_path}`)).status, 404)
  })

  it('hands out what a person sent', async () => {
    const { emulator, bot, call, download, refusal } = await withBot()
    const send = (bytes?: Buffer) =>
      emulator.sendAsUser({ botId: bot.id, user: ada, document: { file_name: 'a.txt' }, bytes }).message.document

    const { file_id } = send(Buffer.from('hello')) as { file_id: string }
    const empty = send() as { file_id: string }

    assert.equal(await (await download(file_id)).text(), 'hello')
    assert.equal((await call('sendDocument', { document: file_id })).document.file_name, 'a.txt')
    assert.match(await refusal('getFile', empty), /temporarily unavailable/)
  })

  it('flips a byte, on disk and in memory', async () => {
    const { emulator, call, download } = await withBot()

    for (const sizeBytes of [10, 100_000]) {
      const { document } = await call('sendDocument', { document: Buffer.alloc(sizeBytes) })
      await emulator.flipByte(document.file_id, 7)
      const bytes = Buffer.from(await (await download(document.file_id)).arrayBuffer())
      assert.deepEqual([bytes.indexOf(0xff), bytes.lastIndexOf(0xff), bytes.byteLength], [7, 7, sizeBytes])
    }
    await assert.rejects(emulator.flipByte('nothing'), { code: 'SIMULATOR_FILE_NOT_FOUND' })
  })

  it('edits captions and files, and refuses what is no change', async () => {
    const { call, refusal } = await withBot()
    const { message_id, document } = await call('sendDocument', { document: Buffer.from('one'), caption: 'one' })
    const text = await call('sendMessage', { text: 'hi' })
    const photo = { type: 'photo', media: 'attach://new', caption: 'three' }

    const captioned = await call('editMessageCaption', { message_id, caption: 'two' })
    assert.match(await refusal('editMessageCaption', { message_id, caption: 'two' }), /message is not modified/)
    const same = { type: 'document', media: document.file_id, caption: 'two' }
    assert.match(await refusal('editMessageMedia', { message_id, media: same }), /message is not modified/)
    const edited = await call('editMessageMedia', { message_id, media: photo, new: PNG })

    assert.deepEqual([captioned.caption, captioned.document], ['two', document])
    assert.deepEqual([edited.caption, edited.document, edited.photo.length], ['three', undefined, 1])
    assert.equal(
      await refusal('editMessageCaption', { message_id: text.message_id, caption: 'x' }),
      'Bad Request: there is no caption in the message to edit',
    )
  })

  it('keeps only small files in memory where it has no folder, and the latest of them', async () => {
    const { call } = await withBot({ filesFolder: undefined })
    const send = async (sizeBytes: number) =>
      (await call('sendDocument', { document: Buffer.alloc(sizeBytes, 1) })).document as { file_id: string }
    const has = (document: { file_id: string }) =>
      call('getFile', document).then(
        () => true,
        () => false,
      )

    const large = await send(1024 * 1024 + 1)
    const first = await send(1024 * 1024)
    assert.deepEqual([await has(large), await has(first)], [false, true])
    for (let n = 0; n < 8; n++) await send(1024 * 1024)

    assert.equal(await has(first), false)
  })

  it('keeps its ids over a restart', async () => {
    const { emulator, bot, call, startId: _ } = emulatorWithBot()
    const { message } = emulator.sendAsUser({ botId: bot.id, user: ada, document: { file_name: 'a' } })
    const saved = JSON.parse(JSON.stringify(emulator.store.snapshot()))
    const again = emulatorWithBot()

    again.emulator.store.restore(saved)

    assert.ok(await call('getMe'))
    const document = message.document as { file_id: string }
    const resent = { token: bot.token, method: 'sendDocument', params: { chat_id: 501, document: document.file_id } }
    const { body } = await again.emulator.request(resent)
    assert.partialDeepStrictEqual(body, { ok: true, result: { document } })
  })
})
