import { z } from 'zod'
import type { Database } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import type { Emulator } from '../../platform/telegram/emulator/emulator.ts'
import type { BotRow } from '../bots/repo.ts'
import type { BotService } from '../bots/service.ts'
import { BotErrors } from '../errors.ts'
import type { Supervisor } from '../gateway/supervisor.ts'
import { runRepo } from '../runs/repo.ts'
import { Act, DEFAULT_USER } from './acts.ts'
import type { Played } from './contract.ts'
import { DoorCall, type SimulatorDoors } from './doors.ts'
import { SimulatorErrors } from './errors.ts'
import { simulatorPlayer, transcriptOf } from './player.ts'
import type { Relay, RelayTarget } from './relay.ts'
import type { Residents } from './residents.ts'
import type { SimulatorWorlds } from './worlds.ts'

export interface SimulatorOptions {
  readonly database: Database
  readonly worlds: SimulatorWorlds
  readonly residents: Residents
  readonly doors: SimulatorDoors
  readonly relay: Relay
  readonly bots: BotService
  readonly supervisor: Supervisor
}

export type SimulatorService = ReturnType<typeof simulatorService>

const Read = z.discriminatedUnion('read', [
  z.object({ read: z.literal('messages'), chatId: z.int() }),
  z.object({ read: z.literal('chats') }),
  z.object({ read: z.literal('users') }),
  z.object({ read: z.literal('update'), updateId: z.int() }),
  z.object({ read: z.literal('updates') }),
  z.object({ read: z.literal('reset') }),
])
type Read = z.infer<typeof Read>

const ServiceCall = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('play'), botId: z.string(), act: Act, timeoutMs: z.int() }),
  z.object({ kind: z.literal('read'), botId: z.string(), read: Read }),
])
type ServiceCall = z.infer<typeof ServiceCall>

const Messages = z.array(z.record(z.string(), z.unknown()))
const Chats = z.array(
  z.object({
    chat: z.record(z.string(), z.unknown()),
    messages: z.int(),
    last_message: z.record(z.string(), z.unknown()).nullable(),
  }),
)
const Update = z.record(z.string(), z.unknown()).nullable()

const READ_MS = 25_000
const RELAY_GRACE_MS = 10_000

/** Plays the users of simulated bots, and waits for what the bots do; in this process, or in the one that can. */
export const simulatorService = (options: SimulatorOptions) => {
  const { database, worlds, residents, doors, relay, bots, supervisor } = options
  const player = simulatorPlayer({ database, supervisor })

  /** @throws {AppError} BOT_NOT_FOUND, BOT_NOT_SIMULATED */
  const getSimulated = async (accountId: string, botId: string): Promise<BotRow> => {
    const bot = await bots.get(accountId, botId)
    if (bot.simulated !== 1) throw new AppError(BotErrors.BOT_NOT_SIMULATED)
    return bot
  }

  const withResident = async (emulator: Emulator, bot: BotRow): Promise<void> => {
    if (emulator.store.bot(bot.telegram_id) === undefined) await residents.addMissing(bot.account_id, emulator)
  }

  const here = async (emulator: Emulator, bot: BotRow, call: ServiceCall): Promise<unknown> => {
    await withResident(emulator, bot)
    if (call.kind === 'read') return readFrom(emulator, bot.telegram_id, call.read)
    if (!supervisor.serves(bot.id)) await supervisor.settled()
    const played = await player.play(emulator, bot, call.act, call.timeoutMs)
    // What was answered is there after a crash.
    await worlds.flush(bot.account_id)
    return played
  }

  const ask = async (bot: BotRow, call: ServiceCall): Promise<unknown> => {
    const emulator = await worlds.find(bot.account_id)
    if (emulator !== undefined) return here(emulator, bot, call)
    const timeoutMs = call.kind === 'play' ? call.timeoutMs + RELAY_GRACE_MS + READ_MS : READ_MS
    return relay.call(bot.account_id, call, timeoutMs)
  }

  const read = async (accountId: string, botId: string, what: Read): Promise<unknown> =>
    ask(await getSimulated(accountId, botId), { kind: 'read', botId, read: what })

  /** @throws {AppError} BOT_NOT_FOUND, BOT_NOT_SIMULATED, BOT_STOPPED, SIMULATOR_AWAY, and those of the controls */
  const play = async (accountId: string, botId: string, act: Act, timeoutMs: number): Promise<Played> => {
    const bot = await getSimulated(accountId, botId)
    if (bot.status !== 'working') throw new AppError(BotErrors.BOT_STOPPED)
    // It has been made here or by another process of ours, of the same shape.
    return (await ask(bot, { kind: 'play', botId, act, timeoutMs })) as Played
  }

  const target: RelayTarget = {
    has: async (accountId) => (await worlds.find(accountId)) !== undefined,
    async answer(accountId, call) {
      const emulator = await worlds.find(accountId)
      if (emulator === undefined) throw new AppError(SimulatorErrors.SIMULATOR_AWAY)
      const own = ServiceCall.safeParse(call).data
      if (own === undefined) return doors.answer(accountId, emulator, DoorCall.parse(call))
      return here(emulator, await getSimulated(accountId, own.botId), own)
    },
  }

  return {
    play,
    /** Answers what other processes ask of simulators that are here. */
    target,
    /** @throws {AppError} BOT_NOT_FOUND, RUN_NOT_FOUND, SIMULATOR_RUN_NOT_REPLAYABLE, and those of `play` */
    async replay(accountId: string, botId: string, runId: string, timeoutMs: number): Promise<Played> {
      return play(accountId, botId, { act: 'replay', body: await this.updateOf(accountId, botId, runId) }, timeoutMs)
    },
    /** The update that started a run. @throws {AppError} RUN_NOT_FOUND, SIMULATOR_RUN_NOT_REPLAYABLE */
    async updateOf(accountId: string, botId: string, runId: string): Promise<Record<string, unknown>> {
      await getSimulated(accountId, botId)
      const run = await runRepo(database.db).find(accountId, botId, runId)
      if (run === undefined) throw new AppError(BotErrors.RUN_NOT_FOUND)
      const wanted = run.update_id
      const update =
        wanted === null ? null : Update.parse(await read(accountId, botId, { read: 'update', updateId: wanted }))
      if (update === null) throw new AppError(SimulatorErrors.SIMULATOR_RUN_NOT_REPLAYABLE)
      return update
    },
    /** @throws {AppError} BOT_NOT_FOUND, BOT_NOT_SIMULATED, SIMULATOR_AWAY */
    listMessages: async (accountId: string, botId: string, chatId: number = DEFAULT_USER.id) =>
      Messages.parse(await read(accountId, botId, { read: 'messages', chatId })),
    listChats: async (accountId: string, botId: string) => Chats.parse(await read(accountId, botId, { read: 'chats' })),
    listUsers: async (accountId: string, botId: string) =>
      Messages.parse(await read(accountId, botId, { read: 'users' })),
    /** The last 200 updates of a bot, oldest first. @throws {AppError} BOT_NOT_FOUND, BOT_NOT_SIMULATED, SIMULATOR_AWAY */
    recentUpdates: async (accountId: string, botId: string) =>
      Messages.parse(await read(accountId, botId, { read: 'updates' })),
    async reset(accountId: string, botId: string): Promise<void> {
      await read(accountId, botId, { read: 'reset' })
      await worlds.flush(accountId)
    },
  }
}

const readFrom = (emulator: Emulator, botId: number, what: Read): unknown => {
  switch (what.read) {
    case 'messages':
      return transcriptOf(emulator, botId, what.chatId)
    case 'chats':
      return chatsOf(emulator, botId)
    case 'users':
      return emulator.listUsers(botId)
    case 'update':
      return emulator.findUpdate(botId, what.updateId) ?? null
    case 'updates':
      return emulator.listUpdates(botId)
    case 'reset':
      emulator.resetChats(botId)
      return null
  }
}

/** Those with the newest messages first. */
const chatsOf = (emulator: Emulator, botId: number): z.infer<typeof Chats> =>
  emulator
    .listChats(botId)
    .map((chat) => {
      const messages = transcriptOf(emulator, botId, chat.id)
      return { chat, messages: messages.length, last_message: messages.at(-1) ?? null }
    })
    .sort((a, b) => Number(b.last_message?.date ?? 0) - Number(a.last_message?.date ?? 0))
