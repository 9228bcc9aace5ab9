import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import type { Log } from '../../platform/log/index.ts'
import { type Backend, BackendErrors } from '../backends/backend.ts'
import { type ObjectWriters, writerOf } from './object-writers.ts'

const BATCH = 500
/** How soon a delete that failed is tried again; doubled each time. */
const RETRY_MS = 60_000
const LONGEST_RETRY_MS = 24 * 60 * 60_000
/** What is far away is listed once a day: a list of everything costs requests. */
const FAR_LIST_MS = 24 * 60 * 60_000

// `copy_…`: an object that a task makes, whose row is there before it and has its name.
const COPY_NAME = /(?:^|\/)(copy_[0-9A-Za-z]+)$/

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

  const liveTasks = async (ids: readonly string[]): Promise<Set<string>> => {
    if (ids.length === 0) return new Set()
    const rows = await db.selectFrom('copy_tasks').select('object_id').where('object_id', 'in', ids).execute()
    return new Set(rows.map(({ object_id }) => object_id))
  }

  /**
   * The order of the questions is what makes this safe while uploads commit. An object in the list was announced before
   * it was made. If its writer is not there now, the upload is over: its rows are there now, or never. And rows move
   * only in the order in which they are asked for: chunks of an upload become copies, and copies are discarded.
   */
  const orphansAmong = async (backend: string, locators: readonly string[]): Promise<string[]> => {
    const ids = locators.flatMap((locator) => writerOf(locator) ?? [])
    const live = await writers.findLive([...new Set(ids)])
    const tasks = await liveTasks(locators.flatMap((locator) => COPY_NAME.exec(locator)?.[1] ?? []))
    const idle = locators.filter((locator) => {
      const [writer, copy] = [writerOf(locator), COPY_NAME.exec(locator)?.[1]]
      return (writer !== undefined && !live.has(writer)) || (copy !== undefined && !tasks.has(copy))
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

  const forget = async (backend: string, locators: readonly string[]): Promise<void> => {
    await db.deleteFrom('discarded_objects').where('backend', '=', backend).where('locator', 'in', locators).execute()
  }

  const retryLater = async (backend: string, rows: readonly { locator: string; attempts: number }[]): Promise<void> => {
    for (const { locator, attempts } of rows) {
      const delayMs = Math.min(LONGEST_RETRY_MS, RETRY_MS * 2 ** Math.min(attempts, 16))
      await db
        .updateTable('discarded_objects')
        .set({ attempts: attempts + 1, delete_after: clock.now().getTime() + delayMs })
        .where('backend', '=', backend)
        .where('locator', '=', locator)
        .execute()
    }
  }

  /** @returns How many are gone. One locator that the backend refuses holds up no other. */
  const deleteRows = async (
    backend: Backend,
    rows: readonly { locator: string; attempts: number }[],
  ): Promise<number> => {
    const locators = rows.map(({ locator }) => locator)
    try {
      await backend.delete(locators)
      await forget(backend.name, locators)
      return rows.length
    } catch (error) {
      const [first, ...others] = rows
      const isOfBackend = error instanceof AppError && error.code === BackendErrors.BACKEND_UNAVAILABLE.code
      if (first === undefined || others.length === 0 || isOfBackend) {
        await retryLater(backend.name, rows)
        throw error
      }
      const half = Math.ceil(rows.length / 2)
      const parts = [rows.slice(0, half), rows.slice(half)]
      let removed = 0
      for (const part of parts) removed += await deleteRows(backend, part).catch(() => 0)
      return removed
    }
  }

  /** The rows go last, so that a sweep that dies half-way is done again. Each object is tried once. */
  const sweepDiscarded = async (backend: Backend, signal: AbortSignal | undefined): Promise<number> => {
    const now = clock.now().getTime()
    let removed = 0
    for (;;) {
      signal?.throwIfAborted()
      const due = await db
        .selectFrom('discarded_objects')
        .select(['locator', 'attempts'])
        .where('backend', '=', backend.name)
        .where('delete_after', '<=', now)
        .limit(BATCH)
        .execute()
      if (due.length > 0) removed += await deleteRows(backend, due)
      if (due.length < BATCH) return removed
    }
  }

  const isListedNow = async (backend: Backend): Promise<boolean> => {
    // Random access means that it is near.
    if (backend.open !== undefined) return true
    if (backend.list === undefined) return false
    const query = db.selectFrom('storage_backends').select('swept_at').where('name', '=', backend.name)
    return clock.now().getTime() - ((await query.executeTakeFirst())?.swept_at ?? 0) >= FAR_LIST_MS
  }

  const noteListed = async (name: string): Promise<void> => {
    const facts = { swept_at: clock.now().getTime() }
    const rest = { settings: '{}', keeps_deleted: 0, health: 'ok' as const, paused_until: 0 }
    await db
      .insertInto('storage_backends')
      .values({ name, ...rest, ...facts })
      .onConflict((oc) => oc.column('name').doUpdateSet(facts))
      .execute()
  }

  const sweepBackend = async (backend: Backend, signal: AbortSignal | undefined): Promise<Swept> => {
    const discarded = await sweepDiscarded(backend, signal)
    if (!(await isListedNow(backend))) return { orphans: 0, discarded }
    const orphans = await sweepOrphans(backend, signal)
    if (backend.open === undefined) await noteListed(backend.name)
    return { orphans, discarded }
  }

  return async (signal?: AbortSignal): Promise<Swept> => {
    await writers.dropDead()
    let [orphans, discarded] = [0, 0]
    for (const backend of backends.values()) {
      try {
        const swept = await sweepBackend(backend, signal)
        orphans += swept.orphans
        discarded += swept.discarded
      } catch (error) {
        signal?.throwIfAborted()
        // Its rows stay, and the others have their turn.
        log.warn({ err: error, backend: backend.name }, 'a storage could not be swept; it is tried again')
      }
    }
    if (orphans + discarded > 0) log.info({ orphans, discarded }, 'objects that nothing names were removed')
    return { orphans, discarded }
  }
}
