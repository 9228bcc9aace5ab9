import type { Migration } from '../platform/db/index.ts'

/** Who holds a lane of Telegram, so that nobody waits for a lease whose process is dead. */
export const telegramHolders: Migration = {
  id: '0025-telegram-holders',
  up: ({ text }) => [
    // The process and the fence of its lease. Null: whoever had the lane last gave it back.
    `alter table telegram_lanes add column holder ${text}`,
  ],
}
