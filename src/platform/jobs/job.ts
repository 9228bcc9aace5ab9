import type { z } from 'zod'

/** How long to wait after a failed attempt: doubled each time, with jitter, so that what failed together spreads out. */
export interface Backoff {
  /** After the first failure. */
  readonly baseMs: number
  readonly maxMs: number
}

interface JobOptions<S extends z.ZodType> {
  /** `area.what`, unique in the program. It is in the database: renaming it strands what waits. */
  readonly name: string
  /** What is stored is JSON; the schema reads it back, perhaps in a newer program than the one that wrote it. */
  readonly payload: S
  /** How often it may start before it is dead. An attempt whose process was killed counts. 5 unless told. */
  readonly attempts?: number
  /** How soon another process takes over from one that was killed; renewed while the handler runs. 60 s unless told. */
  readonly leaseMs?: number
  /** What no attempt may exceed; then its signal aborts and the attempt has failed. 15 min unless told. */
  readonly timeoutMs?: number
  /** 1 s doubling up to 1 h unless told. */
  readonly backoff?: Backoff
  /** How many run at once in one process. 4 unless told. */
  readonly concurrency?: number
}

export type Job<S extends z.ZodType = z.ZodType> = Required<JobOptions<S>>

/** Work to be done later: its name, the shape of its payload, and how it is retried. */
export const defineJob = <S extends z.ZodType>(options: JobOptions<S>): Job<S> => ({
  attempts: 5,
  leaseMs: 60_000,
  timeoutMs: 15 * 60_000,
  backoff: { baseMs: 1_000, maxMs: 3_600_000 },
  concurrency: 4,
  ...options,
})

/** What a handler knows of the attempt that it is. */
export interface JobRun {
  /** The job's id, the same in every attempt: what makes an outside effect happen once. */
  readonly key: string
  /** 1 for the first. */
  readonly attempt: number
  /** Aborts when the attempt lost its lease, took too long, or the server stops. */
  readonly signal: AbortSignal
  /**
   * Renews the lease now. It is renewed by itself; this is for asking before an effect that must not happen twice.
   *
   * @throws when another process owns the job by now, or it was cancelled
   */
  readonly heartbeat: () => Promise<void>
}

/** Runs at least once: after a crash, a second time. It returns when the work is done and throws to be tried again. */
export type JobHandler<S extends z.ZodType> = (payload: z.output<S>, run: JobRun) => Promise<void>

/** Thrown by a handler that was told to come back later (a flood wait, say): no failure, so no attempt is used up. */
export class Postpone extends Error {
  readonly delayMs: number

  constructor(delayMs: number) {
    super(`Postponed by ${delayMs} ms.`)
    this.name = 'Postpone'
    this.delayMs = delayMs
  }
}

/** @returns Between half of and the whole exponential delay after failed attempt number `attempt`. */
export const backoffMs = ({ baseMs, maxMs }: Backoff, attempt: number): number => {
  const whole = Math.min(maxMs, baseMs * 2 ** (attempt - 1))
  return Math.round(whole / 2 + (Math.random() * whole) / 2)
}
