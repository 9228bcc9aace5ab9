import { type SelectQueryBuilder, sql } from 'kysely'
import type { Db, Tables } from '../../platform/db/index.ts'
import type { UserFilter } from './contract.ts'

declare module '../../platform/db/tables.ts' {
  interface Tables {
    bot_users: {
      bot_id: string
      user_id: number
      account_id: string
      username: string | null
      first_name: string
      last_name: string | null
      language_code: string | null
      search_text: string
      created_at: number
      last_active_at: number
      blocked_at: number | null
      blocked_bot_at: number | null
    }
  }
}

/** A person as Telegram describes them. */
export interface Person {
  readonly id: number
  readonly username: string | null
  readonly firstName: string
  readonly lastName: string | null
  readonly languageCode: string | null
}

export interface BotUserRow {
  readonly user_id: number
  readonly username: string | null
  readonly first_name: string
  readonly last_name: string | null
  readonly language_code: string | null
  readonly created_at: number
  readonly last_active_at: number
  /** By the owner of the bot. */
  readonly blocked_at: number | null
  /** By the user: what the bot sends is refused. */
  readonly blocked_bot_at: number | null
}

export interface UserPage {
  readonly limit: number
  /** The last user of the page before. */
  readonly after: { readonly createdAt: number; readonly userId: number } | undefined
  readonly search: string | undefined
  readonly filter: UserFilter
}

export type BotUserRepo = ReturnType<typeof botUserRepo>

export const botUserRepo = (db: Db) => {
  const of = (accountId: string, botId: string) =>
    db.selectFrom('bot_users').select(COLUMNS).where('bot_id', '=', botId).where('account_id', '=', accountId)

  /** Of one person, who need not be known. @returns Whether anything changed. */
  const mark = async (
    accountId: string,
    botId: string,
    userId: number,
    set: { blocked_at: number | null } | { blocked_bot_at: number | null },
  ): Promise<boolean> => {
    const [column] = Object.keys(set) as ['blocked_at' | 'blocked_bot_at']
    const changed = await db
      .updateTable('bot_users')
      .set(set)
      .where('bot_id', '=', botId)
      .where('account_id', '=', accountId)
      .where('user_id', '=', userId)
      .where(column, Object.values(set)[0] === null ? 'is not' : 'is', null)
      .returning('user_id')
      .executeTakeFirst()
    return changed !== undefined
  }

  return {
    /** Who writes can be written to again. */
    async upsert(accountId: string, botId: string, person: Person, nowMs: number): Promise<void> {
      const profile = profileOf(person)
      await db
        .insertInto('bot_users')
        .values({
          ...profile,
          bot_id: botId,
          account_id: accountId,
          user_id: person.id,
          created_at: nowMs,
          last_active_at: nowMs,
          blocked_at: null,
          blocked_bot_at: null,
        })
        .onConflict((oc) =>
          oc.columns(['bot_id', 'user_id']).doUpdateSet({ ...profile, last_active_at: nowMs, blocked_bot_at: null }),
        )
        .execute()
    },
    find: (accountId: string, botId: string, userId: number): Promise<BotUserRow | undefined> =>
      of(accountId, botId).where('user_id', '=', userId).executeTakeFirst(),
    /** The newest first. */
    list(accountId: string, botId: string, page: UserPage, nowMs: number): Promise<BotUserRow[]> {
      const { after, search, limit } = page
      return filtered(of(accountId, botId), page.filter, nowMs)
        .$if(search !== undefined && search !== '', (query) => query.where(matching(search ?? '')))
        .$if(after !== undefined, (query) =>
          query.where((eb) =>
            eb.or([
              eb('created_at', '<', after?.createdAt ?? 0),
              eb.and([eb('created_at', '=', after?.createdAt ?? 0), eb('user_id', '<', after?.userId ?? 0)]),
            ]),
          ),
        )
        .orderBy('created_at', 'desc')
        .orderBy('user_id', 'desc')
        .limit(limit)
        .execute()
    },
    /** In the order of their ids, for exports: `afterUserId` is the last of the call before, 0 at first. */
    listAfter: (accountId: string, botId: string, afterUserId: number, limit: number): Promise<BotUserRow[]> =>
      of(accountId, botId).where('user_id', '>', afterUserId).orderBy('user_id').limit(limit).execute(),
    async count(accountId: string, botId: string, filter: UserFilter, nowMs: number): Promise<number> {
      const query = db
        .selectFrom('bot_users')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .where('bot_id', '=', botId)
        .where('account_id', '=', accountId)
      const { count } = await filtered(query, filter, nowMs).executeTakeFirstOrThrow()
      return count
    },
    /** How many were active since a moment. */
    async countActiveSince(accountId: string, botId: string, sinceMs: number): Promise<number> {
      const { count } = await db
        .selectFrom('bot_users')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .where('bot_id', '=', botId)
        .where('account_id', '=', accountId)
        .where('last_active_at', '>=', sinceMs)
        .executeTakeFirstOrThrow()
      return count
    },
    /** How many came on each day of UTC, as `[start of the day, count]`. */
    async countNewByDay(accountId: string, botId: string, sinceMs: number): Promise<Map<number, number>> {
      const day = sql<number>`created_at - created_at % 86400000`
      const rows = await db
        .selectFrom('bot_users')
        .select([day.as('day'), (eb) => eb.fn.countAll<number>().as('count')])
        .where('bot_id', '=', botId)
        .where('account_id', '=', accountId)
        .where('created_at', '>=', sinceMs)
        .groupBy(day)
        .execute()
      return new Map(rows.map(({ day: start, count }) => [start, count]))
    },
    /** Also one who was never seen. */
    async block(accountId: string, botId: string, userId: number, nowMs: number): Promise<void> {
      const stranger: Person = { id: userId, username: null, firstName: '', lastName: null, languageCode: null }
      await db
        .insertInto('bot_users')
        .values({
          ...profileOf(stranger),
          bot_id: botId,
          account_id: accountId,
          user_id: userId,
          created_at: nowMs,
          last_active_at: 0,
          blocked_at: nowMs,
          blocked_bot_at: null,
        })
        .onConflict((oc) =>
          oc.columns(['bot_id', 'user_id']).doUpdateSet({ blocked_at: sql`coalesce(bot_users.blocked_at, ${nowMs})` }),
        )
        .execute()
    },
    unblock: (accountId: string, botId: string, userId: number): Promise<boolean> =>
      mark(accountId, botId, userId, { blocked_at: null }),
    /** A user has blocked the bot, or lets it write again (`atMs` null). */
    markBotBlocked: (accountId: string, botId: string, userId: number, atMs: number | null): Promise<boolean> =>
      mark(accountId, botId, userId, { blocked_bot_at: atMs }),
    /** Whom the owner has blocked. */
    async listBlockedIds(accountId: string, botId: string): Promise<number[]> {
      const rows = await db
        .selectFrom('bot_users')
        .select('user_id')
        .where('bot_id', '=', botId)
        .where('account_id', '=', accountId)
        .where('blocked_at', 'is not', null)
        .orderBy('user_id')
        .execute()
      return rows.map(({ user_id }) => user_id)
    },
    /** Of all bots of an account. */
    async countBlockedOfAccount(accountId: string): Promise<number> {
      const { count } = await db
        .selectFrom('bot_users')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .where('account_id', '=', accountId)
        .where('blocked_at', 'is not', null)
        .executeTakeFirstOrThrow()
      return count
    },
  }
}

const profileOf = ({ id, username, firstName, lastName, languageCode }: Person) => ({
  username,
  first_name: firstName,
  last_name: lastName,
  language_code: languageCode,
  // Folded here: SQLite's lower() knows ASCII only.
  search_text: [firstName, lastName, username, id]
    .filter((part) => part !== null)
    .join(' ')
    .toLowerCase(),
})

const DAY_MS = 86_400_000
const ACTIVE_DAYS = { active_24h: 1, active_7d: 7, active_30d: 30 } as const

const filtered = <Output>(
  query: SelectQueryBuilder<Tables, 'bot_users', Output>,
  filter: UserFilter,
  nowMs: number,
): SelectQueryBuilder<Tables, 'bot_users', Output> => {
  if (filter === 'all') return query
  if (filter === 'blocked') return query.where('blocked_at', 'is not', null)
  if (filter === 'blocked_bot') return query.where('blocked_bot_at', 'is not', null)
  if (filter === 'reachable') return query.where('blocked_at', 'is', null).where('blocked_bot_at', 'is', null)
  return query.where('last_active_at', '>=', nowMs - ACTIVE_DAYS[filter] * DAY_MS)
}

const matching = (search: string) => {
  const text = search.replace(/^@/, '').toLowerCase()
  const pattern = `%${text.replace(/[\\%_]/g, (sign) => `\\${sign}`)}%`
  return sql<boolean>`search_text like ${pattern} escape '\\'`
}

const COLUMNS = [
  'user_id',
  'username',
  'first_name',
  'last_name',
  'language_code',
  'created_at',
  'last_active_at',
  'blocked_at',
  'blocked_bot_at',
] as const
