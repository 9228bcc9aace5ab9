import { setTimeout as wait } from 'node:timers/promises'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/index.ts'
import type { Lease, Leases } from '../../platform/jobs/index.ts'
import type { Log } from '../../platform/log/index.ts'
import { botRepo, type LiveBot } from '../bots/repo.ts'
import type { Run } from '../runs/contract.ts'
import { runRepo } from '../runs/repo.ts'
import { parseSettings } from '../settings/settings.ts'
import type { ServedBot, UpdateHandler } from './handler.ts'
import type { Hooks } from './hooks.ts'
import { inbox } from './inbox.ts'
import type { LiveBots } from './live-bots.ts'
import { pollUpdates } from './poller.ts'
import { TOKEN_UNREADABLE } from './problems.ts'
import { receiveUpdates } from './receiver.ts'

export interface SupervisorOptions {
  readonly database: Database
  readonly leases: Leases
  readonly clock: Clock
  readonly bots: LiveBots
  readonly hooks: Hooks
  readonly handler: UpdateHandler
  readonly log: Log
  /** A bot works again, here. */
  readonly onServed: (botId: string) => Promise<void>
}

type HandledListener = (botId: string, updateId: number, run: Run | null) => void

export type Supervisor = ReturnType<typeof supervisor>

// How long a bot is silent after its process was killed, on PostgreSQL. A lease is renewed three times in its life, and
// one that is lost costs a restart of the poller, so it may be short.
const LEASE_MS = 15_000
const LOOK_EVERY_MS = 3_000

/**
 * Keeps one poller running for every bot that should work. Which process polls a bot is decided by a lease, so any
 * number of processes may do this.
 */
export const supervisor = (options: SupervisorOptions) => {
  const { database, leases, log } = options
  const listeners = new Set<HandledListener>()
  const fleet = botFleet(options, (botId, updateId, run) => {
    for (const listener of listeners) listener(botId, updateId, run)
  })
  let timer: NodeJS.Timeout | undefined
  let stopped = true

  /** Starts what should run and stops what should not. */
  const look = oneAtATime(async () => {
    try {
      const live = await botRepo(database.db).listLive()
      fleet.stopOthers(live)
      const open = live.filter(({ id }) => !fleet.serves(id))
      // One question for all: each bot of the other processes would cost a write every time.
      const taken = open.length > 1 ? await leases.taken(leaseOf('')) : new Set<string>()
      for (const bot of open) if (!stopped && !taken.has(leaseOf(bot.id))) await fleet.serve(bot, lookAgain)
    } catch (error) {
      log.error({ err: error }, 'the bots could not be looked after')
    }
  })
  const lookAgain = (): void => {
    if (!stopped) void look()
  }

  return {
    async start(): Promise<void> {
      stopped = false
      if (database.dialect === 'sqlite' && database.owned) await freeLeases(database)
      timer = setInterval(lookAgain, LOOK_EVERY_MS)
      await look()
    },
    /** Something about a bot has changed. */
    poke: lookAgain,
    /** Resolves when every change so far has been seen here. */
    settled: (): Promise<void> => (stopped ? Promise.resolve() : look()),
    /** Told of each update that was handled here. @returns How to stop listening. */
    onHandled(listener: HandledListener): () => void {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    serves: fleet.serves,
    count: fleet.count,
    /** Takes no more updates, and gives the runs that are under way `graceMs` to end. */
    async stop(graceMs: number): Promise<void> {
      stopped = true
      clearInterval(timer)
      await look()
      fleet.stopOthers([])
      await Promise.race([fleet.ended(), wait(graceMs, undefined, { ref: false })])
    },
    /** Resolves when no run is under way any more. */
    ended: fleet.ended,
  }
}

/**
 * Where one process at a time has the database, every lease is from before its start. Waiting for them would silence
 * the bots for half a minute after a crash.
 */
const freeLeases = async ({ db }: Database): Promise<void> => {
  await db
    .updateTable('leases')
    .set({ owner: null, held_until: 0 })
    .where('name', 'like', `${leaseOf('')}%`)
    .execute()
}

const leaseOf = (botId: string): string => `bot:${botId}`

interface Served {
  readonly fingerprint: string
  readonly stopping: AbortController
  readonly done: Promise<void>
}

/** The bots that this process polls. */
const botFleet = (options: SupervisorOptions, handled: HandledListener) => {
  const { leases, bots, log } = options
  const served = new Map<string, Served>()

  const poll = async (bot: ServedBot, lease: Lease, signal: AbortSignal): Promise<void> => {
    try {
      const taker = takerOptions(options, bot, AbortSignal.any([signal, lease.signal]), handled)
      await ((await isHooked(options, bot)) ? receiveUpdates(taker) : pollUpdates(taker))
    } catch (error) {
      log.error({ err: error, botId: bot.id }, 'a bot stopped by a mistake of ours; it is started again')
    }
    await lease.release().catch((error) => log.warn({ err: error, botId: bot.id }, 'a lease was not given back'))
  }

  return {
    serves: (botId: string): boolean => served.has(botId),
    count: (): number => served.size,
    async ended(): Promise<void> {
      await Promise.all([...served.values()].map(({ done }) => done))
    },
    /** Stops those that are not among these any more, or not as they were. Their runs go on; nobody waits for them. */
    stopOthers(live: readonly LiveBot[]): void {
      const wanted = new Map(live.map((bot) => [bot.id, fingerprintOf(bot)]))
      for (const [id, { fingerprint, stopping }] of served) if (wanted.get(id) !== fingerprint) stopping.abort()
    },
    /** @param again Called when the bot was stopped and has ended: it may be wanted in another form. */
    async serve(bot: LiveBot, again: () => void): Promise<void> {
      if (served.has(bot.id)) return
      const token = bots.open(bot)
      if (token === undefined) {
        // One bot that cannot be served must not keep the others from it.
        if (bot.problem !== TOKEN_UNREADABLE)
          await botRepo(options.database.db).report(bot, { problem: TOKEN_UNREADABLE })
        return
      }
      const lease = await leases.acquire(leaseOf(bot.id), LEASE_MS)
      if (lease === undefined) return
      const stopping = new AbortController()
      const full = { ...bot, token, telegram: bots.apiOf(bot, token) }
      void options
        .onServed(bot.id)
        .catch((error) => log.warn({ err: error, botId: bot.id }, 'timers were not released'))
      const done = poll(full, lease, stopping.signal).then(() => {
        served.delete(bot.id)
        if (stopping.signal.aborted) again()
      })
      served.set(bot.id, { fingerprint: fingerprintOf(bot), stopping, done })
    },
  }
}

const takerOptions = (
  { database, handler, log, hooks, clock }: SupervisorOptions,
  bot: ServedBot,
  signal: AbortSignal,
  handled: HandledListener,
) => {
  const repo = botRepo(database.db)
  return {
    bot,
    handler,
    inbox: inbox(database.db),
    log,
    signal,
    saveOffset: (next: number) => repo.report(bot, { next_update_id: next }),
    isHandled: (updateId: number) => runRepo(database.db).isHandled(bot.account_id, bot.id, updateId),
    setProblem: (problem: string | null) => repo.report(bot, { problem }),
    giveUp: (problem: string) => repo.report(bot, { problem, status: 'stopped' }),
    handled: (updateId: number, run: Run | null) => handled(bot.id, updateId, run),
    hooks,
    clock,
    unhook: () => hooks.unset(bot),
    isShared: database.dialect === 'postgres',
    isWanted: () => isHooked({ database }, bot),
  }
}

/** Whether the bot works and Telegram is to post its updates. The simulator posts to nobody. */
const isHooked = async ({ database }: Pick<SupervisorOptions, 'database'>, bot: LiveBot): Promise<boolean> => {
  if (bot.simulated === 1) return false
  const row = await botRepo(database.db).find(bot.account_id, bot.id)
  return row?.status === 'working' && parseSettings(row.settings).receives_by === 'webhook'
}

// What a poller cannot change while it runs. Starting a bot again changes the time, and so restarts its poller.
const fingerprintOf = (bot: LiveBot): string => `${bot.updated_at}:${bot.token_sealed.toString('base64')}`

/** One call of `work` at a time; calls in the middle of one share another right behind it. */
const oneAtATime = (work: () => Promise<void>): (() => Promise<void>) => {
  let running: Promise<void> | undefined
  let next: Promise<void> | undefined
  const start = (): Promise<void> => {
    running = work().finally(() => {
      running = undefined
    })
    return running
  }
  return () => {
    if (running === undefined) return start()
    next ??= running.then(() => {
      next = undefined
      return start()
    })
    return next
  }
}
