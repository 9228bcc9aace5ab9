import { createHash } from 'node:crypto'
import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { Failures } from '../../platform/http/index.ts'
import { IdempotencyErrors } from './errors.ts'
import { type DoneRequest, holdKey, idempotencyRepo } from './repo.ts'

const KEPT_MS = 24 * 60 * 60_000
const KEY = /^[\x21-\x7e]{1,255}$/

/** A request that may come twice. */
export interface IdempotentRequest {
  readonly accountId: string
  /** The value of `Idempotency-Key`. */
  readonly key: string | undefined
  /** `POST /v1/cards`: aliases of one endpoint are the same request. */
  readonly endpoint: string
  /** As it was parsed. */
  readonly body: unknown
}

/** How a request is done, if it is done. */
export interface Work<Ready, Value> {
  /** Before the transaction: charges limits, reads what must be read. What it throws is the answer. */
  prepare(): Promise<Ready>
  /** What happens, all of it in this transaction. Undone if anything goes wrong, together with the key. */
  perform(tx: Db, ready: Ready): Promise<Value>
  /** Reads an answer that was kept. */
  recall(answer: unknown): Value
}

export interface Outcome<Value> {
  readonly value: Value
  /** True if it was done before, and is only answered again. */
  readonly isReplay: boolean
}

export type Idempotency = ReturnType<typeof idempotencyService>

/**
 * Does each request once. The key is written in the transaction of the work, so that after a crash both are there or
 * neither is, and a client that sends again gets the answer or has the work done.
 */
export const idempotencyService = ({ database, clock }: { database: Database; clock: Clock }) => {
  const running = new Set<string>()
  const sinceMs = (): number => clock.now().getTime() - KEPT_MS

  const perform = async <Ready, Value>(
    { accountId, key, fingerprint }: { accountId: string; key: string; fingerprint: string },
    { prepare, perform, recall }: Work<Ready, Value>,
  ): Promise<Outcome<Value>> => {
    // It may have been finished between the first look and the moment from which on nobody else here does it.
    const known = await idempotencyRepo(database.db).find(accountId, key, sinceMs())
    if (known !== undefined) return { value: recall(answerOf(known, fingerprint)), isReplay: true }
    const ready = await prepare()
    return database.transaction(async (tx) => {
      if (!(await holdKey(tx, database.dialect, accountId, key))) throw stillRunning()
      const keys = idempotencyRepo(tx)
      // Another process may have finished it since it was looked for.
      const done = await keys.find(accountId, key, sinceMs())
      if (done !== undefined) return { value: recall(answerOf(done, fingerprint)), isReplay: true }
      const value = await perform(tx, ready)
      await keys.put(accountId, key, { fingerprint, answer: JSON.stringify(value) }, clock.now().getTime())
      return { value, isReplay: false }
    })
  }

  return {
    /**
     * Does the work, or answers what it was answered before.
     *
     * @throws {AppError} CONFLICT for a key of another request, or of one that is still running; INVALID_INPUT for a key
     * that is none; what the work throws, and then the key is free again
     */
    async run<Ready, Value>(request: IdempotentRequest, work: Work<Ready, Value>): Promise<Outcome<Value>> {
      const { accountId, key } = request
      if (key === undefined) {
        const ready = await work.prepare()
        return { value: await database.transaction((tx) => work.perform(tx, ready)), isReplay: false }
      }
      if (!KEY.test(key))
        throw new AppError(Failures.INVALID_INPUT, {
          message: 'Idempotency-Key must be 1 to 255 printable ASCII characters without spaces.',
        })
      const fingerprint = fingerprintOf(request)
      const done = await idempotencyRepo(database.db).find(accountId, key, sinceMs())
      if (done !== undefined) return { value: work.recall(answerOf(done, fingerprint)), isReplay: true }
      const name = `${accountId} ${key}`
      if (running.has(name)) throw stillRunning()
      running.add(name)
      try {
        return await perform({ accountId, key, fingerprint }, work)
      } finally {
        running.delete(name)
      }
    },

    /** Forgets keys that are older than a day. @returns How many. */
    sweep: (): Promise<number> => idempotencyRepo(database.db).deleteUntil(sinceMs()),
  }
}

const stillRunning = (): AppError =>
  new AppError(IdempotencyErrors.CONFLICT, {
    message: 'A request with this Idempotency-Key is still running.',
    retryAfterSeconds: 1,
  })

const answerOf = ({ fingerprint, answer }: DoneRequest, wanted: string): unknown => {
  if (fingerprint !== wanted)
    throw new AppError(IdempotencyErrors.CONFLICT, { message: 'This Idempotency-Key belongs to another request.' })
  return JSON.parse(answer)
}

const fingerprintOf = ({ endpoint, body }: IdempotentRequest): string =>
  createHash('sha256')
    .update(JSON.stringify([endpoint, sorted(body)]))
    .digest('hex')

// In which order members stand makes no difference to what is asked for.
const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => [name, sorted(member)])
}
