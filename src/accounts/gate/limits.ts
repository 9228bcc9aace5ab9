import { type GateRequest, surfaceOf } from '../../platform/http/index.ts'
import { type Charge, dayPolicy, type Policy, windowPolicy } from '../../platform/limits/index.ts'
import { networkOf } from './addresses.ts'
import type { KeyEntry } from './directory.ts'

/** What a dialect counts: calls of a key, or calls from an address. */
export interface DialectLimits {
  readonly subject: 'key' | 'ip'
  /** 0: no limit. */
  readonly perMinute: number
  /** A key's day is limited too, and a key may have a minute limit of its own. */
  readonly perDay: boolean
}

const MINUTES_A_DAY = 1440

/** Which limits count a request: those that its endpoint names, or those of its surface. */
export const budgetOf = ({ endpoint, dialect }: GateRequest): string => endpoint.budget ?? surfaceOf(dialect)

/**
 * @param entry undefined for a caller that nobody knows; only addresses are counted then.
 * @returns undefined when nothing is limited.
 */
export const chargesFor = (
  entry: KeyEntry | undefined,
  limits: DialectLimits | undefined,
  context: GateRequest,
): readonly Charge[] | undefined => {
  if (limits === undefined || limits.perMinute === 0) return undefined
  if (limits.subject === 'ip')
    return [{ subject: `ip:${networkOf(context.ip)}`, policy: addressPolicy(limits.perMinute) }]
  if (entry === undefined) return undefined
  const minute = {
    subject: `${entry.countedAs}:${budgetOf(context)}`,
    policy: minutePolicy(perMinuteOf(entry, limits)),
  }
  return limits.perDay ? [minute, dayOfKey(entry, limits, budgetOf(context))] : [minute]
}

type LimitedKey = Pick<KeyEntry, 'id' | 'rateLimit' | 'perMinuteCap' | 'perDay'>

/** What a key spends of its day in a dialect that limits days. */
export const dayOfKey = (key: LimitedKey, limits: DialectLimits, dialect: string): Charge => ({
  subject: `key:${key.id}:${dialect}`,
  // The default leaves the minute rule in charge: the day figure is true and never the tighter one.
  policy: wholeDayPolicy(key.perDay ?? perMinuteOf(key, limits) * MINUTES_A_DAY),
})

const perMinuteOf = ({ rateLimit, perMinuteCap }: LimitedKey, { perDay, perMinute }: DialectLimits): number => {
  const own = perDay && rateLimit !== null ? rateLimit : perMinute
  return Math.min(own, perMinuteCap ?? own)
}

const MOST_SHARED = 1000

/** One object for all who have the same limit: it is at hand for the next request, whoever sends it. */
const sharedPolicies = (create: (limit: number) => Policy): ((limit: number) => Policy) => {
  const policies = new Map<number, Policy>()
  return (limit) => {
    const policy = policies.get(limit) ?? create(limit)
    if (policies.size < MOST_SHARED) policies.set(limit, policy)
    return policy
  }
}

const addressPolicy = sharedPolicies((limit) => windowPolicy('ip', limit, 60_000))
const minutePolicy = sharedPolicies((limit) => windowPolicy('minute', limit, 60_000))
const wholeDayPolicy = sharedPolicies((limit) => dayPolicy('day', limit))
