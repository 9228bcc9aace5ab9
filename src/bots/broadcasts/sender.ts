import { setTimeout as wait } from 'node:timers/promises'
import type { Clock } from '../../platform/clock.ts'
import { type Database, writeTogether } from '../../platform/db/index.ts'
import { type JobRun, type Leases, Postpone } from '../../platform/jobs/index.ts'
import type { Log } from '../../platform/log/index.ts'
import type { ActingBot, Conductor } from '../gateway/conductor.ts'
import type { Deployments } from '../gateway/deployments.ts'
import type { LiveBots } from '../gateway/live-bots.ts'
import { botUserRepo } from '../users/repo.ts'
import { type Delivered, delivery } from './delivery.ts'
import { maxInFlight, maxSpeed, type Pace, paceOf } from './pace.ts'
import { type BroadcastRow, broadcastRepo, type Recipient } from './repo.ts'
import { Source } from './source.ts'

export interface SenderOptions {
  readonly database: Database
  readonly clock: Clock
  readonly log: Log
  readonly leases: Leases
  readonly bots: LiveBots
  readonly deployments: Deployments
  readonly conductor: Conductor
  /** It is over, for whatever reason. */
  readonly finished: (id: string) => Promise<void>
  /** Aborts when the server stops. */
  readonly stopping: AbortSignal
}

/** It is over with one user. */
type Decided = Extract<Delivered, { readonly settled: boolean }>

const LEASE_MS = 15_000
const BUSY_MS = 500
const STOPPED_BOT_MS = 3_000
const TURN_MS = 5 * 60_000
/** Somebody to whom nothing can be sent for so long, eight minutes, is passed over. */
const MAX_TRIES = 20
/** The wait for a Telegram that is away grows from one second to half a minute. */
const MAX_DOUBLINGS = 5
const HINT = 'The code is no Python, so it was sent as a text.'

/** Brings broadcasts to their end, from wherever they stand. */
export const broadcastSender = (options: SenderOptions) => {
  const { database, clock, log, leases, bots, deployments, finished, stopping } = options
  const repo = broadcastRepo(database.db)
  const write = writeTogether(database, true)
  const nowMs = (): number => clock.now().getTime()

  const note = async (id: string, problem: string | null, waitsUntil: number | null): Promise<void> => {
    await repo.change(id, ['testing', 'running'], { problem, waits_until: waitsUntil })
  }

  const comeBack = async (id: string, delayMs: number, problem: string | null, flood: boolean): Promise<never> => {
    await note(id, problem, flood ? nowMs() + delayMs : null)
    throw new Postpone(Math.max(1, delayMs))
  }

  /** The outcome of one; a run has written its own. */
  const settle = async (row: BroadcastRow, userId: number, result: Decided): Promise<void> => {
    const { outcome, error } = result
    if (!result.settled) await write((tx) => broadcastRepo(tx).settle(row.id, userId, outcome, error))
    if (outcome === 'blocked')
      await botUserRepo(database.db).markBotBlocked(row.account_id, row.bot_id, userId, nowMs())
  }

  const deliverer = (row: BroadcastRow) =>
    delivery({
      conductor: options.conductor,
      settle: (tx, userId, outcome, error) => broadcastRepo(tx).settle(row.id, userId, outcome, error),
    })

  const becomeText = async (row: BroadcastRow, source: Source): Promise<void> => {
    if (source.mode !== 'code') return
    const text: Source = { mode: 'text', text: source.code, params: {} }
    await repo.change(row.id, ['testing', 'running'], { source: JSON.stringify(text), hint: HINT })
  }

  /** Who makes the test: a name stands where one will stand for everybody. */
  const personFor = async ({ account_id, bot_id }: BroadcastRow, userId: number): Promise<Recipient> => {
    const known = await botUserRepo(database.db).find(account_id, bot_id, userId)
    return known ?? { user_id: userId, first_name: 'Test', last_name: null, username: null }
  }

  /** The first message goes to whoever made the broadcast. @returns Whether everybody else may get it. */
  const test = async (row: BroadcastRow, bot: ActingBot, signal: AbortSignal): Promise<boolean> => {
    if (row.test_chat_id !== null) {
      const source = Source.parse(JSON.parse(row.source))
      const deployment = await deployments.get(bot.account_id, bot.id)
      const target = { chatId: row.test_chat_id, person: await personFor(row, row.test_chat_id), isTest: true }
      const result = await deliverer(row).deliver(bot, deployment, source, target, signal)
      if (result.outcome === 'later') return comeBack(row.id, result.delayMs, result.problem, result.flood)
      if (result.outcome === 'text') {
        await becomeText(row, source)
        return comeBack(row.id, 1, null, false)
      }
      if (result.outcome !== 'sent' && !/chat not found/i.test(result.error ?? '')) {
        const problem = `The test failed: ${result.error ?? 'for an unknown reason'}`
        await repo.change(row.id, ['testing'], { state: 'failed', problem, finished_at: nowMs() })
        await finished(row.id)
        return false
      }
    }
    return database.transaction(async (tx) => {
      const total = await broadcastRepo(tx).addRecipients(row)
      const change = { state: 'running', total, started_at: nowMs(), problem: null } as const
      return broadcastRepo(tx).change(row.id, ['testing'], change)
    })
  }

  const end = async (id: string): Promise<void> => {
    const change = { state: 'done', finished_at: nowMs(), problem: null, waits_until: null } as const
    if (await repo.change(id, ['running'], change)) await finished(id)
  }

  /** Sends to some people, at the pace that was asked for. @returns What must be waited for, if anything. */
  const sendBatch = async (
    row: BroadcastRow,
    bot: ActingBot,
    people: readonly Recipient[],
    pace: Pace,
    tries: Map<number, number>,
    signal: AbortSignal,
  ): Promise<Exclude<Delivered, Decided> | undefined> => {
    const source = Source.parse(JSON.parse(row.source))
    const deployment = await deployments.get(bot.account_id, bot.id)
    const { deliver } = deliverer(row)
    const speed = Math.min(row.speed, maxSpeed(deployment.settings))
    const inFlight = new Set<Promise<void>>()
    let trouble: Exclude<Delivered, Decided> | undefined
    let failure: unknown

    const sendTo = async (person: Recipient): Promise<void> => {
      const target = { chatId: person.user_id, person, isTest: false }
      const result = await deliver(bot, deployment, source, target, signal)
      if (result.outcome === 'text') {
        trouble = result
        return
      }
      if (result.outcome !== 'later') return settle(row, person.user_id, result)
      const tried = (tries.get(person.user_id) ?? 0) + 1
      tries.set(person.user_id, tried)
      if (tried >= MAX_TRIES && !result.flood)
        return settle(row, person.user_id, { outcome: 'error', error: result.problem, settled: false })
      trouble = result
    }

    for (const person of people) {
      await pace.next(speed, signal)
      while (inFlight.size >= maxInFlight(speed)) await Promise.race(inFlight)
      if (trouble !== undefined || failure !== undefined || signal.aborted) break
      const sending: Promise<void> = sendTo(person)
        .catch((error) => {
          failure = error
        })
        .finally(() => inFlight.delete(sending))
      inFlight.add(sending)
    }
    await Promise.all(inFlight)
    if (failure !== undefined) throw failure
    return trouble
  }

  const send = async (id: string, signal: AbortSignal): Promise<void> => {
    const pace = paceOf(clock)
    const tries = new Map<number, number>()
    let outages = 0
    const turnEndsMs = clock.monotonicMs() + TURN_MS
    for (;;) {
      if (signal.aborted) throw new Postpone(1)
      const row = await repo.findAny(id)
      if (row === undefined || (row.state !== 'testing' && row.state !== 'running')) return
      const bot = await bots.find(row.bot_id)
      if (bot === undefined)
        return comeBack(id, STOPPED_BOT_MS, 'The bot does not work. The broadcast goes on when it is started.', false)
      if (row.state === 'testing') {
        if (!(await test(row, bot, signal))) return
        continue
      }
      if (row.problem !== null || row.waits_until !== null) await note(id, null, null)
      // A second's: what the owner changes is seen at the latest behind them.
      const people = await repo.listOpen(id, row.bot_id, row.speed)
      if (people.length === 0) return end(id)
      const trouble = await sendBatch(row, bot, people, pace, tries, signal)
      if (trouble?.outcome === 'text') await becomeText(row, Source.parse(JSON.parse(row.source)))
      if (trouble?.outcome === 'later') {
        await note(id, trouble.problem, trouble.flood ? nowMs() + trouble.delayMs : null)
        const delayMs = trouble.delayMs * 2 ** Math.min(outages, MAX_DOUBLINGS)
        await wait(Math.max(1, delayMs), undefined, { signal }).catch(() => undefined)
      }
      const isOutage = trouble?.outcome === 'later' && trouble.problem !== null
      outages = isOutage ? outages + 1 : 0
      if (clock.monotonicMs() > turnEndsMs) throw new Postpone(1)
    }
  }

  return {
    async run({ broadcastId }: { broadcastId: string }, { signal }: JobRun): Promise<void> {
      // A job that was told to pause may be sending its last message while the next one begins already.
      const lease = await leases.acquire(`bot:broadcast:${broadcastId}`, LEASE_MS)
      if (lease === undefined) throw new Postpone(BUSY_MS)
      try {
        await send(broadcastId, AbortSignal.any([signal, lease.signal, stopping]))
      } finally {
        await lease.release().catch((error) => log.warn({ err: error, broadcastId }, 'a lease was not given back'))
      }
    },
  }
}
