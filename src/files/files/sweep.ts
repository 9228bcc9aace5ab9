import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/index.ts'
import type { Log } from '../../platform/log/index.ts'
import type { Backend } from '../backends/backend.ts'
import { type ObjectWriters, writerOf } from './object-writers.ts'

const BATCH = 500

export interface SweepOptions {
  readonly database: Database
  readonly backends: ReadonlyMap<string, Backend>
  readonly writers: ObjectWriters
  readonly clock: Clock
  readonly log: Log
}

/** What a sweep removed. */
export interface Swept {
  /** Objects of uploads that were cut off by the end of their process. */
  readonly orphans: number
  /** Objects of content that was replaced or deleted. */
  readonly discarded: number
}

/**
 * Removes objects that nothing names. It may run beside uploads, in any number of processes, and be killed at any point.
 */
export const sweeper = ({ database, backends, writers, clock, log }: SweepOptions) => {
  const { db } = database

  /**
   * The order of the questions is what makes this safe while uploads commit. An object in the list was announced before
   * it was made. If its writer is not there now, the upload is over: its rows are there now, or never. And rows move
   * only in the order in which they are asked for: chunks of an upload become copies, and copies are discarded.
   */
  const orphansAmong = async (backend: string, locators: readonly string[]): Promise<string[]> => {
    const ids = locators.flatMap((locator) => writerOf(locator) ?? [])
    const live = await writers.findLive([...new Set(ids)])
    const idle = locators.filter((locator) => {
      const writer = writerOf(locator)
      return writer !== undefined && !live.has(writer)
    })
    if (idle.length === 0) return []
    const known = new Set<string>()
    for (const table of ['file_upload_chunks', 'chunk_copies', 'discarded_objects'] as const) {
      const rows = await db
        .selectFrom(table)
        .select('locator')
        .where('backend', '=', backend)
        .where('locator', 'in', idle)
        .execute()
      for (const { locator } of rows) known.add(locator)
    }
    return idle.filter((locator) => !known.has(locator))
  }

  const deleteOrphans = async (backend: Backend, locators: readonly string[]): Promise<number> => {
    const orphans = await orphansAmong(backend.name, locators)
    if (orphans.length > 0) await backend.delete(orphans)
    return orphans.length
  }

  const sweepOrphans = async (backend: Backend, signal: AbortSignal | undefined): Promise<number> => {
    let batch: string[] = []
    let removed = 0
    for await (const { locator } of backend.list?.() ?? []) {
      signal?.throwIfAborted()
      batch.push(locator)
      if (batch.length < BATCH) continue
      removed += await deleteOrphans(backend, batch)
      batch = []
    }
    return removed + (await deleteOrphans(backend, batch))
  }

  /** One batch. The rows go last, so that a sweep that dies half-way is done again. */
  const sweepDiscarded = async (backend: Backend): Promise<number> => {
    const due = await db
      .selectFrom('discarded_objects')
      .select('locator')
      .where('backend', '=', backend.name)
      .where('delete_after', '<=', clock.now().getTime())
      .limit(BATCH)
      .execute()
    if (due.length === 0) return 0
    const locators = due.map(({ locator }) => locator)
    await backend.delete(locators)
    await db
      .deleteFrom('discarded_objects')
      .where('backend', '=', backend.name)
      .where('locator', 'in', locators)
      .execute()
    return locators.length
  }

  return async (signal?: AbortSignal): Promise<Swept> => {
    await writers.dropDead()
    let [orphans, discarded] = [0, 0]
    for (const backend of backends.values()) {
      orphans += await sweepOrphans(backend, signal)
      for (let removed = BATCH; removed === BATCH; discarded += removed) {
        signal?.throwIfAborted()
        removed = await sweepDiscarded(backend)
      }
    }
    if (orphans + discarded > 0) log.info({ orphans, discarded }, 'objects that nothing names were removed')
    return { orphans, discarded }
  }
}
