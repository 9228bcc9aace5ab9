import type { Db, SqlDialect } from '../../platform/db/index.ts'
import { newId } from '../../platform/ids.ts'
import type { Backend } from '../backends/backend.ts'
import type { StoredChunk } from '../chunks/copies.ts'
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
    chunk_copies: { chunk_id: string; backend: string; locator: string; state: CopyState; verified_at: number }
    discarded_objects: { backend: string; locator: string; delete_after: number }
  }
}

export type CopyState = 'good' | 'damaged' | 'missing'

/** What small files say of where they are. */
export const DATABASE_BACKEND = 'database'

// 7 values a row: far below what either database takes in one statement.
const ROWS_PER_STATEMENT = 1000

/** The bytes of files as they are kept: inline, or as chunks with copies on backends. `db` is a transaction to write. */
export const blobRepo = (db: Db, backends: ReadonlyMap<string, Backend>) => {
  const insertChunks = async (blobId: string, written: readonly WrittenChunk[], backend: string, at: number) => {
    for (let from = 0; from < written.length; from += ROWS_PER_STATEMENT) {
      const part = written.slice(from, from + ROWS_PER_STATEMENT)
      await db
        .insertInto('chunks')
        .values(part.map((chunk) => toRow(chunk, blobId)))
        .execute()
      const copies = part.map(({ id, locator }) => ({
        chunk_id: id,
        backend,
        locator,
        state: 'good' as const,
        verified_at: at,
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
      await db
        .insertInto('discarded_objects')
        .columns(['backend', 'locator', 'delete_after'])
        .expression((eb) =>
          eb
            .selectFrom('chunk_copies')
            .innerJoin('chunks', 'chunks.id', 'chunk_copies.chunk_id')
            .select([
              'chunk_copies.backend',
              'chunk_copies.locator',
              eb.cast<number>(eb.val(deleteAfter), 'bigint').as('at'),
            ])
            .where('chunks.blob_id', '=', id),
        )
        .execute()
      const own = db.selectFrom('chunks').select('id').where('blob_id', '=', id)
      await db.deleteFrom('chunk_copies').where('chunk_id', 'in', own).execute()
      await db.deleteFrom('chunks').where('blob_id', '=', id).execute()
      await db.deleteFrom('blobs').where('id', '=', id).execute()
    },

    async inlineBytes(id: string): Promise<Buffer | undefined> {
      const row = await db.selectFrom('blobs').select('inline_bytes').where('id', '=', id).executeTakeFirst()
      return row?.inline_bytes ?? undefined
    },

    /** The chunks that hold the bytes `from` to `to`, in file order, good copies first. */
    async chunks(id: string, from: number, to: number): Promise<StoredChunk[]> {
      const rows = await db
        .selectFrom('chunks')
        .innerJoin('chunk_copies', 'chunk_copies.chunk_id', 'chunks.id')
        .select(['position', 'start_at', 'size_bytes', 'tag_key', 'leaf_tags', 'backend', 'locator', 'state'])
        .where('blob_id', '=', id)
        .where('start_at', '<=', to)
        .where((eb) => eb(eb('start_at', '+', eb.ref('size_bytes')), '>', from))
        .orderBy('position')
        .execute()
      return toChunks(rows, backends)
    },

    /** Notes what a read found out about a copy. */
    async markCopy(backend: string, locator: string, state: CopyState, at: number): Promise<void> {
      await db
        .updateTable('chunk_copies')
        .set({ state, verified_at: at })
        .where('backend', '=', backend)
        .where('locator', '=', locator)
        .execute()
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
  readonly position: number
  readonly start_at: number
  readonly size_bytes: number
  readonly tag_key: Buffer
  readonly leaf_tags: Buffer
  readonly backend: string
  readonly locator: string
  readonly state: CopyState
}

const toChunks = (rows: readonly ChunkRow[], backends: ReadonlyMap<string, Backend>): StoredChunk[] => {
  const byPosition = Map.groupBy(rows, ({ position }) => position)
  return [...byPosition.values()].flatMap((copies) => {
    const [first] = copies
    if (first === undefined) return []
    const sorted = copies.toSorted((a, b) => Number(a.state !== 'good') - Number(b.state !== 'good'))
    return [
      {
        index: first.position,
        offset: first.start_at,
        sizeBytes: first.size_bytes,
        tagKey: first.tag_key,
        leafTags: first.leaf_tags,
        copies: sorted.flatMap(({ backend: name, locator }) => {
          const backend = backends.get(name)
          return backend === undefined ? [] : [{ backend, locator }]
        }),
      },
    ]
  })
}

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
