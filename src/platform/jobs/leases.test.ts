import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, it } from 'node:test'
import { dialects, testDatabase } from '../../../test/database.ts'
import { eventually } from '../../../test/services/eventually.ts'
import { systemClock } from '../clock.ts'
import { createLog } from '../log/index.ts'
import { thisProcess, toTag } from '../process-owner.ts'
import { every, leaseService, processOwner } from './index.ts'

const log = createLog('silent')

for (const dialect of dialects) {
  describe(`leases (${dialect})`, () => {
    const setUp = async () => {
      const database = await testDatabase(dialect)
      return {
        database,
        newProcess: () => leaseService({ database, clock: systemClock, log, owner: processOwner() }),
        expire: (name: string) =>
          database.db.updateTable('leases').set({ held_until: 1 }).where('name', '=', name).execute(),
      }
    }

    it('have one owner at a time', async () => {
      const { newProcess } = await setUp()
      const asked = await Promise.all(Array.from({ length: 6 }, () => newProcess().acquire('one', 60_000)))

      const held = asked.filter((lease) => lease !== undefined)

      assert.equal(held.length, 1)
      assert.equal(held[0]?.held(), true)
      await held[0]?.release()
    })

    it('are free once they are released, and the next owner has a larger fence', async () => {
      const { newProcess } = await setUp()
      const [first, second] = [newProcess(), newProcess()]
      const lease = await first.acquire('released', 60_000)

      await lease?.release()

      const next = await second.acquire('released', 60_000)
      assert.equal(lease?.held(), false)
      assert.equal(lease?.signal.aborted, false)
      assert.equal(await lease?.renew(), false)
      assert.ok((next?.fence ?? 0) > (lease?.fence ?? 0))
      assert.equal(next?.held(), true)
      await next?.release()
    })

    it('rest for as long as their last owner said', async () => {
      const { newProcess } = await setUp()
      const [first, second] = [newProcess(), newProcess()]
      const lease = await first.acquire('resting', 60_000)

      await lease?.release(3_600_000)

      assert.equal(await second.acquire('resting', 60_000), undefined)
      const freeInMs = await second.freeInMs('resting')
      assert.ok(freeInMs > 3_500_000 && freeInMs <= 3_600_000)
      assert.equal(await second.freeInMs('never heard of'), 0)
    })

    it('renew themselves for as long as their owner lives', async () => {
      const { database, newProcess } = await setUp()
      const [first, second] = [newProcess(), newProcess()]
      const lease = await first.acquire('renewed', 1_500)
      const before = await database.db.selectFrom('leases').selectAll().where('name', '=', 'renewed').executeTakeFirst()

      await eventually(async () => {
        const row = await database.db.selectFrom('leases').selectAll().where('name', '=', 'renewed').executeTakeFirst()
        assert.ok((row?.held_until ?? 0) > (before?.held_until ?? 0))
      })

      assert.equal(lease?.held(), true)
      assert.equal(await second.acquire('renewed', 1_500), undefined)
      await lease?.release()
    })

    it('go to another process when they were not renewed in time, and the old owner is told', async () => {
      const { newProcess, expire } = await setUp()
      const [first, second] = [newProcess(), newProcess()]
      const stalled = await first.acquire('stalled', 60_000)
      await expire('stalled')

      const lease = await second.acquire('stalled', 60_000)

      assert.equal(await stalled?.renew(), false)
      assert.equal(stalled?.held(), false)
      assert.match(String(stalled?.signal.reason), /lease stalled is lost/)
      await stalled?.release()
      assert.equal(await lease?.renew(), true)
      await lease?.release()
    })

    it('go to another process at once when their owner is dead', async () => {
      const { database, newProcess } = await setUp()
      const { pid } = spawnSync(process.execPath, ['--version'])
      const owner = `${toTag({ ...thisProcess(), pid })}.dead`
      const dead = await leaseService({ database, clock: systemClock, log, owner }).acquire('left behind', 60_000)

      const lease = await newProcess().acquire('left behind', 60_000)

      assert.equal(lease?.held(), true)
      assert.ok((lease?.fence ?? 0) > (dead?.fence ?? 0))
      assert.equal(await dead?.renew(), false)
      await lease?.release()
    })

    it('tell which are taken, by whoever may be alive', async () => {
      const { database, newProcess, expire } = await setUp()
      const { pid } = spawnSync(process.execPath, ['--version'])
      const owner = `${toTag({ ...thisProcess(), pid })}.dead`
      await leaseService({ database, clock: systemClock, log, owner }).acquire('taken:dead', 60_000)
      const living = newProcess()
      const held = [await living.acquire('taken:held', 60_000), await living.acquire('taken:over', 60_000)]
      await living.acquire('other', 60_000)
      await expire('taken:over')

      assert.deepEqual([...(await newProcess().taken('taken:'))], ['taken:held'])
      for (const lease of held) await lease?.release()
    })

    it('are lost by an owner whose time is over, even before it could ask', async () => {
      const { database } = await setUp()
      const clock = { ...systemClock, monotonicMs: () => performance.now() + aheadMs }
      let aheadMs = 0
      const sleepy = leaseService({ database, clock, log, owner: processOwner() })
      const lease = await sleepy.acquire('sleepy', 60_000)

      aheadMs = 61_000

      assert.equal(lease?.held(), false)
      assert.equal(lease?.signal.aborted, true)
    })

    it('let a duty be done by one process per interval', async () => {
      const { database, newProcess } = await setUp()
      const calls: number[] = []
      const duties = [0, 1, 2].map((index) =>
        every({ leases: newProcess(), log }, 'sweep', 300, async () => void calls.push(index)),
      )

      await eventually(() => assert.ok(calls.length >= 3))

      const rows = await database.db.selectFrom('leases').select('fence').where('name', '=', 'every:sweep').execute()
      await Promise.all(duties.map((duty) => duty.stop()))
      // Every call is one ownership: had two processes done it in one interval, there would be more calls than fences.
      assert.ok(calls.length <= (rows[0]?.fence ?? 0) + 1)
    })

    it('let a duty wait for its interval after a restart', async () => {
      const { newProcess } = await setUp()
      let calls = 0
      const work = async () => void calls++
      const duty = every({ leases: newProcess(), log }, 'daily', 86_400_000, work)
      await eventually(async () => assert.ok((await newProcess().freeInMs('every:daily')) > 86_000_000))
      await duty.stop()

      const restarted = every({ leases: newProcess(), log }, 'daily', 86_400_000, work)
      await restarted.stop()

      assert.equal(calls, 1)
    })

    it('let another process do the duty of one that died over it', async () => {
      const { newProcess, expire } = await setUp()
      const dead = await newProcess().acquire('every:orphan', 60_000)
      let calls = 0
      const duty = every({ leases: newProcess(), log }, 'orphan', 200, async () => void calls++)
      await eventually(async () => assert.ok((await newProcess().freeInMs('every:orphan')) > 0))
      assert.equal(calls, 0)

      await expire('every:orphan')

      await eventually(() => assert.ok(calls > 0))
      await duty.stop()
      await dead?.release()
    })

    it('end a duty that is under way when it is stopped, and leave it to the next process', async () => {
      const { newProcess } = await setUp()
      let reason: unknown
      let started = false
      const duty = every({ leases: newProcess(), log }, 'stopped', 86_400_000, async (signal) => {
        started = true
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
        reason = signal.reason
        throw signal.reason
      })
      await eventually(() => assert.equal(started, true))

      await duty.stop()

      assert.match(String(reason), /server is stopping/)
      assert.equal(await newProcess().freeInMs('every:stopped'), 0)
    })
  })
}
