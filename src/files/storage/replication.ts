import { z } from 'zod'
import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import { defineJob, type JobQueue, type Lease, type Leases, Postpone } from '../../platform/jobs/index.ts'
import type { Log } from '../../platform/log/index.ts'
import { type Backend, BackendErrors, type PutOptions } from '../backends/backend.ts'
import type { StoredChunk } from '../chunks/copies.ts'
import { blobRepo } from '../files/blobs.ts'
import type { StorageAccess } from './access.ts'
import { type Copier, type MadeCopy, WrongObject } from './copier.ts'
import { frameCipher } from './frames.ts'
import type { HealthBook } from './health.ts'
import { inlineChunk } from './inline.ts'
import type { Keyring } from './keys.ts'
import { type Policies, type StorageRules, verifyShare } from './policies.ts'
import { blobStates, toTargets } from './states.ts'
import type { CopyTask } from './tables.ts'
import { taskRepo } from './tasks.ts'

/** Objects that are copied to one backend at the same time. */
const LANES = 4
const LEASE_MS = 60_000
/** With the longest copy behind it shorter than the job's own limit: the rest is left to the next attempt. */
const SHIFT_MS = 4 * 60_000
const RETRY_MS = 5_000
const LONGEST_RETRY_MS = 60 * 60_000
const AGAIN_SECONDS = 10
/** How long objects stay that a download may just be about to open. */
const SPARE_MS = 10 * 60_000

export const copyJob = defineJob({
  name: 'storage.copy',
  payload: z.object({ backend: z.string() }),
  concurrency: 8,
  timeoutMs: 15 * 60_000,
})

export interface ReplicationOptions {
  readonly database: Database
  readonly backends: ReadonlyMap<string, Backend>
  readonly access: StorageAccess
  readonly copier: Copier
  readonly keys: Keyring
  readonly policies: Policies
  readonly health: HealthBook
  readonly jobs: Pick<JobQueue, 'enqueue'>
  readonly leases: Leases
  readonly clock: Clock
  readonly log: Log
  /** Between 0 and 1; for tests that repeat themselves. */
  readonly random?: (() => number) | undefined
  /** For tests: how soon a task is tried again, and a backend that does not say when to come back. */
  readonly retryMs?: number | undefined
  readonly againSeconds?: number | undefined
}

export type Replication = ReturnType<typeof replication>

/** What is copied, and what the copy says of itself on the day on which nothing else is left. */
interface Source {
  readonly chunk: StoredChunk
  /** The blob, the chunk, which of its chunks that is and where it begins, the bytes of the whole, and the key's name. */
  readonly about: NonNullable<PutOptions['about']>
}

/** What came of one task: done, to be tried again, or the backend does not answer, and for how many seconds. */
type Outcome = { readonly kind: 'done' | 'failed' } | { readonly kind: 'down'; readonly retryAfterSeconds: number }

/**
 * Copies chunks to the backends on which they are to be. One process at a time fills a backend, so that its limits are
 * kept; a backend that does not answer stops its own work and no other's.
 */
export const replication = (options: ReplicationOptions) => {
  const { database, backends, access, copier, keys, policies, health, jobs, leases, clock, log } = options
  const { random = Math.random, retryMs = RETRY_MS, againSeconds = AGAIN_SECONDS } = options
  const nowMs = (): number => clock.now().getTime()

  const pausedUntil = async (name: string, db: Db = database.db): Promise<number> => {
    const rows = db.selectFrom('storage_backends').select('paused_until').where('name', '=', name)
    return (await rows.executeTakeFirst())?.paused_until ?? 0
  }

  /** Wakes whoever copies, when the transaction is committed. */
  const wake = async (tx: Db, names: readonly string[]): Promise<void> => {
    // In one order, or two transactions could wait for each other.
    for (const backend of [...new Set(names)].sort()) {
      // Somebody waits for it already; each upload of an outage would otherwise wait for itself.
      if ((await pausedUntil(backend, tx)) > nowMs()) continue
      await jobs.enqueue(tx, copyJob, { backend }, { key: backend })
    }
  }

  const pause = async (backend: string, untilMs: number): Promise<void> => {
    const facts = { paused_until: untilMs }
    await database.db
      .insertInto('storage_backends')
      .values({ name: backend, settings: '{}', keeps_deleted: 0, health: 'ok', swept_at: 0, ...facts })
      .onConflict((oc) => oc.column('name').doUpdateSet(facts))
      .execute()
  }

  const sourceOf = async (task: CopyTask): Promise<Source | undefined> => {
    const { db } = database
    const row = await db
      .selectFrom('chunks')
      .innerJoin('blobs', 'blobs.id', 'chunks.blob_id')
      .select(['position', 'start_at', 'chunks.size_bytes', 'tag_key', 'leaf_tags', 'inline_bytes', 'key_id'])
      .select('blobs.size_bytes as whole_bytes')
      .where('chunks.id', '=', task.chunk_id)
      .executeTakeFirst()
    if (row === undefined) return undefined
    const about = {
      blob: task.blob_id,
      chunk: task.chunk_id,
      n: row.position,
      at: row.start_at,
      of: row.whole_bytes,
      ...(task.salt === null || row.key_id === null ? {} : { key: row.key_id }),
    }
    if (row.inline_bytes !== null) return { chunk: inlineChunk(row, row.inline_bytes), about }
    const end = row.start_at + row.size_bytes - 1
    const [chunk] = await blobRepo(db, backends, access).chunks(task.blob_id, row.start_at, end)
    const shape = { index: row.position, offset: row.start_at, sizeBytes: row.size_bytes }
    return { chunk: chunk ?? { ...shape, tagKey: row.tag_key, leafTags: row.leaf_tags, copies: [] }, about }
  }

  const cipherOf = async ({ chunk_id, blob_id, salt, size_bytes }: CopyTask) => {
    if (salt === null) return undefined
    const fileKey = await fileKeyOf(blob_id)
    return frameCipher({ fileKey, salt, chunkId: chunk_id, sizeBytes: size_bytes })
  }

  const fileKeyOf = async (blobId: string): Promise<Buffer> => {
    const row = await database.db
      .selectFrom('blobs')
      .select(['sealed_key', 'key_id'])
      .where('id', '=', blobId)
      .executeTakeFirstOrThrow()
    return keys.open(database.db, blobId, row)
  }

  const statesIn = (tx: Db, rules: StorageRules) =>
    blobStates(tx, { dialect: database.dialect, encrypts: (name) => rules.settingsOf(name).encrypt })

  /** One transaction: the copy's row, the end of its task, what it makes spare, and the state of the blob. */
  const commit = (task: CopyTask, made: MadeCopy, verified: boolean, rules: StorageRules): Promise<boolean> =>
    database.transaction(async (tx) => {
      const [states, at] = [statesIn(tx, rules), nowMs()]
      await states.lock([task.blob_id])
      if (!(await taskRepo(tx).end(task))) {
        // Cancelled meanwhile: nobody names the object, unless another process has just finished the same task.
        const { backend } = task
        const named = await tx
          .selectFrom('chunk_copies')
          .select('chunk_id')
          .where('backend', '=', backend)
          .where('locator', '=', made.locator)
          .executeTakeFirst()
        if (named === undefined) await states.discard([{ backend, locator: made.locator }], at)
        return false
      }
      await putCopy(tx, task, made, verified ? at : 0)
      const blob = await tx
        .selectFrom('blobs')
        .select(['targets', 'move_id'])
        .where('id', '=', task.blob_id)
        .executeTakeFirst()
      const targets = toTargets(blob?.targets ?? null)
      const isWhole = !(await states.hasTasks(task.blob_id))
      // A move keeps the old place until all of the file is in the new one, so that it can be called off.
      if (isWhole) await states.dropSpare(task.blob_id, at + SPARE_MS)
      else if (blob?.move_id === null && (await isEverywhere(tx, task.chunk_id, targets)))
        await states.dropSpare(task.blob_id, at + SPARE_MS, task.chunk_id)
      // While more is to be copied its state stays what it is: a file of a million chunks is looked through once.
      if (isWhole) await states.refresh(task.blob_id)
      return true
    })

  const putCopy = async (tx: Db, { chunk_id, backend, salt }: CopyTask, made: MadeCopy, verifiedAt: number) => {
    const { locator, storedBytes, sha256 } = made
    const old = await tx
      .deleteFrom('chunk_copies')
      .where('chunk_id', '=', chunk_id)
      .where('backend', '=', backend)
      .returning('locator')
      .execute()
    const spare = old.filter((row) => row.locator !== locator)
    await blobStates(tx, { dialect: database.dialect, encrypts: () => false }).discard(
      spare.map((row) => ({ backend, locator: row.locator })),
      nowMs() + SPARE_MS,
    )
    const facts = { state: 'good' as const, verified_at: verifiedAt, stored_bytes: storedBytes, sha256, salt }
    await tx
      .insertInto('chunk_copies')
      .values({ chunk_id, backend, locator, ...facts })
      .execute()
  }

  const copy = async (task: CopyTask, backend: Backend, signal: AbortSignal): Promise<Outcome> => {
    const rules = await policies.rules()
    try {
      const source = await sourceOf(task)
      if (source === undefined) return { kind: 'done' }
      const cipher = await cipherOf(task)
      const verifies = random() < verifyShare(rules.settingsOf(task.backend).verify)
      const made = await copier({ ...source, backend, objectId: task.object_id, cipher, verifies, signal })
      health.succeeded(task.backend)
      await commit(task, made, verifies, rules)
      return { kind: 'done' }
    } catch (error) {
      if (signal.aborted) throw error
      return fail(task, error)
    }
  }

  const fail = async (task: CopyTask, error: unknown): Promise<Outcome> => {
    // The reader puts the chunk into what it says of a source; a target knows of no chunks.
    const isOfTarget = error instanceof AppError && error.details === undefined
    if (isOfTarget) health.failed(task.backend, error)
    if (isOfTarget && error.code === BackendErrors.BACKEND_UNAVAILABLE.code)
      return { kind: 'down', retryAfterSeconds: error.retryAfterSeconds ?? againSeconds }
    if (isOfTarget && error.code === BackendErrors.DISK_FULL.code)
      return { kind: 'down', retryAfterSeconds: againSeconds * 6 }
    const backoffMs = Math.min(LONGEST_RETRY_MS, retryMs * 2 ** Math.min(task.attempts, 16))
    const delayMs = Math.max(backoffMs, error instanceof AppError ? (error.retryAfterSeconds ?? 0) * 1000 : 0)
    log.warn(
      { err: error, backend: task.backend, chunkId: task.chunk_id, retryMs: delayMs },
      'a chunk could not be copied',
    )
    const text = error instanceof AppError || error instanceof WrongObject ? error.message : 'The copy failed.'
    await database.transaction(async (tx) => {
      // A new name, so that to delete the wrong object can never mean the right one.
      const objectId = error instanceof WrongObject ? newId('copy') : task.object_id
      await taskRepo(tx).postpone(task, nowMs() + delayMs, text, objectId)
      if (error instanceof WrongObject)
        await statesIn(tx, await policies.rules()).discard([{ backend: task.backend, locator: error.locator }], nowMs())
    })
    return { kind: 'failed' }
  }

  /** Copies until nothing is due. @returns For how long the backend wants to be left alone, if it does. */
  const drain = async (backend: Backend, endsAtMs: number, signal: AbortSignal): Promise<number | undefined> => {
    const running = new Map<string, Promise<void>>()
    let downSeconds: number | undefined
    let failure: { readonly error: unknown } | undefined
    const start = (task: CopyTask): void => {
      const work = copy(task, backend, signal).then(
        (outcome) => {
          if (outcome.kind === 'down') downSeconds = Math.max(downSeconds ?? 0, outcome.retryAfterSeconds)
        },
        (error: unknown) => {
          failure ??= { error }
        },
      )
      running.set(
        task.object_id,
        work.finally(() => running.delete(task.object_id)),
      )
    }
    const mayStart = (): boolean =>
      downSeconds === undefined && failure === undefined && !signal.aborted && clock.monotonicMs() < endsAtMs
    for (;;) {
      const free = mayStart() ? LANES - running.size : 0
      const tasks = free === 0 ? [] : await taskRepo(database.db).due(backend.name, nowMs(), free, [...running.keys()])
      for (const task of tasks) start(task)
      if (running.size === 0) break
      await Promise.race(running.values())
    }
    if (failure !== undefined) throw failure.error
    return downSeconds
  }

  /** @returns Milliseconds after which somebody should come back; undefined if nothing is left to do. */
  const shift = async (
    backend: Backend,
    lease: Lease,
    endsAtMs: number,
    signal: AbortSignal,
  ): Promise<number | undefined> => {
    try {
      const downSeconds = await drain(backend, endsAtMs, AbortSignal.any([signal, lease.signal]))
      if (downSeconds === undefined) return undefined
      const waitMs = Math.max(1, downSeconds * 1000)
      await pause(backend.name, nowMs() + waitMs)
      return waitMs
    } finally {
      await lease.release()
    }
  }

  /**
   * Copies what is due, if nobody else does.
   *
   * @returns Milliseconds after which somebody should come back; undefined if nothing waits.
   */
  const work = async (name: string, signal: AbortSignal): Promise<number | undefined> => {
    const backend = backends.get(name)
    if (backend === undefined) return undefined
    const pausedMs = (await pausedUntil(name)) - nowMs()
    if (pausedMs > 0) return pausedMs
    const endsAtMs = clock.monotonicMs() + SHIFT_MS
    for (;;) {
      const lease = await leases.acquire(`storage.copy:${name}`, LEASE_MS)
      // Whoever has it looks again after it gave it back, and so sees what we came for.
      if (lease === undefined) return undefined
      const waitMs = await shift(backend, lease, endsAtMs, signal)
      if (waitMs !== undefined) return waitMs
      signal.throwIfAborted()
      const nextAt = await taskRepo(database.db).nextAt(name)
      if (nextAt === undefined) return undefined
      // What failed comes with the next round of `wakeAll`: if each upload's job waited for it, they would pile up.
      if (nextAt > nowMs()) return undefined
      // Each attempt of a job has a limit, and coming back at once has none.
      if (clock.monotonicMs() >= endsAtMs) return 1
    }
  }

  return {
    wake,
    work,
    statesIn,

    /** The handler of `copyJob`. */
    async run({ backend }: { readonly backend: string }, { signal }: { readonly signal: AbortSignal }): Promise<void> {
      const waitMs = await work(backend, signal)
      if (waitMs !== undefined) throw new Postpone(waitMs)
    },

    /** Wakes whoever should be awake: for work whose job was lost, or that came while its backend was paused. */
    async wakeAll(): Promise<void> {
      const busy = await taskRepo(database.db).busy(nowMs())
      if (busy.length > 0) await database.transaction((tx) => wake(tx, busy))
    },
  }
}

const isEverywhere = async (tx: Db, chunkId: string, targets: readonly string[]): Promise<boolean> => {
  const rows = await tx
    .selectFrom('chunk_copies')
    .select('backend')
    .where('chunk_id', '=', chunkId)
    .where('state', '=', 'good')
    .execute()
  return targets.every((name) => rows.some(({ backend }) => backend === name))
}
