import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import type { Leases } from '../../platform/jobs/index.ts'
import type { Log } from '../../platform/log/index.ts'
import type { Sealer } from '../../platform/sealed.ts'
import { SimulatorErrors } from './errors.ts'
import { worldLease } from './worlds.ts'

declare module '../../platform/db/tables.ts' {
  interface Tables {
    simulator_calls: {
      id: string
      account_id: string
      sealed: Buffer
      claimed: number
      answer_sealed: Buffer | null
      expires_at: number
    }
  }
}

export interface RelayOptions {
  readonly database: Database
  readonly clock: Clock
  readonly sealer: Sealer
  readonly leases: Leases
  readonly log: Log
}

/** Answers calls of other processes. */
export interface RelayTarget {
  /** Whether an account's simulator is here, or can be from now on. */
  has(accountId: string): Promise<boolean>
  answer(accountId: string, call: unknown): Promise<unknown>
}

export type Relay = ReturnType<typeof simulatorRelay>

/** A call that was made after another one: looked for often. */
const BUSY_MS = 25
const QUIET_MS = 250
const BUSY_FOR_MS = 5_000
const FIRST_LOOK_MS = 20
const LAST_LOOK_MS = 250
/** Whoever could take a call looks every quarter of a second. */
const UNCLAIMED_MS = 3_000
const RETRY_SECONDS = 5
const PAGE = 50
const GRACE_MS = 5_000
const CLOSE_GRACE_MS = 2_000

/** What a refusal of ours looks like between processes. */
const Refusal = z.object({
  code: z.string(),
  status: z.int(),
  message: z.string(),
  retryAfterSeconds: z.number().optional(),
})
const Answer = z.union([
  z.object({ refusal: Refusal }),
  z.object({ failure: z.literal(true) }),
  z.object({ result: z.unknown() }),
])

const away = (): AppError => new AppError(SimulatorErrors.SIMULATOR_AWAY, { retryAfterSeconds: RETRY_SECONDS })

/**
 * Calls from one process to the one that has an account's simulator in memory, by rows in the database: processes know
 * no addresses of each other. Rows are sealed, because calls hold tokens.
 */
export const simulatorRelay = ({ database, clock, sealer, leases, log }: RelayOptions) => {
  const repo = callRepo(database.db)
  const stopping = new AbortController()
  const running = new Set<Promise<void>>()
  let looking: Promise<void> | undefined
  let busyUntilMs = 0

  const answerOne = async (target: RelayTarget, row: { id: string; account_id: string; sealed: Buffer }) => {
    const open = (): unknown => JSON.parse(sealer.open(row.sealed, contextOf(row.id)))
    const answer = await toAnswer(() => target.answer(row.account_id, open()), log)
    await repo.answer(row.id, sealer.seal(JSON.stringify(answer), contextOf(row.id)))
  }

  const look = async (target: RelayTarget): Promise<void> => {
    for (const row of await repo.listOpen(clock.now().getTime(), PAGE)) {
      if (!(await target.has(row.account_id)) || !(await repo.claim(row.id))) continue
      busyUntilMs = clock.monotonicMs() + BUSY_FOR_MS
      const work = answerOne(target, row).catch((error) =>
        log.error({ err: error }, 'a call to the simulator could not be answered'),
      )
      running.add(work)
      void work.then(() => running.delete(work))
    }
  }

  const serve = async (target: RelayTarget): Promise<void> => {
    let cleanAtMs = 0
    while (!stopping.signal.aborted) {
      try {
        await look(target)
        if (clock.monotonicMs() > cleanAtMs) await repo.deleteExpired(clock.now().getTime() - GRACE_MS)
        if (clock.monotonicMs() > cleanAtMs) cleanAtMs = clock.monotonicMs() + 60_000
      } catch (error) {
        log.warn({ err: error }, 'calls to the simulator could not be looked for')
      }
      const pauseMs = clock.monotonicMs() < busyUntilMs ? BUSY_MS : QUIET_MS
      await wait(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  }

  /** @throws {AppError} SIMULATOR_AWAY when nobody takes it. */
  const assertClaimable = async (accountId: string, isClaimed: boolean, waitedMs: number): Promise<void> => {
    if (isClaimed || waitedMs < UNCLAIMED_MS) return
    // Its owner may just have died: then somebody takes over when the lease ends.
    if ((await leases.freeInMs(worldLease(accountId))) === 0 || waitedMs > 20_000) throw away()
  }

  const waitForAnswer = async (id: string, accountId: string, timeoutMs: number, signal: AbortSignal) => {
    const startMs = clock.monotonicMs()
    for (let pauseMs = FIRST_LOOK_MS; ; pauseMs = Math.min(LAST_LOOK_MS, pauseMs * 1.5)) {
      await wait(pauseMs, undefined, { signal })
      const row = await repo.find(id)
      if (row === undefined) throw away()
      if (row.answer_sealed !== null) return fromAnswer(sealer.open(row.answer_sealed, contextOf(id)))
      const waitedMs = clock.monotonicMs() - startMs
      if (waitedMs > timeoutMs) throw away()
      await assertClaimable(accountId, row.claimed === 1, waitedMs)
    }
  }

  return {
    /**
     * @param call Anything that JSON carries.
     * @throws {AppError} SIMULATOR_AWAY when no process can answer in time, and what the other process refused
     */
    async call(accountId: string, call: unknown, timeoutMs: number, signal?: AbortSignal): Promise<unknown> {
      // On SQLite nobody else is there to ask.
      if (database.dialect === 'sqlite') throw away()
      const id = newId('simcall')
      const sealed = sealer.seal(JSON.stringify(call), contextOf(id))
      await repo.insert({ id, account_id: accountId, sealed, expires_at: clock.now().getTime() + timeoutMs })
      const over = signal === undefined ? stopping.signal : AbortSignal.any([signal, stopping.signal])
      try {
        return await waitForAnswer(id, accountId, timeoutMs, over)
      } catch (error) {
        signal?.throwIfAborted()
        throw stopping.signal.aborted ? away() : error
      } finally {
        await repo.remove(id).catch((error) => log.warn({ err: error }, 'a call to the simulator stays written'))
      }
    },
    /** Answers calls of other processes from now on. */
    serve(target: RelayTarget): void {
      if (database.dialect === 'postgres') looking ??= serve(target)
    },
    async close(): Promise<void> {
      stopping.abort()
      await looking
      await Promise.race([Promise.all(running), wait(CLOSE_GRACE_MS, undefined, { ref: false })])
    },
  }
}

const contextOf = (id: string): string => `simulator-call:${id}`

const toAnswer = async (work: () => Promise<unknown>, log: Log): Promise<z.infer<typeof Answer>> => {
  try {
    return { result: await work() }
  } catch (error) {
    if (error instanceof AppError) {
      const { code, status, message, retryAfterSeconds } = error
      return { refusal: { code, status, message, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) } }
    }
    log.error({ err: error }, 'a call to the simulator failed')
    return { failure: true }
  }
}

/** @throws {AppError} what was refused there */
const fromAnswer = (json: string): unknown => {
  const answer = Answer.parse(JSON.parse(json))
  if ('failure' in answer) throw new Error('The process that has the simulator failed; its log says why.')
  if (!('refusal' in answer)) return answer.result
  const { retryAfterSeconds, ...entry } = answer.refusal
  throw new AppError(entry, retryAfterSeconds === undefined ? {} : { retryAfterSeconds })
}

const callRepo = (db: Db) => ({
  async insert(row: { id: string; account_id: string; sealed: Buffer; expires_at: number }): Promise<void> {
    await db
      .insertInto('simulator_calls')
      .values({ ...row, claimed: 0, answer_sealed: null })
      .execute()
  },
  listOpen: (nowMs: number, limit: number) =>
    db
      .selectFrom('simulator_calls')
      .select(['id', 'account_id', 'sealed'])
      .where('claimed', '=', 0)
      .where('expires_at', '>', nowMs)
      .orderBy('id')
      .limit(limit)
      .execute(),
  /** @returns Whether it is this process's to answer. */
  async claim(id: string): Promise<boolean> {
    const row = await db
      .updateTable('simulator_calls')
      .set({ claimed: 1 })
      .where('id', '=', id)
      .where('claimed', '=', 0)
      .returning('id')
      .executeTakeFirst()
    return row !== undefined
  },
  async answer(id: string, sealed: Buffer): Promise<void> {
    await db.updateTable('simulator_calls').set({ answer_sealed: sealed }).where('id', '=', id).execute()
  },
  find: (id: string) =>
    db.selectFrom('simulator_calls').select(['claimed', 'answer_sealed']).where('id', '=', id).executeTakeFirst(),
  async remove(id: string): Promise<void> {
    await db.deleteFrom('simulator_calls').where('id', '=', id).execute()
  },
  async deleteExpired(beforeMs: number): Promise<void> {
    await db.deleteFrom('simulator_calls').where('expires_at', '<', beforeMs).execute()
  },
})
