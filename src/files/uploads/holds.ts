import { setTimeout as wait } from 'node:timers/promises'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import type { Log } from '../../platform/log/index.ts'
import { UploadErrors } from './contract.ts'
import { type UploadRow, uploadRepo } from './repo.ts'

/** How soon another process may take over an upload from one that was killed; renewed while one is held. */
const HELD_MS = 30_000
const STALLED_MS = 1_000

/** The right to change an upload; one at a time has it, in all processes. */
export interface Hold {
  /** As it was when it was taken. Every change names its fence. */
  readonly row: UploadRow
  /** Aborts when somebody else is to have the upload. */
  readonly signal: AbortSignal
  /** To which moment each change extends the hold. */
  heldUntil(): number
}

/** How much has arrived, in any unit that grows; undefined for work that no client can stall. */
export type Progress = () => number

interface Running {
  readonly progress: Progress | undefined
  readonly cut: AbortController
  readonly ended: Promise<void>
}

export interface HoldsOptions {
  readonly database: Database
  readonly clock: Clock
  readonly log: Log
  readonly owner: string
  /** How long nothing arrives before a connection is given up for a newer one; 1 s unless told. */
  readonly stalledMs?: number
}

export type Holds = ReturnType<typeof uploadHolds>

/**
 * Who is changing which upload.
 *
 * A connection that hangs would lock its upload for as long as TCP believes in it, while its client is back already on
 * another one. So whoever comes watches the one that has the upload for a moment: if nothing arrives on it, it is cut
 * off, what it brought is kept, and the newcomer goes on. If it moves, the newcomer is refused (423).
 *
 * Between processes the row says who has it, and its fence grows with every owner. A change names the fence, so one who
 * was taken for dead and goes on changes nothing, whatever the clocks say.
 */
export const uploadHolds = ({ database, clock, log, owner, stalledMs = STALLED_MS }: HoldsOptions) => {
  const running = new Map<string, Running>()
  const repo = uploadRepo(database.db)
  const nowMs = (): number => clock.now().getTime()
  const heldUntil = (): number => nowMs() + HELD_MS
  // One process at a time serves a SQLite database: what another one left there is dead whatever it said.
  const alone = database.dialect === 'sqlite'

  const isStalled = async ({ progress, ended }: Running): Promise<boolean> => {
    if (progress === undefined) return false
    const before = progress()
    await Promise.race([ended, wait(stalledMs)])
    return progress() === before
  }

  /** Waits for, or cuts off, who has the upload here. @throws {AppError} UPLOAD_LOCKED if it is busy and to be left alone */
  const makeWay = async (id: string, force: boolean): Promise<void> => {
    for (let other = running.get(id); other !== undefined; other = running.get(id)) {
      if (force || (await isStalled(other))) other.cut.abort(new AppError(UploadErrors.UPLOAD_LOCKED))
      else if (running.get(id) === other) throw new AppError(UploadErrors.UPLOAD_LOCKED, { retryAfterSeconds: 1 })
      await other.ended
    }
  }

  const hold = async <T>(
    id: string,
    cut: AbortController,
    work: (hold: Hold) => Promise<T>,
  ): Promise<T | undefined> => {
    const row = await repo.take(id, owner, alone, nowMs(), heldUntil())
    if (row === undefined) return undefined
    const renewing = setInterval(() => {
      repo.renew(id, row.fence, heldUntil()).catch((error: unknown) => {
        log.warn({ err: error, uploadId: id }, 'the hold of an upload could not be renewed')
      })
    }, HELD_MS / 3).unref()
    try {
      return await work({ row, signal: cut.signal, heldUntil })
    } finally {
      clearInterval(renewing)
      await repo.release(id, row.fence).catch((error: unknown) => {
        log.warn({ err: error, uploadId: id }, 'an upload could not be released and stays held for a while')
      })
    }
  }

  return {
    /**
     * Runs `work` while nobody else changes the upload.
     *
     * @param progress Of a client that may stall, and then may be cut off.
     * @returns undefined, with nothing done, if the upload is not there, or done, or another process has it.
     * @throws {AppError} UPLOAD_LOCKED, and what `work` throws
     */
    async run<T>(id: string, progress: Progress | undefined, work: (hold: Hold) => Promise<T>): Promise<T | undefined> {
      // Several may have waited for the same one.
      do await makeWay(id, false)
      while (running.has(id))
      const cut = new AbortController()
      const { promise: ended, resolve } = Promise.withResolvers<void>()
      running.set(id, { progress, cut, ended })
      try {
        return await hold(id, cut, work)
      } finally {
        running.delete(id)
        resolve()
      }
    },

    /** Cuts off whoever sends bytes of the upload to this process, and waits until these are safe. */
    cut: (id: string): Promise<void> => makeWay(id, true),

    /**
     * Waits for work here that ends by itself, and cuts off a client that has stalled; leaves a busy one alone.
     */
    async settle(id: string): Promise<void> {
      const other = running.get(id)
      if (other === undefined) return
      if (other.progress === undefined) return other.ended
      if (!(await isStalled(other))) return
      other.cut.abort(new AppError(UploadErrors.UPLOAD_LOCKED))
      await other.ended
    },

    /** Waits until nobody here changes any upload, to be called when no request comes any more. */
    async idle(): Promise<void> {
      await Promise.all([...running.values()].map(({ ended }) => ended))
    },
  }
}
