import { z } from 'zod'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/index.ts'
import type { Log } from '../../platform/log/index.ts'
import type { Sealer } from '../../platform/sealed.ts'
import { worldContext } from './world.ts'
import { worldRepo } from './world-repo.ts'

export interface LegacyOptions {
  readonly database: Database
  readonly clock: Clock
  readonly sealer: Sealer
  readonly log: Log
}

const CONTEXT = 'simulator'
const Saved = z.object({ accounts: z.record(z.string(), z.unknown()) })

/** Before, all accounts were one sealed row: each gets one of its own, unless it has one. */
export const readLegacy = async ({ database, clock, sealer, log }: LegacyOptions): Promise<void> => {
  const sealed = await worldRepo(database.db).findLegacy()
  if (sealed === undefined) return
  const accounts = openLegacy(sealer, log, sealed)
  await database.transaction(async (tx) => {
    const repo = worldRepo(tx)
    for (const [accountId, snapshot] of Object.entries(accounts)) {
      const row = {
        sealed: sealer.seal(JSON.stringify(snapshot), worldContext(accountId)),
        nowMs: clock.now().getTime(),
      }
      if ((await repo.find(accountId)) === undefined) await repo.put(accountId, { fence: 0, ...row })
    }
    await repo.deleteLegacy()
  })
}

const openLegacy = (sealer: Sealer, log: Log, sealed: Buffer): Record<string, unknown> => {
  try {
    return Saved.parse(JSON.parse(sealer.open(sealed, CONTEXT))).accounts
  } catch (error) {
    log.error({ err: error }, 'the chats of the simulator could not be read; they begin anew')
    return {}
  }
}
