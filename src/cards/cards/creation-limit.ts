import { AppError } from '../../platform/errors.ts'
import { type Caller, Failures } from '../../platform/http/index.ts'
import { type Limiter, windowPolicy } from '../../platform/limits/index.ts'

export type CreationLimit = ReturnType<typeof creationLimit>

/**
 * How many requests an account's keys may make a minute that save cards, over all its keys. A bulk is one request: it
 * is let in or refused as a whole, and never stops half-way. The browser has its own limit for everything.
 *
 * @param perMinute 0 switches it off.
 */
export const creationLimit = (limiter: Limiter, perMinute: number) => {
  const policy = perMinute === 0 ? undefined : windowPolicy('card-creation', perMinute, 60_000)
  return {
    /** @throws {AppError} RATE_LIMITED */
    async charge({ accountId, kind }: Pick<Caller, 'accountId' | 'kind'>): Promise<void> {
      if (policy === undefined || kind !== 'key') return
      const decision = await limiter.take([{ subject: `account:${accountId}:cards`, policy }])
      if (decision.allowed) return
      const { retryAfterSeconds } = decision
      throw new AppError(Failures.RATE_LIMITED, { retryAfterSeconds, details: { policy: policy.name, perMinute } })
    },
  }
}
