import { sql } from 'kysely'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/index.ts'
import type { Log } from '../../platform/log/index.ts'

declare module '../../platform/db/tables.ts' {
  interface Tables {
    bot_days: {
      bot_id: string
      /** `2026-11-22`, of UTC. */
      day: string
      account_id: string
      updates: number
      runs: number
      errors: number
    }
  }
}

interface Counts {
  updates: number
  runs: number
  errors: number
}

export interface DayCounts extends Readonly<Counts> {
  readonly day: string
}

const WRITE_AFTER_MS = 2_000

export const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10)

export type BotDays = ReturnType<typeof botDays>

/** Counts what bots do by day: in memory first, and into the database a moment later, so that no run costs a write. */
export const botDays = ({ database, clock, log }: { database: Database; clock: Clock; log: Log }) => {
  const counts = new Map<string, Counts & { accountId: string; botId: string; day: string }>()
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> | undefined

  const flush = async (): Promise<void> => {
    const rows = [...counts.values()]
    counts.clear()
    if (rows.length === 0) return
    try {
      await database.transaction(async (tx) => {
        for (const { accountId, botId, day, updates, runs, errors } of rows) {
          // A bot that was deleted for good meanwhile has no days.
          const bot = await tx.selectFrom('bots').select('id').where('id', '=', botId).executeTakeFirst()
          if (bot === undefined) continue
          await tx
            .insertInto('bot_days')
            .values({ bot_id: botId, day, account_id: accountId, updates, runs, errors })
            .onConflict((oc) =>
              oc.columns(['bot_id', 'day']).doUpdateSet({
                updates: sql`bot_days.updates + ${updates}`,
                runs: sql`bot_days.runs + ${runs}`,
                errors: sql`bot_days.errors + ${errors}`,
              }),
            )
            .execute()
        }
      })
    } catch (error) {
      log.warn({ err: error }, 'the figures of bots could not be written')
    }
  }

  return {
    add(accountId: string, botId: string, what: keyof Counts): void {
      const day = dayOf(clock.now().getTime())
      const key = `${botId} ${day}`
      const known = counts.get(key) ?? { accountId, botId, day, updates: 0, runs: 0, errors: 0 }
      known[what] += 1
      counts.set(key, known)
      timer ??= setTimeout(() => {
        timer = undefined
        writing = flush()
      }, WRITE_AFTER_MS).unref()
    },
    /** Writes what was counted so far. */
    async settle(): Promise<void> {
      clearTimeout(timer)
      timer = undefined
      await writing
      await flush()
    },
    /** The days that have figures, the oldest first. */
    list: (accountId: string, botId: string, fromDay: string): Promise<DayCounts[]> =>
      database.db
        .selectFrom('bot_days')
        .select(['day', 'updates', 'runs', 'errors'])
        .where('bot_id', '=', botId)
        .where('account_id', '=', accountId)
        .where('day', '>=', fromDay)
        .orderBy('day')
        .execute(),
  }
}
