import { type Db, prepared } from '../../platform/db/index.ts'
import type { AccountStatus } from '../users/repo.ts'

declare module '../../platform/db/tables.ts' {
  interface Tables {
    sessions: {
      id: string
      account_id: string
      created_at: number
      expires_at: number
      ip: string
      user_agent: string
      revoked_at: number | null
    }
  }
}

export interface SessionRow {
  readonly id: string
  readonly created_at: number
  readonly expires_at: number
  readonly ip: string
  readonly user_agent: string
}

/** What a request has to know about its session and the account behind it. */
export interface SessionLookup {
  readonly id: string
  readonly account_id: string
  readonly expires_at: number
  readonly revoked_at: number | null
  readonly token_version: number
  readonly status: AccountStatus
}

export type SessionRepo = ReturnType<typeof sessionRepo>

export const sessionRepo = (db: Db) => ({
  async insert(accountId: string, session: SessionRow): Promise<void> {
    await db
      .insertInto('sessions')
      .values({ ...session, account_id: accountId, revoked_at: null })
      .execute()
  },
  list: (accountId: string, nowMs: number): Promise<SessionRow[]> =>
    db
      .selectFrom('sessions')
      .select(['id', 'created_at', 'expires_at', 'ip', 'user_agent'])
      .where('account_id', '=', accountId)
      .where('revoked_at', 'is', null)
      .where('expires_at', '>', nowMs)
      .orderBy('created_at', 'desc')
      .execute(),
  /** @returns The ids that were live and are not any more. */
  async revoke(accountId: string, id: string | 'all', nowMs: number): Promise<string[]> {
    const rows = await db
      .updateTable('sessions')
      .set({ revoked_at: nowMs })
      .where('account_id', '=', accountId)
      .where('revoked_at', 'is', null)
      .$if(id !== 'all', (query) => query.where('id', '=', id))
      .returning('id')
      .execute()
    return rows.map((row) => row.id)
  },
  /** @returns Addresses from which the account has signed in since `since`, newest first, 50 at most. */
  async recentAddresses(accountId: string, since: number): Promise<string[]> {
    const rows = await db
      .selectFrom('sessions')
      .select('ip')
      .where('account_id', '=', accountId)
      .where('created_at', '>', since)
      .orderBy('created_at', 'desc')
      .limit(50)
      .execute()
    return rows.map(({ ip }) => ip)
  },
  /** Of every account. */
  async deleteExpired(beforeMs: number): Promise<void> {
    await db.deleteFrom('sessions').where('expires_at', '<', beforeMs).execute()
  },
  lookUp: async (id: string): Promise<SessionLookup | undefined> => (await sessionOf(db, { id }))[0],
})

/** Names no account: the signed id is how we learn whose session it is. */
const sessionOf = prepared((db, { id }: { id: string }) =>
  db
    .selectFrom('sessions')
    .innerJoin('accounts', 'accounts.id', 'sessions.account_id')
    .select([
      'sessions.id',
      'sessions.account_id',
      'sessions.expires_at',
      'sessions.revoked_at',
      'accounts.token_version',
      'accounts.status',
    ])
    .where('sessions.id', '=', id),
)
