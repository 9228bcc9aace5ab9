import { sql } from 'kysely'
import { type Db, inBatches, prepared } from '../../platform/db/index.ts'
import { type DayUse, keyDaysRepo } from './days.ts'
import type { CredentialKind, KeyKind } from './grammar.ts'

declare module '../../platform/db/tables.ts' {
  interface Tables {
    api_keys: {
      id: string
      account_id: string
      kind: CredentialKind
      /** By which a program got this key; null for keys that people make. */
      grant_id: string | null
      /** What the program was told that its token may do; with words that no endpoint asks a key for. */
      grant_scopes: string | null
      hash: Buffer
      prefix: string
      last4: string
      name: string
      scopes: number
      rate_limit: number | null
      created_at: number
      created_via: string
      expires_at: number | null
      revoked_at: number | null
      revoke_reason: RevokeReason | null
      replaced_by: string | null
      last_used_at: number | null
      last_used_ip: string | null
      uses: number
      uses_in_url: number
    }
  }
}

export type RevokeReason = 'revoked' | 'replaced' | 'account-deleted' | 'grant-ended'

/** A key as its owner sees it; its hash never leaves the repo. */
export interface KeyRow {
  readonly id: string
  readonly account_id: string
  readonly kind: KeyKind
  readonly prefix: string
  readonly last4: string
  readonly name: string
  readonly scopes: number
  readonly rate_limit: number | null
  readonly created_at: number
  readonly created_via: string
  readonly expires_at: number | null
  readonly revoked_at: number | null
  readonly revoke_reason: RevokeReason | null
  readonly replaced_by: string | null
  readonly last_used_at: number | null
  readonly last_used_ip: string | null
  readonly uses: number
  readonly uses_in_url: number
}

/** What a request has to know about its key and the account behind it. */
export interface LiveKey {
  readonly hash: Buffer
  readonly id: string
  readonly account_id: string
  readonly kind: CredentialKind
  /** The program that holds it; null for keys that people make, and where the grant is gone. */
  readonly client_id: string | null
  readonly scopes: number
  readonly rate_limit: number | null
  readonly expires_at: number | null
  readonly api: number
  readonly per_minute_cap: number | null
  readonly per_day: number | null
}

export interface KeyUse {
  readonly keyId: string
  readonly uses: number
  readonly usesInUrl: number
  /** The same uses by day; each day once. */
  readonly days: readonly DayUse[]
  readonly lastUsedAt: number
  readonly lastUsedIp: string
}

export interface NewKey {
  readonly id: string
  readonly kind: CredentialKind
  readonly grant?: { readonly id: string; readonly scopes: string }
  readonly hash: Buffer
  readonly prefix: string
  readonly last4: string
  readonly name: string
  readonly scopes: number
  readonly rateLimit: number | null
  readonly createdAt: number
  readonly createdVia: string
  readonly expiresAt: number | null
}

export interface KeyChange {
  readonly name?: string
  readonly scopes?: number
  readonly rateLimit?: number | null
  readonly expiresAt?: number | null
}

export type KeyRepo = ReturnType<typeof keyRepo>

export const keyRepo = (db: Db) => ({
  async insert(accountId: string, key: NewKey): Promise<void> {
    await db
      .insertInto('api_keys')
      .values({
        id: key.id,
        account_id: accountId,
        kind: key.kind,
        grant_id: key.grant?.id ?? null,
        grant_scopes: key.grant?.scopes ?? null,
        hash: key.hash,
        prefix: key.prefix,
        last4: key.last4,
        name: key.name,
        scopes: key.scopes,
        rate_limit: key.rateLimit,
        created_at: key.createdAt,
        created_via: key.createdVia,
        expires_at: key.expiresAt,
        revoked_at: null,
        revoke_reason: null,
        replaced_by: null,
        last_used_at: null,
        last_used_ip: null,
        uses: 0,
        uses_in_url: 0,
      })
      .execute()
  },
  /** The keys that people made. */
  list: (accountId: string): Promise<KeyRow[]> =>
    db
      .selectFrom('api_keys')
      .select(COLUMNS)
      .where('account_id', '=', accountId)
      .where('kind', 'in', KEY_KINDS)
      .$narrowType<{ kind: KeyKind }>()
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .execute(),
  find: (accountId: string, id: string): Promise<KeyRow | undefined> =>
    db
      .selectFrom('api_keys')
      .select(COLUMNS)
      .where('account_id', '=', accountId)
      .where('id', '=', id)
      .where('kind', 'in', KEY_KINDS)
      .$narrowType<{ kind: KeyKind }>()
      .executeTakeFirst(),
  async countActive(accountId: string, kind: KeyKind, nowMs: number): Promise<number> {
    const row = await db
      .selectFrom('api_keys')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where('account_id', '=', accountId)
      .where('kind', '=', kind)
      .where('revoked_at', 'is', null)
      .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', nowMs)]))
      .executeTakeFirstOrThrow()
    return row.count
  },
  async update(accountId: string, id: string, change: KeyChange): Promise<void> {
    const set = {
      ...(change.name === undefined ? {} : { name: change.name }),
      ...(change.scopes === undefined ? {} : { scopes: change.scopes }),
      ...(change.rateLimit === undefined ? {} : { rate_limit: change.rateLimit }),
      ...(change.expiresAt === undefined ? {} : { expires_at: change.expiresAt }),
    }
    if (Object.keys(set).length === 0) return
    await db.updateTable('api_keys').set(set).where('account_id', '=', accountId).where('id', '=', id).execute()
  },
  /** @returns The ids that were live and are not any more. */
  async revoke(
    accountId: string,
    which: { id: string } | { kind: KeyKind } | { grantId: string } | 'all',
    reason: RevokeReason,
    nowMs: number,
  ): Promise<string[]> {
    const rows = await db
      .updateTable('api_keys')
      .set({ revoked_at: nowMs, revoke_reason: reason })
      .where('account_id', '=', accountId)
      .where('revoked_at', 'is', null)
      .$if(which !== 'all' && 'id' in which, (query) =>
        query.where('id', '=', which !== 'all' && 'id' in which ? which.id : ''),
      )
      .$if(which !== 'all' && 'kind' in which, (query) =>
        query.where('kind', '=', which !== 'all' && 'kind' in which ? which.kind : 'files'),
      )
      .$if(which !== 'all' && 'grantId' in which, (query) =>
        query.where('grant_id', '=', which !== 'all' && 'grantId' in which ? which.grantId : ''),
      )
      .returning('id')
      .execute()
    return rows.map(({ id }) => id)
  },
  /** A rotated key lives on until `until`, next to the one that replaces it. */
  async supersede(accountId: string, id: string, replacedBy: string, until: number): Promise<void> {
    await db
      .updateTable('api_keys')
      .set({ replaced_by: replacedBy, expires_at: until })
      .where('account_id', '=', accountId)
      .where('id', '=', id)
      .execute()
  },
  findLive: async (hash: Buffer, nowMs: number): Promise<LiveKey | undefined> =>
    (await liveKeys(db, { hash, nowMs }))[0],
  /** Access tokens of programs, of every account: nobody asks for one again that has ended. */
  async deleteExpiredTokens(beforeMs: number): Promise<void> {
    await db.deleteFrom('api_keys').where('kind', '=', 'oauth').where('expires_at', '<', beforeMs).execute()
  },
  /** Adds up what a process has counted since it last wrote: all of it or nothing, in one commit. */
  async recordUses(uses: readonly KeyUse[]): Promise<void> {
    // In one order everywhere, or two processes could wait for each other.
    const ordered = uses.toSorted((a, b) => (a.keyId < b.keyId ? -1 : 1))
    await db.transaction().execute(async (tx) => {
      for (const batch of inBatches(ordered)) await recordBatch(tx, batch)
      await keyDaysRepo(tx).record(ordered.flatMap(({ days }) => days))
    })
  },
})

/**
 * The one query that names no account: the hash is how we learn whose key it is. What has ended is found no more than
 * what never was, so that the time tells nothing.
 */
const liveKeys = prepared((db, { hash, nowMs }: { hash: Buffer; nowMs: number }) =>
  db
    .selectFrom('api_keys')
    .innerJoin('accounts', 'accounts.id', 'api_keys.account_id')
    .innerJoin('plans', 'plans.id', 'accounts.plan_id')
    .leftJoin('oauth_grants', 'oauth_grants.id', 'api_keys.grant_id')
    .select([
      'api_keys.hash',
      'api_keys.id',
      'api_keys.account_id',
      'api_keys.kind',
      'oauth_grants.client_id',
      'api_keys.scopes',
      'api_keys.rate_limit',
      'api_keys.expires_at',
      'plans.api',
      'plans.per_minute_cap',
      'plans.per_day',
    ])
    .where('api_keys.hash', '=', hash)
    .where('api_keys.revoked_at', 'is', null)
    .where((eb) => eb.or([eb('api_keys.expires_at', 'is', null), eb('api_keys.expires_at', '>', nowMs)]))
    .where('accounts.status', '=', 'active')
    // A restored backup may have tokens without the grants by which they could be ended.
    .where((eb) => eb.or([eb('api_keys.kind', '<>', 'oauth'), eb('oauth_grants.client_id', 'is not', null)])),
)

/** One statement for many keys. The columns of a list of values are called `column1` and so on in both databases. */
const recordBatch = async (db: Db, uses: readonly KeyUse[]): Promise<void> => {
  const rows = uses.map(
    (use) =>
      sql`(cast(${use.keyId} as text), cast(${use.uses} as bigint), cast(${use.usesInUrl} as bigint), cast(${use.lastUsedAt} as bigint), cast(${use.lastUsedIp} as text))`,
  )
  await sql`
    update api_keys set
      uses = api_keys.uses + used.column2,
      uses_in_url = api_keys.uses_in_url + used.column3,
      last_used_at = case when api_keys.last_used_at > used.column4 then api_keys.last_used_at else used.column4 end,
      last_used_ip = used.column5
    from (values ${sql.join(rows)}) as used
    where api_keys.id = used.column1`.execute(db)
}

const KEY_KINDS: readonly KeyKind[] = ['files', 'bots', 'cards']

const COLUMNS = [
  'id',
  'account_id',
  'kind',
  'prefix',
  'last4',
  'name',
  'scopes',
  'rate_limit',
  'created_at',
  'created_via',
  'expires_at',
  'revoked_at',
  'revoke_reason',
  'replaced_by',
  'last_used_at',
  'last_used_ip',
  'uses',
  'uses_in_url',
] as const
