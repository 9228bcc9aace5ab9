import type { Limiter } from '../../platform/limits/index.ts'
import type { Directory } from './directory.ts'

export interface Revocations {
  /** Keys or sessions that have just been revoked in the database: from now on they fail, in every process. */
  announce(ids: readonly string[]): Promise<void>
  /** Something about an account's credentials has changed: every process looks again. */
  announceChange(accountId: string): Promise<void>
}

/**
 * Carries a revocation from the database into every process's memory. It is called after the commit and before the
 * caller gets an answer, so whoever has the answer can rely on it.
 *
 * @param shared Whether other processes have to be told, through the limiter's store.
 */
export const createRevocations = ({ directory, limiter, shared }: { directory: Directory; limiter: Limiter; shared: boolean }): Revocations => ({
  async announce(ids) {
    if (ids.length === 0) return
    directory.end(ids)
    if (shared) await limiter.bumpEpoch()
  },
  async announceChange(accountId) {
    directory.forgetAccount(accountId)
    if (shared) await limiter.bumpEpoch()
  },
})
