import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import { type Db, inBatches, type SqlDialect } from '../../platform/db/index.ts'
import { newId } from '../../platform/ids.ts'
import { type CopyState, DATABASE_BACKEND, lockBlobs } from '../files/blobs.ts'
import { SALT_BYTES } from './frames.ts'

/** Where uploads go first, and what small installations have alone. */
export const LOCAL_BACKEND = 'disk'

/** How a blob is, as callers see it. */
export type BlobState = 'stored' | 'replicating' | 'healthy' | 'degraded' | 'lost'

export interface BlobChange {
  readonly blobId: string
  readonly before: string
  readonly after: BlobState
}

/** @param encrypts Whether copies on a backend are to be encrypted. */
export interface StatesOptions {
  readonly dialect: SqlDialect
  readonly encrypts: (backend: string) => boolean
}

export type BlobStates = ReturnType<typeof blobStates>

export const toTargets = (text: string | null): string[] => (text === null || text === '' ? [] : text.split(','))

/**
 * What is true of blobs, kept true: every change of copies goes through here, and the state of the blob changes with it.
 * All of it runs in transactions that have the blob locked, so that two changes of one blob take turns.
 */
export const blobStates = (tx: Db, { dialect, encrypts }: StatesOptions) => {
  /** One row for each backend and state that copies of the blob have. */
  const sums = (blobId: string) =>
    tx
      .selectFrom('chunk_copies')
      .innerJoin('chunks', 'chunks.id', 'chunk_copies.chunk_id')
      .select(({ fn }) => [
        'backend',
        'state',
        fn.countAll<number>().as('copies'),
        fn.count<number>('salt').as('salted'),
      ])
      .where('blob_id', '=', blobId)
      .groupBy(['backend', 'state'])
      .execute()

  /** Of the chunk that has the fewest good copies: how many. And how many chunks there are. */
  const fewest = async (blobId: string) => {
    const perChunk = tx
      .selectFrom('chunks')
      .leftJoin('chunk_copies', (join) =>
        join.onRef('chunk_copies.chunk_id', '=', 'chunks.id').on('chunk_copies.state', '=', 'good'),
      )
      .select(({ fn }) => ['chunks.id', fn.count<number>('chunk_copies.backend').as('good')])
      .where('blob_id', '=', blobId)
      .groupBy('chunks.id')
      .as('per_chunk')
    return tx
      .selectFrom(perChunk)
      .select(({ fn }) => [fn.countAll<number>().as('chunks'), fn.min<number | null>('good').as('good')])
      .executeTakeFirstOrThrow()
  }

  const hasTasks = async (blobId: string): Promise<boolean> =>
    (await tx.selectFrom('copy_tasks').select('chunk_id').where('blob_id', '=', blobId).limit(1).executeTakeFirst()) !==
    undefined

  /** Computes a blob's state, home and number of copies anew, and writes them. */
  const refresh = async (blobId: string): Promise<BlobChange | undefined> => {
    const blob = await tx
      .selectFrom('blobs')
      .select(['state', 'backend', 'targets', 'move_id'])
      .select(sql<number>`case when inline_bytes is null then 0 else 1 end`.as('inline'))
      .where('id', '=', blobId)
      .executeTakeFirst()
    if (blob === undefined) return undefined
    const targets = toTargets(blob.targets)
    const [groups, { chunks, good }, waiting] = [await sums(blobId), await fewest(blobId), await hasTasks(blobId)]
    const isWhole = (name: string): boolean =>
      groups.some(({ backend, state, copies }) => backend === name && state === 'good' && copies === chunks)
    const bad = groups.some(({ state }) => state !== 'good')
    const replicas = (good ?? 0) + blob.inline
    const facts = { replicas, bad, waiting, complete: targets.every(isWhole), local: isLocal(targets) }
    const after = chunks === 0 ? 'stored' : stateOf(facts)
    const plain = blob.inline === 1 || groups.some(({ copies, salted }) => salted < copies)
    const home = targets.find(isWhole) ?? blob.backend
    await tx
      .updateTable('blobs')
      .set({
        state: after,
        replicas: chunks === 0 ? 1 : replicas,
        encrypted: chunks > 0 && !plain ? 1 : 0,
        backend: blob.backend === DATABASE_BACKEND ? blob.backend : home,
        move_id: waiting ? blob.move_id : null,
      })
      .where('id', '=', blobId)
      .execute()
    return { blobId, before: blob.state, after }
  }

  /** Gives up copies that are on none of the blob's targets, or only those of one chunk. */
  const dropSpare = async (blobId: string, deleteAfter: number, chunkId?: string): Promise<void> => {
    const row = await tx.selectFrom('blobs').select('targets').where('id', '=', blobId).executeTakeFirst()
    if (row === undefined || row.targets === null) return
    const targets = toTargets(row.targets)
    const own = tx
      .selectFrom('chunks')
      .select('id')
      .where('blob_id', '=', blobId)
      .$if(chunkId !== undefined, (query) => query.where('id', '=', chunkId ?? ''))
    const rows = await tx
      .deleteFrom('chunk_copies')
      .where('chunk_id', 'in', own)
      .$if(targets.length > 0, (query) => query.where('backend', 'not in', targets))
      .returning(['backend', 'locator'])
      .execute()
    await discard(rows, deleteAfter)
  }

  const discard = async (
    rows: readonly { readonly backend: string; readonly locator: string }[],
    deleteAfter: number,
  ): Promise<void> => {
    for (const batch of inBatches(rows))
      await tx
        .insertInto('discarded_objects')
        .values(batch.map(({ backend, locator }) => ({ backend, locator, delete_after: deleteAfter })))
        .onConflict((oc) => oc.columns(['backend', 'locator']).doNothing())
        .execute()
  }

  /**
   * Notes what is still to be copied: for each chunk every target that has no good copy, or one that is not as the
   * settings want it, as long as there is something to copy from.
   *
   * @param among Only on these backends; on all targets unless told.
   * @returns The backends that got work.
   */
  const plan = async (
    blobId: string,
    at: number,
    { recode = false, among }: { recode?: boolean; among?: ReadonlySet<string> } = {},
  ): Promise<string[]> => {
    const blob = await tx.selectFrom('blobs').select(['targets', 'move_id']).where('id', '=', blobId).executeTakeFirst()
    const targets = toTargets(blob?.targets ?? null).filter((name) => among?.has(name) ?? true)
    const chunks = await tx.selectFrom('chunks').select(['id', 'size_bytes']).where('blob_id', '=', blobId).execute()
    const own = tx.selectFrom('chunks').select('id').where('blob_id', '=', blobId)
    const busy = new Set<string>()
    for (const backend of targets) {
      const salted = encrypts(backend)
      const good = await tx
        .selectFrom('chunk_copies')
        .select(['chunk_id', sql<number>`case when salt is null then 0 else 1 end`.as('is_salted')])
        .where('chunk_id', 'in', own)
        .where('backend', '=', backend)
        .where('state', '=', 'good')
        .execute()
      const done = new Set(
        good.filter(({ is_salted }) => !recode || (is_salted === 1) === salted).map(({ chunk_id }) => chunk_id),
      )
      const missing = chunks.filter(({ id }) => !done.has(id))
      if (missing.length > 0) busy.add(backend)
      for (const batch of inBatches(missing))
        await tx
          .insertInto('copy_tasks')
          .values(
            batch.map(({ id, size_bytes }) => ({
              chunk_id: id,
              backend,
              blob_id: blobId,
              object_id: newId('copy'),
              salt: salted ? randomBytes(SALT_BYTES) : null,
              size_bytes,
              move_id: blob?.move_id ?? null,
              attempts: 0,
              not_before: at,
              created_at: at,
            })),
          )
          .onConflict((oc) => oc.columns(['chunk_id', 'backend']).doNothing())
          .execute()
    }
    return [...busy]
  }

  return {
    refresh,
    plan,
    discard,
    dropSpare,
    hasTasks,
    lock: (ids: readonly string[]): Promise<string[]> => lockBlobs(tx, ids, dialect),

    /**
     * Notes what was found out about a copy, and plans its repair.
     *
     * @param targets Of blobs that have none: what is repaired is where it was.
     * @returns What became of the blob; undefined if the copy is not there any more.
     */
    async note(
      copy: { readonly backend: string; readonly locator: string },
      state: CopyState,
      at: number,
    ): Promise<{ readonly change: BlobChange | undefined; readonly busy: readonly string[] } | undefined> {
      const found = await tx
        .selectFrom('chunk_copies')
        .innerJoin('chunks', 'chunks.id', 'chunk_copies.chunk_id')
        .select(['blob_id', 'chunk_id', 'state'])
        .where('backend', '=', copy.backend)
        .where('locator', '=', copy.locator)
        .executeTakeFirst()
      if (found === undefined) return undefined
      await lockBlobs(tx, [found.blob_id], dialect)
      const row = await tx
        .updateTable('chunk_copies')
        .set({ state, verified_at: at })
        .where('backend', '=', copy.backend)
        .where('locator', '=', copy.locator)
        .where('chunk_id', '=', found.chunk_id)
        .returning('chunk_id')
        .executeTakeFirst()
      if (row === undefined) return undefined
      if (state === 'good' && found.state === 'good') return { change: undefined, busy: [] }
      const busy = await plan(found.blob_id, at)
      return { change: await refresh(found.blob_id), busy }
    },
  }
}

const isLocal = (targets: readonly string[]): boolean => targets.every((name) => name === LOCAL_BACKEND)

interface Facts {
  readonly replicas: number
  readonly bad: boolean
  readonly waiting: boolean
  readonly complete: boolean
  readonly local: boolean
}

const stateOf = ({ replicas, bad, waiting, complete, local }: Facts): BlobState => {
  if (replicas === 0) return 'lost'
  if (bad) return 'degraded'
  if (waiting) return 'replicating'
  if (!complete) return 'degraded'
  return local ? 'stored' : 'healthy'
}
