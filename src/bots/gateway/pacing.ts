import { setTimeout as wait } from 'node:timers/promises'
import type { Clock } from '../../platform/clock.ts'
import { type BotApi, type BotApiParams, TelegramError } from '../../platform/telegram/api.ts'

/** How fast messages may leave. @see https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this */
export interface Rate {
  readonly perSecond: number
  readonly burst: number
}

export interface PacingRates {
  readonly perPrivateChat: Rate
  readonly perGroup: Rate
  readonly perBot: Rate
}

/** @param perSecond What Telegram takes of this bot: 30, unless it was given more. */
export const telegramRates = (perSecond: number): PacingRates => ({
  // Whoever waits for its place holds a Python process, and Telegram bears short bursts: it says so when it does not.
  perPrivateChat: { perSecond: 1, burst: 20 },
  perGroup: { perSecond: 20 / 60, burst: 20 },
  perBot: { perSecond, burst: perSecond },
})

/** Telegram asked a bot to wait. */
export interface FloodWait {
  readonly method: string
  readonly chatId: string | null
  readonly seconds: number
  /** The call is made again by itself when the time is over. */
  readonly retried: boolean
}

export interface PacingOptions {
  readonly clock: Clock
  /** Asked for with each message: they may change. */
  readonly rates: () => PacingRates
  readonly onFlood?: (wait: FloodWait) => void
}

interface Bucket {
  tokens: number
  filledAtMs: number
  /** Telegram's own word: nothing before. */
  heldUntilMs: number
}

// A command waits this long for Telegram at most; longer waits are told to it.
const LONGEST_RETRY_SECONDS = 30
const MAX_RETRIES = 3
const MAX_CHATS = 10_000
const MESSAGES = /^(?:send(?!chataction)|copymessage|forwardmessage)/i
// Whoever takes the updates counts and shows these waits.
const NOT_RETRIED = new Set(['getupdates', 'setwebhook', 'deletewebhook', 'getwebhookinfo'])

/**
 * Makes a bot keep to Telegram's limits on messages instead of running into them, and waits when Telegram says so. A
 * refused call did nothing, so making it again is safe. Messages to one chat keep their order.
 */
export const pacedBotApi = (api: BotApi, { clock, rates: ratesNow, onFlood }: PacingOptions): BotApi => {
  const buckets = new Map<string, Bucket>()

  const fill = (key: string, { perSecond, burst }: Rate): Bucket => {
    const nowMs = clock.monotonicMs()
    const bucket = buckets.get(key) ?? { tokens: burst, filledAtMs: nowMs, heldUntilMs: 0 }
    bucket.tokens = Math.min(burst, bucket.tokens + ((nowMs - bucket.filledAtMs) / 1000) * perSecond)
    bucket.filledAtMs = nowMs
    buckets.set(key, bucket)
    return bucket
  }
  const forgetFull = (): void => {
    if (buckets.size <= MAX_CHATS) return
    const nowMs = clock.monotonicMs()
    for (const [key, { filledAtMs, heldUntilMs }] of buckets)
      if (nowMs - filledAtMs > 60_000 && heldUntilMs < nowMs) buckets.delete(key)
  }

  /** Takes the next place in the row. @returns Milliseconds until it. */
  const reserve = (chatId: string | null, count: number): number => {
    const nowMs = clock.monotonicMs()
    const rates = ratesNow()
    const rows = [{ bucket: fill('', rates.perBot), rate: rates.perBot }]
    if (chatId !== null) {
      const rate = isPrivate(chatId) ? rates.perPrivateChat : rates.perGroup
      rows.push({ bucket: fill(chatId, rate), rate })
    }
    let delayMs = 0
    for (const { bucket, rate } of rows) {
      bucket.tokens -= count
      delayMs = Math.max(delayMs, (-bucket.tokens / rate.perSecond) * 1000, bucket.heldUntilMs - nowMs)
    }
    forgetFull()
    return Math.max(0, delayMs)
  }

  const hold = (chatId: string | null, seconds: number): void => {
    const rates = ratesNow()
    const rate = chatId === null ? rates.perBot : isPrivate(chatId) ? rates.perPrivateChat : rates.perGroup
    const bucket = fill(chatId ?? '', rate)
    bucket.heldUntilMs = Math.max(bucket.heldUntilMs, clock.monotonicMs() + seconds * 1000)
  }

  return {
    async call(token, method, params = {}, options = {}) {
      const chatId = chatOf(params)
      const isMessage = MESSAGES.test(method)
      for (let tries = 0; ; tries += 1) {
        const delayMs = isMessage ? reserve(chatId, countOf(params)) : 0
        if (delayMs > 0) await wait(delayMs, undefined, { signal: options.signal })
        try {
          return await api.call(token, method, params, options)
        } catch (error) {
          const seconds = floodSeconds(error)
          if (seconds === undefined || NOT_RETRIED.has(method.toLowerCase())) throw error
          const retried = tries < MAX_RETRIES && seconds <= LONGEST_RETRY_SECONDS
          onFlood?.({ method, chatId, seconds, retried })
          hold(chatId, seconds)
          if (!retried) throw error
          if (!isMessage) await wait(seconds * 1000, undefined, { signal: options.signal })
        }
      }
    },
  }
}

/** @returns How long Telegram asks to wait; undefined for every other failure. */
export const floodSeconds = (error: unknown): number | undefined =>
  error instanceof TelegramError && error.errorCode === 429 ? (error.retryAfterSeconds ?? 1) : undefined

const chatOf = ({ chat_id: chatId }: BotApiParams): string | null =>
  typeof chatId === 'number' || typeof chatId === 'string' ? String(chatId) : null

const isPrivate = (chatId: string): boolean => /^\d+$/.test(chatId)

/** An album and a batch are as many messages as they hold. */
const countOf = ({ media, message_ids: ids }: BotApiParams): number =>
  Math.max(1, Array.isArray(media) ? media.length : 0, Array.isArray(ids) ? ids.length : 0)
