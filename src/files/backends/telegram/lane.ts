import type { Clock } from '../../../platform/clock.ts'
import type { Lease } from '../../../platform/jobs/index.ts'
import { type TokenBucket, tokenBucket } from './bucket.ts'
import { type EqualSizePace, equalSizePace } from './pacing.ts'
import { type Turnstile, turnstile } from './turnstile.ts'

/** What a bot that posts documents into a channel is trusted with at first, and at most. */
export const FULL_RATE = 18
/** Not more: together with what a minute brings it must stay below 20. */
const BURST = 2
const LEAST_RATE = 1
/** A halved rate is whole again after 45 messages without a refusal. */
const RECOVERY = 0.2
const READS_PER_MINUTE = 1200
const READ_BURST = 20

export const MAX_UPLOADS_PER_BOT = 4

/** One of our bots. */
export interface TelegramBot {
  readonly id: number
  readonly token: string
  readonly pace: EqualSizePace
  readonly reads: Turnstile
  /** How many documents it is sending in this process. */
  uploads: number
  /** Why its token is of no use any more. */
  revokedFor: string | undefined
}

/** One bot in one channel: what Telegram counts messages by. */
export interface Lane {
  readonly bot: TelegramBot
  readonly chatId: number
  readonly bucket: TokenBucket
  /** Held while this process is the only one that sends here. */
  lease: Lease | undefined
  isAsking: boolean
  /** Monotonic, as all that ends in `Ms`. */
  askAgainMs: number
  pausedUntilMs: number
  lastUsedMs: number
  /** Of the last minute. */
  sentMs: number[]
  floodWaits: number
  /** Why the bot may not post here. */
  closedFor: string | undefined
  /** The bot is not in the channel any more, or the channel is gone. */
  isGone: boolean
  lastError: string | undefined
  /** Wall time. */
  lastErrorAt: number | undefined
}

export interface LaneTiming {
  readonly clock: Clock
  /** How long a second of Telegram's takes: 1000, but in tests. */
  readonly secondMs: number
  readonly maxWaitMs: number
}

/** @param token Its first part is the bot's id. */
export const newBot = (token: string, { clock, secondMs, maxWaitMs }: LaneTiming): TelegramBot => ({
  id: Number(token.slice(0, token.indexOf(':'))),
  token,
  pace: equalSizePace({ clock, secondMs }),
  reads: turnstile({ clock, secondMs, perMinute: READS_PER_MINUTE, burst: READ_BURST, maxWaitMs }),
  uploads: 0,
  revokedFor: undefined,
})

export const newLane = (bot: TelegramBot, chatId: number, { clock, secondMs }: LaneTiming): Lane => ({
  bot,
  chatId,
  bucket: tokenBucket({ clock, perMinute: FULL_RATE, burst: BURST, minuteMs: 60 * secondMs }),
  lease: undefined,
  isAsking: false,
  askAgainMs: 0,
  pausedUntilMs: 0,
  lastUsedMs: 0,
  sentMs: [],
  floodWaits: 0,
  closedFor: undefined,
  isGone: false,
  lastError: undefined,
  lastErrorAt: undefined,
})

export const isOpen = ({ bot, closedFor }: Lane): boolean => bot.revokedFor === undefined && closedFor === undefined

/** Whether the bot can still read the channel's messages, whether it may post or not. */
export const canSee = ({ bot, isGone }: Lane): boolean => bot.revokedFor === undefined && !isGone

export const isHeld = ({ lease }: Lane): boolean => lease?.held() === true

export const slowDown = ({ bucket }: Lane): void => bucket.setRate(Math.max(LEAST_RATE, bucket.rate() / 2))

export const speedUp = ({ bucket }: Lane): void => bucket.setRate(Math.min(FULL_RATE, bucket.rate() + RECOVERY))

/** What a slot is wanted for. */
export interface Sending {
  /** 0 for a message without bytes of its own, such as a forwarded one. */
  readonly sizeBytes: number
}

/** @returns Milliseconds until the lane may send; Infinity while it waits for an upload of its bot to end. */
export const waitMs = ({ bot, bucket, pausedUntilMs }: Lane, { sizeBytes }: Sending, nowMs: number): number => {
  if (sizeBytes > 0 && bot.uploads >= MAX_UPLOADS_PER_BOT) return Infinity
  const paced = sizeBytes > 0 ? bot.pace.waitMs(sizeBytes) : 0
  return Math.max(0, pausedUntilMs - nowMs, bucket.waitMs(), paced)
}
