import { sql } from 'kysely'
import type { Db, SqlDialect } from '../../platform/db/index.ts'
import type { Position } from '../../platform/http/cursor.ts'

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

/** An account as the administrators of the server see it. */
export interface ManagedRow extends AccountRow {
  /** Milliseconds; null when no session of it is kept any more. */
  readonly last_sign_in_at: number | null
}

/** What an administrator may change of an account. */
export interface AccountChange {
  readonly status: AccountStatus
  readonly is_admin: number
  readonly plan_id: string
}

export type UserRepo = ReturnType<typeof userRepo>

// Any number that no other lock of ours has.
const FIRST_ACCOUNT_LOCK = 7_202_611_222
const ADMINS_LOCK = 7_202_611_223

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
  /** Makes changes of who administers the server take turns. @returns The ids of the active administrators. */
  async lockAdmins(dialect: SqlDialect): Promise<string[]> {
    if (dialect === 'postgres') await sql`select pg_advisory_xact_lock(${ADMINS_LOCK})`.execute(db)
    const rows = await db
      .selectFrom('accounts')
      .select('id')
      .where('is_admin', '=', 1)
      .where('status', '=', 'active')
      .execute()
    return rows.map(({ id }) => id)
  },
  /** Of every account that is not deleted, newest first. @param after Where the page before it ended. */
  list: (limit: number, after: Position | undefined): Promise<ManagedRow[]> =>
    managed(db)
      .$if(after !== undefined, (query) =>
        query.where((eb) =>
          eb(eb.refTuple('accounts.created_at', 'accounts.id'), '<', eb.tuple(after?.createdAt ?? 0, after?.id ?? '')),
        ),
      )
      .orderBy('accounts.created_at', 'desc')
      .orderBy('accounts.id', 'desc')
      .limit(limit)
      .execute(),
  findManaged: (id: string): Promise<ManagedRow | undefined> =>
    managed(db).where('accounts.id', '=', id).executeTakeFirst(),
  /**
   * A session from before a change of the status does not come back to life with the account.
   *
   * @returns false, with nothing written, if the account has been deleted.
   */
  async update(id: string, { status, is_admin, plan_id }: AccountChange): Promise<boolean> {
    const row = await db
      .updateTable('accounts')
      .set((eb) => ({
        token_version: eb
          .case()
          .when('status', '=', status)
          .then(eb.ref('token_version'))
          .else(eb('token_version', '+', 1))
          .end(),
        status,
        is_admin,
        plan_id,
      }))
      .where('id', '=', id)
      .where('status', '<>', 'deleted')
      .returning('id')
      .executeTakeFirst()
    return row !== undefined
  },
  async hasPlan(id: string): Promise<boolean> {
    return (await db.selectFrom('plans').select('id').where('id', '=', id).executeTakeFirst()) !== undefined
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

const managed = (db: Db) =>
  db
    .selectFrom('accounts')
    .select(COLUMNS)
    .select((eb) =>
      eb
        .selectFrom('sessions')
        .select(({ fn }) => fn.max('sessions.created_at').as('at'))
        .whereRef('sessions.account_id', '=', 'accounts.id')
        .as('last_sign_in_at'),
    )
    .where('accounts.status', '<>', 'deleted')

/** By what addresses are the same. Made here because the databases fold case differently. */
export const emailKey = (email: string): string => email.normalize('NFC').toLowerCase()
