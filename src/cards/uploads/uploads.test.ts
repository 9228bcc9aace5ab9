import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { listFiles } from '../../files/files/contract.ts'
import { createCard, deleteCard, getCard } from '../cards/contract.ts'
import { announce, eventually, failureOf, json, movableClock, uploadFile } from '../testing.ts'
import { purgeCard } from '../trash/contract.ts'

const bytesOf = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(text))
const PIXELS = bytesOf('not really an image, but nobody looks')
const HOUR_MS = 60 * 60_000

for (const dialect of dialects) {
  describe(`files of cards (${dialect})`, async () => {
    const app = await testApp(dialect)

    it('makes a card of a file in three steps', async () => {
      const ada = await app.account()
      const file = await uploadFile(ada, 'soup.png', PIXELS, 'image/png')

      const { card, status } = await ada.call(createCard, { body: { ...file, tags: ['food'], source: 'cli' } })

      const read = await fetch(card.fileUrl ?? '')
      const {
        files: [stored],
      } = await ada.call(listFiles)
      assert.match(file.fileEtag, /^"[A-Za-z0-9+/=_-]{1,128}"$/)
      assert.deepEqual(
        [status, card.type, card.fileName, card.fileSize, card.mimeType, card.metadataTitle, card.url],
        ['created', 'image', 'soup.png', PIXELS.length, 'image/png', 'soup.png', null],
      )
      assert.deepEqual([card.fileExtension, card.fileKind, card.fileLanguage], ['png', 'image', null])
      assert.equal(new URL(card.fileUrl ?? '').origin, app.url)
      assert.equal(await read.text(), Buffer.from(PIXELS).toString())
      assert.deepEqual([stored?.file_name, stored?.file_size], ['soup.png', PIXELS.length])
    })

    it('takes any type and any extension', async () => {
      const ada = await app.account()
      const names: [string, string, string, string | null][] = [
        ['main.py', 'text/x-python', 'document', 'python'],
        ['app.ts', 'text/typescript', 'document', 'typescript'],
        ['setup.exe', 'application/x-msdownload', 'document', null],
        ['book.epub', 'application/octet-stream', 'document', null],
        ['clip.mp4', 'application/octet-stream', 'video', null],
        ['song.mp3', 'audio/mpeg', 'audio', null],
        ['moving.gif', 'image/gif', 'image', null],
      ]

      for (const [name, mimeType, type, language] of names) {
        const file = await uploadFile(ada, name, PIXELS, mimeType)
        const { card } = await ada.call(createCard, { body: file })
        assert.deepEqual([card.type, card.fileLanguage], [type, language], name)
      }
    })

    it('makes a text of Markdown, byte for byte, and keeps no second copy', async () => {
      const ada = await app.account()
      const text = '\u{feff}# Soup\r\n\r\n\t- lentils — 200 g\n'
      const file = await uploadFile(ada, 'soup.md', bytesOf(text), 'text/markdown')

      const { card } = await ada.call(createCard, { body: file })

      assert.deepEqual([card.type, card.content, card.metadataTitle, card.fileUrl], ['text', text, 'soup.md', null])
      await eventually(async () => (await ada.call(listFiles)).files.length === 0)
    })

    it('refuses Markdown that is too long or no UTF-8', async () => {
      const ada = await app.account()
      const wrong = await uploadFile(ada, 'a.md', Uint8Array.from([0x23, 0xff, 0xfe]), 'text/markdown')
      const announced = { fileName: 'a.md', fileSize: 512 * 1024 + 1, mimeType: 'text/markdown' }

      const long = await ada.fetch('/v1/uploads', json('POST', announced))
      const bad = await ada.fetch('/v1/cards', json('POST', wrong))

      assert.deepEqual(await failureOf(long), [400, 'CONTENT_TOO_LARGE'])
      assert.deepEqual(await failureOf(bad), [400, 'INVALID_UTF8'])
    })

    it('gives an absolute address that is good for this file alone', async () => {
      const ada = await app.account()
      const upload = await announce(ada, 'a.png', PIXELS, 'image/png')
      const other = await announce(ada, 'b.png', PIXELS, 'image/png')
      const put = (url: string, body: Uint8Array<ArrayBuffer>, type = 'image/png') =>
        fetch(url, { method: 'PUT', body, headers: { 'content-type': type } })
      const changed = (change: (url: URL) => void): string => {
        const url = new URL(upload.uploadUrl)
        change(url)
        return url.href
      }

      assert.deepEqual([upload.method, upload.expiresIn], ['PUT', 600])
      assert.ok(upload.uploadUrl.startsWith(`${app.url}/v1/uploads/`) && upload.maxFileSize > 0)
      const forged = [
        changed((url) => url.searchParams.set('expires', String(Number(url.searchParams.get('expires')) + 1))),
        changed((url) => url.searchParams.set('signature', 'x')),
        changed((url) => {
          url.pathname = `/v1/uploads/${other.fileKey}`
        }),
        changed((url) => {
          url.pathname = '/v1/uploads/upload_nothing'
        }),
      ]
      for (const url of forged) assert.deepEqual(await failureOf(await put(url, PIXELS)), [403, 'FORBIDDEN'])
      assert.deepEqual(await failureOf(await put(upload.uploadUrl, PIXELS, 'text/html')), [400, 'TYPE_MISMATCH'])
      const longer = bytesOf(`${Buffer.from(PIXELS).toString()}!`)
      assert.deepEqual(await failureOf(await put(upload.uploadUrl, longer)), [400, 'FILE_TOO_LARGE'])
      assert.deepEqual(await failureOf(await put(upload.uploadUrl, PIXELS.slice(1))), [400, 'CONFLICT'])
      assert.equal((await put(upload.uploadUrl, PIXELS)).status, 200)
    })

    it('takes a file again until it is a card, and keeps one of them', async () => {
      const ada = await app.account()
      const upload = await announce(ada, 'a.bin', PIXELS, 'application/octet-stream')
      const put = (body: Uint8Array<ArrayBuffer>) =>
        fetch(upload.uploadUrl, { method: 'PUT', body, headers: { 'content-type': 'application/octet-stream' } })
      await put(PIXELS)
      const second = PIXELS.toReversed()

      const again = await put(second)

      const body = { fileKey: upload.fileKey, fileName: 'a.bin', mimeType: 'application/octet-stream' }
      const { card } = await ada.call(createCard, { body: { ...body, fileEtag: again.headers.get('etag') ?? '' } })
      const late = await put(PIXELS)
      assert.deepEqual(Buffer.from(await (await fetch(card.fileUrl ?? '')).arrayBuffer()), Buffer.from(second))
      assert.equal(late.status, 403)
      await eventually(async () => (await ada.call(listFiles)).files.length === 1)
    })

    it('makes no card of what did not come, came otherwise, or is somebody else’s', async () => {
      const [ada, eve] = [await app.account(), await app.account()]
      const { fileKey } = await announce(ada, 'a.png', PIXELS, 'image/png')
      const file = await uploadFile(ada, 'b.png', PIXELS, 'image/png')
      const create = async (who: typeof ada, body: object) =>
        failureOf(await who.fetch('/v1/cards', json('POST', body)))

      const missing = { fileKey, fileName: 'a.png', mimeType: 'image/png' }
      assert.deepEqual(await create(ada, missing), [400, 'CONFLICT'])
      assert.deepEqual(await create(ada, { ...file, fileEtag: '"abc"' }), [400, 'CONFLICT'])
      assert.deepEqual(await create(ada, { ...file, fileSize: 1 }), [400, 'CONFLICT'])
      assert.deepEqual(await create(ada, { ...file, mimeType: 'image/jpeg' }), [400, 'TYPE_MISMATCH'])
      assert.deepEqual(await create(eve, file), [400, 'INVALID_STORAGE_KEY'])
      assert.deepEqual(await create(ada, { ...file, fileKey: 'upload_nothing' }), [400, 'INVALID_STORAGE_KEY'])
      await ada.call(createCard, { body: file })
      assert.deepEqual(await create(ada, file), [400, 'INVALID_STORAGE_KEY'])
    })

    it('makes one card of one upload, however many ask at once', async () => {
      const ada = await app.account()
      const file = await uploadFile(ada, 'b.png', PIXELS, 'image/png')

      const answers = await Promise.all(Array.from({ length: 8 }, () => ada.fetch('/v1/cards', json('POST', file))))

      assert.equal(answers.filter(({ status }) => status === 200).length, 1)
      assert.equal(answers.filter(({ status }) => status === 400).length, 7)
    })

    it('refuses a file for which there is no room', async () => {
      const small = await testApp(dialect, { settings: { MAX_FILE_BYTES: '1000' } })
      const ada = await small.account()

      const response = await ada.fetch(
        '/v1/uploads',
        json('POST', { fileName: 'a.bin', fileSize: 1001, mimeType: 'application/octet-stream' }),
      )

      assert.deepEqual(await failureOf(response), [400, 'FILE_TOO_LARGE'])
    })

    it('serves a file as nothing that could act in our origin', async () => {
      const ada = await app.account()
      const page = bytesOf('<script>alert(1)</script>')
      const { card } = await ada.call(createCard, { body: await uploadFile(ada, 'a.html', page, 'text/html') })
      const url = new URL(card.fileUrl ?? '')

      const response = await fetch(url)
      const part = await fetch(url, { headers: { range: 'bytes=1-6' } })
      const beyond = await fetch(url, { headers: { range: 'bytes=900-' } })
      url.searchParams.set('signature', 'AAAA')
      const forged = await fetch(url)

      assert.match(response.headers.get('content-disposition') ?? '', /^attachment/)
      assert.match(response.headers.get('content-security-policy') ?? '', /sandbox/)
      assert.equal(response.headers.get('x-content-type-options'), 'nosniff')
      assert.deepEqual([part.status, await part.text()], [206, 'script'])
      assert.deepEqual(await failureOf(beyond), [416, 'INVALID_INPUT'])
      assert.deepEqual(await failureOf(forged), [403, 'FORBIDDEN'])
    })

    it('purges the file with the card', async () => {
      const ada = await app.account()
      const { card } = await ada.call(createCard, { body: await uploadFile(ada, 'a.png', PIXELS, 'image/png') })

      await ada.call(deleteCard, { params: { id: card.id } })
      const inTrash = await fetch(card.fileUrl ?? '')
      await ada.call(purgeCard, { params: { id: card.id } })

      assert.equal(inTrash.status, 200)
      assert.equal((await fetch(card.fileUrl ?? '')).status, 404)
      await eventually(async () => (await ada.call(listFiles)).files.length === 0)
    })

    it('still tells of a file that was deleted as a file', async () => {
      const ada = await app.account()
      const { card } = await ada.call(createCard, { body: await uploadFile(ada, 'a.png', PIXELS, 'image/png') })
      const [file] = (await ada.call(listFiles)).files

      await ada.fetch(`/api/v1/files/${file?.id}/trash`, { method: 'POST' })
      await ada.fetch(`/api/v1/trash/${file?.id}`, { method: 'DELETE' })

      const { fileName, fileUrl } = await ada.call(getCard, { params: { id: card.id } })
      assert.deepEqual([fileName, fileUrl], ['a.png', null])
      assert.equal((await fetch(card.fileUrl ?? '')).status, 404)
    })

    it('ends addresses in time, and gives up uploads that became no card', async () => {
      const clock = movableClock()
      const own = await testApp(dialect, { clock })
      const ada = await own.account()
      const { card } = await ada.call(createCard, { body: await uploadFile(ada, 'kept.png', PIXELS, 'image/png') })
      await uploadFile(ada, 'lost.png', PIXELS, 'image/png')
      const { uploadUrl } = await announce(ada, 'late.png', PIXELS, 'image/png')

      clock.advance(17 * 60_000)
      const put = await fetch(uploadUrl, { method: 'PUT', body: PIXELS, headers: { 'content-type': 'image/png' } })
      const read = await fetch(card.fileUrl ?? '')
      clock.advance(24 * HOUR_MS)
      await own.app.cards.sweep()

      const { files } = await ada.call(listFiles)
      assert.deepEqual([put.status, read.status], [403, 403])
      assert.deepEqual(
        files.map(({ file_name }) => file_name),
        ['kept.png'],
      )
    })
  })
}
