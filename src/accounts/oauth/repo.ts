import type { Db } from '../../platform/db/index.ts'
import type { AccountStatus } from '../users/repo.ts'

declare module '../../platform/db/tables.ts' {
  interface Tables {
    oauth_clients: ClientRow
    oauth_grants: GrantRow & { revoked_at: number | null; revoke_reason: GrantEnd | null }
    oauth_codes: NewCode & { used_at: number | null; grant_id: string | null }
    oauth_refresh_tokens: { hash: Buffer; grant_id: string; created_at: number; used_at: number | null }
  }
}

/** Why a grant ended: by its owner, by the client itself, or because a code or refresh token came twice. */
export type GrantEnd = 'disconnected' | 'revoked' | 'code-reused' | 'refresh-reused' | 'account-deleted'

export interface ClientRow {
  readonly id: string
  readonly name: string | null
  readonly uri: string | null
  /** A JSON array. */
  readonly redirect_uris: string
  readonly can_refresh: number
  readonly created_at: number
}

/** A program that was let in, for its owner. */
export interface GrantRow {
  readonly id: string
  readonly account_id: string
  readonly client_id: string
  readonly client_name: string
  readonly redirect_uri: string
  readonly scopes: string
  readonly resource: string | null
  readonly created_at: number
  readonly expires_at: number
  readonly last_used_at: number
}

export interface NewCode {
  readonly hash: Buffer
  readonly account_id: string
  readonly session_id: string
  readonly client_id: string
  readonly client_name: string
  readonly can_refresh: number
  readonly redirect_uri: string
  readonly scopes: string
  readonly resource: string | null
  readonly challenge: string
  readonly expires_at: number
}

export interface CodeRow extends NewCode {
  readonly used_at: number | null
  readonly grant_id: string | null
  readonly status: AccountStatus
  /** Null if the session by which it was made is still there. */
  readonly session_ended_at: number | null
}

export interface RefreshRow extends GrantRow {
  readonly used_at: number | null
  readonly revoked_at: number | null
  readonly status: AccountStatus
}

const GRANT = [
  'id',
  'account_id',
  'client_id',
  'client_name',
  'redirect_uri',
  'scopes',
  'resource',
  'created_at',
  'expires_at',
  'last_used_at',
] as const

export type OAuthRepo = ReturnType<typeof oauthRepo>

/** Clients, codes and tokens name no account: what is in a code or a token is how we learn whose it is. */
export const oauthRepo = (db: Db) => ({
  async insertClient(client: ClientRow): Promise<void> {
    await db.insertInto('oauth_clients').values(client).execute()
  },
  findClient: (id: string): Promise<ClientRow | undefined> =>
    db.selectFrom('oauth_clients').selectAll().where('id', '=', id).executeTakeFirst(),

  async insertCode(code: NewCode): Promise<void> {
    await db
      .insertInto('oauth_codes')
      .values({ ...code, used_at: null, grant_id: null })
      .execute()
  },
  findCode: (hash: Buffer): Promise<CodeRow | undefined> =>
    db
      .selectFrom('oauth_codes')
      .innerJoin('accounts', 'accounts.id', 'oauth_codes.account_id')
      .innerJoin('sessions', 'sessions.id', 'oauth_codes.session_id')
      .selectAll('oauth_codes')
      .select(['accounts.status', 'sessions.revoked_at as session_ended_at'])
      .where('hash', '=', hash)
      .executeTakeFirst(),
  /** @returns false if somebody has used it before. Of two callers one gets true. */
  async claimCode(hash: Buffer, grantId: string, nowMs: number): Promise<boolean> {
    const claimed = await db
      .updateTable('oauth_codes')
      .set({ used_at: nowMs, grant_id: grantId })
      .where('hash', '=', hash)
      .where('used_at', 'is', null)
      .returning('hash')
      .executeTakeFirst()
    return claimed !== undefined
  },

  async insertGrant(grant: GrantRow): Promise<void> {
    await db
      .insertInto('oauth_grants')
      .values({ ...grant, revoked_at: null, revoke_reason: null })
      .execute()
  },
  /** Those that have not ended, newest first. */
  listGrants: (accountId: string, nowMs: number): Promise<GrantRow[]> =>
    db
      .selectFrom('oauth_grants')
      .select(GRANT)
      .where('account_id', '=', accountId)
      .where('revoked_at', 'is', null)
      .where('expires_at', '>', nowMs)
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .execute(),
  /** @returns Ids and last uses of the keys that a program has, or had not long ago. */
  listKeys: (accountId: string): Promise<{ id: string; grant_id: string | null; last_used_at: number | null }[]> =>
    db
      .selectFrom('api_keys')
      .select(['id', 'grant_id', 'last_used_at'])
      .where('account_id', '=', accountId)
      .where('grant_id', 'is not', null)
      .execute(),
  /** @returns What an access token may do, by the id of its key; undefined for a key that somebody made. */
  async findScopes(accountId: string, keyId: string): Promise<string | undefined> {
    const row = await db
      .selectFrom('api_keys')
      .select('grant_scopes')
      .where('account_id', '=', accountId)
      .where('id', '=', keyId)
      .executeTakeFirst()
    return row?.grant_scopes ?? undefined
  },
  /** Holds the grant until the transaction ends. @returns false if it was ended. */
  async touchGrant(id: string, nowMs: number): Promise<boolean> {
    const touched = await db
      .updateTable('oauth_grants')
      .set({ last_used_at: nowMs })
      .where('id', '=', id)
      .where('revoked_at', 'is', null)
      .returning('id')
      .executeTakeFirst()
    return touched !== undefined
  },
  /** @returns The ids that were live and are not any more. */
  async revokeGrants(
    accountId: string,
    which: { id: string } | 'all',
    reason: GrantEnd,
    nowMs: number,
  ): Promise<string[]> {
    const rows = await db
      .updateTable('oauth_grants')
      .set({ revoked_at: nowMs, revoke_reason: reason })
      .where('account_id', '=', accountId)
      .where('revoked_at', 'is', null)
      .$if(which !== 'all', (query) => query.where('id', '=', which === 'all' ? '' : which.id))
      .returning('id')
      .execute()
    return rows.map(({ id }) => id)
  },

  async insertRefresh(hash: Buffer, grantId: string, nowMs: number): Promise<void> {
    await db
      .insertInto('oauth_refresh_tokens')
      .values({ hash, grant_id: grantId, created_at: nowMs, used_at: null })
      .execute()
  },
  findRefresh: (hash: Buffer): Promise<RefreshRow | undefined> =>
    db
      .selectFrom('oauth_refresh_tokens')
      .innerJoin('oauth_grants', 'oauth_grants.id', 'oauth_refresh_tokens.grant_id')
      .innerJoin('accounts', 'accounts.id', 'oauth_grants.account_id')
      .select(GRANT.map((column) => `oauth_grants.${column}` as const))
      .select(['oauth_refresh_tokens.used_at', 'oauth_grants.revoked_at', 'accounts.status'])
      .where('oauth_refresh_tokens.hash', '=', hash)
      .executeTakeFirst(),
  /** @returns false if somebody has used it before. Of two callers one gets true. */
  async claimRefresh(hash: Buffer, nowMs: number): Promise<boolean> {
    const claimed = await db
      .updateTable('oauth_refresh_tokens')
      .set({ used_at: nowMs })
      .where('hash', '=', hash)
      .where('used_at', 'is', null)
      .returning('hash')
      .executeTakeFirst()
    return claimed !== undefined
  },
  /** A live access token by its hash. */
  findToken: (hash: Buffer): Promise<{ id: string; account_id: string; client_id: string } | undefined> =>
    db
      .selectFrom('api_keys')
      .innerJoin('oauth_grants', 'oauth_grants.id', 'api_keys.grant_id')
      .select(['api_keys.id', 'api_keys.account_id', 'oauth_grants.client_id'])
      .where('api_keys.hash', '=', hash)
      .where('api_keys.revoked_at', 'is', null)
      .executeTakeFirst(),

  /** Deletes what ended before this moment, and clients that were registered before it and have no grant. */
  async forgetBefore(beforeMs: number): Promise<void> {
    await db.deleteFrom('oauth_codes').where('expires_at', '<', beforeMs).execute()
    await db
      .deleteFrom('oauth_grants')
      .where((eb) => eb.or([eb('expires_at', '<', beforeMs), eb('revoked_at', '<', beforeMs)]))
      .execute()
    await db
      .deleteFrom('oauth_clients')
      .where('created_at', '<', beforeMs)
      .where((eb) =>
        eb.not(
          eb.exists(
            eb
              .selectFrom('oauth_grants')
              .select('oauth_grants.id')
              .whereRef('oauth_grants.client_id', '=', 'oauth_clients.id'),
          ),
        ),
      )
      .execute()
  },
})
