import type { Db } from '../../platform/db/index.ts'
import type { AccountStatus } from '../users/repo.ts'

declare module '../../platform/db/tables.ts' {
  interface Tables {
    devices: {
      id: string
      account_id: string
      name: string
      hwid_hash: Buffer
      created_at: number
      last_used_at: number | null
      revoked_at: number | null
    }
  }
}

export interface DeviceRow {
  readonly id: string
  readonly name: string
  readonly created_at: number
  readonly last_used_at: number | null
}

export type DeviceRepo = ReturnType<typeof deviceRepo>

export const deviceRepo = (db: Db) => ({
  /** @returns false, with nothing written, if the HWID is enrolled already, by whomever. */
  async insert(
    accountId: string,
    device: { id: string; name: string; hash: Buffer; createdAt: number },
  ): Promise<boolean> {
    const inserted = await db
      .insertInto('devices')
      .values({
        id: device.id,
        account_id: accountId,
        name: device.name,
        hwid_hash: device.hash,
        created_at: device.createdAt,
        last_used_at: null,
        revoked_at: null,
      })
      .onConflict((oc) => oc.column('hwid_hash').doNothing())
      .returning('id')
      .executeTakeFirst()
    return inserted !== undefined
  },
  list: (accountId: string): Promise<DeviceRow[]> =>
    db
      .selectFrom('devices')
      .select(['id', 'name', 'created_at', 'last_used_at'])
      .where('account_id', '=', accountId)
      .where('revoked_at', 'is', null)
      .orderBy('created_at', 'desc')
      .execute(),
  async revoke(accountId: string, id: string, nowMs: number): Promise<boolean> {
    const row = await db
      .updateTable('devices')
      .set({ revoked_at: nowMs })
      .where('account_id', '=', accountId)
      .where('id', '=', id)
      .where('revoked_at', 'is', null)
      .returning('id')
      .executeTakeFirst()
    return row !== undefined
  },
  /** Names no account: the HWID is how we learn whose device it is. */
  lookUp: (
    hash: Buffer,
  ): Promise<{ id: string; account_id: string; revoked_at: number | null; status: AccountStatus } | undefined> =>
    db
      .selectFrom('devices')
      .innerJoin('accounts', 'accounts.id', 'devices.account_id')
      .select(['devices.id', 'devices.account_id', 'devices.revoked_at', 'accounts.status'])
      .where('devices.hwid_hash', '=', hash)
      .executeTakeFirst(),
  async recordUse(id: string, nowMs: number): Promise<void> {
    await db.updateTable('devices').set({ last_used_at: nowMs }).where('id', '=', id).execute()
  },
})
