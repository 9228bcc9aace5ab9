import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, it } from 'node:test'
import { sql } from 'kysely'
import { dialects } from '../../../test/database.ts'
import { eventually } from '../../../test/services/eventually.ts'
import { thisProcess, toTag } from '../process-owner.ts'
import { clusterOf, count, gate, isEmpty, rowsOf } from './cluster.fixture.ts'

for (const dialect of dialects) {
  describe(`owners of jobs (${dialect})`, () => {
    const cluster = clusterOf(dialect)

    it('that two processes share run once each', async (t) => {
      const { database, open, queueOn } = await cluster(t)
      const many = { ...count, concurrency: 5 }
      const runs: number[] = []
      const workers = [queueOn(database, { pollMs: 50 }), queueOn(await open(), { pollMs: 50 })]
      const shares = workers.map(() => 0)
      const bothWork = gate()
      workers.forEach((worker, index) => {
        worker.handle(many, async ({ n }) => {
          runs.push(n)
          shares[index] = (shares[index] ?? 0) + 1
          if (shares.every((share) => share > 0)) bothWork.open()
          await bothWork.opened
        })
      })
      await database.transaction(async (tx) => {
        for (let n = 0; n < 200; n++) await workers[0]?.enqueue(tx, many, { n })
      })

      await Promise.all(workers.map((worker) => worker.start()))

      await isEmpty(database)
      assert.deepEqual(
        runs.toSorted((a, b) => a - b),
        [...Array(200).keys()],
      )
      assert.ok(
        shares.every((share) => share > 0),
        `shares: ${shares}`,
      )
    })

    it('run side by side up to the limit of their name, and no name waits for another', async (t) => {
      const { database, queue } = await cluster(t)
      const { opened, open } = gate()
      const busy = { ...count, name: 'test.busy', concurrency: 3 }
      let atOnce = 0
      let quiet = 0
      queue.handle(busy, async () => {
        atOnce++
        await opened
      })
      queue.handle(count, async () => void quiet++)
      for (let n = 0; n < 20; n++) await queue.enqueue(database.db, busy, { n }, { priority: 9 })
      await queue.enqueue(database.db, count, { n: 1 })

      await queue.start()

      await eventually(() => assert.equal(quiet, 1))
      await eventually(() => assert.equal(atOnce, 3))
      const [busyCounts] = await queue.stats()
      assert.deepEqual(busyCounts, { name: 'test.busy', ready: 17, delayed: 0, running: 3, dead: 0 })
      open()
      await isEmpty(database)
    })

    it('keep their lease for as long as they run', async (t) => {
      const { database, queue } = await cluster(t)
      const renewals: number[] = []
      queue.handle({ ...count, leaseMs: 1_500 }, async (_, { heartbeat, signal }) => {
        const until = async () => (await rowsOf(database))[0]?.lease_until ?? 0
        const claimed = await until()
        await eventually(async () => assert.ok((await until()) > claimed))
        const renewed = await until()
        await new Promise((resolve) => setTimeout(resolve, 5))
        await heartbeat()
        renewals.push((await until()) - renewed)
        signal.throwIfAborted()
      })
      await queue.start()

      await queue.enqueue(database.db, count, { n: 1 })

      await isEmpty(database)
      assert.equal(renewals.length, 1)
      assert.ok((renewals[0] ?? 0) > 0)
    })

    it('are taken over when the lease is over, and the old owner can end them no more', async (t) => {
      const { database, open, queueOn } = await cluster(t)
      const first = gate()
      const second = gate()
      const ends: string[] = []
      const [stalled, other] = [queueOn(database, { pollMs: 50 }), queueOn(await open(), { pollMs: 50 })]
      stalled.handle(count, async (_, { heartbeat }) => {
        await first.opened
        await heartbeat().catch(() => ends.push('stalled was told'))
      })
      other.handle(count, async (_, { attempt }) => {
        ends.push(`other, attempt ${attempt}`)
        await second.opened
      })
      await stalled.start()
      await stalled.enqueue(database.db, count, { n: 1 })
      await eventually(async () => assert.equal((await rowsOf(database))[0]?.state, 'running'))
      await other.start()

      await database.db.updateTable('jobs').set({ lease_until: 1 }).execute()

      await eventually(() => assert.deepEqual(ends, ['other, attempt 2']))
      first.open()
      await eventually(() => assert.match(stalled.lines.join(''), /had been cancelled or taken over/))
      assert.deepEqual(ends, ['other, attempt 2', 'stalled was told'])
      assert.equal((await rowsOf(database))[0]?.state, 'running')
      second.open()
      await isEmpty(database)
    })

    it('are taken over at once when their owner is dead', async (t) => {
      const { database, queue } = await cluster(t)
      const attempts: number[] = []
      queue.handle(count, async (_, { attempt }) => void attempts.push(attempt))
      await queue.enqueue(database.db, count, { n: 1 })
      const { pid } = spawnSync(process.execPath, ['--version'])
      const lease_owner = `${toTag({ ...thisProcess(), pid })}.dead`
      const lost = {
        state: 'running',
        attempts: 1,
        lease_owner,
        lease_token: 'x',
        lease_until: Date.now() + 3_600_000,
      } as const
      await database.db.updateTable('jobs').set(lost).execute()

      await queue.start()

      await isEmpty(database)
      assert.deepEqual(attempts, [2])
    })

    it('are dead when the last attempt never ended', async (t) => {
      const { database, queue } = await cluster(t)
      queue.handle(count, async () => assert.fail('it has no attempt left'))
      await queue.enqueue(database.db, count, { n: 1 })
      const lost = { state: 'running', attempts: 5, lease_owner: 'gone', lease_token: 'x', lease_until: 1 } as const
      await database.db.updateTable('jobs').set(lost).execute()

      await queue.start()

      await eventually(async () => assert.match((await queue.listDead(1))[0]?.error ?? '', /stopped answering/))
    })

    it('fail when they take too long', async (t) => {
      const { database, queue } = await cluster(t)
      queue.handle({ ...count, timeoutMs: 50 }, async (_, { signal }) => {
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
        throw new Error('aborted')
      })
      await queue.start()

      await queue.enqueue(database.db, { ...count, attempts: 1 }, { n: 1 })

      await eventually(async () => {
        const [dead] = await queue.listDead(1)
        assert.equal(dead?.error, 'Error: It took longer than 50 ms.')
      })
    })

    it('that run when the server stops may end; the rest is given back at once', async (t) => {
      const { database, open, queueOn } = await cluster(t)
      const { opened, open: finish } = gate()
      const ends: string[] = []
      const [leaving, staying] = [queueOn(database), queueOn(await open(), { pollMs: 50 })]
      leaving.handle({ ...count, concurrency: 2 }, async ({ n }, { signal }) => {
        if (n === 1) await opened
        else await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
        ends.push(`leaving ended ${n}`)
      })
      await leaving.start()
      for (const n of [1, 2]) await leaving.enqueue(database.db, count, { n })
      await eventually(async () => {
        const states = (await rowsOf(database)).map(({ state }) => state)
        assert.deepEqual(states, ['running', 'running'])
      })

      const stopped = leaving.stop(300)
      finish()
      await stopped

      assert.deepEqual(ends, ['leaving ended 1'])
      const [row] = await rowsOf(database)
      assert.deepEqual([row?.state, row?.attempts, row?.lease_owner, row?.last_error], ['ready', 0, null, null])
      staying.handle(count, async ({ n }, { attempt }) => void ends.push(`staying ended ${n}, attempt ${attempt}`))
      await staying.start()
      await isEmpty(database)
      assert.deepEqual(ends, ['leaving ended 1', 'staying ended 2, attempt 1'])
    })

    it('that ignore their signal are given back too, and what they do later counts for nothing', async (t) => {
      const { database, queue } = await cluster(t)
      const { opened, open } = gate()
      queue.handle(count, () => opened)
      await queue.start()
      await queue.enqueue(database.db, count, { n: 1 })
      await eventually(async () => assert.equal((await rowsOf(database))[0]?.state, 'running'))

      await queue.stop(0)
      open()

      assert.equal((await rowsOf(database))[0]?.state, 'ready')
    })
  })
}

describe('jobs of one database', () => {
  const onSqlite = clusterOf('sqlite')
  const onPostgres = clusterOf('postgres')

  it('of a dead server on SQLite are taken over by its successor at once', async (t) => {
    const { database, open, queueOn } = await onSqlite(t)
    const seen: number[] = []
    const successor = queueOn(await open(true))
    successor.handle(count, async (_, { attempt }) => void seen.push(attempt))
    await successor.enqueue(database.db, count, { n: 1 })
    const until = Date.now() + 3_600_000
    const taken = { state: 'running', attempts: 1, lease_owner: 'dead', lease_token: 'x', lease_until: until } as const
    await database.db.updateTable('jobs').set(taken).execute()

    await successor.start()

    await isEmpty(database)
    assert.deepEqual(seen, [2])
  })

  it('on PostgreSQL are heard of again after the connection that listens was cut', async (t) => {
    const { database, queueOn } = await onPostgres(t)
    const queue = queueOn(database, { pollMs: 3_600_000 })
    const seen: number[] = []
    queue.handle(count, async ({ n }) => void seen.push(n))
    await queue.start()
    const listeners = sql`select pid from pg_stat_activity where datname = current_database() and query like 'listen %'`
    const before = await listeners.execute(database.db)

    await sql`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and query like 'listen %'`.execute(database.db)
    await database.transaction((tx) => queue.enqueue(tx, count, { n: 1 }))

    await eventually(() => assert.deepEqual(seen, [1]))
    await eventually(async () => {
      const { rows } = await listeners.execute(database.db)
      assert.equal(rows.length, 1)
      assert.notDeepEqual(rows, before.rows)
    })
    await database.transaction((tx) => queue.enqueue(tx, count, { n: 2 }))
    await eventually(() => assert.deepEqual(seen, [1, 2]))
  })
})
