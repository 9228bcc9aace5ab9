import type { Database, Db } from './index.ts'

/** Writes something, and is done when that is committed. */
export type Writer = (work: (tx: Db) => Promise<void>) => Promise<void>

interface Entry {
  readonly work: (tx: Db) => Promise<void>
  readonly done: () => void
  readonly failed: (error: unknown) => void
}

/**
 * For small writes of many callers who each wait for theirs: on SQLite, where a commit waits for the disk with the whole
 * thread, those of one turn of the event loop share one. PostgreSQL waits elsewhere and brings commits together itself;
 * where so many come that its connections are what they wait for, the caller says so.
 *
 * What is written must not depend on each other. One that fails is alone in failing: then each gets a transaction.
 *
 * @param isCrowd Whether they share on PostgreSQL too.
 */
export const writeTogether = (database: Database, isCrowd = false): Writer => {
  if (database.dialect === 'postgres' && !isCrowd) return (work) => database.transaction(work)
  let entries: Entry[] = []
  let writing = false

  const writeOne = ({ work, done, failed }: Entry): Promise<void> => database.transaction(work).then(done, failed)

  const writeAll = async (batch: readonly Entry[]): Promise<void> => {
    try {
      await database.transaction(async (tx) => {
        for (const { work } of batch) await work(tx)
      })
      for (const { done } of batch) done()
    } catch (error) {
      if (batch.length === 1) batch[0]?.failed(error)
      else for (const entry of batch) await writeOne(entry)
    }
  }

  const turn = async (): Promise<void> => {
    if (writing) return
    writing = true
    while (entries.length > 0) {
      // What else arrives in this turn of the event loop comes along. Waiting longer saves commits, and makes the next
      // message of a chat late.
      await new Promise(setImmediate)
      const batch = entries
      entries = []
      await writeAll(batch)
    }
    writing = false
  }

  return (work) =>
    new Promise((done, failed) => {
      entries.push({ work, done, failed })
      void turn()
    })
}
