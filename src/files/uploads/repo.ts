import { sql } from 'kysely'
import type { Db } from '../../platform/db/index.ts'
import type { Position } from '../../platform/http/cursor.ts'
import type { WrittenChunk } from '../chunks/writer.ts'
import type { OnConflict } from '../files/contract.ts'

export type UploadKind = 'whole' | 'partial' | 'final' | 'import'

/** An upload as it is kept. Moments are milliseconds. */
export interface UploadRow {
  readonly id: string
  readonly account_id: string
  readonly kind: UploadKind
  readonly state: 'open' | 'done'
  /** Null until the sender says. */
  readonly size_bytes: number | null
  /** What is durable: where the last chunk ends. */
  readonly offset_bytes: number
  readonly name: string
  readonly media_type: string
  readonly folder_id: string | null
  readonly team_id: string | null
  readonly on_conflict: OnConflict
  /** What the whole must have, if the sender said so. */
  readonly sha256: Buffer | null
  /** `Upload-Metadata` and `Upload-Concat` as they came. */
  readonly metadata: string | null
  readonly concat: string | null
  readonly file_id: string | null
  /** The process that is changing it, until when nobody asks again, and how often it changed hands. */
  readonly holder: string | null
  readonly held_until: number
  readonly fence: number
  readonly created_at: number
  readonly expires_at: number
}

export interface UploadChunkRow {
  readonly id: string
  readonly upload_id: string
  readonly start_at: number
  readonly size_bytes: number
  readonly tag_key: Buffer
  readonly leaf_tags: Buffer
  readonly backend: string
  readonly locator: string
}

declare module '../../platform/db/tables.ts' {
  interface Tables {
    file_uploads: UploadRow
    file_upload_chunks: UploadChunkRow
  }
}

const ROWS_PER_STATEMENT = 1000

export type UploadRepo = ReturnType<typeof uploadRepo>

/** @param db For what writes chunks: a transaction. */
export const uploadRepo = (db: Db) => {
  const mine = (id: string, fence: number) =>
    db.updateTable('file_uploads').where('id', '=', id).where('fence', '=', fence).where('state', '=', 'open')

  return {
    async insert(row: UploadRow): Promise<void> {
      await db.insertInto('file_uploads').values(row).execute()
    },

    find: (accountId: string, id: string): Promise<UploadRow | undefined> =>
      db
        .selectFrom('file_uploads')
        .selectAll()
        .where('account_id', '=', accountId)
        .where('id', '=', id)
        .executeTakeFirst(),

    findFinal: (accountId: string, concat: string): Promise<UploadRow | undefined> =>
      db
        .selectFrom('file_uploads')
        .selectAll()
        .where('account_id', '=', accountId)
        .where('kind', '=', 'final')
        .where('concat', '=', concat)
        .executeTakeFirst(),

    /** Those that a person would want to go on with, the newest first. */
    listOpen(accountId: string, after: Position | undefined, limit: number): Promise<UploadRow[]> {
      let query = db
        .selectFrom('file_uploads')
        .selectAll()
        .where('account_id', '=', accountId)
        .where('state', '=', 'open')
        .where('kind', '<>', 'import')
      if (after !== undefined)
        query = query.where(({ eb, refTuple, tuple }) =>
          eb(refTuple('created_at', 'id'), '<', tuple(after.createdAt, after.id)),
        )
      return query.orderBy('created_at', 'desc').orderBy('id', 'desc').limit(limit).execute()
    },

    /** How many an account has open, and how many bytes they may come to. @param except One that is not counted. */
    async sumOpen(accountId: string, except = ''): Promise<{ count: number; sizeBytes: number }> {
      const row = await db
        .selectFrom('file_uploads')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .select(sql<number | string | null>`sum(coalesce(size_bytes, offset_bytes))`.as('size'))
        .where('account_id', '=', accountId)
        .where('state', '=', 'open')
        .where('id', '<>', except)
        .executeTakeFirstOrThrow()
      return { count: Number(row.count), sizeBytes: Number(row.size ?? 0) }
    },

    /**
     * Takes an open upload for a process, unless another one has it.
     *
     * @param alone No other process can be alive.
     */
    take: (id: string, owner: string, alone: boolean, at: number, heldUntil: number): Promise<UploadRow | undefined> =>
      db
        .updateTable('file_uploads')
        .set((eb) => ({ holder: owner, held_until: heldUntil, fence: eb('fence', '+', 1) }))
        .where('id', '=', id)
        .where('state', '=', 'open')
        .$if(!alone, (query) =>
          query.where((eb) => eb.or([eb('holder', 'is', null), eb('holder', '=', owner), eb('held_until', '<=', at)])),
        )
        .returningAll()
        .executeTakeFirst(),

    async renew(id: string, fence: number, heldUntil: number): Promise<void> {
      await mine(id, fence).set({ held_until: heldUntil }).execute()
    },

    async release(id: string, fence: number): Promise<void> {
      await mine(id, fence).set({ holder: null, held_until: 0 }).execute()
    },

    async setSize(id: string, fence: number, sizeBytes: number): Promise<boolean> {
      const row = await mine(id, fence).set({ size_bytes: sizeBytes }).returning('id').executeTakeFirst()
      return row !== undefined
    },

    /** Moves the offset. @returns false if it is not at `from`, or the upload is somebody else's or gone. */
    async advance(
      id: string,
      fence: number,
      { from, to, expiresAt, heldUntil }: { from: number; to: number; expiresAt: number; heldUntil: number },
    ): Promise<boolean> {
      const row = await mine(id, fence)
        .where('offset_bytes', '=', from)
        .set({ offset_bytes: to, expires_at: expiresAt, held_until: heldUntil })
        .returning('id')
        .executeTakeFirst()
      return row !== undefined
    },

    /** To offset 0, where all chunks were given up. */
    async restart(id: string, fence: number): Promise<boolean> {
      const none = { offset_bytes: 0, size_bytes: null }
      return (await mine(id, fence).set(none).returning('id').executeTakeFirst()) !== undefined
    },

    async markDone(id: string, fence: number, sizeBytes: number, expiresAt: number): Promise<boolean> {
      const done = {
        state: 'done' as const,
        offset_bytes: sizeBytes,
        holder: null,
        held_until: 0,
        expires_at: expiresAt,
      }
      return (await mine(id, fence).set(done).returning('id').executeTakeFirst()) !== undefined
    },

    async setFile(id: string, fileId: string): Promise<void> {
      await db.updateTable('file_uploads').set({ file_id: fileId }).where('id', '=', id).execute()
    },

    async insertChunks(uploadId: string, backend: string, chunks: readonly WrittenChunk[]): Promise<void> {
      for (let from = 0; from < chunks.length; from += ROWS_PER_STATEMENT) {
        const rows = chunks.slice(from, from + ROWS_PER_STATEMENT).map((chunk) => ({
          id: chunk.id,
          upload_id: uploadId,
          start_at: chunk.offset,
          size_bytes: chunk.sizeBytes,
          tag_key: chunk.tagKey,
          leaf_tags: chunk.leafTags,
          backend,
          locator: chunk.locator,
        }))
        await db.insertInto('file_upload_chunks').values(rows).execute()
      }
    },

    /** In file order. */
    chunks: (uploadId: string): Promise<UploadChunkRow[]> =>
      db.selectFrom('file_upload_chunks').selectAll().where('upload_id', '=', uploadId).orderBy('start_at').execute(),

    /** The last `limit`, in file order. */
    async lastChunks(uploadId: string, limit: number): Promise<UploadChunkRow[]> {
      const rows = await db
        .selectFrom('file_upload_chunks')
        .selectAll()
        .where('upload_id', '=', uploadId)
        .orderBy('start_at', 'desc')
        .limit(limit)
        .execute()
      return rows.reverse()
    },

    /** Forgets rows of chunks whose objects belong to something else by now. */
    async deleteChunks(uploadId: string): Promise<void> {
      await db.deleteFrom('file_upload_chunks').where('upload_id', '=', uploadId).execute()
    },

    /** Gives up chunks: from the end of the transaction on, their objects may be deleted by anybody. */
    async discardChunks(uploadId: string, at: number, from = 0): Promise<void> {
      const chunks = db.selectFrom('file_upload_chunks').where('upload_id', '=', uploadId).where('start_at', '>=', from)
      await db
        .insertInto('discarded_objects')
        .columns(['backend', 'locator', 'delete_after'])
        .expression(
          chunks.select((eb) => ['backend', 'locator', eb.cast<number>(eb.val(at), 'bigint').as('delete_after')]),
        )
        .execute()
      await db
        .deleteFrom('file_upload_chunks')
        .where('upload_id', '=', uploadId)
        .where('start_at', '>=', from)
        .execute()
    },

    /** Puts the chunks of one upload into another, `atBytes` further on. */
    async moveChunks(from: string, to: string, atBytes: number): Promise<void> {
      await db
        .updateTable('file_upload_chunks')
        .set((eb) => ({ upload_id: to, start_at: eb('start_at', '+', atBytes) }))
        .where('upload_id', '=', from)
        .execute()
    },

    /** Of the given parts those that are there and whole, locked until the end of the transaction. */
    completeParts: (accountId: string, ids: readonly string[], at: number): Promise<UploadRow[]> =>
      db
        .updateTable('file_uploads')
        .set((eb) => ({ fence: eb('fence', '+', 1) }))
        .where('account_id', '=', accountId)
        .where('id', 'in', ids)
        .where('kind', '=', 'partial')
        .where('expires_at', '>', at)
        .whereRef('offset_bytes', '=', 'size_bytes')
        .returningAll()
        .execute(),

    async delete(id: string): Promise<boolean> {
      return (await db.deleteFrom('file_uploads').where('id', '=', id).returning('id').executeTakeFirst()) !== undefined
    },

    /** Also those that are held: whoever holds one moves its end with every chunk. */
    listExpired: (at: number, limit: number): Promise<UploadRow[]> =>
      db
        .selectFrom('file_uploads')
        .selectAll()
        .where('expires_at', '<=', at)
        .where('held_until', '<=', at)
        .orderBy('expires_at')
        .limit(limit)
        .execute(),

    /** Deletes an upload that expired, unless somebody took or moved it since `fence` was read. */
    async deleteExpired(id: string, fence: number, at: number): Promise<boolean> {
      const row = await db
        .deleteFrom('file_uploads')
        .where('id', '=', id)
        .where('fence', '=', fence)
        .where('expires_at', '<=', at)
        .returning('id')
        .executeTakeFirst()
      return row !== undefined
    },
  }
}
