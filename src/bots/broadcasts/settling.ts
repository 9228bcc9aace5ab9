import type { Database } from '../../platform/db/index.ts'
import { broadcastRepo, type Settled } from './repo.ts'

interface Entry extends Settled {
  readonly done: () => void
  readonly failed: (error: unknown) => void
}

/**
 * Writes down how messages went, those that were answered together in one transaction. Each is waited for: what is not
 * written is sent again after a crash.
 */
export const settler = (database: Database, broadcastId: string) => {
  let entries: Entry[] = []
  let writing = false

  const write = async (): Promise<void> => {
    if (writing) return
    writing = true
    while (entries.length > 0) {
      // Answers that arrive in the same turn of the event loop come along.
      await new Promise(setImmediate)
      const batch = entries
      entries = []
      try {
        await database.transaction((tx) => broadcastRepo(tx).settle(broadcastId, batch))
        for (const { done } of batch) done()
      } catch (error) {
        for (const { failed } of batch) failed(error)
      }
    }
    writing = false
  }

  return (settled: Settled): Promise<void> =>
    new Promise((done, failed) => {
      entries.push({ ...settled, done, failed })
      void write()
    })
}
