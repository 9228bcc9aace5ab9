import assert from 'node:assert/strict'
import { connect, createServer, type Socket } from 'node:net'
import { describe, it } from 'node:test'
import { testApp } from '../../../test/app.ts'
import { closeAfter } from '../../../test/closing.ts'
import { eventually } from '../../../test/services/eventually.ts'
import { startS3 } from '../../../test/services/s3.ts'
import { systemClock } from '../../platform/clock.ts'
import { s3Client } from '../backends/s3/client.ts'
import { getFile } from '../files/contract.ts'
import { bytesOf, contentOf, filesOnDisk, jsonOf, putFile, someBytes } from '../files/testing.ts'

const MIB = 1024 * 1024

/** A way to a server that can be cut. */
const lineTo = async ({ protocol, hostname, port }: URL) => {
  const open = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(Number(port), hostname)
    for (const socket of [near, far]) {
      open.add(socket)
      socket
        .on('error', () => {})
        .on('close', () => {
          open.delete(socket)
          near.destroy()
          far.destroy()
        })
    }
    near.pipe(far).pipe(near)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The line has no port.')
  const cut = (): void => {
    server.close()
    for (const socket of open) socket.destroy()
  }
  return { endpoint: `${protocol}//127.0.0.1:${address.port}`, cut }
}

describe('files whose bytes are in S3', async () => {
  const server = await startS3()
  const { stop, ...place } = server
  const line = await lineTo(new URL(place.endpoint))
  closeAfter(async () => {
    line.cut()
    await stop()
  })
  const client = s3Client({
    ...place,
    bucket: 'latchkey-storage',
    forcePathStyle: true,
    clock: systemClock,
    timeouts: { connectMs: 10_000, idleMs: 30_000, totalMs: 60_000 },
    retries: { attempts: 3, baseMs: 10, maxMs: 100 },
    maxSockets: 4,
  })
  await client.call({ method: 'PUT', key: '' })
  const app = await testApp('sqlite', {
    settings: {
      S3_ENDPOINT: line.endpoint,
      S3_BUCKET: 'latchkey-storage',
      S3_REGION: place.region,
      S3_ACCESS_KEY_ID: place.accessKeyId,
      S3_SECRET_ACCESS_KEY: place.secretAccessKey,
      CACHE_BYTES: String(17 * MIB),
    },
  })
  const ada = await app.account()

  it('leave the disk when they are there, and are served whole and in ranges', async () => {
    const bytes = someBytes(20 * MIB)
    const file = await putFile(ada, 'film.mkv', bytes)
    await eventually(async () => {
      const { storage } = await ada.call(getFile, { params: { id: file.id } })
      assert.deepEqual(storage, { backend: 's3', state: 'healthy', replicas: 1, encrypted: true })
    })
    await app.app.core.database.db.updateTable('discarded_objects').set({ delete_after: 0 }).execute()
    await app.app.files.sweep()

    const range = { headers: { range: `bytes=${16 * MIB - 10}-${16 * MIB + 9}` } }
    const part = await bytesOf(await contentOf(ada, file.id, range))
    const whole = await bytesOf(await contentOf(ada, file.id))

    assert.deepEqual(await filesOnDisk(app), [])
    assert.ok(part.equals(bytes.subarray(16 * MIB - 10, 16 * MIB + 10)))
    assert.ok(whole.equals(bytes))
  })

  it('come back to the disk when an administrator moves them, and stay readable meanwhile', async () => {
    const bytes = [someBytes(20 * MIB), someBytes(100)] as const
    const files = [await putFile(ada, 'a.bin', bytes[0]), await putFile(ada, 'b.bin', bytes[1])] as const
    const cookie = await ada.signIn()
    const headers = { cookie, 'content-type': 'application/json', origin: app.url }
    const body = JSON.stringify({ from: 's3', to: 'disk' })

    const started = await app.fetch('/api/v1/storage/moves', { method: 'POST', headers, body })

    assert.equal(started.status, 201)
    const path = started.headers.get('location') ?? ''
    const move = await eventually(async () => {
      for (const [index, { id }] of files.entries())
        assert.ok((await bytesOf(await contentOf(ada, id))).equals(bytes[index] ?? Buffer.alloc(0)))
      const found = await jsonOf(await app.fetch(path, { headers }))
      assert.equal(found.state, 'done')
      return found
    })
    assert.deepEqual(move.moved, move.total)
    const [large, small] = await Promise.all(files.map(({ id }) => ada.call(getFile, { params: { id } })))
    assert.deepEqual(large?.storage, { backend: 'disk', state: 'stored', replicas: 1, encrypted: false })
    assert.deepEqual(small?.storage, { backend: 'database', state: 'stored', replicas: 1, encrypted: false })
  })

  it('are a 503 with Retry-After when S3 is away, and what the cache has is served', async () => {
    const [small, large] = [someBytes(2 * MIB), someBytes(20 * MIB)]
    const files = [await putFile(ada, 'small.bin', small), await putFile(ada, 'large.bin', large)] as const
    await eventually(async () => {
      for (const { id } of files) assert.equal((await ada.call(getFile, { params: { id } })).storage.state, 'healthy')
    })
    await app.app.core.database.db.updateTable('discarded_objects').set({ delete_after: 0 }).execute()
    await app.app.files.sweep()
    await bytesOf(await contentOf(ada, files[0].id))
    line.cut()

    const refused = await contentOf(ada, files[1].id)

    assert.deepEqual([refused.status, Number(refused.headers.get('retry-after')) > 0], [503, true])
    assert.ok((await bytesOf(await contentOf(ada, files[0].id))).equals(small))
  })
})
