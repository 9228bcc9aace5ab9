import assert from 'node:assert/strict'
import { after, before, type TestContext } from 'node:test'
import { z } from 'zod'
import { type TestPlace, testPlace } from '../../../test/database.ts'
import { eventually } from '../../../test/services/eventually.ts'
import { systemClock } from '../clock.ts'
import { type Database, openDatabase, type SqlDialect } from '../db/index.ts'
import { createLog } from '../log/index.ts'
import { defineJob, jobQueue, processOwner, type QueueOptions } from './index.ts'

const Numbered = z.object({ n: z.number() })
const SOON = { baseMs: 20, maxMs: 40 }
/** A job that runs alone, so in order, and is tried again at once. */
export const count = defineJob({ name: 'test.count', payload: Numbered, concurrency: 1, backoff: SOON })

/**
 * Makes a database for the tests of a suite.
 *
 * @returns What gives a test that database, without jobs, and as many server processes on it as the test asks for.
 */
export const clusterOf = (dialect: SqlDialect) => {
  let place: TestPlace
  let database: Database
  const openOne = (own: boolean): Promise<Database> =>
    openDatabase({ url: place.url, dataDir: place.dataDir, synchronous: 'NORMAL', own })
  before(async () => {
    place = await testPlace(dialect)
    database = await openOne(false)
  })
  after(async () => {
    await database.close()
    await place.remove()
  })

  return async (t: TestContext) => {
    const closers: (() => Promise<void>)[] = []
    t.after(async () => {
      for (const close of closers.reverse()) await close()
    })
    await database.db.deleteFrom('jobs').execute()
    const open = async (own = false): Promise<Database> => {
      const another = await openOne(own)
      closers.push(another.close)
      return another
    }
    const queueOn = (on: Database, options: Partial<QueueOptions> = {}) => {
      const lines: string[] = []
      const log = createLog('debug', (line) => void lines.push(line))
      const queue = jobQueue({
        database: on,
        url: place.url,
        clock: systemClock,
        log,
        owner: processOwner(),
        ...options,
      })
      closers.push(() => queue.stop(0))
      return { ...queue, lines }
    }
    return { database, open, queueOn, queue: queueOn(database) }
  }
}

export const rowsOf = ({ db }: Database) => db.selectFrom('jobs').selectAll().orderBy('id').execute()

export const isEmpty = (database: Database): Promise<void> =>
  eventually(async () => assert.deepEqual(await rowsOf(database), []))

/** A handler that notes what it was given and holds until it is told to go on. */
export const gate = () => {
  let open: () => void = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}
