import assert from 'node:assert/strict'
import { truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { type TestApp, testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { eventually } from '../../../test/services/eventually.ts'
import { systemClock } from '../../platform/clock.ts'
import { createLog } from '../../platform/log/index.ts'
import { openDiskBackend } from '../backends/disk/disk.ts'
import { collect } from '../chunks/testing.ts'
import { getStats } from '../stats/contract.ts'
import { contentService } from './content.ts'
import { bytesOf, contentOf, filesOnDisk, jsonOf, putFile, putRaw, refusalOf, sha256, someBytes } from './testing.ts'

const MIB = 1024 * 1024

for (const dialect of dialects) {
  describe(`file content (${dialect})`, async () => {
    const app = await testApp(dialect)

    it('comes whole with everything that a client needs to know of it', async () => {
      const ada = await app.account()
      const bytes = someBytes(2 * MIB + 17)
      const file = await putFile(ada, 'Fotos „2026“.png', bytes)

      const response = await contentOf(ada, file.id)

      const hash = sha256(bytes)
      assert.equal(response.status, 200)
      assert.ok((await bytesOf(response)).equals(bytes))
      const header = (name: string) => response.headers.get(name)
      assert.equal(header('content-length'), String(bytes.length))
      assert.equal(header('accept-ranges'), 'bytes')
      assert.equal(header('etag'), `"${hash.toString('hex')}"`)
      assert.equal(header('repr-digest'), `sha-256=:${hash.toString('base64')}:`)
      assert.equal(header('content-type'), 'image/png')
      assert.match(header('last-modified') ?? '', / GMT$/)
      assert.match(header('content-disposition') ?? '', /^inline; filename="Fotos .+"; filename\*=UTF-8''Fotos%20/)
      assert.equal(header('x-content-type-options'), 'nosniff')
      assert.match(header('content-security-policy') ?? '', /sandbox/)
    })

    it('comes in any range, across chunks', async () => {
      const ada = await app.account()
      const size = 17 * MIB + 3
      const bytes = someBytes(size)
      const file = await putFile(ada, 'a.bin', bytes)
      const ranges: [string, number, number][] = [
        ['bytes=0-0', 0, 0],
        ['bytes=0-', 0, size - 1],
        ['bytes=-5', size - 5, size - 1],
        [`bytes=${MIB - 1}-${MIB}`, MIB - 1, MIB],
        [`bytes=${16 * MIB - 2}-${16 * MIB + 1}`, 16 * MIB - 2, 16 * MIB + 1],
        [`bytes=100-${size * 2}`, 100, size - 1],
        [`BYTES=${size - 1}-`, size - 1, size - 1],
      ]

      for (const [range, from, to] of ranges) {
        const response = await contentOf(ada, file.id, { headers: { range } })
        assert.equal(response.status, 206, range)
        assert.equal(response.headers.get('content-range'), `bytes ${from}-${to}/${size}`)
        assert.ok((await bytesOf(response)).equals(bytes.subarray(from, to + 1)), range)
      }
      for (const range of ['bytes=0-1,5-6', 'lines=1-2', 'bytes=5-1', 'bytes=']) {
        const response = await contentOf(ada, file.id, { headers: { range } })
        assert.deepEqual([response.status, (await bytesOf(response)).length], [200, size], range)
      }
    })

    it('has ranges also where it is small, and none beyond its end', async () => {
      const ada = await app.account()
      const small = await putFile(ada, 'small.txt', '0123456789')
      const empty = await putFile(ada, 'empty.txt', '')
      const ranged = (id: string, range: string) => contentOf(ada, id, { headers: { range } })

      const middle = await ranged(small.id, 'bytes=3-5')
      const beyond = await ranged(small.id, 'bytes=10-')
      const none = await ranged(empty.id, 'bytes=0-')

      assert.deepEqual([middle.status, await middle.text()], [206, '345'])
      assert.deepEqual(
        [beyond.status, beyond.headers.get('content-range'), none.headers.get('content-range')],
        [416, 'bytes */10', 'bytes */0'],
      )
      assert.deepEqual(Object.keys(await jsonOf(beyond)), ['error', 'code', 'request_id'])
      assert.deepEqual(await refusalOf(none), [416, 'range_not_satisfiable'])
      const whole = await contentOf(ada, empty.id)
      assert.deepEqual([whole.status, whole.headers.get('content-length'), await whole.text()], [200, '0', ''])
    })

    it('is not sent again to who has it, and not mixed with a newer one', async () => {
      const ada = await app.account()
      const file = await putFile(ada, 'a.txt', 'first version')
      const first = await contentOf(ada, file.id)
      const etag = first.headers.get('etag') ?? ''
      const modified = first.headers.get('last-modified') ?? ''
      const get = async (headers: Record<string, string>) => {
        const response = await contentOf(ada, file.id, { headers })
        return [response.status, await response.text()]
      }

      assert.deepEqual(await get({ 'if-none-match': etag }), [304, ''])
      assert.deepEqual(await get({ 'if-none-match': `W/${etag}, "x"` }), [304, ''])
      assert.deepEqual(await get({ 'if-modified-since': modified }), [304, ''])
      assert.equal((await get({ 'if-match': '"other"' }))[0], 412)
      assert.equal((await get({ 'if-unmodified-since': 'Sun, 06 Nov 1994 08:49:37 GMT' }))[0], 412)
      assert.deepEqual(await get({ range: 'bytes=0-4', 'if-range': etag }), [206, 'first'])
      await putRaw(ada, 'a.txt', 'second version')
      assert.deepEqual(await get({ range: 'bytes=0-4', 'if-range': etag }), [200, 'second version'])
      assert.deepEqual(await get({ 'if-none-match': etag }), [200, 'second version'])
    })

    it('is described by HEAD without being sent', async () => {
      const ada = await app.account()
      const file = await putFile(ada, 'a.bin', someBytes(100_000))

      const head = await contentOf(ada, file.id, { method: 'HEAD' })
      const ranged = await contentOf(ada, file.id, { method: 'HEAD', headers: { range: 'bytes=0-9' } })
      const known = await contentOf(ada, file.id, { method: 'HEAD', headers: { 'if-none-match': `"${file.sha256}"` } })

      assert.deepEqual([head.status, head.headers.get('content-length'), await head.text()], [200, '100000', ''])
      assert.deepEqual([ranged.status, known.status], [200, 304])
    })

    it('is shown by browsers only where it cannot act, and saved on demand', async () => {
      const ada = await app.account()
      const disposition = async (name: string, query = '') => {
        const { id } = await putFile(ada, name, Buffer.from('<script>alert(1)</script>'))
        const response = await ada.fetch(`/api/v1/files/${id}/content${query}`)
        await response.text()
        return response.headers.get('content-disposition')?.split(';')[0]
      }

      for (const name of ['a.html', 'a.svg', 'a.xml', 'a.pdf', 'a.js', 'a']) {
        assert.equal(await disposition(name), 'attachment', name)
      }
      for (const name of ['a.png', 'a.txt', 'a.mp4', 'a.gif']) assert.equal(await disposition(name), 'inline', name)
      assert.equal(await disposition('b.png', '?download=1'), 'attachment')
    })

    it('counts as a download once, however it is fetched', async () => {
      const ada = await app.account()
      const file = await putFile(ada, 'a.txt', '0123456789')
      const get = async (headers: Record<string, string>, method = 'GET') =>
        (await contentOf(ada, file.id, { headers, method })).text()
      const downloads = async () => (await ada.call(getStats)).totalDownloads

      await get({})
      const afterOne = await downloads()
      await get({ range: 'bytes=0-4' })
      await get({ range: 'bytes=5-' })
      await get({ 'if-none-match': `"${file.sha256}"` })
      await get({ range: 'bytes=99-' })
      await get({}, 'HEAD')

      assert.deepEqual([afterOne, await downloads()], [1, 2])
    })

    it('can be read as a stream within the server, whole or in part, large or small', async () => {
      const ada = await app.account()
      const content = await openContent(app)
      const bytes = someBytes(MIB + 5)
      const texts = { large: bytes, small: Buffer.from('0123456789'), empty: Buffer.alloc(0) }
      const read = async (name: string, range = {}) => {
        const { id } = await putFile(ada, name, Buffer.from(texts[name as keyof typeof texts]))
        return collect(await content.read(await app.app.files.files.find(ada.id, id), range))
      }

      assert.ok((await read('large')).equals(bytes))
      assert.ok((await read('large', { from: 3, to: MIB })).equals(bytes.subarray(3, MIB + 1)))
      assert.ok((await read('large', { from: MIB })).equals(bytes.subarray(MIB)))
      assert.equal(String(await read('small')), '0123456789')
      assert.equal(String(await read('small', { from: 2, to: 4 })), '234')
      assert.equal((await read('empty')).length, 0)
    })

    it('that is damaged on the disk is never sent', async () => {
      const ada = await app.account()
      const content = await openContent(app)
      const before = new Set(await filesOnDisk(app))
      const file = await putFile(ada, 'a.bin', someBytes(100_000))
      const [object = ''] = (await filesOnDisk(app)).filter((path) => !before.has(path))
      await truncate(object, 50_000)

      const damaged = await refusalOf(await contentOf(ada, file.id))

      const { db } = app.app.core.database
      await assert.rejects(content.read(await app.app.files.files.find(ada.id, file.id)), { code: 'CHUNK_DAMAGED' })
      assert.deepEqual(damaged, [500, 'chunk_damaged'])
      await eventually(async () => {
        const marked = await db.selectFrom('chunk_copies').select('locator').where('state', '=', 'damaged').execute()
        assert.ok(marked.some(({ locator }) => object.endsWith(locator)))
      })
    })
  })
}

/** Another one over the same files, as any part of the server could have. */
const openContent = async ({ app, place }: TestApp) => {
  const disk = await openDiskBackend({ root: join(place.dataDir, 'files') })
  const log = createLog('debug', () => {})
  const { database } = app.core
  return contentService({ database, backends: new Map([[disk.name, disk]]), clock: systemClock, log })
}
