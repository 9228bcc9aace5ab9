import type { z } from 'zod'
import type { Clock } from '../clock.ts'
import { AppError } from '../errors.ts'
import type { Log } from '../log/index.ts'
import type { ClaimedJob, Ending } from './claims.ts'
import { failureStack, failureText } from './failure-text.ts'
import { backoffMs, type Job, type JobHandler, type JobRun, Postpone } from './job.ts'

// How long a handler may take to notice that its signal aborted, before its place is given to another job.
const ABANDON_AFTER_MS = 5_000

/** A job's definition with its handler, of whatever payload. */
export type Handler = Omit<Job, 'payload'> & {
  /** @returns The work, with the payload as stored; or, where that does not fit, what is wrong with it. */
  readonly prepare: (json: string) => { work: (run: JobRun) => Promise<void>; payload: unknown } | { misfit: string }
}

export const toHandler = <S extends z.ZodType>(job: Job<S>, handle: JobHandler<S>): Handler => ({
  ...job,
  prepare(json) {
    const parsed = parsePayload(job, json)
    if ('misfit' in parsed) return parsed
    return { work: async (run) => handle(parsed.payload, run), payload: fromJson(json) }
  },
})

/** @returns The payload as its schema reads it; or what is wrong with it, without quoting it. */
export const parsePayload = <S extends z.ZodType>(
  job: Job<S>,
  json: string,
): { payload: z.output<S> } | { misfit: string } => {
  const parsed = job.payload.safeParse(fromJson(json))
  if (parsed.success) return { payload: parsed.data }
  const issues = parsed.error.issues.map(({ path, message }) => `${['payload', ...path].join('.')}: ${message}`)
  return { misfit: `The payload does not fit ${job.name}: ${issues.join('; ')}`.slice(0, 1000) }
}

// Text that is no JSON fits no schema that we have, and is reported like any other misfit.
const fromJson = (json: string): unknown => {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

export interface AttemptOptions {
  readonly job: ClaimedJob
  readonly handler: Handler
  /** Monotonic; before the lease began. */
  readonly claimedAtMs: number
  readonly clock: Clock
  readonly log: Log
  /** @returns false when the lease is lost. */
  readonly renew: () => Promise<boolean>
}

export type Attempt = ReturnType<typeof startAttempt>

/** Runs a handler once. It always ends: one that ignores its signal is given up. */
export const startAttempt = ({ job, handler, claimedAtMs, clock, log, renew }: AttemptOptions) => {
  const abort = new AbortController()
  let leasedAtMs = claimedAtMs
  let stopping = false

  const lose = (): void => abort.abort(new Error('The lease is lost: another process may run this job.'))
  const renewed = (kept: boolean, askedAtMs: number): void => {
    if (kept) leasedAtMs = askedAtMs
    else lose()
  }
  const heartbeat = async (): Promise<void> => {
    abort.signal.throwIfAborted()
    const askedAtMs = clock.monotonicMs()
    renewed(await renew(), askedAtMs)
    abort.signal.throwIfAborted()
  }

  const perform = async (): Promise<Ending> => {
    const overdue = new Error(`It took longer than ${handler.timeoutMs} ms.`)
    const late = setTimeout(() => abort.abort(overdue), handler.timeoutMs).unref()
    const abandoned = rejectAfterAbort(abort.signal)
    let payload: unknown
    try {
      const prepared = handler.prepare(job.payload)
      if ('misfit' in prepared) return fail(prepared.misfit, undefined, true)
      payload = prepared.payload
      await Promise.race([
        prepared.work({ key: job.id, attempt: job.attempt, signal: abort.signal, heartbeat }),
        abandoned.promise,
      ])
      return { kind: 'done' }
    } catch (error) {
      if (stopping) return { kind: 'release', delayMs: 0 }
      if (error instanceof Postpone) return { kind: 'release', delayMs: Math.max(1, error.delayMs) }
      return fail(abort.signal.aborted ? abort.signal.reason : error, payload, false)
    } finally {
      clearTimeout(late)
      abandoned.clear()
    }
  }

  const fail = (error: unknown, payload: unknown, final: boolean): Ending => {
    const text = typeof error === 'string' ? error : failureText(error, payload)
    const fields = { job: job.name, jobId: job.id, attempt: job.attempt, stack: failureStack(error, payload) }
    if (final || job.attempt >= job.maxAttempts) {
      log.error(fields, 'A job is dead: it failed for the last time')
      return { kind: 'dead', error: text }
    }
    const atLeastMs = error instanceof AppError ? (error.retryAfterSeconds ?? 0) * 1000 : 0
    const delayMs = Math.max(1, atLeastMs, backoffMs(handler.backoff, job.attempt))
    log.warn({ ...fields, retryMs: delayMs }, 'A job failed and will be tried again')
    return { kind: 'retry', delayMs, error: text }
  }

  return {
    job,
    ended: perform(),
    renewed,
    /** Aborts when the lease must be over by now, whatever the database would say if it answered. */
    checkLease(): void {
      if (clock.monotonicMs() - leasedAtMs >= handler.leaseMs) lose()
    },
    /** The server stops: what the handler throws from now on is no failure. */
    stop(): void {
      stopping = true
      abort.abort(new Error('The server is stopping.'))
    },
  }
}

const rejectAfterAbort = (signal: AbortSignal): { promise: Promise<never>; clear: () => void } => {
  let timer: NodeJS.Timeout | undefined
  const promise = new Promise<never>((_, reject) => {
    const start = (): void => {
      timer = setTimeout(() => reject(signal.reason), ABANDON_AFTER_MS).unref()
    }
    signal.addEventListener('abort', start, { once: true })
  })
  return { promise, clear: () => clearTimeout(timer) }
}
