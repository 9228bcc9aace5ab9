import { setTimeout as wait } from 'node:timers/promises'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/index.ts'
import type { Lease } from '../../platform/jobs/index.ts'
import type { Log } from '../../platform/log/index.ts'
import type { Sealer } from '../../platform/sealed.ts'
import { createEmulator, type Emulator } from '../../platform/telegram/emulator/emulator.ts'
import { memoryStore, SMALL } from '../../platform/telegram/emulator/store.ts'
import { worldRepo } from './world-repo.ts'

/** The Telegram of one account in this process's memory. */
export interface World {
  readonly accountId: string
  readonly emulator: Emulator
  /** Undefined on SQLite, where no other process is. */
  readonly lease: Lease | undefined
  /** Monotonic: when it was last asked for anything. */
  usedAtMs: number
  /** Writes what has changed. @throws when it cannot be written; it is tried again with the next change. */
  flush(): Promise<void>
  /** Nothing is written any more. */
  abandon(): void
}

export interface WorldOptions {
  readonly database: Database
  readonly clock: Clock
  readonly sealer: Sealer
  readonly log: Log
}

const SAVE_AFTER_MS = 1_000
/** Of its JSON. Past it the older half of every chat goes, until it fits. */
const MAX_WORLD_BYTES = 4 * 1024 * 1024
const MAX_HALVINGS = 20
/** The whole is written each time a player is answered. */
const LIMITS = { ...SMALL, messagesPerDialog: 300, dialogs: 200, files: 2_000 }

export const worldContext = (accountId: string): string => `simulator:${accountId}`

/**
 * Reads the chats of an account. What cannot be read begins anew: chats to try things out must not keep bots from
 * working.
 *
 * @param lost Called when another process has written it since: this one is not its owner any more.
 */
export const openWorld = async (
  options: WorldOptions,
  accountId: string,
  lease: Lease | undefined,
  lost: () => void,
): Promise<World> => {
  const { database, clock, sealer, log } = options
  const repo = worldRepo(database.db)
  const emulator = createEmulator({ clock, store: memoryStore(LIMITS) })
  const sealed = await repo.find(accountId)
  if (sealed !== undefined)
    try {
      emulator.store.restore(JSON.parse(sealer.open(sealed, worldContext(accountId))))
    } catch (error) {
      log.error({ err: error, accountId }, 'the chats of a simulator could not be read; they begin anew')
    }
  const written = new Set<number>()
  for (const { file_key: key, bytes } of await repo.listFiles(accountId)) {
    emulator.files.restore(key, bytes)
    written.add(key)
  }

  let dirty = false
  let scheduled = false
  let over = false
  let saving: Promise<void> = Promise.resolve()

  const write = async (): Promise<void> => {
    if (!dirty || over) return
    dirty = false
    try {
      const row = {
        fence: lease?.fence ?? 0,
        sealed: sealer.seal(boundedJson(emulator), worldContext(accountId)),
        nowMs: clock.now().getTime(),
      }
      const kept = new Map(emulator.files.kept())
      const isOurs = await database.transaction(async (tx) => {
        if (!(await worldRepo(tx).put(accountId, row))) return false
        await writeFiles(worldRepo(tx), accountId, kept, written)
        return true
      })
      if (isOurs) remember(written, kept)
      else lost()
    } catch (error) {
      dirty = true
      throw error
    }
  }
  const flush = (): Promise<void> => {
    const done = saving.then(write)
    saving = done.catch(() => undefined)
    return done
  }
  const saveLater = async (): Promise<void> => {
    await wait(SAVE_AFTER_MS, undefined, { ref: false })
    scheduled = false
    await flush().catch((error) => log.error({ err: error, accountId }, 'a simulator could not be written'))
  }
  emulator.store.onChange(() => {
    dirty = true
    if (!scheduled && !over) void saveLater()
    scheduled = true
  })
  return {
    accountId,
    emulator,
    lease,
    usedAtMs: clock.monotonicMs(),
    flush,
    abandon() {
      over = true
      emulator.close()
    },
  }
}

const boundedJson = ({ store }: Emulator): string => {
  let json = store.toJson()
  for (let halvings = 0; json.length > MAX_WORLD_BYTES && halvings < MAX_HALVINGS; halvings++) {
    store.shrink()
    json = store.toJson()
  }
  return json
}

type Kept = ReturnType<Emulator['files']['kept']>

const writeFiles = async (
  repo: ReturnType<typeof worldRepo>,
  accountId: string,
  kept: Kept,
  written: ReadonlySet<number>,
): Promise<void> => {
  for (const [key, bytes] of kept)
    if (!written.has(key) && bytes.at === 'memory') await repo.putFile(accountId, key, bytes.buffer)
  await repo.deleteFiles(
    accountId,
    [...written].filter((key) => !kept.has(key)),
  )
}

const remember = (written: Set<number>, kept: Kept): void => {
  written.clear()
  for (const key of kept.keys()) written.add(key)
}
