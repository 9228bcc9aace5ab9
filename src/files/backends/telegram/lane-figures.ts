import type { Clock } from '../../../platform/clock.ts'
import { isHeld, type Lane, waitMs } from './lane.ts'

/** How a lane is, for people. */
export interface LaneFigures {
  readonly botId: number
  readonly chatId: number
  /** `elsewhere`: another process sends here, or nobody has had to. */
  readonly state: 'open' | 'waiting' | 'elsewhere' | 'closed'
  /** Why it is closed. */
  readonly closedFor: string | null
  /** What it sent in the last minute, and what it may send in one. */
  readonly sentPerMinute: number
  readonly allowedPerMinute: number
  /** Messages that may go at once. */
  readonly budget: number
  /** Documents on their way, of the bot. */
  readonly uploads: number
  /** How often Telegram told it to wait. */
  readonly floodWaits: number
  /** When it may send next; null if it may now. */
  readonly nextFreeAt: string | null
  readonly lastError: string | null
  readonly lastErrorAt: string | null
}

interface Moment {
  readonly clock: Clock
  readonly secondMs: number
  /** Monotonic; until then no lane sends. */
  readonly stormUntilMs: number
}

export const laneFigures = (lane: Lane, { clock, secondMs, stormUntilMs }: Moment): LaneFigures => {
  const now = clock.monotonicMs()
  lane.sentMs = lane.sentMs.filter((at) => now - at < 60 * secondMs)
  const ms = Math.max(waitMs(lane, { sizeBytes: 0 }, now), stormUntilMs - now)
  const closedFor = lane.bot.revokedFor ?? lane.closedFor ?? null
  const open = isHeld(lane) ? (ms > 0 ? 'waiting' : 'open') : 'elsewhere'
  return {
    botId: lane.bot.id,
    chatId: lane.chatId,
    state: closedFor === null ? open : 'closed',
    closedFor,
    sentPerMinute: lane.sentMs.length,
    allowedPerMinute: lane.bucket.rate(),
    budget: Math.floor(lane.bucket.tokens()),
    uploads: lane.bot.uploads,
    floodWaits: lane.floodWaits,
    nextFreeAt: ms > 0 ? new Date(clock.now().getTime() + ms).toISOString() : null,
    lastError: lane.lastError ?? null,
    lastErrorAt: lane.lastErrorAt === undefined ? null : new Date(lane.lastErrorAt).toISOString(),
  }
}
