import type { TestContext } from 'node:test'
import { testPlace } from '../../../../test/database.ts'
import { systemClock } from '../../../platform/clock.ts'
import { type Database, openDatabase } from '../../../platform/db/index.ts'
import { leaseService, processOwner } from '../../../platform/jobs/index.ts'
import { createLog } from '../../../platform/log/index.ts'
import type { Emulator, EmulatorOptions } from '../../../platform/telegram/emulator/emulator.ts'
import { type EmulatorServer, startEmulator } from '../../../platform/telegram/emulator/server.ts'
import { openTelegramBackend, type TelegramBackend, type TelegramBackendOptions } from './telegram.ts'

export const CHANNEL = -1_000_000_000_777
export const SECOND_CHANNEL = -1_000_000_000_778
export const SCRATCH = -1_000_000_000_999
export const SECRET = 'a secret that is long enough for a test'
/** A thousandth of real time: a minute of Telegram's takes 60 ms. */
export const TIME_SCALE = 0.001

const owner = { id: 77, first_name: 'Ada' }

export interface TelegramPlace extends EmulatorServer {
  readonly bots: readonly { readonly id: number; readonly token: string }[]
}

/** An emulator with some bots, each an administrator of two channels and in the scratch chat. */
export const telegramPlace = async (botCount = 1, options: Partial<EmulatorOptions> = {}): Promise<TelegramPlace> => {
  const server = await startEmulator({ timeScale: TIME_SCALE, ...options })
  const bots = Array.from({ length: botCount }, (_, index) =>
    server.emulator.addBot({ username: `keeper${index}_bot`, firstName: `Keeper ${index}` }),
  )
  for (const { id: botId } of bots)
    for (const id of [CHANNEL, SECOND_CHANNEL, SCRATCH])
      server.emulator.openChat({ botId, user: owner, chat: { id, type: 'channel', title: 'Parts' } })
  return { ...server, bots }
}

export const openBackend = (
  place: TelegramPlace,
  database: Database,
  options: Partial<TelegramBackendOptions> = {},
): Promise<TelegramBackend> => {
  const log = createLog('silent')
  return openTelegramBackend({
    bots: place.bots,
    chats: [CHANNEL],
    scratchChat: SCRATCH,
    apiRoot: place.apiRoot,
    secret: SECRET,
    database,
    leases: leaseService({ database, clock: systemClock, log, owner: processOwner() }),
    clock: systemClock,
    log,
    secondMs: 1000 * TIME_SCALE,
    maxWaitMs: 20_000,
    maintainEveryMs: 0,
    ...options,
  })
}

/** The messages of a channel that hold documents. */
export const documentsIn = (emulator: Emulator, botId: number, chatId: number) =>
  emulator.transcript(botId, chatId).filter((message) => message.document !== undefined)

export async function* oneOf(bytes: Buffer): AsyncIterable<Buffer> {
  yield bytes
}

export const collect = async (backend: TelegramBackend, locator: string, from: number, to: number): Promise<Buffer> =>
  Buffer.concat(await Array.fromAsync<Buffer>(await backend.get(locator, from, to)))

/** What a test needs, in the order in which it must be put away. */
export interface TelegramSetting {
  readonly place: TelegramPlace
  readonly database: Database
  readonly backend: TelegramBackend
  readonly dataDir: string
  /** Another backend on the same database, as another process has it. */
  open(options?: Partial<TelegramBackendOptions>): Promise<TelegramBackend>
}

export interface SettingOptions extends Partial<TelegramBackendOptions> {
  readonly botCount?: number
  readonly emulator?: Partial<EmulatorOptions>
}

export const telegramSetting = async (t: TestContext, options: SettingOptions = {}): Promise<TelegramSetting> => {
  const { botCount = 1, emulator = {}, ...backendOptions } = options
  const place = await telegramPlace(botCount, emulator)
  const secondMs = 1000 * (emulator.timeScale ?? TIME_SCALE)
  const files = await testPlace('sqlite')
  const database = await openDatabase({ url: undefined, dataDir: files.dataDir, synchronous: 'NORMAL', own: false })
  const opened: TelegramBackend[] = []
  const open = async (changes: Partial<TelegramBackendOptions> = {}) => {
    const backend = await openBackend(place, database, { secondMs, ...backendOptions, ...changes })
    opened.push(backend)
    return backend
  }
  t.after(async () => {
    for (const backend of opened) await backend.close()
    place.close()
    await database.close()
    await files.remove()
  })
  return { place, database, backend: await open(), open, dataDir: files.dataDir }
}
