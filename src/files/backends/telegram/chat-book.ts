import type { Clock } from '../../../platform/clock.ts'
import type { TelegramRows } from './rows.ts'

const COUNT_AGAIN_MS = 60_000

export interface ChatBookOptions {
  readonly chatIds: readonly number[]
  readonly rows: TelegramRows
  readonly clock: Clock
  /** A channel with so many objects gets no more. */
  readonly maxObjects: number
}

export type ChatBook = Awaited<ReturnType<typeof openChatBook>>

/** How full the channels are, and how far their numbers have come. */
export const openChatBook = async ({ chatIds, rows, clock, maxObjects }: ChatBookOptions) => {
  const chats = new Map<number, { objects: number; lastMessageId: number; countedMs: number }>()

  const count = async (chatId: number): Promise<void> => {
    const figures = await rows.chatFigures(chatId)
    const before = chats.get(chatId)?.lastMessageId ?? 0
    const lastMessageId = Math.max(before, figures.lastMessageId)
    chats.set(chatId, { objects: figures.objects, lastMessageId, countedMs: clock.monotonicMs() })
  }
  for (const chatId of chatIds) await count(chatId)

  return {
    lastMessageId: (chatId: number): number => chats.get(chatId)?.lastMessageId ?? 0,
    objects: (chatId: number): number => chats.get(chatId)?.objects ?? 0,
    isFull: (chatId: number): boolean => (chats.get(chatId)?.objects ?? 0) >= maxObjects,

    /** Other processes put objects there too, and objects are deleted. */
    async refresh(): Promise<void> {
      for (const [chatId, { countedMs }] of chats)
        if (clock.monotonicMs() - countedMs > COUNT_AGAIN_MS) await count(chatId)
    },

    seen(chatId: number, messageId: number): void {
      const chat = chats.get(chatId)
      if (chat !== undefined) chat.lastMessageId = Math.max(chat.lastMessageId, messageId)
    },

    stored(chatId: number, messageId: number): void {
      this.seen(chatId, messageId)
      const chat = chats.get(chatId)
      if (chat !== undefined) chat.objects += 1
    },
  }
}
