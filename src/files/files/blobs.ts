import type { Generated } from 'kysely'
import type { Db, SqlDialect } from '../../platform/db/index.ts'
import { newId } from '../../platform/ids.ts'
import type { Backend } from '../backends/backend.ts'
import type { ChunkCopy, StoredChunk } from '../chunks/copies.ts'
import type { WrittenBytes, WrittenChunk } from '../chunks/writer.ts'

interface BlobsTable {
  id: string
  size_bytes: number
  sha256: Buffer
  backend: string
  state: string
  replicas: number
  encrypted: number
  created_at: number
  inline_bytes: Buffer | null
  /** Backends where the bytes are to be, separated by commas, the home first. Null: where they were put. */
  targets: string | null
  sealed_key: Buffer | null
  key_id: string | null
  move_id: string | null
  /** Since when no file has it any more, for bytes that are kept all the same. */
  kept_at: number | null
}

interface CopiesTable {
  chunk_id: string
  backend: string
  locator: string
  state: CopyState
  /** When its bytes were last seen to be right; 0 for one that was never looked at. */
  verified_at: number
  stored_bytes: number
  /** Of the object, where it was made by copying. */
  sha256: Buffer | null
  /** Null for plain bytes. */
  salt: Buffer | null
}

declare module '../../platform/db/tables.ts' {
  interface Tables {
    blobs: BlobsTable
    chunks: {
      id: string
      blob_id: string
      position: number
      start_at: number
      size_bytes: number
      tag_key: Buffer
      leaf_tags: Buffer
    }
    chunk_copies: CopiesTable
    discarded_objects: { backend: string; locator: string; delete_after: number; attempts: Generated<number> }
  }
}

export type CopyState = 'good' | 'damaged' | 'missing'

/** A copy as its row says, with what is needed to open it. */
export interface StoredCopy {
  readonly chunkId: string
  readonly blobId: string
  readonly sizeBytes: number
  readonly tagKey: Buffer
  readonly leafTags: Buffer
  readonly backend: string
  readonly locator: string
  readonly state: CopyState
  readonly salt: Buffer | null
  readonly key: Pick<BlobsTable, 'sealed_key' | 'key_id'>
}

/** Says how the plain bytes of copies are got, and in which order copies are asked. */
export interface CopyAccess {
  /** @returns Undefined for a copy that cannot be used here. */
  toCopy(copy: StoredCopy): ChunkCopy | undefined
  /** Less is asked sooner. */
  rank(copy: StoredCopy): number
}

/** What small files say of where they are. */
export const DATABASE_BACKEND = 'database'

// 8 values a row: far below what either database takes in one statement.
const ROWS_PER_STATEMENT = 1000

/** Plain copies, as the backends have them. */
const plainAccess = (backends: ReadonlyMap<string, Backend>): CopyAccess => ({
  toCopy({ backend: name, locator, salt }) {
    const backend = backends.get(name)
    return backend === undefined || salt !== null ? undefined : { backend, locator }
  },
  rank: ({ state }) => Number(state !== 'good'),
})

/**
 * The bytes of files as they are kept: inline, or as chunks with copies on backends. `db` is a transaction to write.
 *
 * @param access Where copies are read that are encrypted, or far away.
 */
export const blobRepo = (db: Db, backends: ReadonlyMap<string, Backend>, access = plainAccess(backends)) => {
  const insertChunks = async (blobId: string, written: readonly WrittenChunk[], backend: string, at: number) => {
    for (let from = 0; from < written.length; from += ROWS_PER_STATEMENT) {
      const part = written.slice(from, from + ROWS_PER_STATEMENT)
      await db
        .insertInto('chunks')
        .values(part.map((chunk) => toRow(chunk, blobId)))
        .execute()
      const copies = part.map(({ id, locator, sizeBytes }) => ({
        chunk_id: id,
        backend,
        locator,
        state: 'good' as const,
        verified_at: at,
        stored_bytes: sizeBytes,
      }))
      await db.insertInto('chunk_copies').values(copies).execute()
    }
  }

  return {
    /** @returns The id of the new blob. */
    async insert(
      { sizeBytes, sha256, chunks, inline }: WrittenBytes,
      chunkBackend: string,
      at: number,
    ): Promise<string> {
      const id = newId('blob')
      const backend = chunks.length === 0 ? DATABASE_BACKEND : chunkBackend
      const shape = { id, size_bytes: sizeBytes, sha256, backend, created_at: at, inline_bytes: inline ?? null }
      await db
        .insertInto('blobs')
        .values({ ...shape, state: 'stored', replicas: 1, encrypted: 0 })
        .execute()
      if (chunks.length > 0) await insertChunks(id, chunks, backend, at)
      return id
    },

    /** Forgets a blob that no file has any more; its objects are deleted when `deleteAfter` has come. */
    async discardUnused(id: string, deleteAfter: number): Promise<void> {
      const user = await db.selectFrom('files').select('id').where('blob_id', '=', id).limit(1).executeTakeFirst()
      if (user !== undefined) return
      const own = db.selectFrom('chunks').select('id').where('blob_id', '=', id)
      await db.deleteFrom('copy_tasks').where('blob_id', '=', id).execute()
      const keepers = db.selectFrom('storage_backends').select('name').where('keeps_deleted', '=', 1)
      const copies = db.selectFrom('chunk_copies').where('chunk_id', 'in', own).where('backend', 'not in', keepers)
      await db
        .insertInto('discarded_objects')
        .columns(['backend', 'locator', 'delete_after'])
        .expression(
          copies.select((eb) => ['backend', 'locator', eb.cast<number>(eb.val(deleteAfter), 'bigint').as('at')]),
        )
        .execute()
      await db.deleteFrom('chunk_copies').where('chunk_id', 'in', own).where('backend', 'not in', keepers).execute()
      const kept = await db
        .selectFrom('chunk_copies')
        .select('chunk_id')
        .where('chunk_id', 'in', own)
        .limit(1)
        .executeTakeFirst()
      if (kept !== undefined) {
        // The rows say what the objects are, and their key: without them nobody could read what was kept.
        await db.updateTable('blobs').set({ kept_at: deleteAfter, move_id: null }).where('id', '=', id).execute()
        return
      }
      await db.deleteFrom('chunks').where('blob_id', '=', id).execute()
      await db.deleteFrom('blobs').where('id', '=', id).execute()
    },

    /** Notes what a read found out about a copy; the state of its blob stays as it is. */
    async markCopy(backend: string, locator: string, state: CopyState, at: number): Promise<void> {
      await db
        .updateTable('chunk_copies')
        .set({ state, verified_at: at })
        .where('backend', '=', backend)
        .where('locator', '=', locator)
        .execute()
    },

    async inlineBytes(id: string): Promise<Buffer | undefined> {
      const row = await db.selectFrom('blobs').select('inline_bytes').where('id', '=', id).executeTakeFirst()
      return row?.inline_bytes ?? undefined
    },

    /** The chunks that hold the bytes `from` to `to`, in file order, the best copies first. */
    async chunks(id: string, from: number, to: number): Promise<StoredChunk[]> {
      const read = (first: number, last: number) =>
        db
          .selectFrom('chunks')
          .innerJoin('chunk_copies', 'chunk_copies.chunk_id', 'chunks.id')
          .innerJoin('blobs', 'blobs.id', 'chunks.blob_id')
          .select([
            'chunks.id',
            'blob_id',
            'position',
            'start_at',
            'chunks.size_bytes',
            'tag_key',
            'leaf_tags',
            'chunk_copies.backend',
            'locator',
            'chunk_copies.state',
            'salt',
            'sealed_key',
            'key_id',
          ])
          .where('blob_id', '=', id)
          .where('start_at', '<=', last)
          .where((eb) => eb(eb('start_at', '+', eb.ref('chunks.size_bytes')), '>', first))
          .orderBy('position')
          .execute()
      const toChunks = (rows: readonly ChunkRow[]): StoredChunk[] =>
        [...Map.groupBy(rows, ({ position }) => position).values()].flatMap((copies) => {
          const chunk = toChunk(copies, access)
          if (chunk === undefined) return []
          // A download lasts: copies that it was told of may have moved when it comes to them.
          const reload = async () => toChunks(await read(chunk.offset, chunk.offset))[0]?.copies ?? []
          return [{ ...chunk, reload }]
        })
      return toChunks(await read(from, to))
    },
  }
}

const toRow = ({ id, index, offset, sizeBytes, tagKey, leafTags }: WrittenChunk, blobId: string) => ({
  id,
  blob_id: blobId,
  position: index,
  start_at: offset,
  size_bytes: sizeBytes,
  tag_key: tagKey,
  leaf_tags: leafTags,
})

interface ChunkRow {
  readonly id: string
  readonly blob_id: string
  readonly position: number
  readonly start_at: number
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

const toChunk = (rows: readonly ChunkRow[], access: CopyAccess): StoredChunk | undefined => {
  const [first] = rows
  if (first === undefined) return undefined
  const copies = rows.map(toStoredCopy).toSorted((a, b) => access.rank(a) - access.rank(b))
  return {
    index: first.position,
    offset: first.start_at,
    sizeBytes: first.size_bytes,
    tagKey: first.tag_key,
    leafTags: first.leaf_tags,
    copies: copies.flatMap((copy) => access.toCopy(copy) ?? []),
  }
}

const toStoredCopy = (row: ChunkRow): StoredCopy => ({
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

/**
 * Keeps blobs from being discarded, or from getting another file, until the end of the transaction. To be asked when
 * all figures that it needs are locked.
 *
 * @returns Those that are still there.
 */
export const lockBlobs = async (tx: Db, ids: readonly string[], dialect: SqlDialect): Promise<string[]> => {
  if (ids.length === 0) return []
  const query = tx.selectFrom('blobs').select('id').where('id', 'in', ids).orderBy('id')
  const rows = await (dialect === 'postgres' ? query.forUpdate() : query).execute()
  return rows.map(({ id }) => id)
}
