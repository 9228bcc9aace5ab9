import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, beforeEach, describe, it } from 'node:test'
import { dialects, testDatabase } from '../../../test/database.ts'
import { type FaultyBackend, faultyBackend } from './faulty.fixture.ts'
import { clearStorage, type MovableClock, movableClock, storageStack, tempFolder } from './stack.fixture.ts'

const PLAIN = { encrypt: false }

for (const dialect of dialects) {
  describe(`copies on several backends (${dialect})`, async () => {
    const database = await testDatabase(dialect)
    const folder = await tempFolder()
    let clock: MovableClock
    let far: FaultyBackend
    let mirror: FaultyBackend
    after(() => folder.remove())
    beforeEach(async () => {
      await clearStorage(database)
      clock = movableClock()
      far = faultyBackend('far', Math.random)
      mirror = faultyBackend('mirror', Math.random)
    })

    const stackOf = (options: Partial<Parameters<typeof storageStack>[0]> = {}) =>
      storageStack({ database, clock, folder: folder.path, far: [far.backend, mirror.backend], ...options })
    const localObjects = async (stack: Awaited<ReturnType<typeof stackOf>>): Promise<number> =>
      (await Array.fromAsync(stack.disk.list?.() ?? [])).length

    it('copies what was uploaded, then lets go of the local copy', async () => {
      const stack = await stackOf()
      const localBefore = await localObjects(stack)
      const bytes = randomBytes(7000)

      const file = await stack.upload(bytes)
      const atFirst = await stack.blob(file)
      await stack.settle()

      assert.deepEqual([atFirst.state, atFirst.backend, atFirst.replicas], ['replicating', 'disk', 1])
      const then = await stack.blob(file)
      assert.deepEqual([then.state, then.backend, then.replicas, then.encrypted], ['healthy', 'far', 1, 1])
      assert.deepEqual(
        (await stack.copies(file)).map(({ backend }) => backend),
        ['far', 'far', 'far'],
      )
      assert.ok((await stack.read(file)).equals(bytes))
      clock.advance(11 * 60_000)
      await stack.sweep()
      assert.equal(await localObjects(stack), localBefore)
    })

    it('stores no plain bytes and no names where it encrypts', async () => {
      const stack = await stackOf()
      const bytes = Buffer.alloc(6000, 'a plain sentence. ')

      await stack.upload(bytes)
      await stack.settle()

      for (const [name, object] of far.objects) {
        assert.equal(object.includes('plain sentence'), false)
        assert.match(name, /^copy_[0-9A-Za-z]+$/)
      }
      assert.equal(far.objects.size, 2)
    })

    it('leaves a file where it is that no policy sends elsewhere, and notes nothing more of it', async () => {
      const stack = await stackOf({ defaultBackend: 'disk' })

      const file = await stack.upload(randomBytes(4000))

      const { state, backend, targets, replicas } = await stack.blob(file)
      assert.deepEqual(
        { state, backend, targets, replicas },
        { state: 'stored', backend: 'disk', targets: null, replicas: 1 },
      )
      assert.deepEqual(stack.woken, [])
    })

    it('takes the first policy that fits, and mirrors', async () => {
      const stack = await stackOf()
      await stack.storage.policies.replace([
        { max_bytes: 1000, backends: ['mirror'] },
        { min_bytes: 1001, backends: ['disk', 'far'] },
      ])

      const [small, large] = [await stack.upload(randomBytes(900)), await stack.upload(randomBytes(3500))]
      await stack.settle()

      const places = async (file: typeof small) => [
        ...new Set((await stack.copies(file)).map(({ backend }) => backend)),
      ]
      assert.deepEqual(await places(small), ['mirror'])
      assert.deepEqual(await places(large), ['disk', 'far'])
      const { state, replicas, backend, encrypted } = await stack.blob(large)
      assert.deepEqual([state, replicas, backend, encrypted], ['healthy', 2, 'disk', 0])
    })

    it('copies small files too, so that they can be had from there alone', async () => {
      const stack = await stackOf()
      const bytes = randomBytes(150)

      const file = await stack.upload(bytes)
      await stack.settle()

      assert.equal(far.objects.size, 1)
      const { backend, replicas, state } = await stack.blob(file)
      assert.deepEqual([backend, replicas, state], ['database', 2, 'healthy'])
      await database.db.updateTable('blobs').set({ inline_bytes: null }).where('id', '=', file.blobId).execute()
      assert.ok((await stack.read(file)).equals(bytes))
    })

    it('answers an upload that is written through only when it is there', async () => {
      const stack = await stackOf()
      await stack.storage.policies.change('far', { mode: 'write-through' })
      const bytes = randomBytes(5000)

      const file = await stack.upload(bytes)

      const { state, backend } = await stack.blob(file)
      assert.deepEqual([state, backend, far.objects.size], ['healthy', 'far', 2])
      assert.ok((await stack.read(file)).equals(bytes))
      clock.advance(11 * 60_000)
      await stack.sweep()
      assert.equal(far.objects.size, 2)
    })

    it('refuses an upload that cannot be written through, and leaves nothing of it', async () => {
      const stack = await stackOf()
      await stack.storage.policies.change('far', { mode: 'write-through' })
      far.faults.isDown = true

      await assert.rejects(stack.upload(randomBytes(5000)), { code: 'BACKEND_UNAVAILABLE' })

      assert.deepEqual(await database.db.selectFrom('blobs').select('id').execute(), [])
      assert.equal(far.objects.size, 0)
    })

    it('waits as long as a backend asks, while the others go on', async () => {
      const stack = await stackOf()
      await stack.storage.policies.replace([{ backends: ['disk', 'far', 'mirror'] }])
      Object.assign(far.faults, { isDown: true, retryAfterSeconds: 30 })
      const signal = new AbortController().signal

      const file = await stack.upload(randomBytes(5000))
      const waitMs = await stack.storage.copies.work('far', signal)
      await stack.storage.copies.work('mirror', signal)

      assert.equal(waitMs, 30_000)
      assert.equal(mirror.objects.size, 2)
      const { puts } = far.counts
      assert.ok(((await stack.storage.copies.work('far', signal)) ?? 0) > 20_000)
      assert.equal(far.counts.puts, puts)
      far.faults.isDown = false
      clock.advance(31_000)
      await stack.settle()
      assert.deepEqual([(await stack.blob(file)).state, far.objects.size], ['healthy', 2])
    })

    it('makes no second object of a copy whose answer was lost', async () => {
      const stack = await stackOf()
      const file = await stack.upload(randomBytes(2500))
      far.faults.forgets = 1
      await stack.work()
      assert.equal(far.objects.size, 1)

      far.faults.forgets = 0
      clock.advance(60_000)
      await stack.settle()

      assert.equal(far.objects.size, 1)
      assert.ok((await stack.read(file)).equals(file.bytes))
    })

    it('reads back what it stored, and stores it again where it was wrong', async () => {
      const stack = await stackOf()
      far.faults.flips = 1
      const file = await stack.upload(randomBytes(2500))
      await stack.work()
      assert.equal((await stack.blob(file)).state, 'replicating')

      far.faults.flips = 0
      await stack.settle()
      await stack.sweep()

      assert.equal(far.objects.size, 1)
      assert.ok((await stack.read(file)).equals(file.bytes))
    })

    it('finds a damaged copy, serves the other one, and repairs it', async () => {
      const stack = await stackOf()
      await stack.storage.policies.replace([{ backends: ['far', 'mirror'] }])
      const file = await stack.upload(randomBytes(6000))
      await stack.settle()
      for (const [name, object] of far.objects) far.objects.set(name, Buffer.alloc(object.length))

      const { bad } = await stack.storage.inspector.scrub(1)

      assert.equal(bad, 2)
      const { state, replicas } = await stack.blob(file)
      assert.deepEqual([state, replicas], ['degraded', 1])
      assert.ok((await stack.read(file)).equals(file.bytes))
      await stack.settle()
      assert.deepEqual([(await stack.blob(file)).state, (await stack.storage.inspector.scrub(1)).bad], ['healthy', 0])
      clock.advance(11 * 60_000)
      await stack.sweep()
      assert.equal(far.objects.size, 2)
    })

    it('says that bytes are lost, and takes it back when they come back', async () => {
      const stack = await stackOf()
      const file = await stack.upload(randomBytes(2500))
      await stack.settle()
      const kept = new Map(far.objects)
      far.objects.clear()
      await stack.storage.inspector.scrub(1)
      assert.deepEqual([(await stack.blob(file)).state, (await stack.blob(file)).replicas], ['lost', 0])

      for (const [name, object] of kept) far.objects.set(name, object)
      await stack.storage.inspector.scrub(1)
      await stack.settle()

      assert.equal((await stack.blob(file)).state, 'healthy')
    })

    it('deletes exactly the objects of a deleted file, and keeps those that are to be kept', async () => {
      const stack = await stackOf()
      const [gone, stays] = [await stack.upload(randomBytes(4000)), await stack.upload(randomBytes(4000))]
      await stack.settle()
      await stack.delete(gone)
      await stack.sweep()
      assert.equal(far.objects.size, 2)

      await stack.storage.policies.change('far', { keep_remote_on_delete: true })
      await stack.delete(stays)
      clock.advance(48 * 60 * 60_000)
      await stack.sweep()

      assert.equal(far.objects.size, 2)
      assert.ok((await stack.blob(stays)).kept_at !== null)
      assert.ok((await stack.read(stays)).equals(stays.bytes))
    })

    it('keeps the rows of what it cannot delete now, and deletes it later', async () => {
      const stack = await stackOf()
      const file = await stack.upload(randomBytes(4000))
      await stack.settle()
      await stack.delete(file)
      far.faults.isDown = true
      await stack.sweep()
      assert.equal(
        (await database.db.selectFrom('discarded_objects').selectAll().where('backend', '=', 'far').execute()).length,
        2,
      )

      far.faults.isDown = false
      clock.advance(60 * 60_000)
      await stack.sweep()

      assert.equal(far.objects.size, 0)
      assert.deepEqual(
        await database.db.selectFrom('discarded_objects').selectAll().where('backend', '=', 'far').execute(),
        [],
      )
    })

    it('gives keys new seals, and reads everything as before', async () => {
      const stack = await stackOf()
      const file = await stack.upload(randomBytes(4000))
      await stack.settle()
      const { key_id, sealed_key } = await stack.blob(file)
      const objects = new Map(far.objects)

      const renewed = await stack.storage.keys.rotate()

      const rows = await database.db.selectFrom('storage_keys').select('id').execute()
      const after = await stack.blob(file)
      assert.deepEqual([renewed, rows.length], [1, 1])
      assert.notEqual(after.key_id, key_id)
      assert.notDeepEqual(after.sealed_key, sealed_key)
      assert.deepEqual(far.objects, objects)
      const restarted = await stackOf()
      assert.ok((await restarted.read(file)).equals(file.bytes))
    })

    it('encrypts what lies on the disk, where that is wanted', async () => {
      const stack = await stackOf({ defaultBackend: 'disk' })
      await stack.storage.policies.change('disk', { encrypt: true })

      const file = await stack.upload(randomBytes(7000))
      await stack.settle()

      const { state, encrypted } = await stack.blob(file)
      assert.deepEqual([state, encrypted], ['stored', 1])
      assert.ok((await stack.read(file)).equals(file.bytes))
      assert.ok((await stack.read(file, 2999, 3001)).equals(file.bytes.subarray(2999, 3002)))
    })

    it('moves files while they are read, can be paused, and goes on after a restart', async () => {
      const stack = await stackOf({ defaultBackend: 'disk' })
      await stack.storage.policies.change('far', PLAIN)
      const files = await Promise.all([9000, 100, 3000, 4500].map((size) => stack.upload(randomBytes(size))))
      const run = (of: typeof stack, id: string) =>
        of.storage.moves.run({ id }, { signal: new AbortController().signal }).catch(() => {})
      const { id } = await stack.storage.moves.start('disk', 'far', {}, 'tests')
      await run(stack, id)
      await stack.storage.moves.pause(id)
      await stack.work()
      assert.equal(far.objects.size, 0)

      const restarted = await stackOf({ defaultBackend: 'disk' })
      await restarted.storage.moves.resume(id)
      await restarted.work()
      for (const file of files) assert.ok((await restarted.read(file)).equals(file.bytes))
      await run(restarted, id)

      const move = await restarted.storage.moves.get(id)
      assert.deepEqual([move.state, move.moved_blobs, move.total_blobs, move.moved_bytes], ['done', 4, 4, 16_600])
      assert.deepEqual(
        await Promise.all(files.map(async (file) => (await restarted.blob(file)).state)),
        Array(4).fill('healthy'),
      )
      clock.advance(48 * 60 * 60_000)
      await restarted.sweep()
      for (const file of files) assert.ok((await restarted.read(file)).equals(file.bytes))
    })

    it('takes a cancelled move back, as far as it is not done', async () => {
      const stack = await stackOf({ defaultBackend: 'disk' })
      const file = await stack.upload(randomBytes(9000))
      const { id } = await stack.storage.moves.start('disk', 'far', {}, 'tests')
      await stack.storage.moves.run({ id }, { signal: new AbortController().signal }).catch(() => {})
      far.faults.capacityBytes = 4000
      await stack.work()
      assert.equal(far.objects.size, 1)

      const move = await stack.storage.moves.cancel(id)

      assert.deepEqual([move.state, move.moved_blobs], ['cancelled', 0])
      const { state, backend } = await stack.blob(file)
      assert.deepEqual([state, backend], ['stored', 'disk'])
      clock.advance(48 * 60 * 60_000)
      await stack.sweep()
      assert.equal(far.objects.size, 0)
      assert.ok((await stack.read(file)).equals(file.bytes))
    })

    it('fetches a chunk once for all who read it, and not again from the cache', async () => {
      const whole = faultyBackend('far', Math.random, { ranged: false })
      const stack = await stackOf({ far: [whole.backend] })
      const file = await stack.upload(randomBytes(3000))
      await stack.settle()
      whole.counts.gets = 0

      const read = await Promise.all(Array.from({ length: 8 }, () => stack.read(file)))
      await stack.read(file, 10, 20)

      assert.ok(read.every((bytes) => bytes.equals(file.bytes)))
      assert.equal(whole.counts.gets, 1)
      whole.faults.isDown = true
      assert.ok((await stack.read(file)).equals(file.bytes))
    })

    it('tells a reader to come back when no backend answers, and does not call the copy bad', async () => {
      const stack = await stackOf()
      const file = await stack.upload(randomBytes(3000))
      await stack.settle()
      Object.assign(far.faults, { isDown: true, retryAfterSeconds: 7 })

      await assert.rejects(stack.read(file), { code: 'BACKEND_UNAVAILABLE', retryAfterSeconds: 7 })

      assert.deepEqual(
        (await stack.copies(file)).map(({ state }) => state),
        ['good'],
      )
    })
  })
}
