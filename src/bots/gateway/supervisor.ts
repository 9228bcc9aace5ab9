import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/index.ts'
import type { Lease, Leases } from '../../platform/jobs/index.ts'
import type { Log } from '../../platform/log/index.ts'
import type { Sealer } from '../../platform/sealed.ts'
import type { BotApi } from '../../platform/telegram/api.ts'
import { botRepo, type LiveBot } from '../bots/repo.ts'
import { tokenContext } from '../bots/service.ts'
import type { Run } from '../runs/contract.ts'
import { runRepo } from '../runs/repo.ts'
import type { UpdateHandler } from './handler.ts'
import { inbox } from './inbox.ts'
import { pollUpdates } from './poller.ts'

export interface SupervisorOptions {
  readonly database: Database
  readonly clock: Clock
  readonly leases: Leases
  readonly sealer: Sealer
  readonly handler: UpdateHandler
  readonly log: Log
  /** Whom a bot talks to: Telegram, or the simulator. */
  readonly apiFor: (bot: LiveBot) => BotApi
}

interface Served {
  readonly fingerprint: string
  readonly stopping: AbortController
  readonly done: Promise<void>
}

export type Supervisor = ReturnType<typeof supervisor>

const LEASE_MS = 30_000
const LOOK_EVERY_MS = 5_000

/**
 * Keeps one poller running for every bot that should work. Which process polls a bot is decided by a lease, so any
 * number of processes may do this.
 */
export const supervisor = (options: SupervisorOptions) => {
  const { database, clock, leases, sealer, handler, log } = options
  const repo = botRepo(database.db)
  const served = new Map<string, Served>()
  const listeners = new Set<(botId: string, updateId: number, run: Run | null) => void>()
  let timer: NodeJS.Timeout | undefined
  let looking: Promise<void> | undefined
  let again = false
  let stopped = true

  const serve = (bot: LiveBot, lease: Lease): Served => {
    const stopping = new AbortController()
    const token = sealer.open(bot.token_sealed, tokenContext(bot.id))
    const done = pollUpdates({
      bot: { ...bot, token, telegram: options.apiFor(bot) },
      handler,
      inbox: inbox(database.db),
      log,
      signal: AbortSignal.any([stopping.signal, lease.signal]),
      saveOffset: (next) => repo.saveOffset(bot.account_id, bot.id, next),
      isHandled: (updateId) => runRepo(database.db).isHandled(bot.account_id, bot.id, updateId),
      setProblem: (problem) => repo.setProblem(bot.account_id, bot.id, problem),
      giveUp: (problem) => repo.setStatus(bot.account_id, bot.id, 'stopped', problem, clock.now().getTime()),
      handled: (updateId, run) => {
        for (const listener of listeners) listener(bot.id, updateId, run)
      },
    })
      .catch((error) =>
        log.error({ err: error, botId: bot.id }, 'a bot stopped by a mistake of ours; it is started again'),
      )
      .finally(async () => {
        if (served.get(bot.id)?.stopping === stopping) served.delete(bot.id)
        await lease.release().catch((error) => log.warn({ err: error, botId: bot.id }, 'a lease was not given back'))
      })
    return { fingerprint: fingerprintOf(bot), stopping, done }
  }

  /** Starts what should run and stops what should not. */
  const look = async (): Promise<void> => {
    const live = new Map((await repo.listLive()).map((bot) => [bot.id, bot]))
    for (const [id, entry] of [...served]) {
      const bot = live.get(id)
      if (bot !== undefined && fingerprintOf(bot) === entry.fingerprint) continue
      entry.stopping.abort()
      await entry.done
    }
    for (const bot of live.values()) {
      if (stopped || served.has(bot.id)) continue
      const lease = await leases.acquire(`bot:${bot.id}`, LEASE_MS)
      if (lease !== undefined) served.set(bot.id, serve(bot, lease))
    }
  }

  // One look at a time; a wish that comes in the middle of one is granted by another right behind it.
  const lookSoon = (): Promise<void> => {
    if (looking !== undefined) {
      again = true
      return looking
    }
    looking = (async () => {
      do {
        again = false
        await look().catch((error) => log.error({ err: error }, 'the bots could not be looked after'))
      } while (again && !stopped)
      looking = undefined
    })()
    return looking
  }

  return {
    async start(): Promise<void> {
      stopped = false
      timer = setInterval(() => void lookSoon(), LOOK_EVERY_MS)
      await lookSoon()
    },
    /** Something about a bot has changed. */
    poke: (): void => {
      if (!stopped) void lookSoon()
    },
    /** Resolves when every change so far has taken effect here. */
    settled: (): Promise<void> => (stopped ? Promise.resolve() : lookSoon()),
    /** Told of each update that was handled here. @returns How to stop listening. */
    onHandled(listener: (botId: string, updateId: number, run: Run | null) => void): () => void {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    serves: (botId: string): boolean => served.has(botId),
    count: (): number => served.size,
    async stop(): Promise<void> {
      stopped = true
      clearInterval(timer)
      await looking
      const all = [...served.values()]
      for (const { stopping } of all) stopping.abort()
      await Promise.all(all.map(({ done }) => done))
    },
  }
}

// What a poller cannot change while it runs.
const fingerprintOf = (bot: LiveBot): string => `${bot.token_sealed.toString('base64')}:${bot.username}:${bot.name}`
