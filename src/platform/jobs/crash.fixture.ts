import { setTimeout as wait } from 'node:timers/promises'
import { sql } from 'kysely'
import { z } from 'zod'
import { systemClock } from '../clock.ts'
import type { Database } from '../db/index.ts'
import { openDatabase } from '../db/index.ts'
import { createLog } from '../log/index.ts'
import { defineJob, jobQueue, processOwner } from './index.ts'

/** The job of the crash test: leaves a trace each time it runs. */
export const trace = defineJob({
  name: 'crash.trace',
  payload: z.object({ changeId: z.string() }),
  attempts: 100,
  leaseMs: 1_000,
  concurrency: 8,
})

export const startTracing = async (database: Database, url: string | undefined) => {
  const log = createLog('error')
  const queue = jobQueue({ database, url, clock: systemClock, log, owner: processOwner(), pollMs: 200 })
  queue.handle(trace, async ({ changeId }) => {
    await wait(Math.random() * 10)
    await sql`insert into traces (change_id) values (${changeId})`.execute(database.db)
    await wait(Math.random() * 10)
  })
  await queue.start()
  return queue
}

/** Makes changes, each with a job, and says of each when it is committed; until it is killed. */
const main = async (dataDir: string, url: string | undefined): Promise<void> => {
  const database = await openDatabase({ url, dataDir, synchronous: 'FULL', own: true })
  const queue = await startTracing(database, url)
  for (let n = 0; ; n++) {
    const changeId = `${process.pid}-${n}`
    await database.transaction(async (tx) => {
      await sql`insert into changes (id) values (${changeId})`.execute(tx)
      const runAt = n % 5 === 0 ? { runAt: new Date(Date.now() + 50) } : {}
      await queue.enqueue(tx, trace, { changeId }, runAt)
    })
    process.stdout.write(`${changeId}\n`)
    await wait(Math.random() * 4)
  }
}

const [dataDir, url] = process.argv.slice(2)
if (import.meta.main && dataDir !== undefined) await main(dataDir, url)
