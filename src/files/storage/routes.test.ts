import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { type TestAccount, type TestApp, testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { eventually } from '../../../test/services/eventually.ts'
import { getFile } from '../files/contract.ts'
import { bytesOf, contentOf, filesOnDisk, jsonOf, putFile, refusalOf, someBytes } from '../files/testing.ts'
import { getStorage, verifyFile } from './contract.ts'

const MIB = 1024 * 1024
const Moves = z.object({ moves: z.array(z.unknown()) })

/** The first account of an app administers it. */
const adminOf = async (app: TestApp) => {
  const ada = await app.account()
  const cookie = await ada.signIn()
  const ask = (method: string, path: string, body?: unknown): Promise<Response> =>
    app.fetch(path, {
      method,
      headers: { cookie, 'content-type': 'application/json', origin: app.url },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  return { ada, ask }
}

// Nobody listens there.
const DEAD_S3 = {
  S3_ENDPOINT: 'http://127.0.0.1:9',
  S3_BUCKET: 'latchkey',
  S3_ACCESS_KEY_ID: 'nobody',
  S3_SECRET_ACCESS_KEY: 'a secret that is in no message',
}

const storageOf = async (ada: TestAccount, id: string) => (await ada.call(getFile, { params: { id } })).storage

for (const dialect of dialects) {
  describe(`storage over HTTP (${dialect})`, async () => {
    const app = await testApp(dialect, {})
    const { ada, ask } = await adminOf(app)

    it('tells any key that reads files what the storages are and how they are', async () => {
      const reader = await app.account({ scopes: ['files:read'] })

      const { backends, default_backend, files } = await reader.call(getStorage)

      const [disk] = backends
      assert.deepEqual([backends.length, disk?.name, disk?.kind, disk?.health.state], [1, 'disk', 'disk', 'ok'])
      assert.deepEqual(disk?.settings, {
        encrypt: false,
        mode: 'write-back',
        verify: 'never',
        keep_remote_on_delete: false,
      })
      assert.deepEqual([default_backend, files], ['disk', { replicating: 0, degraded: 0, lost: 0 }])
    })

    it('is changed by administrators alone, and by no key', async () => {
      const other = await app.account()
      const cookie = await other.signIn()

      const refused = await app.fetch('/api/v1/storage/policies', { headers: { cookie } })

      assert.deepEqual(await refusalOf(refused), [403, 'admin_only'])
      assert.equal((await ada.fetch('/api/v1/storage/policies')).status, 403)
    })

    it('tries a storage out', async () => {
      const before = await filesOnDisk(app)

      const { ok, error } = await jsonOf(await ask('POST', '/api/v1/storage/backends/disk/test'))

      assert.deepEqual([ok, error], [true, null])
      assert.deepEqual(await filesOnDisk(app), before)
      assert.deepEqual(await refusalOf(await ask('POST', '/api/v1/storage/backends/tape/test')), [
        404,
        'backend_unknown',
      ])
    })

    it('keeps policies in their order, and refuses those that name no storage', async () => {
      const policies = [
        { max_bytes: 10, backends: ['disk'] },
        { mime_types: ['image/'], backends: ['disk'] },
      ]

      const saved = await jsonOf(await ask('PUT', '/api/v1/storage/policies', { policies }))
      const unknown = await ask('PUT', '/api/v1/storage/policies', { policies: [{ backends: ['tape'] }] })

      assert.deepEqual(await refusalOf(unknown), [404, 'backend_unknown'])
      const listed = await jsonOf(await ask('GET', '/api/v1/storage/policies'))
      assert.deepEqual(listed, saved)
      await ask('PUT', '/api/v1/storage/policies', { policies: [] })
    })

    it('verifies a file, and says which copy is wrong', async () => {
      const [large, small] = [await putFile(ada, 'large', someBytes(2 * MIB)), await putFile(ada, 'small', 'small')]

      const [good, inline] = [
        await ada.call(verifyFile, { params: { id: large.id } }),
        await ada.call(verifyFile, { params: { id: small.id } }),
      ]

      assert.deepEqual(good.chunks, [
        { index: 0, offset: 0, size: 2 * MIB, copies: [{ backend: 'disk', state: 'good' }] },
      ])
      assert.deepEqual([good.ok, good.state, inline.ok], [true, 'stored', true])
      assert.deepEqual(inline.chunks[0]?.copies, [{ backend: 'database', state: 'good' }])
      await app.app.core.database.db
        .updateTable('chunks')
        .set({ tag_key: Buffer.alloc(16) })
        .where('size_bytes', '=', 2 * MIB)
        .execute()
      const bad = await ada.call(verifyFile, { params: { id: large.id } })
      assert.deepEqual([bad.ok, bad.state, bad.chunks[0]?.copies[0]?.state], [false, 'lost', 'damaged'])
      const stranger = await app.account()
      await assert.rejects(stranger.call(verifyFile, { params: { id: large.id } }), { status: 404 })
    })

    it('encrypts on the disk from the moment on in which it is told to, and serves ranges of it', async () => {
      const changed = await ask('PATCH', '/api/v1/storage/backends/disk', { encrypt: true })
      assert.equal(changed.status, 200)
      const bytes = Buffer.alloc(17 * MIB, 'a sentence that can be found. ')

      const file = await putFile(ada, 'secret.txt', bytes)

      await eventually(async () => assert.equal((await storageOf(ada, file.id)).encrypted, true))
      assert.deepEqual(await storageOf(ada, file.id), {
        backend: 'disk',
        state: 'stored',
        replicas: 1,
        encrypted: true,
      })
      assert.ok((await bytesOf(await contentOf(ada, file.id))).equals(bytes))
      const part = await contentOf(ada, file.id, { headers: { range: `bytes=${16 * MIB - 3}-${16 * MIB + 2}` } })
      assert.ok((await bytesOf(part)).equals(bytes.subarray(16 * MIB - 3, 16 * MIB + 3)))
      const { db } = app.app.core.database
      const { locator } = await db
        .selectFrom('chunk_copies')
        .select('locator')
        .where('salt', 'is not', null)
        .limit(1)
        .executeTakeFirstOrThrow()
      const path = (await filesOnDisk(app)).find((name) => name.endsWith(locator))
      assert.equal((await readFile(path ?? '')).includes('a sentence'), false)
      const { rotated } = await jsonOf(await ask('POST', '/api/v1/storage/keys/rotate'))
      assert.equal(rotated, 1)
      assert.ok((await bytesOf(await contentOf(ada, file.id))).equals(bytes))
      await ask('PATCH', '/api/v1/storage/backends/disk', { encrypt: false })
    })

    it('starts and takes files while S3 is away, and says so', async () => {
      const away = await testApp(dialect, { settings: DEAD_S3 })
      const bob = await away.account()
      const bytes = someBytes(MIB)

      const file = await putFile(bob, 'waits.bin', bytes)

      assert.deepEqual(file.storage, { backend: 'disk', state: 'replicating', replicas: 1, encrypted: false })
      const s3 = await eventually(async () => {
        const { backends } = await bob.call(getStorage)
        const found = backends.find(({ name }) => name === 's3') ?? assert.fail()
        assert.notEqual(found.health.last_error, null)
        return found
      })
      assert.deepEqual([s3.kind, s3.backlog, s3.settings.encrypt], ['s3', { objects: 1, bytes: MIB }, true])
      assert.equal(JSON.stringify(s3).includes(DEAD_S3.S3_SECRET_ACCESS_KEY), false)
      assert.ok((await bytesOf(await contentOf(bob, file.id))).equals(bytes))
      await eventually(async () => {
        const metrics = await (await away.fetch('/metrics')).text()
        assert.ok(metrics.includes('latchkey_storage_backlog_bytes{backend="s3"} 1048576'))
      })
      await away.stop()
    })

    it('lists moves, and refuses one that goes nowhere', async () => {
      const same = await ask('POST', '/api/v1/storage/moves', { from: 'disk', to: 'disk' })

      assert.deepEqual(await refusalOf(same), [400, 'same_backend'])
      assert.deepEqual(Moves.parse(await jsonOf(await ask('GET', '/api/v1/storage/moves'))).moves, [])
      assert.deepEqual(await refusalOf(await ask('GET', '/api/v1/storage/moves/move_none')), [404, 'move_not_found'])
    })
  })
}
