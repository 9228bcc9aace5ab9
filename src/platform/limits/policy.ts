/** A rule such as "100 in any 60 s" or "144,000 a day". One object per rule, shared: identity is the fast path. */
export interface Policy {
  /** Names the rule in `RateLimit-Policy`, and together with the subject names its counter: `minute`, `day`, `ip` … */
  readonly name: string
  /** Requests admitted per window; a whole number, at least 1. */
  readonly limit: number
  /** Length of the window in milliseconds; 86,400,000 for `utc-day`. */
  readonly windowMs: number
  /** `window` slides and runs on the monotonic clock. `utc-day` counts from midnight to midnight, UTC. */
  readonly kind: 'window' | 'utc-day'
}

/** One counter to charge: whose (`key:…`, `ip:…`, `account:…`), and under which rule. */
export interface Charge {
  readonly subject: string
  readonly policy: Policy
}

export const DAY_MS = 86_400_000

/** Up to this limit a window remembers every admission and is exact; above it, it estimates from two counters. */
export const MAX_EXACT_LIMIT = 1024

/** How a policy is counted. */
export type Algorithm = 'ring' | 'two-cell' | 'utc-day'

export const algorithmOf = (policy: Policy): Algorithm => {
  if (policy.kind === 'utc-day') return 'utc-day'
  return policy.limit <= MAX_EXACT_LIMIT ? 'ring' : 'two-cell'
}

export const windowPolicy = (name: string, limit: number, windowMs: number): Policy =>
  parsePolicy({ name, limit, windowMs, kind: 'window' })

export const dayPolicy = (name: string, limit: number): Policy =>
  parsePolicy({ name, limit, windowMs: DAY_MS, kind: 'utc-day' })

/** @throws {RangeError} for a rule that nobody could keep: a bug of the caller, as what users send is parsed before. */
export const parsePolicy = (policy: Policy): Policy => {
  if (!isPolicy(policy)) throw new RangeError(`not a rate limit policy: ${JSON.stringify(policy)}`)
  return policy
}

export const isPolicy = ({ name, limit, windowMs, kind }: Policy): boolean =>
  // The name goes into a header as a quoted string, so it must not need escaping.
  /^[a-z][a-z0-9-]{0,63}$/.test(name) &&
  Number.isSafeInteger(limit) &&
  limit >= 1 &&
  Number.isFinite(windowMs) &&
  windowMs >= 1 &&
  (kind === 'window' || (kind === 'utc-day' && windowMs === DAY_MS))

export const samePolicy = (a: Policy, b: Policy): boolean =>
  a.name === b.name && a.limit === b.limit && a.windowMs === b.windowMs && a.kind === b.kind

/** The same charges, each counter once: nobody pays twice for one request. */
export const distinctCharges = (charges: readonly Charge[]): readonly Charge[] => {
  if (charges.length < 2) return charges
  const isFirst = (charge: Charge, index: number) =>
    charges.findIndex((other) => other.subject === charge.subject && other.policy.name === charge.policy.name) === index
  return charges.every(isFirst) ? charges : charges.filter(isFirst)
}
