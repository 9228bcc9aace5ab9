import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sql } from 'kysely'
import { z } from 'zod'
import { dialects } from '../../../test/database.ts'
import { eventually } from '../../../test/services/eventually.ts'
import { AppError } from '../errors.ts'
import { clusterOf, count, gate, isEmpty, rowsOf } from './cluster.fixture.ts'
import { defineJob, type Job, Postpone } from './index.ts'

for (const dialect of dialects) {
  describe(`jobs (${dialect})`, () => {
    const cluster = clusterOf(dialect)

    it('run in the order in which they came, the most urgent first', async (t) => {
      const { database, queue } = await cluster(t)
      const seen: number[] = []
      queue.handle(count, async ({ n }) => void seen.push(n))
      for (const n of [1, 2, 3]) await queue.enqueue(database.db, count, { n })
      await queue.enqueue(database.db, count, { n: 4 }, { priority: 5 })

      await queue.start()

      await isEmpty(database)
      assert.deepEqual(seen, [4, 1, 2, 3])
    })

    it('start at once when they are enqueued while the queue runs', async (t) => {
      const { database, queueOn } = await cluster(t)
      const queue = queueOn(database, { pollMs: 3_600_000 })
      const seen: number[] = []
      queue.handle(count, async ({ n }) => void seen.push(n))
      await queue.start()

      await queue.enqueue(database.db, count, { n: 1 })

      await eventually(() => assert.deepEqual(seen, [1]))
    })

    it('wait until they are due', async (t) => {
      const { database, queueOn } = await cluster(t)
      const queue = queueOn(database, { pollMs: 60_000 })
      const ranAt: number[] = []
      queue.handle(count, async () => void ranAt.push(Date.now()))
      await queue.start()
      const runAt = new Date(Date.now() + 400)

      await queue.enqueue(database.db, count, { n: 1 }, { runAt })

      await isEmpty(database)
      assert.equal(ranAt.length, 1)
      assert.ok((ranAt[0] ?? 0) >= runAt.getTime())
    })

    it('wake the processes beside the one that enqueued, whichever its role', async (t) => {
      const { database, open, queueOn, queue } = await cluster(t)
      const worker = queueOn(await open(), dialect === 'postgres' ? { pollMs: 60_000 } : { pollMs: 50 })
      const seen: number[] = []
      worker.handle(count, async ({ n }) => void seen.push(n))
      await worker.start()

      await database.transaction((tx) => queue.enqueue(tx, count, { n: 1 }))
      await queue.enqueue(database.db, count, { n: 2 }, { runAt: new Date(Date.now() + 200) })

      await eventually(() => assert.deepEqual(seen, [1, 2]))
    })

    it('leave nothing behind when their transaction is rolled back', async (t) => {
      const { database, queue } = await cluster(t)
      const seen: number[] = []
      queue.handle(count, async ({ n }) => void seen.push(n))
      await queue.start()

      const failed = database.transaction(async (tx) => {
        await queue.enqueue(tx, count, { n: 1 })
        throw new Error('the change fails')
      })

      await assert.rejects(failed, /the change fails/)
      await queue.enqueue(database.db, count, { n: 2 })
      await isEmpty(database)
      assert.deepEqual(seen, [2])
    })

    it('start only after the transaction that enqueued them is committed', async (t) => {
      const { database, queue } = await cluster(t)
      const { opened, open } = gate()
      const order: string[] = []
      queue.handle(count, async () => void order.push('job'))
      await queue.start()

      const change = database.transaction(async (tx) => {
        await queue.enqueue(tx, count, { n: 1 })
        await opened
        order.push('commit')
      })
      // Twice around the event loop is more than a look at the database takes to begin.
      setTimeout(open, 100)
      await change

      await isEmpty(database)
      assert.deepEqual(order, ['commit', 'job'])
    })

    it('are tried again after a failure, with the same key and the next attempt', async (t) => {
      const { database, queue } = await cluster(t)
      const runs: [string, number][] = []
      queue.handle(count, async (_, { key, attempt }) => {
        runs.push([key, attempt])
        if (attempt < 3) throw new Error('not yet')
      })
      await queue.start()

      const id = await queue.enqueue(database.db, count, { n: 1 })

      await isEmpty(database)
      assert.deepEqual(runs, [
        [id, 1],
        [id, 2],
        [id, 3],
      ])
    })

    it('wait at least as long as the failure asked for', async (t) => {
      const { database, queue } = await cluster(t)
      queue.handle(count, async () => {
        throw new AppError({ code: 'BUSY', status: 429, message: 'Later.' }, { retryAfterSeconds: 3600 })
      })
      await queue.start()

      await queue.enqueue(database.db, count, { n: 1 })

      const row = await eventually(async () => {
        const [found] = await rowsOf(database)
        assert.equal(found?.state, 'delayed')
        return found
      })
      assert.ok(row.run_at > Date.now() + 3_500_000)
    })

    it('are dead after the last attempt, and come back with all attempts when they are revived', async (t) => {
      const { database, queue } = await cluster(t)
      let broken = true
      queue.handle({ ...count, attempts: 2 }, async () => {
        if (broken) throw new Error('the disk is full')
      })
      await queue.start()

      const id = await queue.enqueue(database.db, { ...count, attempts: 2 }, { n: 1 }, { key: 'k' })

      const [dead] = await eventually(async () => {
        const found = await queue.listDead(10)
        assert.equal(found.length, 1)
        return found
      })
      assert.deepEqual([dead?.id, dead?.key, dead?.attempts, dead?.error], [id, 'k', 2, 'Error: the disk is full'])
      assert.deepEqual(await queue.stats(), [{ name: 'test.count', ready: 0, delayed: 0, running: 0, dead: 1 }])
      assert.equal(await queue.deleteDead(60_000), 0)
      broken = false
      assert.equal(await queue.revive(database.db, id ?? ''), true)
      await isEmpty(database)
    })

    it('keep of an error neither secrets nor the texts of the payload, and at most 1 KB', async (t) => {
      const { database, queue } = await cluster(t)
      const Secret = defineJob({ name: 'test.secret', payload: z.object({ url: z.string() }), attempts: 1 })
      queue.handle(Secret, async ({ url }) => {
        throw new Error(`no answer from ${url}\0 for tk_live_0123456789abcdef ${'é'.repeat(2000)}`)
      })
      await queue.start()

      await queue.enqueue(database.db, Secret, { url: 'https://ada:hunter2@example.org/' })

      const [dead] = await eventually(async () => {
        const found = await queue.listDead(10)
        assert.equal(found.length, 1)
        return found
      })
      assert.match(
        dead?.error ?? '',
        /^Error: no answer from \[payload\.url\] for tk_live_\[redacted [0-9a-f]{4}\] é+…$/,
      )
      assert.ok(Buffer.byteLength(dead?.error ?? '') <= 1024)
      assert.doesNotMatch(queue.lines.join(''), /hunter2|0123456789abcdef/)
    })

    it('fail like any other when they throw what is no error', async (t) => {
      const { database, queue } = await cluster(t)
      const thrown: unknown[] = [Object.create(null), undefined]
      queue.handle({ ...count, attempts: 1 }, async ({ n }) => {
        throw thrown[n]
      })
      await queue.start()

      for (const n of thrown.keys()) await queue.enqueue(database.db, { ...count, attempts: 1 }, { n })

      await eventually(async () => {
        const errors = (await queue.listDead(5)).map(({ error }) => error).sort()
        assert.deepEqual(errors, ['[Object: null prototype] {}', 'undefined'])
      })
    })

    it('use up no attempt when they are postponed', async (t) => {
      const { database, queue } = await cluster(t)
      const attempts: number[] = []
      queue.handle({ ...count, attempts: 1 }, async (_, { attempt }) => {
        attempts.push(attempt)
        if (attempts.length < 3) throw new Postpone(10)
      })
      await queue.start()

      await queue.enqueue(database.db, { ...count, attempts: 1 }, { n: 1 })

      await isEmpty(database)
      assert.deepEqual(attempts, [1, 1, 1])
    })

    it('of one name and key wait once, and again while one of them runs', async (t) => {
      const { database, queue } = await cluster(t)
      const { opened, open } = gate()
      const seen: number[] = []
      queue.handle(count, async ({ n }) => {
        seen.push(n)
        await opened
      })
      const other = { ...count, name: 'test.other' }

      const first = await queue.enqueue(database.db, count, { n: 1 }, { key: 'card_1' })
      const second = await queue.enqueue(database.db, count, { n: 2 }, { key: 'card_1' })
      const elsewhere = await queue.enqueue(database.db, other, { n: 3 }, { key: 'card_1' })

      assert.deepEqual([typeof first, second, typeof elsewhere], ['string', undefined, 'string'])
      await queue.start()
      await eventually(() => assert.deepEqual(seen, [1]))
      assert.equal(typeof (await queue.enqueue(database.db, count, { n: 4 }, { key: 'card_1' })), 'string')
      assert.equal(await queue.enqueue(database.db, count, { n: 5 }, { key: 'card_1' }), undefined)
      open()
      await eventually(async () => assert.equal((await rowsOf(database)).length, 1))
      assert.deepEqual(seen, [1, 4])
    })

    it('of one key that many transactions enqueue at once wait once', async (t) => {
      const { database, queue } = await cluster(t)

      const ids = await Promise.all(
        Array.from({ length: 8 }, (_, n) =>
          database.transaction((tx) => queue.enqueue(tx, count, { n }, { key: 'same' })),
        ),
      )

      assert.equal(ids.filter((id) => id !== undefined).length, 1)
      assert.equal((await rowsOf(database)).length, 1)
    })

    it('that wait do not start before a change which relies on them is committed', async (t) => {
      const { database, queue } = await cluster(t)
      await sql`create table notes (text text)`.execute(database.db)
      const seen: number[] = []
      queue.handle(count, async () => {
        const { rows } = await sql`select text from notes`.execute(database.db)
        seen.push(rows.length)
      })
      await queue.enqueue(database.db, count, { n: 1 }, { key: 'notes' })

      await database.transaction(async (tx) => {
        await sql`insert into notes values ('new')`.execute(tx)
        assert.equal(await queue.enqueue(tx, count, { n: 2 }, { key: 'notes' }), undefined)
        // It waits for this transaction's end on SQLite, where nobody else can look meanwhile.
        if (dialect === 'postgres') await queue.start()
        await new Promise((resolve) => setTimeout(resolve, 50))
      })
      if (dialect === 'sqlite') await queue.start()

      await isEmpty(database)
      assert.deepEqual(seen, [1])
    })

    it('that are cancelled do not run, also between two attempts', async (t) => {
      const { database, queue } = await cluster(t)
      const slow = { ...count, backoff: { baseMs: 3_600_000, maxMs: 3_600_000 } }
      const seen: number[] = []
      queue.handle(slow, async ({ n }) => {
        seen.push(n)
        throw new Error('again')
      })
      await queue.enqueue(database.db, slow, { n: 1 }, { key: 'a', runAt: new Date(Date.now() + 3_600_000) })
      await queue.enqueue(database.db, slow, { n: 2 }, { key: 'b' })
      await queue.start()
      await eventually(async () => assert.equal((await rowsOf(database))[1]?.last_error, 'Error: again'))

      const answers = [await queue.cancel(database.db, slow, 'a'), await queue.cancel(database.db, slow, 'b')]

      assert.deepEqual(answers, [true, true])
      assert.deepEqual(await rowsOf(database), [])
      assert.equal(await queue.cancel(database.db, slow, 'a'), false)
      assert.deepEqual(seen, [2])
    })

    it('that are cancelled while they run are told so and not tried again', async (t) => {
      const { database, queue } = await cluster(t)
      const reasons: unknown[] = []
      queue.handle({ ...count, leaseMs: 300 }, async (_, { signal }) => {
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
        reasons.push(signal.reason.message)
        throw signal.reason
      })
      await queue.start()
      await queue.enqueue(database.db, count, { n: 1 }, { key: 'a' })
      await eventually(async () => assert.equal((await rowsOf(database))[0]?.state, 'running'))

      await queue.cancel(database.db, count, 'a')

      await eventually(() => assert.match(String(reasons[0]), /lease is lost/))
      assert.deepEqual(await rowsOf(database), [])
    })

    it('whose stored payload fits no more are dead at once, with what is wrong', async (t) => {
      const { database, queue } = await cluster(t)
      const newer: Job<z.ZodObject<{ text: z.ZodString }>> = { ...count, payload: z.object({ text: z.string() }) }
      queue.handle(newer, async () => assert.fail('it cannot be read'))
      for (const n of [1, 2]) await queue.enqueue(database.db, count, { n })
      await database.db.updateTable('jobs').set({ payload: '{' }).where('payload', '=', '{"n":2}').execute()

      await queue.start()

      await eventually(async () => {
        const errors = (await queue.listDead(5)).map(({ error, attempts }) => [attempts, error]).sort()
        assert.equal(errors.length, 2)
        assert.match(String(errors[1]), /^1,The payload does not fit test\.count: payload: .*undefined/)
        assert.match(String(errors[0]), /^1,The payload does not fit test\.count: payload\.text: .*string/)
      })
    })

    it('whose payload does not fit are refused when they are enqueued', async (t) => {
      const { database, queue } = await cluster(t)

      const enqueued = queue.enqueue(database.db, count, { n: Number.NaN })

      await assert.rejects(enqueued, /payload does not fit test\.count: payload\.n/)
      assert.deepEqual(await rowsOf(database), [])
    })

    it('of a name that this program does not know are left alone', async (t) => {
      const { database, queue } = await cluster(t)
      const seen: number[] = []
      queue.handle(count, async ({ n }) => void seen.push(n))
      await queue.start()

      await queue.enqueue(database.db, { ...count, name: 'newer.job' }, { n: 1 })
      await queue.enqueue(database.db, count, { n: 2 })

      await eventually(async () => assert.equal((await rowsOf(database)).length, 1))
      const [row] = await rowsOf(database)
      assert.deepEqual([row?.name, row?.state, row?.attempts], ['newer.job', 'ready', 0])
      assert.deepEqual(seen, [2])
    })
  })
}
