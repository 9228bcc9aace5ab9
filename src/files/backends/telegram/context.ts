import type { Clock } from '../../../platform/clock.ts'
import type { Log } from '../../../platform/log/index.ts'
import type { TelegramFiles } from '../../../platform/telegram/files.ts'
import type { ChatBook } from './chat-book.ts'
import type { Lanes } from './lanes.ts'
import type { Manifests } from './manifest.ts'
import type { TelegramRows } from './rows.ts'

/** What every part of the backend works with. */
export interface TelegramContext {
  readonly client: TelegramFiles
  readonly lanes: Lanes
  readonly rows: TelegramRows
  readonly book: ChatBook
  readonly manifests: Manifests
  readonly chatIds: readonly number[]
  /** Where messages are forwarded to be looked at. It may be one of the channels. */
  readonly scratchChatId: number
  readonly clock: Clock
  readonly log: Log
  /** How long a second of Telegram's takes: 1000, but in tests. */
  readonly secondMs: number
}

/** Waits. @throws The reason of the signal. */
export const pause = (ms: number, signal?: AbortSignal): Promise<void> => {
  signal?.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  const leave = () => {
    clearTimeout(timer)
    reject(signal?.reason)
  }
  signal?.addEventListener('abort', leave, { once: true })
  return promise.finally(() => signal?.removeEventListener('abort', leave))
}
