import type { AuditLog } from '../../accounts/index.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import type { Log } from '../../platform/log/index.ts'
import { type Backend, BackendErrors, type ObjectHandle } from '../backends/backend.ts'
import { ChunkErrors, LEAF_BYTES } from '../chunks/chunk.ts'
import type { BadCopy } from '../chunks/copies.ts'
import { isStoredLeaf } from '../chunks/leaf-tags.ts'
import type { CopyState, StoredCopy } from '../files/blobs.ts'
import type { StorageAccess } from './access.ts'
import { auditChange } from './audited.ts'
import { decryptingHandle, plainStream, streamingHandle } from './decode.ts'
import type { HealthBook } from './health.ts'
import type { Policies } from './policies.ts'
import type { Replication } from './replication.ts'
import type { BlobChange } from './states.ts'
import { unlessAborted } from './waiting.ts'

const BATCH = 64
/** With more of them a backend is taken to be away. */
const MAX_STUCK = 256
const HOURS = 24
const TIMEOUT_MS = 10 * 60_000

/** What a look at a copy found: its bytes are right, wrong, gone, or cannot be told now. */
export type Finding = CopyState | 'unavailable'

export interface InspectorOptions {
  readonly database: Database
  readonly backends: ReadonlyMap<string, Backend>
  readonly access: StorageAccess
  readonly policies: Policies
  readonly replication: Replication
  readonly health: HealthBook
  readonly audit: Pick<AuditLog, 'append'>
  readonly clock: Clock
  readonly log: Log
  readonly leafBytes?: number | undefined
  /** For one copy. */
  readonly timeoutMs?: number | undefined
}

export type Inspector = ReturnType<typeof copyInspector>

const COLUMNS = [
  'chunks.id',
  'chunks.blob_id',
  'chunks.position',
  'chunks.start_at',
  'chunks.size_bytes',
  'chunks.tag_key',
  'chunks.leaf_tags',
  'chunk_copies.backend',
  'chunk_copies.locator',
  'chunk_copies.state',
  'chunk_copies.salt',
  'blobs.sealed_key',
  'blobs.key_id',
] as const

/** Looks at copies, notes what it finds, and sees to the repair. */
export const copyInspector = (options: InspectorOptions) => {
  const { database, backends, access, policies, replication, health, audit, clock, log } = options
  const { leafBytes = LEAF_BYTES, timeoutMs = TIMEOUT_MS } = options
  const nowMs = (): number => clock.now().getTime()

  const openPast = async (copy: StoredCopy, backend: Backend, signal?: AbortSignal): Promise<ObjectHandle> => {
    const object = await access.toObject(copy, backend)
    const { sizeBytes, cipher } = object
    if (backend.open === undefined)
      return streamingHandle(sizeBytes, (position) => plainStream(object, position, sizeBytes - 1, signal))
    const opening = backend.open(copy.locator)
    return cipher === undefined ? opening : decryptingHandle(opening, cipher)
  }

  /** Reads all of a copy, past every cache. */
  const inspect = async (copy: StoredCopy, outer?: AbortSignal): Promise<Finding> => {
    const backend = backends.get(copy.backend)
    if (backend === undefined) return 'unavailable'
    const late = AbortSignal.timeout(timeoutMs)
    const signal = outer === undefined ? late : AbortSignal.any([outer, late])
    let handle: ObjectHandle | undefined
    try {
      handle = await unlessAborted(openPast(copy, backend, signal), signal, (late) => late.close())
      if (handle.sizeBytes !== copy.sizeBytes) return 'damaged'
      for (let at = 0; at < copy.sizeBytes; at += leafBytes) {
        const leaf = await unlessAborted(handle.read(at, Math.min(leafBytes, copy.sizeBytes - at)), signal)
        if (!isStoredLeaf(copy, at / leafBytes, leaf)) return 'damaged'
      }
      health.succeeded(copy.backend)
      return 'good'
    } catch (error) {
      if (outer?.aborted === true) throw error
      health.failed(copy.backend, error)
      return findingOf(error)
    } finally {
      handle?.close().catch(() => {})
    }
  }

  const tell = (change: BlobChange | undefined): void => {
    if (change === undefined || change.before === change.after) return
    const facts = { blobId: change.blobId, before: change.before, after: change.after }
    if (change.after === 'lost') log.error(facts, 'bytes of a file have no good copy left')
    else if (change.after === 'degraded') log.error(facts, 'a file has fewer good copies than it should')
    else log.info(facts, 'the copies of a file changed')
  }

  /** Writes down what was found out about a copy. */
  const note = async (copy: { backend: string; locator: string }, state: CopyState): Promise<void> => {
    const rules = await policies.rules()
    const noted = await database.transaction(async (tx) => {
      const noted = await replication.statesIn(tx, rules).note(copy, state, nowMs())
      await replication.wake(tx, noted?.busy ?? [])
      if (noted?.change !== undefined) await auditChange(tx, audit, noted.change)
      return noted
    })
    tell(noted?.change)
  }

  const settle = async (copy: StoredCopy, signal?: AbortSignal): Promise<Finding> => {
    const finding = await inspect(copy, signal)
    if (finding !== 'unavailable') await note(copy, finding)
    return finding
  }

  const select = () =>
    database.db
      .selectFrom('chunk_copies')
      .innerJoin('chunks', 'chunks.id', 'chunk_copies.chunk_id')
      .innerJoin('blobs', 'blobs.id', 'chunks.blob_id')
      .select(COLUMNS)

  const copiesOf = (backend: string) => select().where('chunk_copies.backend', '=', backend)

  /** Those that nobody could look at although their backend answers: they must not keep the others from being looked at. */
  const stuckIn = new Map<string, Set<string>>()

  /** The copies of a backend that were not looked at for longest; ends early where the backend is away. */
  const scrubBackend = async (name: string, most: number, before: number, signal: AbortSignal | undefined) => {
    const stuck = stuckIn.get(name) ?? new Set()
    stuckIn.set(name, stuck)
    const total = { looked: 0, bad: 0 }
    const seen = new Set<string>()
    /** @returns Whether it could be looked at. */
    const look = async (row: Row): Promise<boolean> => {
      signal?.throwIfAborted()
      const finding = await settle(toStoredCopy(row), signal)
      if (finding === 'unavailable') return false
      stuck.delete(row.locator)
      if (!seen.has(row.locator)) {
        total.looked += 1
        if (finding !== 'good') total.bad += 1
      }
      seen.add(row.locator)
      return true
    }
    const isAway = async (after: Row): Promise<boolean> => {
      const known = await copiesOf(name)
        .where('chunk_copies.locator', 'not in', [...stuck, after.locator])
        .orderBy('verified_at', 'desc')
        .limit(1)
        .executeTakeFirst()
      return known === undefined || !(await look(known))
    }

    while (total.looked < most) {
      const rows = await copiesOf(name)
        .where('verified_at', '<', before)
        .$if(stuck.size > 0, (query) => query.where('chunk_copies.locator', 'not in', [...stuck]))
        .orderBy('verified_at')
        .limit(Math.min(BATCH, most - total.looked))
        .execute()
      if (rows.length === 0) break
      for (const row of rows) {
        if (seen.has(row.locator) || (await look(row))) continue
        if (await isAway(row)) return total
        stuck.add(row.locator)
        if (stuck.size > MAX_STUCK) return total
      }
    }
    const [one, two = one ?? ''] = stuck
    if (one === undefined) return total
    const retried = await copiesOf(name).where('chunk_copies.locator', 'in', [one, two]).execute()
    for (const row of retried) {
      stuck.delete(row.locator)
      // Behind the others, which come first the next time.
      if (!(await look(row))) stuck.add(row.locator)
    }
    return total
  }

  return {
    inspect,
    note,

    /** For readers: marks a copy that could not be used, if that was its own fault. */
    onBadCopy({ copy, error }: BadCopy): void {
      const { name } = copy.backend
      log.warn({ err: error, backend: name, locator: copy.locator }, 'a copy of a chunk could not be used')
      const state = STATES[error.code]
      if (state === undefined) health.failed(name, error)
      else
        note({ backend: name, locator: copy.locator }, state).catch((cause: unknown) =>
          log.error({ err: cause, locator: copy.locator }, 'a bad copy could not be marked'),
        )
    },

    /**
     * Looks at a part of all copies, those that were not looked at for longest first.
     *
     * @param share Between 0 and 1.
     * @returns How many were looked at, and how many of them were bad.
     */
    async scrub(share: number, signal?: AbortSignal): Promise<{ readonly looked: number; readonly bad: number }> {
      const before = nowMs()
      const total = { looked: 0, bad: 0 }
      for (const name of backends.keys()) {
        const { copies } = await database.reader
          .selectFrom('chunk_copies')
          .select(({ fn }) => fn.countAll<number>().as('copies'))
          .where('backend', '=', name)
          .executeTakeFirstOrThrow()
        const most = Math.ceil(copies * Math.min(1, share))
        const { looked, bad } = await scrubBackend(name, most, before, signal)
        total.looked += looked
        total.bad += bad
      }
      if (total.bad > 0) log.error(total, 'the scrub found bad copies')
      return total
    },

    /** Every copy of every chunk of a blob, looked at now. */
    async verify(blobId: string, signal?: AbortSignal) {
      const rows = await select()
        .where('chunks.blob_id', '=', blobId)
        .orderBy('position')
        .orderBy('chunk_copies.backend')
        .execute()
      const chunks = new Map<
        number,
        { index: number; offset: number; sizeBytes: number; copies: { backend: string; finding: Finding }[] }
      >()
      for (const row of rows) {
        signal?.throwIfAborted()
        const finding = await settle(toStoredCopy(row), signal)
        const chunk = chunks.get(row.position) ?? {
          index: row.position,
          offset: row.start_at,
          sizeBytes: row.size_bytes,
          copies: [],
        }
        chunk.copies.push({ backend: row.backend, finding })
        chunks.set(row.position, chunk)
      }
      return [...chunks.values()]
    },
  }
}

/** @returns How much of everything one hour's scrub looks at. */
export const hourlyShare = (percentPerDay: number): number => percentPerDay / 100 / HOURS

const STATES: Partial<Record<string, CopyState>> = {
  [ChunkErrors.CHUNK_DAMAGED.code]: 'damaged',
  [BackendErrors.OBJECT_SIZE_MISMATCH.code]: 'damaged',
  [ChunkErrors.CHUNK_MISSING.code]: 'missing',
  [BackendErrors.OBJECT_MISSING.code]: 'missing',
  [BackendErrors.LOCATOR_INVALID.code]: 'missing',
}

const findingOf = (error: unknown): Finding =>
  (error instanceof AppError ? STATES[error.code] : undefined) ?? 'unavailable'

interface Row {
  readonly id: string
  readonly blob_id: string
  readonly size_bytes: number
  readonly tag_key: Buffer
  readonly leaf_tags: Buffer
  readonly backend: string
  readonly locator: string
  readonly state: CopyState
  readonly salt: Buffer | null
  readonly sealed_key: Buffer | null
  readonly key_id: string | null
}

const toStoredCopy = (row: Row): StoredCopy => ({
  chunkId: row.id,
  blobId: row.blob_id,
  sizeBytes: row.size_bytes,
  tagKey: row.tag_key,
  leafTags: row.leaf_tags,
  backend: row.backend,
  locator: row.locator,
  state: row.state,
  salt: row.salt,
  key: row,
})
