import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/index.ts'
import type { Log } from '../../platform/log/index.ts'
import type { Backend } from '../backends/backend.ts'
import type { Policies } from './policies.ts'
import type { Replication } from './replication.ts'

/** Blobs of one transaction: few enough that nobody waits for it. */
const BATCH = 50

export interface RepairOptions {
  readonly database: Database
  readonly backends: ReadonlyMap<string, Backend>
  readonly policies: Policies
  readonly replication: Replication
  readonly clock: Clock
  readonly log: Log
}

/**
 * Plans the copies that files lack and nobody has planned: after a drive was rebuilt from its index, whose copies on the
 * disk are gone, or a storage came back that was not set up for a while. What is complete after all is said to be.
 *
 * @returns How many files were looked at.
 */
export const repairPlanner = (options: RepairOptions) => {
  const { database, backends, policies, replication, clock, log } = options
  const there = new Set(backends.keys())

  const wanting = (after: string): Promise<{ id: string }[]> =>
    database.db
      .selectFrom('blobs')
      .select('id')
      .where('state', '=', 'degraded')
      .where('id', '>', after)
      .where(({ not, exists, selectFrom }) =>
        not(exists(selectFrom('copy_tasks').select('chunk_id').whereRef('copy_tasks.blob_id', '=', 'blobs.id'))),
      )
      .orderBy('id')
      .limit(BATCH)
      .execute()

  return async (signal?: AbortSignal): Promise<number> => {
    const rules = await policies.rules()
    let looked = 0
    for (let after = ''; ; ) {
      signal?.throwIfAborted()
      const ids = (await wanting(after)).map(({ id }) => id)
      const last = ids.at(-1)
      if (last === undefined) break
      after = last
      looked += ids.length
      await database.transaction(async (tx) => {
        const states = replication.statesIn(tx, rules)
        const busy = new Set<string>()
        for (const id of await states.lock(ids)) {
          for (const name of await states.plan(id, clock.now().getTime(), { among: there })) busy.add(name)
          await states.refresh(id)
        }
        await replication.wake(tx, [...busy])
      })
    }
    if (looked > 0) log.info({ contents: looked }, 'copies that were missing are planned')
    return looked
  }
}
