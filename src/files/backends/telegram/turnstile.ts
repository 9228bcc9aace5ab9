import type { Clock } from '../../../platform/clock.ts'
import { tokenBucket } from './bucket.ts'
import { unavailable } from './faults.ts'

export interface Turn {
  readonly signal?: AbortSignal | undefined
  /** Nobody is waiting for it. */
  readonly background?: boolean | undefined
}

export interface TurnstileOptions {
  readonly clock: Clock
  readonly secondMs: number
  readonly perMinute: number
  readonly burst: number
  /** Who would wait longer is told when to come back. */
  readonly maxWaitMs: number
}

export type Turnstile = ReturnType<typeof turnstile>

/** The reads of one bot: a budget of their own, people first. */
export const turnstile = ({ clock, secondMs, perMinute, burst, maxWaitMs }: TurnstileOptions) => {
  const bucket = tokenBucket({ clock, perMinute, burst, minuteMs: 60 * secondMs })
  const queue: { readonly background: boolean; readonly enter: () => void }[] = []
  let pausedUntilMs = 0
  let timer: NodeJS.Timeout | undefined

  const freeInMs = (): number => Math.max(pausedUntilMs - clock.monotonicMs(), bucket.waitMs())

  const admit = (): void => {
    clearTimeout(timer)
    timer = undefined
    while (queue.length > 0) {
      const waitMs = freeInMs()
      if (waitMs > 0) {
        timer = setTimeout(admit, Math.ceil(waitMs))
        return
      }
      const next = queue.findIndex(({ background }) => !background)
      const [turn] = queue.splice(Math.max(0, next), 1)
      bucket.take()
      turn?.enter()
    }
  }

  return {
    freeInMs,
    waiting: () => queue.length,

    /** Until then nobody enters. */
    pause(ms: number): void {
      pausedUntilMs = Math.max(pausedUntilMs, clock.monotonicMs() + ms)
    },

    /** @throws {AppError} BACKEND_UNAVAILABLE if it would take too long; the reason of the signal */
    async enter({ signal, background = false }: Turn = {}): Promise<void> {
      signal?.throwIfAborted()
      if (freeInMs() > maxWaitMs) throw unavailable('Telegram has asked us to wait.', freeInMs() / 1000)
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const turn = { background, enter: resolve }
      const leave = () => {
        const at = queue.indexOf(turn)
        if (at >= 0) queue.splice(at, 1)
        reject(signal?.reason)
      }
      signal?.addEventListener('abort', leave, { once: true })
      queue.push(turn)
      admit()
      await promise.finally(() => signal?.removeEventListener('abort', leave))
    },
  }
}
