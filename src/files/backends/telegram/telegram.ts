import type { Clock } from '../../../platform/clock.ts'
import type { Database } from '../../../platform/db/index.ts'
import { AppError } from '../../../platform/errors.ts'
import type { Leases } from '../../../platform/jobs/index.ts'
import type { Log } from '../../../platform/log/index.ts'
import { httpBotApi } from '../../../platform/telegram/client.ts'
import { type Timeouts, telegramFiles } from '../../../platform/telegram/files.ts'
import { type Backend, BackendErrors, type BackendHealth, type ListedObject, type TransferOptions } from '../backend.ts'
import { telegramCalls } from './calls.ts'
import { openChatBook } from './chat-book.ts'
import type { TelegramContext } from './context.ts'
import { isOpen, newBot } from './lane.ts'
import type { LaneFigures } from './lane-figures.ts'
import { telegramLanes } from './lanes.ts'
import { startMaintenance } from './maintenance.ts'
import { manifests } from './manifest.ts'
import { reader } from './reading.ts'
import { reconciler } from './reconcile.ts'
import { remover } from './removing.ts'
import { telegramRows } from './rows.ts'
import { gather, sender } from './sending.ts'
import { botStanding, type Problem } from './standing.ts'
import type { TelegramObject } from './tables.ts'

/** Objects that are no part of a file: indexes of the drive. A sweep must not take them for orphans. */
export const SNAPSHOT_PREFIX = 'snapshot_'
const ID = /^[A-Za-z0-9_-]{1,128}$/
const MIB = 1024 * 1024
/** Below the 20 MiB that a bot may download, with room for what encryption adds. */
const CLOUD_OBJECT_BYTES = 19 * MIB
/** A server of one's own takes 2000 MB, but an object is held in memory, and nobody gets a byte before the last. */
const LOCAL_OBJECT_BYTES = 256 * MIB
/** Channels of a million messages have become unreachable. */
const MAX_OBJECTS = 400_000
const LEASE_MS = 90_000
const MAX_WAIT_MS = 60_000
const MAINTAIN_MS = 30_000

export interface TelegramBackendOptions {
  readonly bots: readonly { readonly token: string }[]
  /** Private channels in which every bot is an administrator. */
  readonly chats: readonly number[]
  /** Where messages are looked at; the first of the channels unless told. */
  readonly scratchChat?: number | undefined
  /** `https://api.telegram.org`, a server of one's own, or the emulator. */
  readonly apiRoot: string
  /** The server runs with `--local`, and shares its folder with this machine. */
  readonly local?: boolean | undefined
  /** Of this installation, `ENCRYPTION_KEY`: signs the captions. */
  readonly secret: string
  readonly database: Database
  readonly leases: Leases
  readonly clock: Clock
  readonly log: Log
  /** Told of objects that no bot can reach any more, up to 500 at a time and again if it throws: they need another copy. */
  readonly onUnreachable?: (locators: readonly string[]) => Promise<void>
  /** How long a `put` or `get` waits for its turn before it says when to come back; 60 s unless told. */
  readonly maxWaitMs?: number
  /** How long a lane stays with a process that was killed; renewed every third of it. 90 s unless told. */
  readonly leaseMs?: number
  /** How often this process clears up after broken sendings and deletes what is due; 30 s unless told, 0 for never. */
  readonly maintainEveryMs?: number
  /** For tests: how long a second of Telegram's takes. */
  readonly secondMs?: number
  readonly maxObjects?: number
  readonly timeouts?: Partial<Timeouts>
}

/** How sending goes, for people and for metrics. */
export interface TelegramFigures {
  readonly lanes: readonly LaneFigures[]
  /** Sendings that wait for a turn, and for how long the oldest has. */
  readonly waiting: number
  readonly oldestWaitMs: number
  /** Until when nothing is sent anywhere, because Telegram stopped half of the lanes. */
  readonly pausedUntil: string | null
  /** Reads that wait for a turn. */
  readonly readsWaiting: number
  readonly channels: readonly { readonly chatId: number; readonly objects: number; readonly full: boolean }[]
  /** Messages that are still to be deleted, and such as Telegram does not let us delete. */
  readonly messagesDue: number
  readonly messagesAbandoned: number
  /** Objects of ours that belong to nothing we know, each deleted a week after it was found. */
  readonly strays: number
  readonly problems: readonly Problem[]
}

export interface TelegramBackend extends Backend {
  health(): BackendHealth
  figures(): Promise<TelegramFigures>
  /** Looks anew at what the bots may do where; also done by itself, now and then. */
  check(): Promise<void>
  /** What is otherwise done regularly, now. */
  maintain(signal?: AbortSignal): Promise<void>
  close(): Promise<void>
  /**
   * Puts an index of the drive: to be found by its message.
   * @param chatId Where it must be. @throws {AppError} as `put`
   */
  putIndex(id: string, bytes: Buffer, chatId?: number, options?: TransferOptions): Promise<TelegramObject>
  /** Shows a message at the top of its channel. @throws {AppError} BACKEND_UNAVAILABLE */
  pin(object: TelegramObject, signal?: AbortSignal): Promise<void>
  /** The channels, those first in which something may be posted now. */
  channels(): readonly number[]
  /** Looks at every message after one for objects of which the database knows nothing. @returns All that there are. */
  explore(chatId: number, afterMessageId: number, signal?: AbortSignal): Promise<readonly TelegramObject[]>
}

/**
 * Keeps each object as a document in a message of a private channel, posted by one of several bots. The locator is the
 * object's id; where its message is stands in the database. Nothing that is wrong with bots or channels makes this
 * fail: it is told by `health`.
 *
 * @throws {RangeError} for a token or a set of channels that cannot be one
 */
export const openTelegramBackend = async (options: TelegramBackendOptions): Promise<TelegramBackend> => {
  const { database, leases, clock, log, chats: chatIds, apiRoot, local = false, secondMs = 1000 } = options
  const { maxWaitMs = MAX_WAIT_MS, maxObjects = MAX_OBJECTS } = options
  const [firstChat] = chatIds
  if (firstChat === undefined || options.bots.length === 0) throw new RangeError('a bot and a channel are needed')
  if (options.bots.some(({ token }) => !/^\d+:[\w-]+$/.test(token))) throw new RangeError('a bot token is malformed')
  const scratchChatId = options.scratchChat ?? firstChat
  const allChats = [...new Set([...chatIds, scratchChatId])]
  const rows = telegramRows(database)
  const client = telegramFiles({
    apiRoot,
    readsLocalPaths: local,
    maxSockets: Math.max(16, options.bots.length * 8),
    ...(options.timeouts && { timeouts: options.timeouts }),
  })
  const api = httpBotApi({ apiRoot, maxSockets: 8 })
  const bots = options.bots.map(({ token }) => newBot(token, { clock, secondMs, maxWaitMs }))
  const book = await openChatBook({ chatIds: allChats, rows, clock, maxObjects })
  const leaseMs = options.leaseMs ?? LEASE_MS
  const lanes = telegramLanes({ bots, chatIds: allChats, rows, leases, clock, log, secondMs, maxWaitMs, leaseMs })
  const context: TelegramContext = {
    client,
    lanes,
    rows,
    book,
    manifests: manifests(options.secret),
    chatIds,
    scratchChatId,
    clock,
    log,
    secondMs,
  }
  const standing = botStanding({ api, lanes, bots, chatIds, scratchChatId })
  const calls = telegramCalls(context, standing)
  const reconcile = reconciler(context, calls)
  const send = sender(context, standing, reconcile)
  const read = reader(context, calls, bots)
  const remove = remover(context, calls, standing)
  await lanes.load()
  await standing.checkAll()
  const { onUnreachable = async () => {}, maintainEveryMs = MAINTAIN_MS } = options
  const maintenance = startMaintenance({
    context,
    standing,
    reconcile,
    remove,
    onUnreachable,
    everyMs: maintainEveryMs,
  })
  const maxObjectBytes = local ? LOCAL_OBJECT_BYTES : CLOUD_OBJECT_BYTES

  return {
    name: 'telegram',
    capabilities: { maxObjectBytes, ranged: false, listable: true, batchDelete: true, durable: true },

    async put(id, source, sizeBytes, putOptions = {}) {
      parseLocator(id)
      if (sizeBytes > maxObjectBytes) throw new AppError(BackendErrors.OBJECT_TOO_LARGE)
      putOptions.signal?.throwIfAborted()
      const known = await rows.find(id)
      if (known === undefined) await send(id, source, sizeBytes, putOptions)
      else {
        // The bytes are there; a source that is not what it says is told so all the same.
        await gather(source, sizeBytes)
        if (known.state === 'stray') await rows.setState([id], 'stored')
      }
      return id
    },
    get: async (locator, from, to, getOptions = {}) => read(parseLocator(locator), from, to, getOptions),
    async delete(locators) {
      for (const locator of locators) parseLocator(locator)
      await rows.discard(locators)
      maintenance.wake()
    },
    async stat(locator) {
      const object = await rows.find(parseLocator(locator))
      return object === undefined || object.state === 'stray' ? undefined : { sizeBytes: object.size_bytes }
    },
    list: () => listObjects(rows),

    health: () => toHealth(standing.problems(), lanes.all.filter((lane) => chatIds.includes(lane.chatId)).some(isOpen)),
    async figures() {
      const channels = chatIds.map((chatId) => ({
        chatId,
        objects: book.objects(chatId),
        full: book.isFull(chatId),
      }))
      return {
        ...lanes.figures(),
        readsWaiting: bots.reduce((sum, { reads }) => sum + reads.waiting(), 0),
        channels,
        messagesDue: await rows.countMessages('due'),
        messagesAbandoned: await rows.countMessages('abandoned'),
        strays: await rows.countObjects('stray'),
        problems: standing.problems(),
      }
    },
    async putIndex(id, bytes, chatId, putOptions = {}) {
      async function* source() {
        yield bytes
      }
      await send(parseLocator(id), source(), bytes.length, { ...putOptions, background: true }, chatId)
      const object = await rows.find(id)
      if (object === undefined) throw new Error('An object was put and is not there.')
      return object
    },
    pin: (object, signal) => calls.pin(object, { signal, background: true }),
    channels: () => {
      const isUsable = (chatId: number) => lanes.all.some((lane) => lane.chatId === chatId && isOpen(lane))
      return chatIds.toSorted((a, b) => Number(isUsable(b)) - Number(isUsable(a)))
    },
    async explore(chatId, afterMessageId, signal) {
      await reconcile.scan(chatId, afterMessageId, signal)
      const strays = await Array.fromAsync(rows.list('stray'))
      return strays.filter(({ id }) => !id.startsWith(SNAPSHOT_PREFIX))
    },
    check: () => standing.checkAll(),
    maintain: (signal) => maintenance.now(signal),
    async close() {
      await maintenance.stop()
      await lanes.close()
      client.close()
      api.close()
    },
  }
}

const parseLocator = (locator: string): string => {
  if (!ID.test(locator)) throw new AppError(BackendErrors.LOCATOR_INVALID)
  return locator
}

async function* listObjects(rows: ReturnType<typeof telegramRows>): AsyncIterable<ListedObject> {
  for (const state of ['stored', 'unreachable'] as const)
    for await (const { id, size_bytes, created_at } of rows.list(state))
      if (!id.startsWith(SNAPSHOT_PREFIX)) yield { locator: id, sizeBytes: size_bytes, modifiedAt: created_at }
}

const toHealth = (problems: readonly Problem[], canPost: boolean): BackendHealth => ({
  state: canPost ? (problems.length === 0 ? 'ok' : 'degraded') : 'down',
  problems: problems.map(({ message }) => message),
})
