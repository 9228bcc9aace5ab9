import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { describe, it } from 'node:test'
import { type TestAccount, testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { removeTeamMember } from '../../accounts/teams/contract.ts'
import { createLog } from '../../platform/log/index.ts'
import { bytesOf, putFile, refusalOf } from '../files/testing.ts'
import { makeTeam } from '../testing.ts'
import { thumbnailService } from './service.ts'
import { halves, png, pngOf, samples, turnedJpeg } from './testing.ts'

for (const dialect of dialects) {
  describe(`thumbnails (${dialect})`, async () => {
    const app = await testApp(dialect)
    const { db } = app.app.core.database
    const { tools } = app.app.files.thumbnails

    const ask = (ada: TestAccount, id: string, query = '', init?: RequestInit): Promise<Response> =>
      ada.fetch(`/api/v1/files/${id}/thumbnail${query}`, init)
    const look = async (response: Response) => {
      const bytes = await bytesOf(response)
      return tools.inspect({ sizeBytes: bytes.length, open: async () => Readable.from([bytes]) })
    }
    const rowsOf = (sha256: string) =>
      db.selectFrom('thumbnails').selectAll().where('sha256', '=', Buffer.from(sha256, 'hex')).orderBy('edge').execute()
    /** As many as the job after the upload makes, and those that were asked for. */
    const rowsWhenMade = async (sha256: string, count: number) => {
      const deadline = Date.now() + 20_000
      let rows = await rowsOf(sha256)
      while (rows.length < count && Date.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, 20))
        rows = await rowsOf(sha256)
      }
      return rows
    }
    /** Nobody else has the same. */
    let images = 0
    const image = (edge = 40) => {
      const number = ++images
      return png(edge, edge / 2, (x, y) =>
        x + y === 0 ? [number & 255, number >> 8, 0, 255] : [x * 5, y * 5, 90, 255],
      )
    }

    it('are WebP pictures that fit into the square asked for', async () => {
      const ada = await app.account()
      const { id } = await putFile(ada, 'wide.png', png(600, 300, halves(600)))
      const sizes = []

      for (const query of ['', '?size=64', '?size=129', '?size=1024']) {
        const response = await ask(ada, id, query)
        assert.deepEqual([response.status, response.headers.get('content-type')], [200, 'image/webp'])
        const { width, height } = await look(response)
        sizes.push([width, height])
      }

      assert.deepEqual(sizes, [
        [256, 128],
        [128, 64],
        [256, 128],
        [600, 300],
      ])
    })

    it('are made of every format, upright and without metadata', async () => {
      const ada = await app.account()

      for (const [format, bytes] of Object.entries({ ...samples, turned: turnedJpeg(6) })) {
        const { id } = await putFile(ada, `image.${format === 'turned' ? 'jpg' : format}`, bytes)
        const response = await ask(ada, id)
        assert.equal(response.status, 200, format)
        const picture = Buffer.from(await response.clone().arrayBuffer())
        assert.doesNotMatch(picture.toString('latin1'), /EXIF|ICCP|XMP /)
        const { width, height } = await look(response)
        assert.deepEqual([width, height], format === 'turned' ? [4, 8] : [8, 4], format)
      }
    })

    it('can be kept by who has them, for good if the address changes with the content', async () => {
      const ada = await app.account()
      const { id } = await putFile(ada, 'a.png', image())
      const first = await ask(ada, id)
      const etag = first.headers.get('etag') ?? ''

      const again = await ask(ada, id, '', { headers: { 'if-none-match': etag } })
      const other = await ask(ada, id, '?size=512&v=1', { headers: { 'if-none-match': etag } })
      const head = await ask(ada, id, '', { method: 'HEAD' })

      assert.deepEqual(
        [again.status, again.headers.get('etag'), (await again.arrayBuffer()).byteLength],
        [304, etag, 0],
      )
      assert.deepEqual([first.headers.get('cache-control'), other.status], ['private, no-cache', 200])
      assert.equal(other.headers.get('cache-control'), 'private, max-age=31536000, immutable')
      assert.deepEqual([head.status, head.headers.get('content-length')], [200, first.headers.get('content-length')])
      await putFile(ada, 'a.png', image())
      assert.equal((await ask(ada, id, '', { headers: { 'if-none-match': etag } })).status, 200)
    })

    it('are not there for what is no image that we read, and that is known from then on', async () => {
      const ada = await app.account()
      const files = [
        await putFile(ada, 'note.txt', 'not an image'),
        await putFile(ada, 'drawing.svg', '<svg xmlns="http://www.w3.org/2000/svg"/>'),
        await putFile(ada, 'empty.png', ''),
        await putFile(ada, 'lie.png', 'not an image at all, whatever it is called'),
        await putFile(ada, 'cut.jpg', samples.jpeg.subarray(0, 60)),
        await putFile(ada, 'bomb.png', pngOf(50_000, 50_000, Buffer.alloc(100, Math.random() * 255))),
      ]

      for (const { id, file_name } of files)
        for (const _ of [1, 2])
          assert.deepEqual(await refusalOf(await ask(ada, id)), [404, 'thumbnail_none'], file_name)

      const bomb = files.at(-1) ?? assert.fail()
      const looks = app.log.filter((line) => line.includes('has no thumbnail') && line.includes(bomb.id))
      assert.ok(looks.length <= 2, 'asked for, and by the job')
      assert.ok((await rowsOf(bomb.sha256)).every(({ content, retry_at }) => content === null && retry_at !== null))
    })

    it('refuse a size that is none of theirs', async () => {
      const ada = await app.account()
      const { id } = await putFile(ada, 'a.png', image())

      for (const size of ['63', '1025', '128.5', 'large'])
        assert.equal((await ask(ada, id, `?size=${size}`)).status, 400, size)
    })

    it('are for who may read the file', async () => {
      const [ada, bob, eve] = [await app.account(), await app.account(), await app.account()]
      const writer = await app.account({ scopes: ['files:write'] })
      const team = await makeTeam(app, ada, [[bob, 'viewer']])
      const own = await putFile(ada, 'own.png', image())
      const bytes = image()
      const response = await ada.fetch(`/api/v1/files/content?name=t.png&team_id=${team}`, {
        method: 'PUT',
        body: new Uint8Array(bytes),
      })
      const { id } = (await response.json()) as { id: string }

      assert.equal((await ask(bob, id)).status, 200)
      for (const missing of [own.id, id, 'file_none'])
        assert.deepEqual(await refusalOf(await ask(eve, missing)), [404, 'file_not_found'])
      assert.equal((await ask(writer, own.id)).status, 403)
      await ada.call(removeTeamMember, { params: { id: team, account_id: bob.id } })
      assert.deepEqual(await refusalOf(await ask(bob, id)), [404, 'file_not_found'])
    })

    it('are made once for many who ask, and for all copies', async () => {
      const ada = await app.account()
      const bytes = image()
      const file = await putFile(ada, 'a.png', bytes)
      const twin = await putFile(await app.account(), 'b.png', bytes)

      const answers = await Promise.all(Array.from({ length: 8 }, () => ask(ada, file.id, '?size=128')))

      const pictures = await Promise.all(answers.map(bytesOf))
      assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200])
      assert.ok(pictures.every((picture) => picture.equals(pictures[0] ?? assert.fail())))
      assert.equal((await rowsOf(twin.sha256)).filter(({ edge }) => edge === 128).length, 1)
    })

    it('are made soon after an upload, before anybody asks', async () => {
      const ada = await app.account()
      const file = await putFile(ada, 'a.png', image())

      const rows = await rowsWhenMade(file.sha256, 2)

      assert.deepEqual(
        rows.map(({ edge, content }) => [edge, content !== null]),
        [
          [256, true],
          [512, true],
        ],
      )
    })

    it('go with the last file that they show, and the least used go when there are too many', async () => {
      const ada = await app.account()
      const [gone, kept, used] = [
        await putFile(ada, 'gone.png', image()),
        await putFile(ada, 'kept.png', image()),
        await putFile(ada, 'used.png', image()),
      ]
      for (const { id, sha256 } of [gone, kept, used]) {
        await ask(ada, id, '?size=128')
        await rowsWhenMade(sha256, 3)
      }
      await ada.fetch(`/api/v1/files/${gone.id}/trash`, { method: 'POST' })
      await ada.fetch(`/api/v1/trash/${gone.id}`, { method: 'DELETE' })
      const at = { used_at: Date.now() + 86_400_000 }
      await db.updateTable('thumbnails').set(at).where('sha256', '=', Buffer.from(used.sha256, 'hex')).execute()
      const [last] = await db
        .selectFrom('thumbnails')
        .select((eb) => eb.fn.sum<number>('size_bytes').as('sum'))
        .where('sha256', '=', Buffer.from(used.sha256, 'hex'))
        .execute()
      const { database } = app.app.core
      const clock = { now: () => new Date(), monotonicMs: () => performance.now() }
      const log = createLog('silent', () => {})
      const parts = { database, content: { read: async () => Readable.from([]) }, tools, clock, log }

      await thumbnailService(parts).sweep()
      assert.deepEqual([(await rowsOf(gone.sha256)).length, (await rowsOf(kept.sha256)).length > 0], [0, true])
      await thumbnailService({ ...parts, keptBytes: Number(last?.sum) }).sweep()

      assert.equal((await rowsOf(kept.sha256)).length, 0)
      assert.ok((await rowsOf(used.sha256)).length > 0)
      assert.equal((await ask(ada, kept.id, '?size=128')).status, 200)
    })
  })
}
