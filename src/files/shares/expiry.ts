import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/index.ts'
import type { Stats } from '../stats/contract.ts'
import type { Counters } from '../stats/counters.ts'
import { downloadRepo } from './downloads-repo.ts'
import { shareRepo } from './repo.ts'

const ACCOUNTS_AT_ONCE = 200

export interface ExpiryParts {
  readonly database: Database
  readonly counters: Counters
  readonly clock: Clock
}

export type ShareExpiry = ReturnType<typeof shareExpiry>

/**
 * Takes links that have expired out of the figures of their accounts, each exactly once: the mark on the link and the
 * figure change in one transaction. A sweep does it every minute, and whoever asks for the figures of an account does it
 * first, so the figures are right at any moment.
 */
export const shareExpiry = ({ database, counters, clock }: ExpiryParts) => {
  const shares = shareRepo(database.db)
  // Where this is the only process that makes links it knows when the next one expires, and asks the database then.
  let nextMs: number | undefined
  let sweeping: Promise<void> | undefined

  const end = (accountId: string): Promise<number> =>
    counters.change(accountId, async (tx) => {
      const ended = await shareRepo(tx).endExpired(accountId, clock.now().getTime())
      return { result: ended, add: { shareLinks: -ended } }
    })

  const endAll = async (signal?: AbortSignal): Promise<void> => {
    for (;;) {
      const accounts = await shares.accountsWithExpired(clock.now().getTime(), ACCOUNTS_AT_ONCE)
      for (const accountId of accounts) {
        signal?.throwIfAborted()
        await end(accountId)
      }
      if (accounts.length < ACCOUNTS_AT_ONCE) return
    }
  }

  const endAllAndLook = async (): Promise<void> => {
    // Links that are made while the database is asked say so themselves.
    nextMs = Number.POSITIVE_INFINITY
    try {
      await endAll()
      nextMs = Math.min(nextMs, (await shares.nextExpiry()) ?? Number.POSITIVE_INFINITY)
    } catch (error) {
      nextMs = undefined
      throw error
    }
  }

  const endOwn = async (accountId: string): Promise<void> => {
    if (await shares.hasExpired(accountId, clock.now().getTime())) await end(accountId)
  }

  const bringUpToDate = (accountId: string): Promise<void> | undefined => {
    if (database.dialect === 'postgres') return endOwn(accountId)
    if (sweeping !== undefined) return sweeping
    // Mostly nothing is to expire, and this is asked with every request for figures.
    if (nextMs === Number.POSITIVE_INFINITY) return undefined
    if (nextMs !== undefined && nextMs > clock.now().getTime()) return undefined
    sweeping = endAllAndLook().finally(() => {
      sweeping = undefined
    })
    return sweeping
  }

  const readStats = async (accountId: string): Promise<Stats> => {
    const stats = await counters.statsWithoutExpired(accountId, clock.now().getTime())
    if (stats !== undefined) return stats
    await end(accountId)
    return counters.stats(accountId)
  }

  return {
    /** To be called with the expiry of every link that is made or changed. */
    note(expiresAtMs: number | null): void {
      if (expiresAtMs !== null && nextMs !== undefined) nextMs = Math.min(nextMs, expiresAtMs)
    },

    /** Brings the figures of an account up to this moment. @returns undefined where they are. */
    bringUpToDate,

    /** The figures of an account at this moment. @returns A value, not a promise, where they are in memory. */
    stats(accountId: string): Stats | Promise<Stats> {
      if (database.dialect === 'postgres') return readStats(accountId)
      const waiting = bringUpToDate(accountId)
      return waiting === undefined ? counters.stats(accountId) : waiting.then(() => counters.stats(accountId))
    },

    /** Ends what has expired, of all accounts, and forgets the downloads that can be resumed no more. */
    async sweep(signal?: AbortSignal): Promise<void> {
      await endAll(signal)
      await downloadRepo(database.db).deleteExpired(clock.now().getTime())
    },
  }
}
