import { AppError } from '../platform/errors.ts'
import { type Charge, type Limiter, windowPolicy } from '../platform/limits/index.ts'
import { AccountErrors } from './errors.ts'
import { networkOf } from './gate/addresses.ts'

const MINUTE_MS = 60_000
const byAddress = windowPolicy('guesses-ip', 20, MINUTE_MS)
// An account is slowed down and never locked.
const byAccount = windowPolicy('guesses-account', 10, MINUTE_MS)

/**
 * Budgets for guessing passwords and one-time codes. The unit is taken before the work and given back after a success,
 * so a flood of simultaneous guesses cannot pass, and people who get it right pay nothing.
 */
export const guessLimits = (limiter: Limiter) => ({
  /**
   * @param target Whose secret is guessed, if it is an account's. It is left out for an address from which the account
   * has signed in before: guesses from elsewhere must not keep its owner out.
   * @returns A function that gives the units back.
   * @throws {AppError} SIGN_IN_LIMITED, before any secret is looked at
   */
  async charge(ip: string, target: string | undefined): Promise<() => Promise<void>> {
    const charges: Charge[] = [{ subject: `ip:${networkOf(ip)}`, policy: byAddress }]
    if (target !== undefined) charges.push({ subject: `account:${target}`, policy: byAccount })
    const decision = await limiter.take(charges)
    if (!decision.allowed)
      throw new AppError(AccountErrors.SIGN_IN_LIMITED, { retryAfterSeconds: decision.retryAfterSeconds })
    return async () => {
      await limiter.refund(charges)
    }
  },
})

export type GuessLimits = ReturnType<typeof guessLimits>
