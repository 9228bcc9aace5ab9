import type { Database } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import type { Log } from '../../platform/log/index.ts'
import type { Backend } from '../backends/backend.ts'
import { CHUNK_BYTES } from '../chunks/chunk.ts'
import { rangeReader, type StoredChunk } from '../chunks/reader.ts'
import { chunkWriter } from '../chunks/writer.ts'
import type { ObjectWriters } from '../files/object-writers.ts'
import { UploadErrors } from './contract.ts'
import type { Hold } from './holds.ts'
import { toMerge } from './merge.ts'
import type { ReceiverOptions } from './receive.ts'
import { type UploadChunkRow, uploadRepo } from './repo.ts'

// Chunks at the end at least double from one to the one before it, so this is more than there can be to join.
const LOOK_BACK = 32

export interface CompactorOptions {
  readonly database: Database
  readonly backends: ReadonlyMap<string, Backend>
  readonly backend: string
  readonly writers: ObjectWriters
  /** Deletes objects that were discarded. */
  readonly discardNow: (chunks: readonly UploadChunkRow[]) => Promise<void>
  readonly now: () => number
  readonly expiresMs: number
  readonly log: Log
  readonly sizes: ReceiverOptions['sizes']
}

export type Compactor = ReturnType<typeof uploadCompactor>

/** Joins the small chunks at the end of an upload, see `toMerge`. If that fails, they stay as they are. */
export const uploadCompactor = (options: CompactorOptions) => {
  const { database, backends, backend, writers, discardNow, now, expiresMs, log, sizes } = options
  const ranges = rangeReader({
    onBadCopy: ({ copy, error }) => log.error({ err: error, locator: copy.locator }, 'a chunk of an upload is bad'),
    ...(sizes === undefined ? {} : { leafBytes: sizes.leafBytes }),
  })

  const replace = async (hold: Hold, old: readonly UploadChunkRow[]): Promise<void> => {
    const [first, last] = [old[0], old.at(-1)]
    if (first === undefined || last === undefined) return
    const from = first.start_at
    const writer = writers.create()
    const onOrphans = (): void => {}
    const chunks = chunkWriter({ store: writer.store, onOrphans, ...sizes })
    const to = last.start_at + last.size_bytes - 1
    try {
      const source = await ranges.openRange({ chunks: toStored(old, backends), from, to })
      const written = await chunks.write(source, { startAt: { index: 0, offset: from } })
      await database.transaction(async (tx) => {
        await writer.handOverSome(tx)
        const repo = uploadRepo(tx)
        const { id, fence } = hold.row
        const step = { from: to + 1, to: to + 1, expiresAt: now() + expiresMs, heldUntil: hold.heldUntil() }
        if (!(await repo.advance(id, fence, step))) throw new AppError(UploadErrors.UPLOAD_LOCKED)
        await repo.discardChunks(id, now(), from)
        await repo.insertChunks(id, backend, written.chunks)
      })
      await discardNow(old)
    } finally {
      // What was written and not committed has no writer any more: the sweep finds it.
      await writer.finish()
    }
  }

  return async (hold: Hold): Promise<void> => {
    try {
      const last = await uploadRepo(database.db).lastChunks(hold.row.id, LOOK_BACK)
      await replace(hold, toMerge(last, sizes?.chunkBytes ?? CHUNK_BYTES))
    } catch (error) {
      log.warn({ err: error, uploadId: hold.row.id }, 'small chunks of an upload could not be joined')
    }
  }
}

/** Rows as a reader takes them. */
export const toStored = (rows: readonly UploadChunkRow[], backends: ReadonlyMap<string, Backend>): StoredChunk[] =>
  rows.map((row, index) => {
    const backend = backends.get(row.backend)
    return {
      index,
      offset: row.start_at,
      sizeBytes: row.size_bytes,
      tagKey: row.tag_key,
      leafTags: row.leaf_tags,
      copies: backend === undefined ? [] : [{ backend, locator: row.locator }],
    }
  })
