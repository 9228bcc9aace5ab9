import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import type { Db } from '../../platform/db/index.ts'
import type { Log } from '../../platform/log/index.ts'
import type { Sealer } from '../../platform/sealed.ts'
import { Snapshot } from '../../platform/telegram/emulator/state.ts'
import type { SimulatorWorlds } from './worlds.ts'

declare module '../../platform/db/tables.ts' {
  interface Tables {
    simulator_state: { id: number; sealed: Buffer }
  }
}

export interface SimulatorStateOptions {
  readonly db: Db
  readonly sealer: Sealer
  readonly log: Log
  readonly worlds: SimulatorWorlds
}

const CONTEXT = 'simulator'
const ROW = 1
const SAVE_AFTER_MS = 1_000
const Saved = z.object({ accounts: z.record(z.string(), Snapshot) })

/**
 * Keeps the simulator's chats over a restart: what changed is written a second later, sealed, because it holds the
 * tokens of its bots.
 */
export const simulatorState = ({ db, sealer, log, worlds }: SimulatorStateOptions) => {
  let dirty = false
  let scheduled = false
  let stopListening = (): void => {}

  const save = async (): Promise<void> => {
    dirty = false
    const sealed = sealer.seal(JSON.stringify({ accounts: worlds.snapshot() }), CONTEXT)
    await db
      .insertInto('simulator_state')
      .values({ id: ROW, sealed })
      .onConflict((oc) => oc.column('id').doUpdateSet({ sealed }))
      .execute()
  }

  const saveLater = async (): Promise<void> => {
    await wait(SAVE_AFTER_MS, undefined, { ref: false })
    try {
      if (dirty) await save()
    } catch (error) {
      // It is tried again with the next change.
      dirty = true
      log.error({ err: error }, 'the chats of the simulator could not be written')
    }
    scheduled = false
  }

  return {
    /** What cannot be read is left out: chats to try things out must not keep the server from starting. */
    async load(): Promise<void> {
      const row = await db.selectFrom('simulator_state').select('sealed').where('id', '=', ROW).executeTakeFirst()
      if (row === undefined) return
      try {
        const { accounts } = Saved.parse(JSON.parse(sealer.open(row.sealed, CONTEXT)))
        for (const [accountId, snapshot] of Object.entries(accounts)) worlds.of(accountId).store.restore(snapshot)
      } catch (error) {
        log.error({ err: error }, 'the chats of the simulator could not be read; they begin anew')
      }
    },
    watch(): void {
      stopListening = worlds.onChange(() => {
        dirty = true
        if (!scheduled) void saveLater()
        scheduled = true
      })
    },
    async close(): Promise<void> {
      stopListening()
      if (dirty) await save()
    },
  }
}
