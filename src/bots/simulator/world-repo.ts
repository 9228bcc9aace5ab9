import type { Db } from '../../platform/db/index.ts'

declare module '../../platform/db/tables.ts' {
  interface Tables {
    simulator_state: { id: number; sealed: Buffer }
    simulator_worlds: { account_id: string; fence: number; sealed: Buffer; saved_at: number }
    simulator_files: { account_id: string; file_key: number; bytes: Buffer }
  }
}

export interface SavedWorld {
  /** Of the lease under which it is written: an owner from before writes nothing any more. */
  readonly fence: number
  readonly sealed: Buffer
  readonly nowMs: number
}

const FILES_PER_STATEMENT = 50

export const worldRepo = (db: Db) => ({
  async find(accountId: string): Promise<Buffer | undefined> {
    const row = await db
      .selectFrom('simulator_worlds')
      .select('sealed')
      .where('account_id', '=', accountId)
      .executeTakeFirst()
    return row?.sealed
  },
  /** @returns false, with nothing written, when a later owner has written it. */
  async put(accountId: string, { fence, sealed, nowMs }: SavedWorld): Promise<boolean> {
    const fields = { fence, sealed, saved_at: nowMs }
    const written = await db
      .insertInto('simulator_worlds')
      .values({ account_id: accountId, ...fields })
      .onConflict((oc) => oc.column('account_id').doUpdateSet(fields).where('simulator_worlds.fence', '<=', fence))
      .returning('account_id')
      .executeTakeFirst()
    return written !== undefined
  },
  listFiles: (accountId: string): Promise<{ file_key: number; bytes: Buffer }[]> =>
    db
      .selectFrom('simulator_files')
      .select(['file_key', 'bytes'])
      .where('account_id', '=', accountId)
      .orderBy('file_key')
      .execute(),
  async putFile(accountId: string, fileKey: number, bytes: Buffer): Promise<void> {
    await db
      .insertInto('simulator_files')
      .values({ account_id: accountId, file_key: fileKey, bytes })
      .onConflict((oc) => oc.columns(['account_id', 'file_key']).doUpdateSet({ bytes }))
      .execute()
  },
  async deleteFiles(accountId: string, fileKeys: readonly number[]): Promise<void> {
    for (let at = 0; at < fileKeys.length; at += FILES_PER_STATEMENT)
      await db
        .deleteFrom('simulator_files')
        .where('account_id', '=', accountId)
        .where('file_key', 'in', fileKeys.slice(at, at + FILES_PER_STATEMENT))
        .execute()
  },
  /** What older versions kept: all accounts in one row. */
  async findLegacy(): Promise<Buffer | undefined> {
    return (await db.selectFrom('simulator_state').select('sealed').executeTakeFirst())?.sealed
  },
  async deleteLegacy(): Promise<void> {
    await db.deleteFrom('simulator_state').execute()
  },
})
