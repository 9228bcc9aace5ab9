import { sql } from 'kysely'
import type { Db } from '../../platform/db/index.ts'
import { newId } from '../../platform/ids.ts'

declare module '../../platform/db/tables.ts' {
  interface Tables {
    bot_errors: {
      id: string
      bot_id: string
      account_id: string
      fingerprint: string
      command: string
      line: number | null
      type: string
      message: string
      count: number
      last_run_id: string
      first_seen_at: number
      last_seen_at: number
      resolved_at: number | null
    }
  }
}

export interface BotErrorRow {
  readonly id: string
  readonly command: string
  readonly line: number | null
  readonly type: string
  readonly message: string
  readonly count: number
  readonly last_run_id: string
  readonly first_seen_at: number
  readonly last_seen_at: number
  readonly resolved_at: number | null
}

/** One failure of a run. */
export interface Failure {
  readonly command: string
  readonly line: number | null
  readonly type: string
  readonly message: string
  readonly runId: string
  readonly atMs: number
}

export interface ErrorPage {
  readonly state: 'open' | 'resolved' | 'all'
  readonly limit: number
  readonly after: { readonly lastSeenAt: number; readonly id: string } | undefined
}

const MAX_MESSAGE_CHARS = 1_000

export type BotErrorRepo = ReturnType<typeof botErrorRepo>

export const botErrorRepo = (db: Db) => ({
  /** Counts it; one that was resolved is open again. */
  async add(accountId: string, botId: string, { command, line, type, message, runId, atMs }: Failure): Promise<void> {
    const text = message.slice(0, MAX_MESSAGE_CHARS)
    await db
      .insertInto('bot_errors')
      .values({
        id: newId('err'),
        bot_id: botId,
        account_id: accountId,
        fingerprint: JSON.stringify([command, line, type]),
        command,
        line,
        type,
        message: text,
        count: 1,
        last_run_id: runId,
        first_seen_at: atMs,
        last_seen_at: atMs,
        resolved_at: null,
      })
      .onConflict((oc) =>
        oc.columns(['bot_id', 'fingerprint']).doUpdateSet({
          count: sql`bot_errors.count + 1`,
          message: text,
          last_run_id: runId,
          last_seen_at: atMs,
          resolved_at: null,
        }),
      )
      .execute()
  },
  list: (accountId: string, botId: string, { state, limit, after }: ErrorPage): Promise<BotErrorRow[]> =>
    db
      .selectFrom('bot_errors')
      .select(COLUMNS)
      .where('bot_id', '=', botId)
      .where('account_id', '=', accountId)
      .$if(state === 'open', (query) => query.where('resolved_at', 'is', null))
      .$if(state === 'resolved', (query) => query.where('resolved_at', 'is not', null))
      .$if(after !== undefined, (query) =>
        query.where((eb) =>
          eb.or([
            eb('last_seen_at', '<', after?.lastSeenAt ?? 0),
            eb.and([eb('last_seen_at', '=', after?.lastSeenAt ?? 0), eb('id', '<', after?.id ?? '')]),
          ]),
        ),
      )
      .orderBy('last_seen_at', 'desc')
      .orderBy('id', 'desc')
      .limit(limit)
      .execute(),
  resolve: (accountId: string, botId: string, id: string, nowMs: number): Promise<BotErrorRow | undefined> =>
    db
      .updateTable('bot_errors')
      .set({ resolved_at: sql`coalesce(resolved_at, ${nowMs})` })
      .where('id', '=', id)
      .where('bot_id', '=', botId)
      .where('account_id', '=', accountId)
      .returning(COLUMNS)
      .executeTakeFirst(),
  /** @returns How many there were. */
  async clear(accountId: string, botId: string): Promise<number> {
    const rows = await db
      .deleteFrom('bot_errors')
      .where('bot_id', '=', botId)
      .where('account_id', '=', accountId)
      .returning('id')
      .execute()
    return rows.length
  },
})

const COLUMNS = [
  'id',
  'command',
  'line',
  'type',
  'message',
  'count',
  'last_run_id',
  'first_seen_at',
  'last_seen_at',
  'resolved_at',
] as const
