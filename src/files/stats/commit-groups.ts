import { sql } from 'kysely'
import type { Database, Db } from '../../platform/db/index.ts'

/** More would make the first of a group wait for the last. */
const MAX_GROUP = 64

interface Waiting {
  /** Does the work and keeps its result. */
  attempt(tx: Db): Promise<void>
  /** Tells who waits; with an error if nothing of the group was committed. */
  settle(error?: unknown): void
}

export type CommitGroups = ReturnType<typeof commitGroups>

/**
 * Transactions that happen to be ready together share one commit, for SQLite: it has one writer, and what a small
 * change costs there is the commit's wait for the disk. Each is still all or nothing by itself, one does not see
 * another fail, and none is answered before the commit that holds it.
 */
export const commitGroups = (database: Database) => {
  const waiting: Waiting[] = []
  let isRunning = false

  const runGroup = async (group: readonly Waiting[]): Promise<void> => {
    try {
      await database.transaction(async (tx) => {
        for (const one of group) await one.attempt(tx)
      })
    } catch (error) {
      for (const one of group) one.settle(error)
      return
    }
    for (const one of group) one.settle()
  }

  const runAll = async (): Promise<void> => {
    isRunning = true
    while (waiting.length > 0) {
      // Everything here runs without a pause: without this one, requests that have arrived would not get to join.
      await new Promise((resolve) => setImmediate(resolve))
      await runGroup(waiting.splice(0, MAX_GROUP))
    }
    isRunning = false
  }

  /** @param work As for `Database.transaction`. */
  return <T>(work: (tx: Db) => Promise<T>): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      let finish = (): void => {}
      waiting.push({
        async attempt(tx) {
          await sql`savepoint change`.execute(tx)
          try {
            const result = await work(tx)
            finish = () => resolve(result)
          } catch (error) {
            await sql`rollback to change`.execute(tx)
            finish = () => reject(error)
          }
          await sql`release change`.execute(tx)
        },
        settle: (error) => (error === undefined ? finish() : reject(error)),
      })
      if (!isRunning) runAll().catch(reject)
    })
}
