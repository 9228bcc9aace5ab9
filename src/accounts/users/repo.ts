import { sql } from 'kysely'
import type { Db, SqlDialect } from '../../platform/db/index.ts'

declare module '../../platform/db/tables.ts' {
  interface Tables {
    plans: {
      id: string
      api: number
      max_bytes: number | null
      max_file_bytes: number | null
      max_links: number | null
      max_seats: number | null
      max_keys: number | null
      per_minute_cap: number | null
      per_day: number | null
    }
    accounts: {
      id: string
      email: string
      email_key: string
      password_hash: string
      token_version: number
      plan_id: string
      is_admin: number
      status: AccountStatus
      created_at: number
    }
  }
}

export type AccountStatus = 'active' | 'disabled' | 'deleted'

export interface AccountRow {
  readonly id: string
  readonly email: string
  readonly password_hash: string
  readonly token_version: number
  readonly plan_id: string
  readonly is_admin: number
  readonly status: AccountStatus
  readonly created_at: number
}

export type UserRepo = ReturnType<typeof userRepo>

// Any number that no other lock of ours has.
const FIRST_ACCOUNT_LOCK = 7_202_611_222

export const userRepo = (db: Db) => ({
  /** Makes those who would create the first account take turns. SQLite's transactions do that already. */
  async lockFirst(dialect: SqlDialect): Promise<void> {
    if (dialect === 'postgres') await sql`select pg_advisory_xact_lock(${FIRST_ACCOUNT_LOCK})`.execute(db)
  },
  /** @returns false, with nothing written, if the address has an account. */
  async insert(account: AccountRow): Promise<boolean> {
    const inserted = await db
      .insertInto('accounts')
      .values({ ...account, email_key: emailKey(account.email) })
      .onConflict((oc) => oc.column('email_key').doNothing())
      .returning('id')
      .executeTakeFirst()
    return inserted !== undefined
  },
  findByEmail: (email: string): Promise<AccountRow | undefined> =>
    db
      .selectFrom('accounts')
      .select(COLUMNS)
      .where('email_key', '=', emailKey(email))
      .where('status', '<>', 'deleted')
      .executeTakeFirst(),
  find: (id: string): Promise<AccountRow | undefined> =>
    db.selectFrom('accounts').select(COLUMNS).where('id', '=', id).where('status', '<>', 'deleted').executeTakeFirst(),
  async isEmpty(): Promise<boolean> {
    return (await db.selectFrom('accounts').select('id').limit(1).executeTakeFirst()) === undefined
  },
  /** Sets the password and ends every session that was made before. */
  async updatePassword(id: string, passwordHash: string): Promise<void> {
    await db
      .updateTable('accounts')
      .set((eb) => ({ password_hash: passwordHash, token_version: eb('token_version', '+', 1) }))
      .where('id', '=', id)
      .execute()
  },
  async bumpTokenVersion(id: string): Promise<void> {
    await db
      .updateTable('accounts')
      .set((eb) => ({ token_version: eb('token_version', '+', 1) }))
      .where('id', '=', id)
      .execute()
  },
  /** The row stays for the audit log; its address is free again. */
  async markDeleted(id: string): Promise<void> {
    await db
      .updateTable('accounts')
      .set({ status: 'deleted', email: '', email_key: `deleted:${id}`, password_hash: '' })
      .where('id', '=', id)
      .execute()
  },
})

const COLUMNS = [
  'id',
  'email',
  'password_hash',
  'token_version',
  'plan_id',
  'is_admin',
  'status',
  'created_at',
] as const

// Made here because the databases fold case differently.
const emailKey = (email: string): string => email.normalize('NFC').toLowerCase()
