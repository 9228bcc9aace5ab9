import { setTimeout as sleep } from 'node:timers/promises'
import { tooManyRequests } from './failure.ts'
import type { EmulatorTime } from './time.ts'

/** Smaller uploads are not paced. */
const PACED_ABOVE_BYTES = 100_000
const SECONDS_PER_BYTE = 1e-7
const MIN_DELAY_SECONDS = 0.2
const MAX_DELAY_SECONDS = 0.9
/** How much of the pace a quiet time saves up … */
const SAVED_SECONDS = 1
/** … and how far ahead of it uploads may run before they are refused. */
const QUEUE_SECONDS = 6
/** A refusal is held back, so that it does not come at the speed of the bot's loop. */
const HOLD_SECONDS = 3
const RETRY_AFTER_SECONDS = 60

const MAX_UPLOADS = 100
const MAX_UPLOADING_BYTES = 4 * 1024 ** 3
const MAX_OPEN_CALLS = 1000
const MAX_UNSENT_PER_CHAT = 310

export interface UploadRequest {
  botId: number
  chatId: number
  /** Of all files of the call together. */
  sizeBytes: number
  files: number
  signal: AbortSignal | undefined
}

export type UploadBrake = ReturnType<typeof uploadBrake>

/** What the public Bot API server does to bots that upload too much at once, before Telegram's own flood control. */
export const uploadBrake = ({ time, isOn }: { time: EmulatorTime; isOn: boolean }) => {
  /** By bot and size: the second for which the last of these uploads was let through. */
  const paces = new Map<string, number>()
  const open = counters()
  const unsent = counters()
  const uploads = counters()
  const uploadingBytes = counters()

  const refuse = async (signal?: AbortSignal): Promise<never> => {
    await sleep(time.toMs(HOLD_SECONDS), undefined, { signal })
    throw tooManyRequests(RETRY_AFTER_SECONDS)
  }

  /** @returns Seconds to wait, or undefined when the upload is one too many. */
  const pace = (botId: number, sizeBytes: number): number | undefined => {
    if (sizeBytes <= PACED_ABOVE_BYTES) return 0
    const key = `${botId}:${sizeBytes}`
    const now = time.toSeconds(time.monotonicMs())
    const delay = Math.min(Math.max(sizeBytes * SECONDS_PER_BYTE, MIN_DELAY_SECONDS), MAX_DELAY_SECONDS)
    const last = paces.get(key) ?? Number.NEGATIVE_INFINITY
    const at = last < now - SAVED_SECONDS ? now - SAVED_SECONDS : last + delay
    if (at > now + QUEUE_SECONDS) return undefined
    paces.set(key, at)
    return Math.max(0, at - now)
  }

  return {
    /** Counts a call for as long as it lasts. @throws {ApiFailure} 429 */
    async whileOpen<T>(botId: number, work: () => Promise<T>): Promise<T> {
      if (!isOn) return work()
      if (open.of(botId) >= MAX_OPEN_CALLS) return refuse()
      return open.during([[botId, 1]], work)
    },

    /** Runs the rest of an upload when it is its turn. @throws {ApiFailure} 429, held back. */
    async admit<T>({ botId, chatId, sizeBytes, files, signal }: UploadRequest, work: () => Promise<T>): Promise<T> {
      if (!isOn) return work()
      const chat = `${botId}:${chatId}`
      const isTooMuch =
        uploads.of(botId) + files > MAX_UPLOADS ||
        uploadingBytes.of(botId) + sizeBytes > MAX_UPLOADING_BYTES ||
        unsent.of(chat) >= MAX_UNSENT_PER_CHAT
      const waitSeconds = isTooMuch ? undefined : pace(botId, sizeBytes)
      if (waitSeconds === undefined) return refuse(signal)
      return unsent.during([[chat, 1]], () =>
        uploads.during([[botId, files]], () =>
          uploadingBytes.during([[botId, sizeBytes]], async () => {
            if (waitSeconds > 0) await sleep(time.toMs(waitSeconds), undefined, { signal })
            return work()
          }),
        ),
      )
    },
  }
}

const counters = () => {
  const counts = new Map<string | number, number>()
  const add = (key: string | number, amount: number) => {
    const count = (counts.get(key) ?? 0) + amount
    if (count === 0) counts.delete(key)
    else counts.set(key, count)
  }
  return {
    of: (key: string | number) => counts.get(key) ?? 0,
    async during<T>(amounts: [string | number, number][], work: () => Promise<T>): Promise<T> {
      for (const [key, amount] of amounts) add(key, amount)
      try {
        return await work()
      } finally {
        for (const [key, amount] of amounts) add(key, -amount)
      }
    },
  }
}
