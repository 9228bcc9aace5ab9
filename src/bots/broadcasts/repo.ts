import type { Db } from '../../platform/db/index.ts'
import type { Broadcast } from './contract.ts'

export type BroadcastState = Broadcast['state']
/** `blocked`: the user has blocked the bot. */
export type Outcome = 'sent' | 'blocked' | 'error'

declare module '../../platform/db/tables.ts' {
  interface Tables {
    bot_broadcasts: {
      id: string
      bot_id: string
      account_id: string
      state: BroadcastState
      paused_in: 'testing' | 'running' | null
      source: string
      speed: number
      test_chat_id: number | null
      callback_url: string | null
      callback_state: Broadcast['callback_state']
      total: number
      problem: string | null
      hint: string | null
      waits_until: number | null
      created_at: number
      started_at: number | null
      finished_at: number | null
    }
    bot_broadcast_recipients: {
      broadcast_id: string
      user_id: number
      outcome: Outcome | null
      error: string | null
    }
  }
}

export interface BroadcastRow {
  readonly id: string
  readonly bot_id: string
  readonly account_id: string
  readonly state: BroadcastState
  readonly paused_in: 'testing' | 'running' | null
  /** JSON, see `Source`. */
  readonly source: string
  readonly speed: number
  readonly test_chat_id: number | null
  readonly callback_url: string | null
  readonly callback_state: Broadcast['callback_state']
  readonly total: number
  readonly problem: string | null
  readonly hint: string | null
  readonly waits_until: number | null
  readonly created_at: number
  readonly started_at: number | null
  readonly finished_at: number | null
}

export type BroadcastChange = Partial<Omit<BroadcastRow, 'id' | 'bot_id' | 'account_id' | 'created_at'>>

/** Somebody who is still to be written to, as far as placeholders tell of them. */
export interface Recipient {
  readonly user_id: number
  readonly first_name: string
  readonly last_name: string | null
  readonly username: string | null
}

export type Totals = { readonly [outcome in Outcome]: number }

const OPEN: readonly BroadcastState[] = ['testing', 'running', 'paused']
const MAX_ERROR_CHARS = 300

export type BroadcastRepo = ReturnType<typeof broadcastRepo>

export const broadcastRepo = (db: Db) => ({
  async insert(row: BroadcastRow): Promise<void> {
    await db.insertInto('bot_broadcasts').values(row).execute()
  },
  find: (accountId: string, botId: string, id: string): Promise<BroadcastRow | undefined> =>
    db
      .selectFrom('bot_broadcasts')
      .selectAll()
      .where('id', '=', id)
      .where('bot_id', '=', botId)
      .where('account_id', '=', accountId)
      .executeTakeFirst(),
  /** Names no account: the queue knows the id only. */
  findAny: (id: string): Promise<BroadcastRow | undefined> =>
    db.selectFrom('bot_broadcasts').selectAll().where('id', '=', id).executeTakeFirst(),
  list: (accountId: string, botId: string, limit: number, before: string | undefined): Promise<BroadcastRow[]> =>
    db
      .selectFrom('bot_broadcasts')
      .selectAll()
      .where('bot_id', '=', botId)
      .where('account_id', '=', accountId)
      .$if(before !== undefined, (query) => query.where('id', '<', before ?? ''))
      .orderBy('id', 'desc')
      .limit(limit)
      .execute(),
  /** Of one bot, or of all bots of all accounts. */
  async countOpen(botId?: string): Promise<number> {
    const { count } = await db
      .selectFrom('bot_broadcasts')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where('state', 'in', OPEN)
      .$if(botId !== undefined, (query) => query.where('bot_id', '=', botId ?? ''))
      .executeTakeFirstOrThrow()
    return count
  },
  /** @returns false, with nothing written, if it is in none of these states any more. */
  async change(id: string, from: readonly BroadcastState[], change: BroadcastChange): Promise<boolean> {
    const row = await db
      .updateTable('bot_broadcasts')
      .set(change)
      .where('id', '=', id)
      .where('state', 'in', from)
      .returning('id')
      .executeTakeFirst()
    return row !== undefined
  },
  async setCallbackState(id: string, state: Broadcast['callback_state']): Promise<void> {
    await db.updateTable('bot_broadcasts').set({ callback_state: state }).where('id', '=', id).execute()
  },
  /** Everybody whom the bot can write to now. @returns How many. */
  async addRecipients({ id, bot_id, account_id }: BroadcastRow): Promise<number> {
    await db
      .insertInto('bot_broadcast_recipients')
      .columns(['broadcast_id', 'user_id'])
      .expression((eb) =>
        eb
          .selectFrom('bot_users')
          .select((users) => [users.val(id).$castTo<string>().as('broadcast_id'), 'user_id'])
          .where('bot_id', '=', bot_id)
          .where('account_id', '=', account_id)
          .where('blocked_at', 'is', null)
          .where('blocked_bot_at', 'is', null),
      )
      .onConflict((oc) => oc.doNothing())
      .execute()
    const { count } = await db
      .selectFrom('bot_broadcast_recipients')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where('broadcast_id', '=', id)
      .executeTakeFirstOrThrow()
    return count
  },
  /** The next who are still to be written to. */
  listOpen: (broadcastId: string, botId: string, limit: number): Promise<Recipient[]> =>
    db
      .selectFrom('bot_broadcast_recipients')
      .innerJoin('bot_users', (join) =>
        join.onRef('bot_users.user_id', '=', 'bot_broadcast_recipients.user_id').on('bot_users.bot_id', '=', botId),
      )
      .select(['bot_users.user_id', 'first_name', 'last_name', 'username'])
      .where('broadcast_id', '=', broadcastId)
      .where('outcome', 'is', null)
      .orderBy('bot_broadcast_recipients.user_id')
      .limit(limit)
      .execute(),
  async settle(broadcastId: string, userId: number, outcome: Outcome, error: string | null): Promise<void> {
    await db
      .updateTable('bot_broadcast_recipients')
      .set({ outcome, error: error?.slice(0, MAX_ERROR_CHARS) ?? null })
      .where('broadcast_id', '=', broadcastId)
      .where('user_id', '=', userId)
      .where('outcome', 'is', null)
      .execute()
  },
  async totals(broadcastId: string): Promise<Totals> {
    const rows = await db
      .selectFrom('bot_broadcast_recipients')
      .select(['outcome', (eb) => eb.fn.countAll<number>().as('count')])
      .where('broadcast_id', '=', broadcastId)
      .where('outcome', 'is not', null)
      .groupBy('outcome')
      .execute()
    const totals = { sent: 0, blocked: 0, error: 0 }
    for (const { outcome, count } of rows) if (outcome !== null) totals[outcome] = count
    return totals
  },
  /** @returns How many were over, and are gone. */
  async clear(accountId: string, botId: string): Promise<number> {
    const rows = await db
      .deleteFrom('bot_broadcasts')
      .where('bot_id', '=', botId)
      .where('account_id', '=', accountId)
      .where('state', 'not in', OPEN)
      .returning('id')
      .execute()
    return rows.length
  },
})
