import type { Database } from '../../platform/db/index.ts'
import type { Emulator } from '../../platform/telegram/emulator/emulator.ts'
import type { TelegramBackend, TelegramBackendOptions } from '../backends/telegram/telegram.ts'
import {
  CHANNEL,
  documentsIn,
  openBackend,
  SECOND_CHANNEL,
  TIME_SCALE,
  telegramPlace,
} from '../backends/telegram/testing.ts'
import { type FaultyBackend, faultyBackend } from './faulty.fixture.ts'
import { clearStorage, type StorageStack, storageStack, tempFolder } from './stack.fixture.ts'

/** Files whose chunks go to two channels of an emulated Telegram, and to a mirror in memory where a policy says so. */
export interface TelegramStack {
  readonly stack: StorageStack
  readonly backend: TelegramBackend
  readonly mirror: FaultyBackend
  readonly emulator: Emulator
  readonly botIds: readonly number[]
  /** The documents that are in both channels, as any bot sees them that is still there. */
  documents(): { chatId: number; messageId: number; fileId: string }[]
  /** Lets all copies that are due be made, and what is due in the channels be done. */
  settle(): Promise<void>
}

export interface TelegramStackOptions extends Partial<TelegramBackendOptions> {
  /** Emptied first. */
  readonly database: Database
  readonly random?: () => number
  readonly botCount?: number
}

const HOUR_MS = 60 * 60_000
/**
 * Leases run in real time, and Telegram's minutes a thousand times as fast. As on a server, a lane that nobody used for
 * a minute may be asked for again as soon as it is given back: a sixth of the lease is shorter than that minute.
 */
const LEASE_MS = 300 * 1000 * TIME_SCALE

const clearTelegram = async ({ db }: Database): Promise<void> => {
  for (const table of ['telegram_objects', 'telegram_attempts', 'telegram_messages', 'telegram_lanes'] as const)
    await db.deleteFrom(table).execute()
}

/** Where a stack registers what is to be done behind it, as a test does. */
export interface Scope {
  after(close: () => Promise<void>): void
}

/** A Telegram of its own, and a database that belongs to nobody else until the scope ends. */
export const telegramStack = async (
  scope: Scope,
  { database, random = Math.random, botCount = 1, ...options }: TelegramStackOptions,
): Promise<TelegramStack> => {
  await clearStorage(database)
  await clearTelegram(database)
  const mirror = faultyBackend('mirror', random)
  const folder = await tempFolder()
  const place = await telegramPlace(botCount)
  let stack: StorageStack | undefined
  const backend = await openBackend(place, database, {
    chats: [CHANNEL, SECOND_CHANNEL],
    leaseMs: LEASE_MS,
    async onUnreachable(locators) {
      for (const locator of locators) await stack?.storage.inspector.note({ backend: 'telegram', locator }, 'missing')
    },
    ...options,
  })
  scope.after(async () => {
    await stack?.storage.stop()
    await backend.close()
    place.close()
    await folder.remove()
  })
  const own = await storageStack({
    database,
    folder: folder.path,
    hasty: true,
    far: [backend, mirror.backend],
    copyTimeoutMs: 5000,
    // Nothing is answered from a cache here: a fault is to be seen.
    cacheBytes: 0,
    random,
  })
  stack = own
  const [first = { id: 0 }] = place.bots
  return {
    stack: own,
    backend,
    mirror,
    emulator: place.emulator,
    botIds: place.bots.map(({ id }) => id),
    documents: () =>
      [CHANNEL, SECOND_CHANNEL].flatMap((chatId) =>
        documentsIn(place.emulator, first.id, chatId).map(({ message_id: messageId, document }) => ({
          chatId,
          messageId,
          fileId:
            typeof document === 'object' && document !== null && 'file_id' in document ? `${document.file_id}` : '',
        })),
      ),
    async settle() {
      await backend.maintain()
      await own.settle()
      // What a download may just be about to open stays for a while.
      own.clock.advance(HOUR_MS)
      await own.sweep()
      await backend.maintain()
    },
  }
}
