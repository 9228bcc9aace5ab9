import { randomBytes } from 'node:crypto'
import type { Clock } from '../../platform/clock.ts'
import type { Db } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import type { Log } from '../../platform/log/index.ts'
import { type Backend, BackendErrors } from '../backends/backend.ts'
import type { StoredChunk } from '../chunks/copies.ts'
import { newTagKey } from '../chunks/leaf-tags.ts'
import type { WrittenBytes } from '../chunks/writer.ts'
import type { ObjectWriter, ObjectWriters } from '../files/object-writers.ts'
import type { StoredBytes } from '../files/placing.ts'
import { type Copier, type CopyOrder, type MadeCopy, WrongObject } from './copier.ts'
import { frameCipher, SALT_BYTES } from './frames.ts'
import { inlineChunk, inlineTags } from './inline.ts'
import { type Keyring, newFileKey } from './keys.ts'
import { type Policies, type PolicySubject, type StorageRules, verifyShare } from './policies.ts'
import type { Replication } from './replication.ts'
import { LOCAL_BACKEND } from './states.ts'

/** How long objects stay that a download may just be about to open. */
const SPARE_MS = 10 * 60_000
/** Chunks of one upload that are copied at the same time, where its answer waits for them. */
const LANES = 4
const TRIES = 3

export interface PlacementOptions {
  readonly backends: ReadonlyMap<string, Backend>
  readonly policies: Policies
  readonly replication: Replication
  readonly copier: Copier
  readonly keys: Keyring
  readonly writers: ObjectWriters
  readonly clock: Clock
  readonly log: Log
  readonly leafBytes?: number | undefined
  /** Between 0 and 1. */
  readonly random?: (() => number) | undefined
}

/** The bytes of a small file, as a chunk that can have copies. */
interface InlineChunk {
  readonly id: string
  readonly tagKey: Buffer
  readonly leafTags: Buffer
}

interface AheadCopy extends MadeCopy {
  readonly chunkId: string
  readonly backend: string
  readonly salt: Buffer | null
}

/** What was copied before there is a file. */
interface Ahead {
  readonly fileKey: Buffer
  readonly copies: readonly AheadCopy[]
  readonly inline: InlineChunk | undefined
  readonly writer: ObjectWriter
}

export type Placement = ReturnType<typeof placement>

/**
 * Decides where the bytes of new files are to be, and sees to it: what has to be elsewhere before the answer is copied
 * before the transaction of the file, and the rest is planned in it.
 */
export const placement = (options: PlacementOptions) => {
  const {
    backends,
    policies,
    replication,
    copier,
    keys,
    writers,
    clock,
    log,
    leafBytes,
    random = Math.random,
  } = options

  const newInlineChunk = (bytes: Buffer): InlineChunk => {
    const tagKey = newTagKey()
    return { id: newId('chunk'), tagKey, leafTags: inlineTags(tagKey, bytes, leafBytes) }
  }

  const insertInline = async (tx: Db, blobId: string, { id, tagKey, leafTags }: InlineChunk, sizeBytes: number) => {
    const shape = { position: 0, start_at: 0, size_bytes: sizeBytes, tag_key: tagKey, leaf_tags: leafTags }
    await tx
      .insertInto('chunks')
      .values({ id, blob_id: blobId, ...shape })
      .execute()
  }

  /** A small file has a chunk from the moment on in which it is to be somewhere else too. */
  const ensureInlineChunk = async (tx: Db, blobId: string, bytes: Buffer, ready?: InlineChunk): Promise<void> => {
    const known = await tx.selectFrom('chunks').select('id').where('blob_id', '=', blobId).executeTakeFirst()
    if (known === undefined) await insertInline(tx, blobId, ready ?? newInlineChunk(bytes), bytes.length)
  }

  const ensureKey = async (tx: Db, blobId: string, fileKey: Buffer | undefined): Promise<void> => {
    const row = await tx.selectFrom('blobs').select('key_id').where('id', '=', blobId).executeTakeFirst()
    if (row === undefined || row.key_id !== null) return
    const sealed = await keys.seal(tx, blobId, fileKey ?? newFileKey())
    await tx.updateTable('blobs').set(sealed).where('id', '=', blobId).execute()
  }

  /**
   * Says where a blob is to be from now on, and plans what that takes. The blob is locked, or nobody knows it yet.
   *
   * @param moveId The move that this is a part of.
   * @returns Whether something is to be copied.
   */
  const retarget = async (
    tx: Db,
    blobId: string,
    wanted: readonly string[],
    rules: StorageRules,
    { ahead, moveId = null }: { ahead?: Ahead | undefined; moveId?: string | null } = {},
  ): Promise<boolean> => {
    const at = clock.now().getTime()
    const blob = await tx
      .selectFrom('blobs')
      .select(['size_bytes', 'inline_bytes'])
      .where('id', '=', blobId)
      .executeTakeFirst()
    if (blob === undefined || blob.size_bytes === 0) return false
    // The database is as near as the disk: a small file gains nothing there.
    const targets = wanted.filter((name) => blob.inline_bytes === null || name !== LOCAL_BACKEND)
    if (blob.inline_bytes !== null && targets.length > 0)
      await ensureInlineChunk(tx, blobId, blob.inline_bytes, ahead?.inline)
    if (targets.some((name) => rules.settingsOf(name).encrypt)) await ensureKey(tx, blobId, ahead?.fileKey)
    await tx
      .updateTable('blobs')
      .set({ targets: targets.join(','), move_id: moveId })
      .where('id', '=', blobId)
      .execute()
    await insertCopies(tx, ahead?.copies ?? [], at)
    const states = replication.statesIn(tx, rules)
    await tx
      .deleteFrom('copy_tasks')
      .where('blob_id', '=', blobId)
      .where('backend', 'not in', ['', ...targets])
      .execute()
    const busy = await states.plan(blobId, at, { recode: true })
    if (busy.length === 0) await states.dropSpare(blobId, at + SPARE_MS)
    await states.refresh(blobId)
    await replication.wake(tx, busy)
    return busy.length > 0
  }

  /** Once more where what was stored turns out to be wrong: somebody waits for the answer. */
  const copyRight = async (order: Omit<CopyOrder, 'objectId'>, writer: ObjectWriter): Promise<MadeCopy> => {
    for (let tried = 1; ; tried += 1) {
      try {
        return await copier({ ...order, objectId: await writer.newObjectId() })
      } catch (error) {
        if (!(error instanceof WrongObject)) throw error
        // If it stays, the sweep finds it: it has the name of a writer that is gone then.
        await order.backend.delete([error.locator]).catch(() => {})
        if (tried === TRIES) throw new AppError(BackendErrors.BACKEND_UNAVAILABLE, { cause: error })
      }
    }
  }

  const copyAhead = async (
    written: WrittenBytes,
    names: readonly string[],
    rules: StorageRules,
    writer: ObjectWriter,
    signal: AbortSignal,
  ): Promise<Ahead> => {
    const fileKey = newFileKey()
    const inline = written.inline === undefined ? undefined : newInlineChunk(written.inline)
    const chunks = sources(written, inline, backends)
    const copies: AheadCopy[] = []
    const orders = names.flatMap((backend) => chunks.map((chunk) => ({ backend, ...chunk })))
    const next = orders[Symbol.iterator]()
    const lane = async (): Promise<void> => {
      for (const { backend: name, id: chunkId, chunk } of next) {
        const backend = backends.get(name)
        if (backend === undefined) continue
        const { encrypt, verify } = rules.settingsOf(name)
        const salt = encrypt ? randomBytes(SALT_BYTES) : null
        const cipher = salt === null ? undefined : frameCipher({ fileKey, salt, chunkId, sizeBytes: chunk.sizeBytes })
        const verifies = random() < verifyShare(verify)
        // The blob has no name yet: the rows of the chunk lead to it.
        const about = { chunk: chunkId, n: chunk.index, at: chunk.offset, of: written.sizeBytes }
        const made = await copyRight({ chunk, backend, about, cipher, verifies, signal }, writer)
        copies.push({ ...made, chunkId, backend: name, salt })
      }
    }
    const lanes = await Promise.allSettled(Array.from({ length: LANES }, lane))
    const failed = lanes.find((one) => one.status === 'rejected')
    if (failed === undefined) return { fileKey, copies, inline, writer }
    await discard({ copies, writer })
    throw failed.reason
  }

  const discard = async ({ copies, writer }: Pick<Ahead, 'copies' | 'writer'>): Promise<void> => {
    for (const [name, own] of Map.groupBy(copies, ({ backend }) => backend))
      await backends
        .get(name)
        ?.delete(own.map(({ locator }) => locator))
        .catch((error: unknown) => log.warn({ err: error, backend: name }, 'copies of a refused upload are left there'))
    await writer.finish()
  }

  return {
    retarget,

    /**
     * Makes a file of bytes by `put`, and puts them where the policies want them.
     *
     * @param written What the bytes are; without it no answer waits for a copy.
     * @throws {AppError} What `put` throws; BACKEND_UNAVAILABLE and DISK_FULL of a backend that is written through: then
     * there is no file.
     */
    async around<T>(
      subject: PolicySubject,
      {
        bytes,
        written,
        signal,
      }: { bytes: StoredBytes; written?: WrittenBytes | undefined; signal?: AbortSignal | undefined },
      put: (bytes: StoredBytes) => Promise<T>,
    ): Promise<T> {
      const rules = await policies.rules()
      const targets = rules.targetsFor(subject)
      const isLocal = targets.every((name) => name === LOCAL_BACKEND && !rules.settingsOf(name).encrypt)
      if (isLocal || bytes.sizeBytes === 0) return put(bytes)
      const first = written === undefined ? [] : targets.filter((name) => isWaitedFor(name, rules))
      const ahead =
        written === undefined || first.length === 0
          ? undefined
          : await copyAhead(written, first, rules, writers.create(), signal ?? new AbortController().signal)
      const place = async (tx: Db, at: number): Promise<string> => {
        const id = await bytes.place(tx, at)
        await ahead?.writer.handOver(tx)
        await retarget(tx, id, targets, rules, { ahead })
        return id
      }
      try {
        const result = await put({ ...bytes, place })
        ahead?.writer.release()
        return result
      } catch (error) {
        // After anything but a refusal of ours the rows may be there.
        if (ahead !== undefined && error instanceof AppError) await discard(ahead)
        else ahead?.writer.release()
        throw error
      }
    },
  }

  async function insertCopies(tx: Db, copies: readonly AheadCopy[], at: number): Promise<void> {
    for (const { chunkId, backend, locator, storedBytes, sha256, salt } of copies) {
      const facts = { state: 'good' as const, verified_at: at, stored_bytes: storedBytes, sha256, salt }
      await tx
        .insertInto('chunk_copies')
        .values({ chunk_id: chunkId, backend, locator, ...facts })
        .execute()
    }
  }
}

/** Of the disk, where uploads go anyway, nobody waits for a second, encrypted copy. */
const isWaitedFor = (name: string, rules: StorageRules): boolean =>
  name !== LOCAL_BACKEND && rules.settingsOf(name).mode === 'write-through'

const sources = (
  { chunks, inline }: WrittenBytes,
  row: InlineChunk | undefined,
  backends: ReadonlyMap<string, Backend>,
): { readonly id: string; readonly chunk: StoredChunk }[] => {
  const local = backends.get(LOCAL_BACKEND)
  if (row !== undefined && inline !== undefined) {
    const shape = { position: 0, start_at: 0, size_bytes: inline.length, tag_key: row.tagKey, leaf_tags: row.leafTags }
    return [{ id: row.id, chunk: inlineChunk(shape, inline) }]
  }
  return chunks.map((chunk) => ({
    id: chunk.id,
    chunk: { ...chunk, copies: local === undefined ? [] : [{ backend: local, locator: chunk.locator }] },
  }))
}
