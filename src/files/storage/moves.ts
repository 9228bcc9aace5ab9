import { type ExpressionBuilder, type SqlBool, sql } from 'kysely'
import { z } from 'zod'
import type { Clock } from '../../platform/clock.ts'
import type { Database, Db, Tables } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import { defineJob, type JobQueue, Postpone } from '../../platform/jobs/index.ts'
import { DATABASE_BACKEND, lockBlobs } from '../files/blobs.ts'
import { StorageErrors } from './errors.ts'
import type { Placement } from './placement.ts'
import type { Policies, StorageRules } from './policies.ts'
import type { Replication } from './replication.ts'
import { LOCAL_BACKEND, toTargets } from './states.ts'
import type { MoveState, StorageMove } from './tables.ts'

/** Files that are between two places at the same time. */
const WINDOW = 64
const BATCH = 16
const POLL_MS = 1_000

export const moveJob = defineJob({ name: 'storage.move', payload: z.object({ id: z.string() }), concurrency: 2 })

/** Which files are moved; all of them unless told. */
export const MoveFilter = z.strictObject({
  account_id: z.string().max(64).optional(),
  folder_id: z.string().max(64).optional(),
  file_type: z.string().max(32).optional(),
  min_bytes: z.int().min(0).optional(),
  max_bytes: z.int().min(0).optional(),
})
export type MoveFilter = z.infer<typeof MoveFilter>

export interface MoveProgress extends StorageMove {
  readonly moved_blobs: number
  readonly moved_bytes: number
}

export interface MoverOptions {
  readonly database: Database
  readonly placement: Placement
  readonly policies: Policies
  readonly replication: Replication
  readonly jobs: Pick<JobQueue, 'enqueue'>
  readonly clock: Clock
  readonly pollMs?: number | undefined
}

export type BlobMover = ReturnType<typeof blobMover>

/**
 * Moves files from one backend to another while they are used: a few at a time get another target, are copied and
 * checked like any other, and leave the old place when all of their chunks are in the new one.
 */
export const blobMover = (options: MoverOptions) => {
  const { database, placement, policies, replication, jobs, clock, pollMs = POLL_MS } = options
  const { db } = database
  const nowMs = (): number => clock.now().getTime()

  const get = async (id: string): Promise<StorageMove> => {
    const row = await db.selectFrom('storage_moves').selectAll().where('id', '=', id).executeTakeFirst()
    if (row === undefined) throw new AppError(StorageErrors.MOVE_NOT_FOUND)
    return row
  }

  const inFlight = async (id: string): Promise<{ blobs: number; bytes: number }> => {
    const row = await db
      .selectFrom('blobs')
      .select(({ fn }) => [fn.countAll<number>().as('blobs'), fn.sum<number | null>('size_bytes').as('bytes')])
      .where('move_id', '=', id)
      .executeTakeFirstOrThrow()
    return { blobs: row.blobs, bytes: Number(row.bytes ?? 0) }
  }

  const progressOf = async (move: StorageMove): Promise<MoveProgress> => {
    const under = await inFlight(move.id)
    return { ...move, moved_blobs: move.taken_blobs - under.blobs, moved_bytes: move.taken_bytes - under.bytes }
  }

  const setState = (tx: Db, id: string, from: readonly MoveState[], state: MoveState) =>
    tx
      .updateTable('storage_moves')
      .set({ state, updated_at: nowMs() })
      .where('id', '=', id)
      .where('state', 'in', from)
      .returningAll()
      .executeTakeFirst()

  const takeBatch = async (move: StorageMove, rules: StorageRules): Promise<boolean> =>
    database.transaction(async (tx) => {
      const current = await tx.selectFrom('storage_moves').selectAll().where('id', '=', move.id).executeTakeFirst()
      if (current?.state !== 'running') return false
      const rows = await candidates(tx, current).select(['id', 'size_bytes']).orderBy('id').limit(BATCH).execute()
      const last = rows.at(-1)
      if (last === undefined) return false
      const held = new Set(
        await lockBlobs(
          tx,
          rows.map(({ id }) => id),
          database.dialect,
        ),
      )
      for (const { id } of rows) if (held.has(id)) await take(tx, current, id, rules)
      const taken = { blobs: rows.length, bytes: rows.reduce((sum, row) => sum + row.size_bytes, 0) }
      await tx
        .updateTable('storage_moves')
        .set((eb) => ({
          at_blob: last.id,
          taken_blobs: eb('taken_blobs', '+', taken.blobs),
          taken_bytes: eb('taken_bytes', '+', taken.bytes),
          updated_at: nowMs(),
        }))
        .where('id', '=', move.id)
        .execute()
      return true
    })

  const take = async (tx: Db, move: StorageMove, blobId: string, rules: StorageRules): Promise<void> => {
    const row = await tx.selectFrom('blobs').select(['targets', 'backend']).where('id', '=', blobId).executeTakeFirst()
    if (row === undefined) return
    const before = row.targets === null || row.targets === '' ? [move.from_backend] : toTargets(row.targets)
    const after = [...new Set(before.map((name) => (name === move.from_backend ? move.to_backend : name)))]
    // What is there already only leaves here: there is nothing to be called off.
    const moveId = before.includes(move.to_backend) ? null : move.id
    await placement.retarget(tx, blobId, after, rules, { moveId })
  }

  const callOff = async (move: StorageMove, rules: StorageRules): Promise<void> => {
    for (;;) {
      const left = await database.transaction(async (tx) => {
        const rows = await tx
          .selectFrom('blobs')
          .select(['id', 'targets'])
          .where('move_id', '=', move.id)
          .limit(BATCH)
          .execute()
        const held = new Set(
          await lockBlobs(
            tx,
            rows.map(({ id }) => id),
            database.dialect,
          ),
        )
        for (const { id, targets } of rows) {
          if (!held.has(id)) continue
          const before = toTargets(targets).map((name) => (name === move.to_backend ? move.from_backend : name))
          await placement.retarget(tx, id, before, rules)
        }
        return rows.length
      })
      if (left === 0) return
    }
  }

  const wake = (tx: Db, id: string) => jobs.enqueue(tx, moveJob, { id }, { key: id })

  return {
    get: async (id: string): Promise<MoveProgress> => progressOf(await get(id)),

    async list(): Promise<MoveProgress[]> {
      const rows = await db.selectFrom('storage_moves').selectAll().orderBy('id', 'desc').limit(100).execute()
      return Promise.all(rows.map(progressOf))
    },

    /** @throws {AppError} SAME_BACKEND */
    async start(from: string, to: string, filter: MoveFilter, createdBy: string): Promise<MoveProgress> {
      if (from === to) throw new AppError(StorageErrors.SAME_BACKEND)
      const at = nowMs()
      const counted = { total_blobs: 0, total_bytes: 0, taken_blobs: 0, taken_bytes: 0 }
      const move: StorageMove = {
        id: newId('move'),
        from_backend: from,
        to_backend: to,
        filter: JSON.stringify(filter),
        state: 'running',
        at_blob: '',
        ...counted,
        created_by: createdBy,
        created_at: at,
        updated_at: at,
      }
      const total = await candidates(db, move)
        .select(({ fn }) => [fn.countAll<number>().as('blobs'), fn.sum<number | null>('size_bytes').as('bytes')])
        .executeTakeFirstOrThrow()
      const row = { ...move, total_blobs: total.blobs, total_bytes: Number(total.bytes ?? 0) }
      await database.transaction(async (tx) => {
        await tx.insertInto('storage_moves').values(row).execute()
        await wake(tx, row.id)
      })
      return progressOf(row)
    },

    /** @throws {AppError} MOVE_NOT_FOUND, MOVE_ENDED */
    async pause(id: string): Promise<MoveProgress> {
      const row = await setState(db, (await get(id)).id, ['running', 'paused'], 'paused')
      if (row === undefined) throw new AppError(StorageErrors.MOVE_ENDED)
      return progressOf(row)
    },

    /** @throws {AppError} MOVE_NOT_FOUND, MOVE_ENDED */
    async resume(id: string): Promise<MoveProgress> {
      const { to_backend } = await get(id)
      const row = await database.transaction(async (tx) => {
        const resumed = await setState(tx, id, ['running', 'paused'], 'running')
        if (resumed === undefined) return undefined
        await wake(tx, id)
        await replication.wake(tx, [to_backend])
        return resumed
      })
      if (row === undefined) throw new AppError(StorageErrors.MOVE_ENDED)
      return progressOf(row)
    },

    /** What has moved stays moved; what is half-way goes back. @throws {AppError} MOVE_NOT_FOUND, MOVE_ENDED */
    async cancel(id: string): Promise<MoveProgress> {
      await get(id)
      const row = await setState(db, id, ['running', 'paused', 'cancelled'], 'cancelled')
      if (row === undefined) throw new AppError(StorageErrors.MOVE_ENDED)
      const { blobs, bytes } = await inFlight(id)
      await callOff(row, await policies.rules())
      await db
        .updateTable('storage_moves')
        .set((eb) => ({ taken_blobs: eb('taken_blobs', '-', blobs), taken_bytes: eb('taken_bytes', '-', bytes) }))
        .where('id', '=', id)
        .execute()
      return progressOf(await get(id))
    },

    /** The handler of `moveJob`: keeps a window of files moving, and looks again every second. */
    async run({ id }: { readonly id: string }, { signal }: { readonly signal: AbortSignal }): Promise<void> {
      const move = await db.selectFrom('storage_moves').selectAll().where('id', '=', id).executeTakeFirst()
      if (move?.state !== 'running') return
      const rules = await policies.rules()
      let hasMore = true
      while (hasMore && (await inFlight(id)).blobs < WINDOW) {
        signal.throwIfAborted()
        hasMore = await takeBatch(move, rules)
      }
      if (hasMore || (await inFlight(id)).blobs > 0) throw new Postpone(pollMs)
      await setState(db, id, ['running'], 'done')
    },
  }
}

type BlobsIn = ExpressionBuilder<Tables, 'blobs'>

/** Blobs behind the last one that was looked at, that are to be at the old place. */
const candidates = (db: Db, { from_backend: from, filter, at_blob }: StorageMove) => {
  const wanted = MoveFilter.parse(JSON.parse(filter))
  const isThere = (eb: BlobsIn) => {
    const named = sql<SqlBool>`',' || blobs.targets || ',' like ${`%,${from},%`}`
    const unnamed = eb.and([
      eb.or([eb('targets', 'is', null), eb('targets', '=', '')]),
      eb('backend', 'in', from === LOCAL_BACKEND ? [LOCAL_BACKEND, DATABASE_BACKEND] : [from]),
    ])
    return eb.or([named, unnamed])
  }
  return db
    .selectFrom('blobs')
    .where('blobs.id', '>', at_blob)
    .where('kept_at', 'is', null)
    .where('size_bytes', '>', 0)
    .where('size_bytes', '>=', wanted.min_bytes ?? 0)
    .where('size_bytes', '<=', wanted.max_bytes ?? Number.MAX_SAFE_INTEGER)
    .where(isThere)
    .where((eb) => {
      const { account_id, folder_id, file_type } = wanted
      const owners = eb
        .selectFrom('files')
        .select('files.id')
        .whereRef('files.blob_id', '=', 'blobs.id')
        .$if(account_id !== undefined, (query) => query.where('files.account_id', '=', account_id ?? ''))
        .$if(folder_id !== undefined, (query) => query.where('files.folder_id', '=', folder_id ?? ''))
        .$if(file_type !== undefined, (query) => query.where(sql`files.type`, '=', file_type ?? ''))
      return eb.exists(owners)
    })
}
