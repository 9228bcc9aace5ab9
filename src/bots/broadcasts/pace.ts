import { setTimeout as wait } from 'node:timers/promises'
import type { Clock } from '../../platform/clock.ts'
import type { BotSettings } from '../settings/contract.ts'

/** Of what a bot may send, this much goes to broadcasts; the rest is left for answers. */
const SHARE = 5 / 6
/** Timers ring late. What is behind by no more than this is made up for. */
const CATCH_UP_MS = 20
/** Telegram answers within about this time; whoever waits for each answer sends no faster. */
const ANSWER_SECONDS = 0.15
const LEAST_IN_FLIGHT = 4

/** @returns Messages a second that a broadcast of this bot may make at most. */
export const maxSpeed = ({ messages_per_second }: Pick<BotSettings, 'messages_per_second'>): number =>
  Math.max(1, Math.floor(messages_per_second * SHARE))

/** How many messages are on their way at once, where Telegram takes longer than the time between two. */
export const maxInFlight = (speed: number): number => Math.max(LEAST_IN_FLIGHT, Math.ceil(speed * ANSWER_SECONDS))

export type Pace = ReturnType<typeof paceOf>

export const paceOf = (clock: Clock) => {
  let nextMs = 0
  return {
    /** Resolves when the next message may leave. */
    async next(perSecond: number, signal: AbortSignal): Promise<void> {
      const nowMs = clock.monotonicMs()
      const delayMs = nextMs - nowMs
      nextMs = Math.max(nowMs - CATCH_UP_MS, nextMs) + 1000 / perSecond
      if (delayMs > 0) await wait(delayMs, undefined, { signal }).catch(() => undefined)
    },
  }
}
