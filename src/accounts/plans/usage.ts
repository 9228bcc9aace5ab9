import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/index.ts'
import { DAY_MS, type Limiter } from '../../platform/limits/index.ts'
import { keyRepo } from '../api-keys/repo.ts'
import type { Directory } from '../gate/directory.ts'
import { type DialectLimits, dayOfKey } from '../gate/limits.ts'
import type { Plan } from './contract.ts'
import { planRepo } from './repo.ts'
import { toPlan } from './service.ts'

/** What an account may have, and what it has of what accounts know of. */
export interface AccountUsage {
  readonly plan: Plan
  /** Active files keys, which are what `max_keys` counts. */
  readonly keys: number
  /** Calls that were counted against the days of its keys, since midnight UTC. */
  readonly callsToday: number
}

export interface UsageOptions {
  readonly database: Database
  readonly clock: Clock
  readonly limiter: Limiter
  readonly directory: Pick<Directory, 'pendingUse'>
  /** By dialect. */
  readonly limits: Readonly<Record<string, DialectLimits>>
}

/** @returns Reads the figures of an account, as they are now. */
export const accountUsage = ({ database, clock, limiter, directory, limits }: UsageOptions) => {
  const usedSince = async (accountId: string, sinceMs: number) => {
    const rows = await keyRepo(database.db).list(accountId)
    return rows.filter(({ id, last_used_at }) => {
      const last = Math.max(last_used_at ?? 0, directory.pendingUse(id)?.lastUsedAt ?? 0)
      return last >= sinceMs
    })
  }

  const callsToday = async (accountId: string, plan: Plan): Promise<number> => {
    const nowMs = clock.now().getTime()
    let calls = 0
    // Only keys that were used: asking for the day of one reserves a part of it.
    for (const { id, rate_limit } of await usedSince(accountId, nowMs - (nowMs % DAY_MS)))
      for (const [dialect, rules] of Object.entries(limits)) {
        if (!rules.perDay || rules.perMinute === 0) continue
        const key = { id, rateLimit: rate_limit, perMinuteCap: plan.per_minute_cap, perDay: plan.per_day }
        const { states } = await limiter.peek([dayOfKey(key, rules, dialect)])
        for (const { policy, remaining } of states) calls += policy.limit - remaining
      }
    return calls
  }

  return async (accountId: string): Promise<AccountUsage> => {
    const plan = toPlan(await planRepo(database.db).ofAccount(accountId))
    const keys = await keyRepo(database.db).countActive(accountId, 'files', clock.now().getTime())
    return { plan, keys, callsToday: await callsToday(accountId, plan) }
  }
}
