import type { Clock } from '../../platform/clock.ts'
import type { RunLimits, RunResult } from './types.ts'

/** How long a run that had to be ended is held against its bot. */
const HELD_MS = 60_000
const MAX_KNOWN = 10_000

export type UnrulyBots = ReturnType<typeof unrulyBots>

/** A run that was ended by a limit on what it used. One that only waited for too long has used nothing. */
const isUnruly = ({ outcome, pythonMs }: RunResult, limits: RunLimits): boolean =>
  outcome === 'time' ? pythonMs >= limits.pythonMs : outcome === 'memory' || outcome === 'calls' || outcome === 'crash'

/** Remembers for a minute which bots' runs had to be ended: their next ones must not cost other bots their processes. */
export const unrulyBots = (clock: Clock) => {
  const until = new Map<string, number>()
  const forgetOld = (): void => {
    const nowMs = clock.monotonicMs()
    for (const [bot, untilMs] of until) if (untilMs <= nowMs) until.delete(bot)
  }
  return {
    has: (botId: string): boolean => (until.get(ownerOf(botId)) ?? 0) > clock.monotonicMs(),
    note(botId: string, result: RunResult, limits: RunLimits): void {
      if (!isUnruly(result, limits)) return
      if (until.size >= MAX_KNOWN) forgetOld()
      until.set(ownerOf(botId), clock.monotonicMs() + HELD_MS)
    },
  }
}

/** @returns The bot that a lane belongs to: a bot has several, and is one tenant. */
export const ownerOf = (botId: string): string => botId.split('/')[0] ?? botId
