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
  /** @throws {AppError} SIGN_IN_LIMITED, before anything is looked at */
  async charge(ip: string): Promise<Guess> {
    const taken: Charge[] = []
    const take = async (charge: Charge): Promise<void> => {
      const decision = await limiter.take([charge])
      if (!decision.allowed)
        throw new AppError(AccountErrors.SIGN_IN_LIMITED, { retryAfterSeconds: decision.retryAfterSeconds })
      taken.push(charge)
    }
    await take({ subject: `ip:${networkOf(ip)}`, policy: byAddress })
    return {
      chargeAccount: (target) => take({ subject: `account:${target}`, policy: byAccount }),
      refund: () => limiter.refund(taken),
    }
  },
})

/** A guess that is paid for by the address it came from. */
export interface Guess {
  /**
   * Has the account pay whose secret is guessed; not for an address from which it has signed in before, because guesses
   * from elsewhere must not keep its owner out.
   *
   * @throws {AppError} SIGN_IN_LIMITED
   */
  chargeAccount(target: string): Promise<void>
  /** Gives back everything that was paid. */
  refund(): void | Promise<void>
}

export type GuessLimits = ReturnType<typeof guessLimits>
