import type { Db } from '../../platform/db/index.ts'

declare module '../../platform/db/tables.ts' {
  interface Tables {
    share_downloads: {
      share_id: string
      visitor: string
      file_id: string
      client: string | null
      resumes: number
      started_at: number
      expires_at: number
    }
  }
}

/** Whose download of which file, through which link. */
export interface DownloadKey {
  readonly shareId: string
  /** A hash of the visitor's cookie. */
  readonly visitor: string
  readonly fileId: string
}

/** Downloads that were counted: whoever has one may come back for the same file without being counted again. */
export const downloadRepo = (db: Db) => {
  const row = ({ shareId, visitor, fileId }: DownloadKey) =>
    db
      .selectFrom('share_downloads')
      .select('visitor')
      .where('share_id', '=', shareId)
      .where('visitor', '=', visitor)
      .where('file_id', '=', fileId)

  return {
    async isOpen(key: DownloadKey, nowMs: number): Promise<boolean> {
      return (await row(key).where('expires_at', '>', nowMs).executeTakeFirst()) !== undefined
    },

    async hasAny(shareId: string, visitor: string, nowMs: number): Promise<boolean> {
      const found = await db
        .selectFrom('share_downloads')
        .select('file_id')
        .where('share_id', '=', shareId)
        .where('visitor', '=', visitor)
        .where('expires_at', '>', nowMs)
        .executeTakeFirst()
      return found !== undefined
    },

    /** @returns False if the visitor has a download of this file already. */
    async insert(
      key: DownloadKey,
      { client, nowMs, lastsMs }: { client: string | null; nowMs: number; lastsMs: number },
    ) {
      const { shareId, visitor, fileId } = key
      await db
        .deleteFrom('share_downloads')
        .where('share_id', '=', shareId)
        .where('visitor', '=', visitor)
        .where('file_id', '=', fileId)
        .where('expires_at', '<=', nowMs)
        .execute()
      const inserted = await db
        .insertInto('share_downloads')
        .values({
          share_id: shareId,
          visitor,
          file_id: fileId,
          client,
          resumes: 0,
          started_at: nowMs,
          expires_at: nowMs + lastsMs,
        })
        .onConflict((conflict) => conflict.columns(['share_id', 'visitor', 'file_id']).doNothing())
        .returning('visitor')
        .executeTakeFirst()
      return inserted !== undefined
    },

    /**
     * For a client that keeps no cookies: its newest download of the file, if it may still be resumed.
     *
     * @returns False if there is none, or it was resumed `mostResumes` times.
     */
    async resume(
      { shareId, fileId, client }: { shareId: string; fileId: string; client: string },
      nowMs: number,
      mostResumes: number,
    ): Promise<boolean> {
      const resumed = await db
        .updateTable('share_downloads')
        .set((eb) => ({ resumes: eb('resumes', '+', 1) }))
        .where('share_id', '=', shareId)
        .where('file_id', '=', fileId)
        .where('resumes', '<', mostResumes)
        .where('visitor', '=', (eb) =>
          eb
            .selectFrom('share_downloads')
            .select('visitor')
            .where('share_id', '=', shareId)
            .where('file_id', '=', fileId)
            .where('client', '=', client)
            .where('expires_at', '>', nowMs)
            .orderBy('started_at', 'desc')
            .limit(1),
        )
        .returning('visitor')
        .executeTakeFirst()
      return resumed !== undefined
    },

    async deleteExpired(nowMs: number): Promise<void> {
      await db.deleteFrom('share_downloads').where('expires_at', '<=', nowMs).execute()
    },
  }
}
