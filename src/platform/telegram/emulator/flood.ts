import { tooManyRequests } from './failure.ts'
import type { Bot, Dialog } from './state.ts'
import type { EmulatorTime } from './time.ts'

interface Rate {
  perSecond: number
  burst: number
}

export interface FloodRates {
  perPrivateChat: Rate
  perGroup: Rate
  perBot: Rate
  /** Uploads are paced as the public server does. */
  pacesUploads: boolean
}

/** Far above what a person at a simulator reaches, and low enough to stop a bot that loops. */
export const GENEROUS: FloodRates = {
  perPrivateChat: { perSecond: 50, burst: 500 },
  perGroup: { perSecond: 50, burst: 500 },
  perBot: { perSecond: 500, burst: 5000 },
  pacesUploads: false,
}

/** No limit at all, for measuring. */
export const OFF: FloodRates = {
  perPrivateChat: { perSecond: Number.MAX_VALUE, burst: Number.MAX_VALUE },
  perGroup: { perSecond: Number.MAX_VALUE, burst: Number.MAX_VALUE },
  perBot: { perSecond: Number.MAX_VALUE, burst: Number.MAX_VALUE },
  pacesUploads: false,
}

/** What Telegram tells bots to stay under. @see https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this */
export const STRICT: FloodRates = {
  perPrivateChat: { perSecond: 1, burst: 5 },
  perGroup: { perSecond: 20 / 60, burst: 20 },
  perBot: { perSecond: 30, burst: 30 },
  pacesUploads: true,
}

interface Bucket {
  tokens: number
  filledAtMs: number
}

export type FloodControl = ReturnType<typeof floodControl>

/** Token buckets per chat and per bot, in Telegram's time. */
export const floodControl = ({ time, rates }: { time: EmulatorTime; rates: FloodRates }) => {
  const buckets = new Map<string, Bucket>()

  const fill = (key: string, { perSecond, burst }: Rate): Bucket => {
    const now = time.monotonicMs()
    const bucket = buckets.get(key) ?? { tokens: burst, filledAtMs: now }
    bucket.tokens = Math.min(burst, bucket.tokens + time.toSeconds(now - bucket.filledAtMs) * perSecond)
    bucket.filledAtMs = now
    buckets.set(key, bucket)
    return bucket
  }

  const bucketsOf = (bot: Bot, { chat }: Dialog) => {
    const chatRate = chat.type === 'private' ? rates.perPrivateChat : rates.perGroup
    return [
      { bucket: fill(`${bot.id}`, rates.perBot), rate: rates.perBot },
      { bucket: fill(`${bot.id}:${chat.id}`, chatRate), rate: chatRate },
    ]
  }

  return {
    /**
     * Charges messages to the bot and the chat, or to neither. More at once than ever fit pass when nothing is owed,
     * and are owed then.
     *
     * @throws {ApiFailure} 429 with the wait in seconds.
     */
    charge(bot: Bot, dialog: Dialog, messages = 1): void {
      const charged = bucketsOf(bot, dialog)
      const waits = charged.map(({ bucket, rate }) => (Math.min(messages, rate.burst) - bucket.tokens) / rate.perSecond)
      const waitSeconds = Math.ceil(Math.max(...waits))
      if (waitSeconds > 0) throw tooManyRequests(waitSeconds)
      for (const { bucket } of charged) bucket.tokens -= messages
    },
  }
}
