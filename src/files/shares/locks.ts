import { AppError } from '../../platform/errors.ts'
import { type Charge, type Limiter, windowPolicy } from '../../platform/limits/index.ts'
import { ShareErrors } from './contract.ts'
import type { SharePasswords } from './passwords.ts'
import type { StoredShare } from './repo.ts'
import type { Visitor, Visitors } from './visitor.ts'

const WRONG_TRIES = 5
const TRIES_MS = 15 * 60_000
/** Passwords that were right not long ago; a hash of each. */
const MOST_KNOWN = 10_000

const triesPolicy = windowPolicy('share-password', WRONG_TRIES, TRIES_MS)

export interface LockParts {
  readonly limiter: Limiter
  readonly passwords: SharePasswords
  readonly visitors: Visitors
}

export type Locks = ReturnType<typeof shareLocks>

/**
 * Passwords in front of links. Five wrong ones from one address close the link for that address for a quarter of an
 * hour, and for nobody else.
 */
export const shareLocks = ({ limiter, passwords, visitors }: LockParts) => {
  const known = new Set<string>()
  const underWay = new Map<string, Promise<unknown>>()

  const remember = (digest: string): void => {
    if (known.size >= MOST_KNOWN) known.delete(known.values().next().value ?? '')
    known.add(digest)
  }

  const check = async (share: StoredShare, password: string, network: string): Promise<void> => {
    const digest = visitors.digestOf(share, password)
    if (known.has(digest)) return
    const charges: Charge[] = [{ subject: `share:${share.id}:${network}`, policy: triesPolicy }]
    const decision = await limiter.take(charges)
    if (!decision.allowed)
      throw new AppError(ShareErrors.SHARE_LOCKED, { retryAfterSeconds: decision.retryAfterSeconds })
    const isRight = await passwords.verify(password, share.password_hash ?? '').catch(async (error: unknown) => {
      // Nobody has looked at the password yet.
      await limiter.refund(charges)
      throw error
    })
    if (!isRight) throw new AppError(ShareErrors.SHARE_PASSWORD_WRONG)
    await limiter.refund(charges)
    remember(digest)
  }

  // A try is paid for before it is known to be right. One after the other, or ten requests of somebody who knows the
  // password would look like guesses; and only the first of them costs a hash.
  const inTurn = async (place: string, work: () => Promise<void>): Promise<void> => {
    const before = underWay.get(place) ?? Promise.resolve()
    const mine = before.then(work, work)
    const settled = mine.catch(() => {})
    underWay.set(place, settled)
    try {
      await mine
    } finally {
      if (underWay.get(place) === settled) underWay.delete(place)
    }
  }

  return {
    /** @throws {AppError} SHARE_PASSWORD_WRONG, SHARE_LOCKED, SHARE_BUSY */
    async assertPassword(share: StoredShare, password: string, { network }: Visitor): Promise<void> {
      if (share.password_hash === null) return
      await inTurn(`${share.id}:${network}`, () => check(share, password, network))
    },

    /** @throws {AppError} SHARE_PASSWORD_REQUIRED, SHARE_PASSWORD_WRONG, SHARE_LOCKED, SHARE_BUSY */
    async assertOpen(share: StoredShare, visitor: Visitor, nowMs: number): Promise<void> {
      if (share.password_hash === null) return
      if (visitors.isUnlocked(share, visitor.unlockTokens, nowMs)) return
      if (visitor.password === undefined) throw new AppError(ShareErrors.SHARE_PASSWORD_REQUIRED)
      await this.assertPassword(share, visitor.password, visitor)
    },
  }
}
