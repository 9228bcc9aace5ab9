import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { Failures, type RequestInfo } from '../../platform/http/index.ts'
import { type Limiter, windowPolicy } from '../../platform/limits/index.ts'
import { ShareErrors } from './contract.ts'
import { type Downloads, endOf } from './downloads.ts'
import type { Locks } from './locks.ts'
import { type StoredShare, shareRepo, stateOf } from './repo.ts'
import type { Visitor, Visitors } from './visitor.ts'

// No setting: it is not what an operator tunes but what keeps tokens from being guessed and passwords' hashes from being
// asked for, per address. 600 a minute is a page of two hundred pictures, three times over; and who guesses 128 bits at
// that speed needs longer than the universe has.
const REQUESTS_A_MINUTE = 600

const addressPolicy = windowPolicy('shares-ip', REQUESTS_A_MINUTE, 60_000)

export interface EntranceParts {
  readonly database: Database
  readonly limiter: Limiter
  readonly locks: Locks
  readonly visitors: Visitors
  readonly downloads: Downloads
  readonly clock: Clock
}

export type Entrance = ReturnType<typeof shareEntrance>

/** What every request through a link passes: the limit of its address, the state of the link, its password. */
export const shareEntrance = ({ database, limiter, locks, visitors, downloads, clock }: EntranceParts) => {
  const shares = shareRepo(database.db)

  const find = async (token: string): Promise<StoredShare> => {
    // What cannot be a token is not asked for.
    const share = /^\w{1,64}$/.test(token) ? await shares.findByToken(token) : undefined
    if (share === undefined) throw new AppError(ShareErrors.SHARE_NOT_FOUND)
    if (share.account_status !== 'active') throw new AppError(ShareErrors.SHARE_DISABLED)
    const state = stateOf(share, clock.now().getTime())
    // Whether an exhausted link still serves somebody is for the downloads to say.
    if (state === 'disabled' || state === 'expired') throw endOf(state)
    return share
  }

  return {
    /** @throws {AppError} RATE_LIMITED */
    async charge(request: RequestInfo): Promise<Visitor> {
      const visitor = visitors.read(request)
      const decision = await limiter.take([{ subject: `ip:${visitor.network}`, policy: addressPolicy }])
      if (!decision.allowed)
        throw new AppError(Failures.RATE_LIMITED, { retryAfterSeconds: decision.retryAfterSeconds })
      return visitor
    },

    /** The link, whether or not it is locked. @throws {AppError} SHARE_NOT_FOUND and its kin */
    find,

    /** The link, for who may use it. @throws {AppError} the same, and what the lock says */
    async open(token: string, visitor: Visitor): Promise<StoredShare> {
      const share = await find(token)
      await locks.assertOpen(share, visitor, clock.now().getTime())
      return share
    },

    /** For pages, which would promise what an exhausted link does not hold. @throws {AppError} SHARE_EXHAUSTED */
    async assertNotExhausted(share: StoredShare, visitor: Visitor): Promise<void> {
      const state = stateOf(share, clock.now().getTime())
      if (state !== 'active' && !(await downloads.isVisiting(share, visitor))) throw endOf(state)
    },
  }
}
