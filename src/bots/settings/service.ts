import type { AuditLog } from '../../accounts/index.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { botRepo } from '../bots/repo.ts'
import type { By } from '../envelope.ts'
import { BotErrors } from '../errors.ts'
import type { BotSettings } from './contract.ts'
import { parseSettings } from './settings.ts'

export interface SettingServiceOptions {
  readonly database: Database
  readonly clock: Clock
  readonly audit: AuditLog
  /** Called after the settings of a bot have changed. */
  readonly changed: (botId: string) => void
}

export type SettingChange = { readonly [Name in keyof BotSettings]?: BotSettings[Name] | undefined }

export type SettingService = ReturnType<typeof settingService>

export const settingService = ({ database, clock, audit, changed }: SettingServiceOptions) => ({
  /** @throws {AppError} BOT_NOT_FOUND */
  async get(accountId: string, botId: string): Promise<BotSettings> {
    const bot = await botRepo(database.db).find(accountId, botId)
    if (bot === undefined) throw new AppError(BotErrors.BOT_NOT_FOUND)
    return parseSettings(bot.settings)
  },
  /** @throws {AppError} BOT_NOT_FOUND */
  async update({ accountId, actor }: By, botId: string, change: SettingChange): Promise<BotSettings> {
    const settings = await database.transaction(async (tx) => {
      const bots = botRepo(tx)
      // First, because it locks the bot's row: what another request changes meanwhile is not written over.
      if (!(await bots.bumpRevision(accountId, botId))) throw new AppError(BotErrors.BOT_NOT_FOUND)
      const bot = await bots.find(accountId, botId)
      const settings = { ...parseSettings(bot?.settings ?? '{}'), ...given(change) }
      await bots.setSettings(accountId, botId, JSON.stringify(settings), clock.now().getTime())
      const data = { names: Object.keys(given(change)).sort().join(' ') }
      await audit.append(tx, { accountId, actor, action: 'bot.settings-changed', target: botId, data })
      return settings
    })
    changed(botId)
    return settings
  },
})

const given = (change: SettingChange): Partial<BotSettings> =>
  Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined))
