import type { Limiter } from '../../platform/limits/index.ts'
import type { Directory } from './directory.ts'

export interface Revocations {
  /** Keys or sessions that have just been revoked in the database: from now on they fail, in every process. */
  announce(ids: readonly string[]): Promise<void>
  /** Something about an account's credentials has changed: every process looks again. */
  announceChange(accountId: string): Promise<void>
  /** Something that holds for many accounts has changed: every process looks again at everything. */
  announceAll(): Promise<void>
}

const RETRY_MS = 500

/**
 * Carries a revocation from the database into every process's memory. It is called after the commit and before the
 * caller gets an answer, so whoever has the answer can rely on it. While the others cannot be told it fails, and goes
 * on trying: a process that still reaches the store must not go on with what it remembers.
 *
 * @param shared Whether other processes have to be told, through the limiter's store.
 */
export const createRevocations = ({
  directory,
  limiter,
  shared,
}: {
  directory: Directory
  limiter: Limiter
  shared: boolean
}): Revocations => {
  let changes = 0
  let told = 0
  let retrying = false

  const tell = async (): Promise<void> => {
    const upTo = changes
    try {
      await limiter.bumpEpoch()
      told = Math.max(told, upTo)
    } catch (error) {
      if (!retrying) setTimeout(tellLater, RETRY_MS).unref()
      retrying = true
      throw error
    }
  }

  const tellLater = (): void => {
    retrying = false
    // A failure has set the next timer already, and the limiter logs the outage.
    if (told < changes) tell().catch(() => {})
  }

  const change = async (): Promise<void> => {
    if (!shared) return
    changes += 1
    await tell()
  }

  return {
    async announce(ids) {
      directory.end(ids)
      // Asking for the same revocation again changes nothing, but must not succeed while the first is not told.
      if (ids.length > 0) await change()
      else if (told < changes) await tell()
    },
    async announceChange(accountId) {
      directory.forgetAccount(accountId)
      await change()
    },
    async announceAll() {
      directory.forgetAll()
      await change()
    },
  }
}
