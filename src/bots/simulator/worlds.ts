import { randomInt } from 'node:crypto'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/index.ts'
import { randomBase62 } from '../../platform/ids.ts'
import type { Leases } from '../../platform/jobs/index.ts'
import type { Log } from '../../platform/log/index.ts'
import type { Sealer } from '../../platform/sealed.ts'
import type { Emulator } from '../../platform/telegram/emulator/emulator.ts'
import { readLegacy } from './legacy.ts'
import type { Residents } from './residents.ts'
import { openWorld, type World } from './world.ts'

export interface WorldsOptions {
  readonly database: Database
  readonly clock: Clock
  readonly sealer: Sealer
  readonly log: Log
  readonly leases: Leases
  readonly residents: Residents
}

export type SimulatorWorlds = ReturnType<typeof simulatorWorlds>

/** Freed with the bots' own leases where one process at a time has the database. */
export const worldLease = (accountId: string): string => `bot:simulator:${accountId}`

const LEASE_MS = 15_000
/** A lease that somebody else has is not asked for again within this time. */
const ELSEWHERE_MS = 500
/** A simulator that nobody asks for anything leaves memory; one with a bot that works is asked all the time. */
const IDLE_MS = 10 * 60_000
const SWEEP_MS = 60_000
const FIRST_BOT_ID = 7_000_000_001
const BOT_IDS = 2 ** 36
const SECRET_CHARS = 33

/**
 * A Telegram of its own for each account: people, groups and their messages are shared by all bots of one Telegram, and
 * accounts must not see each other's. One process at a time has an account's in memory; a lease says which.
 */
export const simulatorWorlds = (options: WorldsOptions) => {
  const { database, clock, log, leases, residents } = options
  const isAlone = database.dialect === 'sqlite'
  const held = new Map<string, Promise<World | undefined>>()
  const elsewhere = new Map<string, number>()
  // A process that runs no bots leaves them to one that does: a bot's calls are many, and its player's are few.
  let mayHold = isAlone
  let closing = false
  let sweeping: NodeJS.Timeout | undefined

  const drop = (world: World): void => {
    held.delete(world.accountId)
    world.abandon()
  }

  const open = async (accountId: string): Promise<World | undefined> => {
    const lease = isAlone ? undefined : await leases.acquire(worldLease(accountId), LEASE_MS)
    if (!isAlone && lease === undefined) return undefined
    try {
      const world = await openWorld(options, accountId, lease, () => drop(world))
      await residents.settle(accountId, world.emulator)
      lease?.signal.addEventListener('abort', () => drop(world), { once: true })
      return world
    } catch (error) {
      await lease?.release()
      throw error
    }
  }

  /** @returns undefined when another process has it. */
  const find = async (accountId: string): Promise<World | undefined> => {
    const known = held.get(accountId)
    if (known === undefined && (!mayHold || closing || (elsewhere.get(accountId) ?? 0) > clock.monotonicMs()))
      return undefined
    const opening = known ?? open(accountId)
    held.set(accountId, opening)
    try {
      const world = await opening
      if (world !== undefined) world.usedAtMs = clock.monotonicMs()
      else if (held.get(accountId) === opening) {
        held.delete(accountId)
        elsewhere.set(accountId, clock.monotonicMs() + ELSEWHERE_MS)
      }
      return world
    } catch (error) {
      if (held.get(accountId) === opening) held.delete(accountId)
      throw error
    }
  }

  const giveUp = async (world: World): Promise<void> => {
    await world.flush().catch((error) => log.error({ err: error, accountId: world.accountId }, 'chats are lost'))
    drop(world)
    await world.lease?.release()
  }

  const loaded = async (): Promise<World[]> => {
    const all = await Promise.all([...held.values()].map((opening) => opening.catch(() => undefined)))
    return all.filter((world) => world !== undefined)
  }

  const sweep = async (): Promise<void> => {
    for (const world of await loaded()) if (world.usedAtMs < clock.monotonicMs() - IDLE_MS) await giveUp(world)
    for (const [accountId, untilMs] of elsewhere) if (untilMs < clock.monotonicMs()) elsewhere.delete(accountId)
  }

  return {
    /** The account's Telegram, read on first use; undefined while another process has it. */
    find: async (accountId: string): Promise<Emulator | undefined> => (await find(accountId))?.emulator,
    /** Writes what has changed, if it is here. */
    async flush(accountId: string): Promise<void> {
      await (await held.get(accountId))?.flush()
    },
    /** A new identity. It lives on the simulator as soon as the bot is in the database. */
    register(_accountId: string, _bot: { name: string; username: string }) {
      const telegramId = FIRST_BOT_ID + randomInt(BOT_IDS)
      return { token: `${telegramId}:AA${randomBase62(SECRET_CHARS)}`, telegramId }
    },
    /** What older versions kept becomes one row for each account. */
    load: (): Promise<void> => readLegacy(options),
    /** From now on this process may have simulators in memory. */
    start(): void {
      mayHold = true
      sweeping = setInterval(() => {
        sweep().catch((error) => log.error({ err: error }, 'idle simulators could not be put away'))
      }, SWEEP_MS).unref()
    },
    /** Ends polls that wait; calls of runs that go on are still answered. */
    async endPolls(): Promise<void> {
      clearInterval(sweeping)
      closing = true
      for (const { emulator } of await loaded()) emulator.close()
    },
    /** Writes everything and lets other processes have it. */
    async close(): Promise<void> {
      for (const world of await loaded()) await giveUp(world)
    },
  }
}
