import { setTimeout as wait } from 'node:timers/promises'
import type { Db } from '../../platform/db/index.ts'
import type { Log } from '../../platform/log/index.ts'
import type { Sealer } from '../../platform/sealed.ts'
import type { EmulatorStore } from '../../platform/telegram/emulator/store.ts'

declare module '../../platform/db/tables.ts' {
  interface Tables {
    simulator_state: { id: number; sealed: Buffer }
  }
}

const CONTEXT = 'simulator'
const ROW = 1
const SAVE_AFTER_MS = 1_000

/**
 * Keeps the simulator's chats over a restart: what changed is written a second later, sealed, because it holds the
 * tokens of its bots.
 */
export const simulatorState = ({ db, sealer, log }: { db: Db; sealer: Sealer; log: Log }) => {
  let dirty = false
  let _saving: Promise<void> | undefined
  let stopListening = (): void => {}

  const save = async (store: EmulatorStore): Promise<void> => {
    dirty = false
    const sealed = sealer.seal(JSON.stringify(store.snapshot()), CONTEXT)
    await db
      .insertInto('simulator_state')
      .values({ id: ROW, sealed })
      .onConflict((oc) => oc.column('id').doUpdateSet({ sealed }))
      .execute()
  }

  return {
    async load(store: EmulatorStore): Promise<void> {
      const row = await db.selectFrom('simulator_state').select('sealed').where('id', '=', ROW).executeTakeFirst()
      if (row !== undefined) store.restore(JSON.parse(sealer.open(row.sealed, CONTEXT)))
    },
    watch(store: EmulatorStore): void {
      stopListening = store.onChange(() => {
        dirty = true
        _saving ??= wait(SAVE_AFTER_MS, undefined, { ref: false })
          .then(() => (dirty ? save(store) : undefined))
          .catch((error) => log.error({ err: error }, 'the chats of the simulator could not be written'))
          .finally(() => {
            _saving = undefined
          })
      })
    },
    async close(store: EmulatorStore): Promise<void> {
      stopListening()
      if (dirty) await save(store)
    },
  }
}
