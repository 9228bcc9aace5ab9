import type { Clock } from '../clock.ts'
import type { Database } from '../db/index.ts'
import type { Log } from '../log/index.ts'
import { alarmClock } from './alarm.ts'
import { type Attempt, type Handler, startAttempt } from './attempt.ts'
import type { ClaimedJob, ClaimRepo, Settlement } from './claims.ts'
import { leaseKeeper } from './keeper.ts'
import type { MovedJob, SweepRepo } from './sweeps.ts'

// After an abort on stop: time to notice it, not to finish.
const ABORT_PATIENCE_MS = 1_000
const FIRST_RETRY_MS = 100
const FINAL_TRIES = 3

export interface WorkerOptions {
  readonly database: Database
  readonly claims: ClaimRepo
  readonly sweeps: SweepRepo
  readonly clock: Clock
  readonly log: Log
  /** The longest time between two looks at the database. */
  readonly pollMs: number
}

/** What one transaction with the database is about, and what came of it. */
interface Round {
  readonly settlements: Settlement[]
  readonly names: string[]
  readonly sweep: boolean
}
interface Outcome {
  readonly claimed: ClaimedJob[]
  readonly nextSweepMs: number | undefined
}

/**
 * Claims jobs, runs their handlers and writes down how they ended. All its writing happens in rounds, one at a time:
 * what ended since the last round, then what can start in its place, in one transaction. Under load a round carries
 * many jobs; alone, a job does not wait for another.
 */
export const jobWorker = ({ database, claims, sweeps, clock, log, pollMs }: WorkerOptions) => {
  const handlers = new Map<string, Handler>()
  const running = new Map<string, Attempt>()
  let outbox: Settlement[] = []
  let wanted = new Set<string>()
  let sweepWanted = false
  let accepting = false
  let failures = 0
  let rounds = Promise.resolve()
  let busy = false

  const runningOf = (name: string): Attempt[] => [...running.values()].filter(({ job }) => job.name === name)

  const keeper = leaseKeeper({ database, claims, clock, log, runningOf })

  const look = (): void => {
    sweepWanted = true
    turn()
  }
  const poke = (name: string): void => {
    if (!accepting || !handlers.has(name)) return
    wanted.add(name)
    turn()
  }
  const alarm = alarmClock(clock, look)

  const turn = (): void => {
    if (busy) return
    busy = true
    rounds = allRounds()
  }

  const hasWork = (): boolean => outbox.length > 0 || (accepting && (sweepWanted || wanted.size > 0))

  const allRounds = async (): Promise<void> => {
    // What ends or arrives in this turn of the event loop goes into one transaction.
    await new Promise(setImmediate)
    let working = true
    while (working && hasWork()) working = await oneRound()
    // In one go with the last look for work, or what arrives in between would wait for the next poll.
    busy = false
  }

  /** @returns false when the database failed; what the round was about is kept for the next. */
  const oneRound = async (): Promise<boolean> => {
    const round = nextRound()
    try {
      start(await transact(round), round)
      failures = 0
      return true
    } catch (error) {
      putBack(round, error)
      return false
    }
  }

  const nextRound = (): Round => {
    const names = sweepWanted ? [...handlers.keys()] : [...wanted]
    const round = { settlements: outbox, names: accepting ? names : [], sweep: accepting && sweepWanted }
    outbox = []
    wanted = new Set()
    sweepWanted = false
    return round
  }

  const putBack = ({ settlements, names, sweep }: Round, error: unknown): void => {
    outbox = [...settlements, ...outbox]
    for (const name of names) wanted.add(name)
    sweepWanted ||= sweep
    const retryMs = Math.min(pollMs, FIRST_RETRY_MS * 2 ** failures++)
    log.warn({ err: error, retryMs }, 'The job queue could not be read or written')
    if (accepting) alarm.within(retryMs)
  }

  const transact = (round: Round): Promise<Outcome & { claimedAtMs: number }> => {
    const claimedAtMs = clock.monotonicMs()
    return database.transaction(async (tx) => {
      if (round.settlements.length > 0) {
        const lost = await claims.settle(tx, round.settlements)
        if (lost > 0) log.info({ lost }, 'Jobs ended that had been cancelled or taken over')
      }
      const swept = round.sweep ? await sweeps.sweep(tx) : undefined
      const claimed: ClaimedJob[] = []
      for (const name of round.names) {
        const handler = handlers.get(name)
        const free = (handler?.concurrency ?? 0) - runningOf(name).length
        if (handler !== undefined && free > 0) claimed.push(...(await claims.claim(tx, name, handler.leaseMs, free)))
      }
      const nextSweepMs = swept?.more ? 0 : round.sweep ? await sweeps.nextSweepMs(tx) : undefined
      reportExpired(swept?.expired ?? [])
      return { claimed, nextSweepMs, claimedAtMs }
    })
  }

  const reportExpired = (expired: readonly MovedJob[]): void => {
    for (const { id, name, state } of expired) {
      if (state === 'dead') log.error({ job: name, jobId: id }, 'A job is dead: its last attempt was interrupted')
      else log.warn({ job: name, jobId: id }, 'A job is taken over from a process that ended or stopped answering')
    }
  }

  const start = ({ claimed, nextSweepMs, claimedAtMs }: Outcome & { claimedAtMs: number }, round: Round): void => {
    for (const job of claimed) {
      const handler = handlers.get(job.name)
      if (handler === undefined || !accepting) outbox.push({ job, ending: { kind: 'release', delayMs: 0 } })
      else run(job, handler, claimedAtMs)
    }
    if (round.sweep && accepting) alarm.within(Math.min(pollMs, (nextSweepMs ?? pollMs) + 1))
    for (const { ending } of round.settlements)
      if (accepting && 'delayMs' in ending && ending.delayMs > 0) alarm.within(ending.delayMs + 1)
  }

  const run = (job: ClaimedJob, handler: Handler, claimedAtMs: number): void => {
    const renew = async (): Promise<boolean> => (await claims.renew(database.db, [job], handler.leaseMs)).has(job.token)
    const attempt = startAttempt({ job, handler, claimedAtMs, clock, log, renew })
    running.set(job.token, attempt)
    void attempt.ended.then((ending) => {
      // Given up already, when the server stopped.
      if (!running.delete(job.token)) return
      outbox.push({ job, ending })
      if (accepting) wanted.add(job.name)
      turn()
    })
  }

  const allEnded = async (): Promise<void> => {
    await Promise.all([...running.values()].map(({ ended }) => ended))
  }

  const giveUpRunning = (): void => {
    for (const { job } of running.values()) outbox.push({ job, ending: { kind: 'release', delayMs: 0 } })
    running.clear()
  }

  const flush = async (): Promise<void> => {
    for (let tries = 0; tries < FINAL_TRIES; tries++) {
      await rounds
      if (outbox.length === 0) return
      turn()
    }
    await rounds
  }

  return {
    look,
    poke,
    /** Look within `delayMs`: something is due then. */
    lookWithin: (delayMs: number): void => {
      if (accepting) alarm.within(Math.min(pollMs, delayMs))
    },
    handlers: (): readonly Handler[] => [...handlers.values()],

    add(handler: Handler): void {
      if (accepting) throw new Error(`The handler of ${handler.name} comes after the queue was started.`)
      if (handlers.has(handler.name)) throw new Error(`${handler.name} has a handler already.`)
      handlers.set(handler.name, handler)
    },

    /** Where this is the only server process, everything that a dead one left running is taken over at once. */
    async start(): Promise<void> {
      if (database.dialect === 'sqlite' && database.owned) {
        reportExpired(await database.transaction((tx) => sweeps.takeOver(tx)))
      }
      accepting = true
      keeper.start(handlers.values())
      look()
    },

    async stop(graceMs: number): Promise<void> {
      accepting = false
      alarm.clear()
      await rounds
      await within(allEnded(), graceMs)
      for (const attempt of running.values()) attempt.stop()
      await within(allEnded(), ABORT_PATIENCE_MS)
      giveUpRunning()
      keeper.stop()
      await flush()
    },
  }
}

const within = async (work: Promise<void>, ms: number): Promise<void> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([work, late])
  clearTimeout(timer)
}
