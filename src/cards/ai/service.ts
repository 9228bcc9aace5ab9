import { z } from 'zod'
import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { defineJob, type JobQueue, type JobRun, Postpone } from '../../platform/jobs/index.ts'
import type { Log } from '../../platform/log/index.ts'
import { openChange } from '../cards/changing.ts'
import type { OpenFile } from '../processing/attachments.ts'
import { processingRepo } from '../processing/repo.ts'
import type { CardIndex } from '../search/index.ts'
import { AiBusy, AiErrors, aiEndpoint } from './endpoint.ts'
import { aiReader, fingerprintOf, processedState, taskOf } from './reading.ts'
import { type AiWork, aiRepo } from './repo.ts'
import type { AiResults } from './results.ts'
import type { AiOptions } from './settings.ts'

const MINUTE_MS = 60_000
const ATTEMPTS = 8
const QUIET_MS = 24 * 60 * MINUTE_MS
const MOST_ROUNDS = 3
const TAKEN_UP_AT_ONCE = 500

export const readCardWithAi = defineJob({
  name: 'cards.ai',
  payload: z.object({ cardNumber: z.number() }),
  attempts: ATTEMPTS,
  timeoutMs: 15 * MINUTE_MS,
  backoff: { baseMs: 10_000, maxMs: 60 * MINUTE_MS },
  concurrency: 2,
})

export interface AiServiceParts {
  readonly database: Database
  readonly jobs: Pick<JobQueue, 'enqueue' | 'handle'>
  readonly clock: Clock
  readonly log: Log
  readonly models: AiOptions
  readonly openFile: OpenFile
  readonly index: CardIndex
}

export type AiService = ReturnType<typeof aiService>

/**
 * Has cards read by models: tags, a summary, the words of recordings. Each is a durable job behind what the server finds
 * out by itself. Nothing waits for it, and when it fails the card is as it was.
 */
export const aiService = ({ database, jobs, clock, log, models, openFile, index }: AiServiceParts) => {
  const now = (): number => clock.now().getTime()
  const endpoint = aiEndpoint(models, now)
  const reader = aiReader({ db: database.db, models, endpoint, openFile })

  const order = (db: Db, cardNumber: number, runAt?: number): Promise<string | undefined> =>
    jobs.enqueue(
      db,
      readCardWithAi,
      { cardNumber },
      { key: String(cardNumber), ...(runAt === undefined ? {} : { runAt: new Date(runAt) }) },
    )

  /** What there is to do for a card as it is now. */
  const workOf = async (db: Db, cardNumber: number) => {
    const subject = await processingRepo(db).subject(cardNumber)
    if (subject === undefined) return undefined
    const task = taskOf(subject, models)
    const processed = await processedState(db, cardNumber)
    if (processed === undefined) return 'wait' as const
    return { subject, task, accountId: subject.accountId, fingerprint: fingerprintOf(subject, processed) }
  }

  /** To be told of every card that is written, in its transaction: orders the work, if there is any and it is new. */
  const notice = async (tx: Db, cardNumber: number): Promise<void> => {
    const work = await workOf(tx, cardNumber)
    // What the server finds out is written too, and told of then.
    if (work === undefined || work === 'wait' || work.subject.isTrashed) return
    const repo = aiRepo(tx)
    const known = await repo.find(cardNumber)
    if (work.task === undefined) return known === undefined ? undefined : repo.forget(cardNumber)
    if (known?.fingerprint === work.fingerprint) {
      if (known.state === 'pending') await order(tx, cardNumber)
      return
    }
    const at = now()
    // Whoever goes on writing is read once a minute.
    const grantedAt = Math.max(at, (known?.granted_at ?? 0) + MINUTE_MS)
    await repo.want(cardNumber, work, { grantedAt, now: at })
    await order(tx, cardNumber, grantedAt > at ? grantedAt : undefined)
  }

  /** @param said Null for a failure. */
  const settle = (cardNumber: number, cardId: string, work: AiWork, said: AiResults | null): Promise<void> =>
    database.transaction(async (tx) => {
      const change = await openChange(tx, index, work.accountId, now())
      if (await aiRepo(tx).settle(cardNumber, work, said, change.at))
        await change.cards.update(work.accountId, cardId, {}, change.at)
    })

  const perform = async (cardNumber: number, { attempt, signal }: JobRun): Promise<void> => {
    const work = await workOf(database.db, cardNumber)
    const known = await aiRepo(database.db).find(cardNumber)
    if (work === undefined || work === 'wait' || work.task === undefined) return
    if (known?.state !== 'pending' || known.fingerprint !== work.fingerprint) return
    try {
      await settle(cardNumber, work.subject.id, work, await reader.read(work.subject, work.task, signal))
    } catch (error) {
      if (signal.aborted) throw error
      // No failure: it was told to come back, and does.
      if (error instanceof AiBusy) throw new Postpone(error.delayMs)
      const isFinal = error instanceof AppError && error.code === AiErrors.AI_REFUSED.code
      if (!isFinal && attempt < ATTEMPTS) throw error
      log.warn({ card: work.subject.id, err: error }, 'a card could not be read with AI')
      await settle(cardNumber, work.subject.id, work, null)
    }
  }
  jobs.handle(readCardWithAi, ({ cardNumber }, run) => perform(cardNumber, run))

  return {
    notice,

    /** Takes up again, a day later and three times at most, what failed or was lost with its job. @returns How many. */
    async resume(): Promise<number> {
      const quiet = await aiRepo(database.db).quiet(now() - QUIET_MS, MOST_ROUNDS, TAKEN_UP_AT_ONCE)
      for (const { card_number: cardNumber, rounds } of quiet)
        await database.transaction(async (tx) => {
          await aiRepo(tx).takeUp(cardNumber, rounds + 1, now())
          await order(tx, cardNumber)
        })
      return quiet.length
    },
  }
}
