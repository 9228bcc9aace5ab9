import type { Db } from '../../platform/db/index.ts'

declare module '../../platform/db/tables.ts' {
  interface Tables {
    saved_searches: {
      id: string
      account_id: string
      name: string
      name_key: string
      query: string
      feed_hash: string | null
      created_at: number
      updated_at: number
    }
  }
}

/** A search as it is kept. */
export interface StoredSearch {
  readonly id: string
  readonly account_id: string
  readonly name: string
  readonly query: string
  /** SHA-256 of the secret in the feed's address; null without a feed. */
  readonly feed_hash: string | null
  readonly created_at: number
  readonly updated_at: number
}

const COLUMNS = ['id', 'account_id', 'name', 'query', 'feed_hash', 'created_at', 'updated_at'] as const

// Made here because SQLite's lower() folds ASCII only.
const nameKey = (name: string): string => name.normalize('NFC').toLowerCase()

export type SavedSearchRepo = ReturnType<typeof savedSearchRepo>

export const savedSearchRepo = (db: Db) => ({
  list: (accountId: string): Promise<StoredSearch[]> =>
    db.selectFrom('saved_searches').select(COLUMNS).where('account_id', '=', accountId).orderBy('name_key').execute(),

  find: (accountId: string, id: string): Promise<StoredSearch | undefined> =>
    db
      .selectFrom('saved_searches')
      .select(COLUMNS)
      .where('account_id', '=', accountId)
      .where('id', '=', id)
      .executeTakeFirst(),

  /** For whoever has the secret, whose account it is. */
  findByFeed: (feedHash: string): Promise<StoredSearch | undefined> =>
    db
      .selectFrom('saved_searches')
      .innerJoin('accounts', 'accounts.id', 'saved_searches.account_id')
      .select([
        'saved_searches.id',
        'saved_searches.account_id',
        'saved_searches.name',
        'saved_searches.query',
        'saved_searches.feed_hash',
        'saved_searches.created_at',
        'saved_searches.updated_at',
      ])
      .where('saved_searches.feed_hash', '=', feedHash)
      .where('accounts.status', '=', 'active')
      .executeTakeFirst(),

  /** @returns false, with nothing written, if the account already has that name. */
  async insert(
    accountId: string,
    { id, name, query, created_at }: Omit<StoredSearch, 'account_id' | 'feed_hash' | 'updated_at'>,
  ) {
    const row = { id, account_id: accountId, name, name_key: nameKey(name), query, created_at, updated_at: created_at }
    const inserted = await db
      .insertInto('saved_searches')
      .values(row)
      .onConflict((oc) => oc.columns(['account_id', 'name_key']).doNothing())
      .returning('id')
      .executeTakeFirst()
    return inserted !== undefined
  },

  /** Whether another search of the account has this name. */
  async isTaken(accountId: string, name: string, exceptId: string): Promise<boolean> {
    const row = await db
      .selectFrom('saved_searches')
      .select('id')
      .where('account_id', '=', accountId)
      .where('name_key', '=', nameKey(name))
      .where('id', '!=', exceptId)
      .executeTakeFirst()
    return row !== undefined
  },

  async update(
    accountId: string,
    id: string,
    { name, query }: { name?: string | undefined; query?: string | undefined },
    at: number,
  ): Promise<StoredSearch | undefined> {
    const named = name === undefined ? {} : { name, name_key: nameKey(name) }
    return db
      .updateTable('saved_searches')
      .set({ ...named, ...(query === undefined ? {} : { query }), updated_at: at })
      .where('account_id', '=', accountId)
      .where('id', '=', id)
      .returning(COLUMNS)
      .executeTakeFirst()
  },

  /** @returns false if there is no such search. */
  async setFeed(accountId: string, id: string, feedHash: string | null): Promise<boolean> {
    const row = await db
      .updateTable('saved_searches')
      .set({ feed_hash: feedHash })
      .where('account_id', '=', accountId)
      .where('id', '=', id)
      .returning('id')
      .executeTakeFirst()
    return row !== undefined
  },

  async delete(accountId: string, id: string): Promise<boolean> {
    const row = await db
      .deleteFrom('saved_searches')
      .where('account_id', '=', accountId)
      .where('id', '=', id)
      .returning('id')
      .executeTakeFirst()
    return row !== undefined
  },
})
