import type { Clock } from '../clock.ts'
import { AppError } from '../errors.ts'
import { embeddedLimiter } from './embedded.ts'
import { policyHeader } from './headers.ts'
import { type Decision, LimitErrors, type Limiter, type LimitLog } from './limiter.ts'
import { algorithmOf, type Charge, distinctCharges, type Policy, parsePolicy } from './policy.ts'
import { type RedisScripting, redisCaller } from './redis-caller.ts'
import { BUMP_EPOCH, DECIDE } from './redis-script.ts'

export interface RedisLimiterOptions {
  readonly redis: RedisScripting
  readonly clock: Clock
  /** How many processes share the limits: without Redis each keeps to its part, rounded down, but at least 1. */
  readonly nodes: number
  /** How long one answer may take before it is decided here; default 250. */
  readonly timeoutMs?: number
  readonly maxSubjects?: number
  readonly log?: LimitLog
}

const EPOCH_KEY = 'latchkey:epoch'

/**
 * The limiter of several processes around one Redis or Valkey: one script call per request, by the server's clock,
 * exact over all processes. Not for Redis Cluster, where the keys of one request lie on different servers.
 *
 * While the server is away each process keeps to its share of every limit, on what it let through itself before: never
 * open, and `epoch` is null. In the window in which an outage ends, a limit can be reached once here and once there.
 */
export const redisLimiter = (options: RedisLimiterOptions): Limiter => {
  const { redis, clock, nodes, timeoutMs = 250, maxSubjects = 200_000, log } = options
  const { ask, isDown } = redisCaller({ redis, clock, timeoutMs, log })
  const share = embeddedLimiter({ clock, maxSubjects })
  const sharesOf = chargeSplitter(nodes)

  const prepare = (mode: Mode, charges: readonly Charge[]) => {
    const distinct = distinctCharges(charges)
    const keys = [EPOCH_KEY, ...distinct.map(keyOf)]
    const args = [mode, ...distinct.flatMap(argsOf)]
    const shares = sharesOf(distinct)
    const parse = (reply: unknown) => parseDecision(reply, distinct)
    return { distinct, shares, ask: () => ask(DECIDE, keys, args, parse) }
  }

  const take = async (request: ReturnType<typeof prepare>): Promise<Decision> => {
    const decision = await request.ask()
    if (decision === undefined) return withoutEpoch(await share.take(request.shares), request.distinct)
    // What this process let through counts against its share, should Redis go away before the window is over.
    if (decision.allowed) share.record(request.shares)
    return decision
  }

  return {
    take: (charges) => take(prepare('take', charges)),

    async peek(charges) {
      const request = prepare('peek', charges)
      return (await request.ask()) ?? withoutEpoch(await share.peek(request.shares), request.distinct)
    },

    async refund(charges) {
      const request = prepare('refund', charges)
      await share.refund(request.shares)
      await request.ask()
    },

    gate(charges) {
      const request = prepare('take', charges)
      return { policyHeader: policyHeader(request.distinct.map(({ policy }) => policy)), take: () => take(request) }
    },

    async bumpEpoch() {
      const epoch = await ask(BUMP_EPOCH, [EPOCH_KEY], [], parseEpoch)
      // The others would go on with what they cached, so the caller must not report success.
      if (epoch === undefined) throw new AppError(LimitErrors.LIMITS_UNAVAILABLE, { retryAfterSeconds: 1 })
      return epoch
    },

    isDegraded: isDown,
    maintain: share.maintain,
    close: share.close,
  }
}

/** @returns a function from charges to the same charges under this process's part of each limit. */
const chargeSplitter = (nodes: number) => {
  const shares = new WeakMap<Policy, Policy>()
  const shareOf = (policy: Policy): Policy => {
    const known = shares.get(policy)
    if (known !== undefined) return known
    const share = { ...parsePolicy(policy), limit: Math.max(1, Math.floor(policy.limit / nodes)) }
    shares.set(policy, share)
    return share
  }
  return (charges: readonly Charge[]): Charge[] =>
    charges.map(({ subject, policy }) => ({ subject, policy: shareOf(policy) }))
}

/** A decision made here, under the policies that the client knows. */
const withoutEpoch = (decision: Decision, charges: readonly Charge[]): Decision => ({
  ...decision,
  states: decision.states.map((state, index) => ({ ...state, policy: charges[index]!.policy })),
  epoch: null,
})

type Mode = 'take' | 'peek' | 'refund'

// The algorithm is in the key because each has its own Redis type.
const keyOf = ({ subject, policy }: Charge): string =>
  `latchkey:limit:${algorithmOf(policy)}:${parsePolicy(policy).name}:${subject}`

const argsOf = ({ policy }: Charge): string[] => [algorithmOf(policy), String(policy.limit), String(policy.windowMs)]

const parseEpoch = (value: unknown): number => {
  const epoch = Number(value)
  if (!Number.isSafeInteger(epoch) || epoch <= 0) throw new TypeError('Redis answered with an epoch that is none')
  return epoch
}

/** The script's answer; see `redis-script.ts`. */
const parseDecision = (reply: unknown, charges: readonly Charge[]): Decision => {
  if (!Array.isArray(reply) || reply.length !== 3 + charges.length * 3)
    throw new TypeError('Redis answered out of turn')
  const [epochText, ...rest]: unknown[] = reply
  const figures = rest.map(Number)
  if (!figures.every(Number.isFinite)) throw new TypeError('Redis answered with figures that are none')
  const [allowed = 0, serverMs = 0] = figures
  const stateOf = (policy: Policy, index: number) => {
    const resetMs = figures[3 + index * 3]!
    const resetAtSeconds = Math.ceil((serverMs + resetMs) / 1000)
    return { policy, remaining: figures[2 + index * 3]!, resetMs, resetAtSeconds }
  }
  const retriesMs = charges.map((_, index) => figures[4 + index * 3]!)
  return {
    allowed: allowed === 1,
    states: charges.map(({ policy }, index) => stateOf(policy, index)),
    retryAfterSeconds: allowed === 1 ? 0 : Math.max(1, Math.ceil(Math.max(...retriesMs) / 1000)),
    violated: charges.filter((_, index) => retriesMs[index]! > 0).map(({ policy }) => policy.name),
    epoch: parseEpoch(epochText),
  }
}
