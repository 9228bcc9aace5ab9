import { type AuditLog, userRepo } from '../../accounts/index.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { type BotRow, botRepo } from '../bots/repo.ts'
import type { BotService } from '../bots/service.ts'
import { deleteFromTables, moveTables, tablesOfBots } from '../bots/trash-repo.ts'
import { putCommands, toWanted } from '../commands/bulk.ts'
import type { CommandLimits } from '../commands/changing.ts'
import { commandRepo } from '../commands/repo.ts'
import type { By } from '../envelope.ts'
import { BotErrors } from '../errors.ts'
import type { BotData } from '../exports/data.ts'
import { saveRepo } from '../host/saves-repo.ts'
import { pairingRepo } from '../pairing/repo.ts'
import { parseSettings } from '../settings/settings.ts'
import { transferRepo } from './repo.ts'

export interface TransferServiceOptions {
  readonly database: Database
  readonly clock: Clock
  readonly audit: AuditLog
  readonly limits: CommandLimits
  readonly bots: BotService
  readonly data: BotData
  /** A bot that left the simulator of its account. */
  readonly forget: (accountId: string, telegramId: number) => void
  /** Called after a bot has another owner. */
  readonly changed: (botId: string) => void
}

export interface CloneWish {
  readonly token: string | undefined
  readonly simulated: boolean
  readonly includeData: boolean
}

export type TransferService = ReturnType<typeof transferService>

// The old owner's own: what their keys open, addresses that they gave to others, what they saw happen.
const STAYS_BEHIND = new Set([
  'bot_secrets',
  'bot_webhooks',
  'command_webhooks',
  'bot_errors',
  'pending_updates',
  'runs',
])

export const transferService = (options: TransferServiceOptions) => {
  const { database, clock, audit, limits, bots, data, forget, changed } = options

  /** @throws {AppError} USER_NOT_FOUND, TRANSFER_TO_OWNER */
  const recipientOf = async (accountId: string, email: string): Promise<string> => {
    const account = await userRepo(database.db).findByEmail(email)
    if (account === undefined || account.status !== 'active') throw new AppError(BotErrors.USER_NOT_FOUND)
    if (account.id === accountId) throw new AppError(BotErrors.TRANSFER_TO_OWNER)
    return account.id
  }

  /** @throws {AppError} BOT_NOT_FOUND */
  const move = async (tx: Db, { accountId, actor }: By, to: string, botId: string): Promise<BotRow> => {
    // First, because it locks the bot's row.
    const isOwned = await botRepo(tx).bumpRevision(accountId, botId)
    const bot = isOwned ? await botRepo(tx).find(accountId, botId) : undefined
    if (bot === undefined) throw new AppError(BotErrors.BOT_NOT_FOUND)
    const tables = await tablesOfBots(database, tx)
    const [behind, along] = [tables.filter((name) => STAYS_BEHIND.has(name)), tables.filter((name) => !STAYS_BEHIND.has(name))] // biome-ignore format: one line
    await deleteFromTables(tx, behind, accountId, botId)
    await moveTables(tx, along, accountId, to, botId)
    // The code is somebody else's: it reaches nothing of the new owner's before that one says so.
    const closed = { admins: [], cards_bridge: false, files_bridge: false }
    const settings = JSON.stringify({ ...parseSettings(bot.settings), ...closed })
    await saveRepo(tx).deleteAll(botId)
    await pairingRepo(tx).deleteAll(botId)
    await transferRepo(tx).moveBot(accountId, to, botId, settings, clock.now().getTime())
    await transferRepo(tx).forgetAuthors(botId)
    await audit.append(tx, { accountId, actor, action: 'bot.transferred', target: botId })
    await audit.append(tx, { accountId: to, actor: 'system', action: 'bot.received', target: botId })
    return bot
  }

  return {
    /**
     * The bot is the other account's at once, stopped and without a token.
     *
     * @throws {AppError} BOT_NOT_FOUND, USER_NOT_FOUND, TRANSFER_TO_OWNER
     */
    async transfer(by: By, botId: string, email: string): Promise<void> {
      await bots.get(by.accountId, botId)
      const to = await recipientOf(by.accountId, email)
      const bot = await database.transaction((tx) => move(tx, by, to, botId))
      if (bot.simulated === 1) forget(by.accountId, bot.telegram_id)
      changed(botId)
    },
    /**
     * All or nothing: one transaction.
     *
     * @throws {AppError} BOT_NOT_FOUND, TOKEN_REFUSED, TOKEN_IN_USE, TELEGRAM_UNREACHABLE
     */
    clone: (by: By, botId: string, { token, simulated, includeData }: CloneWish): Promise<BotRow> =>
      bots.clone(by, botId, { token, simulated }, async (tx, newBotId) => {
        const { accountId, actor } = by
        const commands = (await commandRepo(tx).list(accountId, botId)).map(toWanted)
        const saving = { tx, accountId, botId: newBotId, actor, nowMs: clock.now().getTime() }
        await putCommands(saving, [], commands, { removeOthers: false, limits })
        if (includeData) await data.put(tx, accountId, newBotId, await data.list(tx, accountId, botId))
      }),
  }
}
