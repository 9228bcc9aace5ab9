import { createHash } from 'node:crypto'
import type { AuditLog } from '../../accounts/index.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { randomBase62 } from '../../platform/ids.ts'
import { botRepo } from '../bots/repo.ts'
import type { By } from '../envelope.ts'
import { BotErrors } from '../errors.ts'
import { MAX_ADMINS } from '../settings/contract.ts'
import { parseSettings } from '../settings/settings.ts'
import type { PairingCode } from './contract.ts'
import { pairingRepo } from './repo.ts'

export interface PairingOptions {
  readonly database: Database
  readonly clock: Clock
  readonly audit: AuditLog
  /** Called after the settings of a bot have changed. */
  readonly changed: (botId: string) => void
}

export type PairingService = ReturnType<typeof pairingService>

// 131 bits; a deep link takes 64 characters.
const CODE_LENGTH = 22
const LIFETIME_MS = 60 * 60_000

/** How a person in Telegram becomes an admin of a bot without anybody looking up numbers. */
export const pairingService = ({ database, clock, audit, changed }: PairingOptions) => {
  const settingsOf = async (db: Db, accountId: string, botId: string) => {
    const bot = await botRepo(db).find(accountId, botId)
    if (bot === undefined) throw new AppError(BotErrors.BOT_NOT_FOUND)
    return { bot, settings: parseSettings(bot.settings) }
  }

  return {
    /** @throws {AppError} BOT_NOT_FOUND */
    async createCode({ accountId, actor }: By, botId: string): Promise<PairingCode> {
      const { bot } = await settingsOf(database.db, accountId, botId)
      const code = randomBase62(CODE_LENGTH)
      const expiresAt = clock.now().getTime() + LIFETIME_MS
      await database.transaction(async (tx) => {
        await pairingRepo(tx).insert({ accountId, botId }, hashOf(code), expiresAt)
        await audit.append(tx, { accountId, actor, action: 'bot.pairing-code-created', target: botId })
      })
      const link = `https://t.me/${bot.username}?start=${code}`
      return { code, link, expires_at: new Date(expiresAt).toISOString() }
    },

    /** @throws {AppError} BOT_NOT_FOUND */
    isAdmin: async (accountId: string, botId: string, userId: number): Promise<boolean> =>
      (await settingsOf(database.db, accountId, botId)).settings.admins.includes(userId),

    /** @returns Whether the user is an admin now. */
    async redeem(accountId: string, botId: string, code: string, userId: number): Promise<boolean> {
      const nowMs = clock.now().getTime()
      const isPaired = await database.transaction(async (tx) => {
        // First, because it locks the bot's row: a code is used once, and no other change of settings is lost.
        if (!(await botRepo(tx).bumpRevision(accountId, botId))) return false
        if (!(await pairingRepo(tx).take({ accountId, botId }, hashOf(code), nowMs))) return false
        const { settings } = await settingsOf(tx, accountId, botId)
        const admins = [...new Set([...settings.admins, userId])]
        if (admins.length > MAX_ADMINS) return false
        await botRepo(tx).setSettings(accountId, botId, JSON.stringify({ ...settings, admins }), nowMs)
        const data = { user: userId }
        await audit.append(tx, { accountId, actor: `bot:${botId}`, action: 'bot.admin-paired', target: botId, data })
        return true
      })
      if (isPaired) changed(botId)
      return isPaired
    },
  }
}

const hashOf = (code: string): string => createHash('sha256').update(code).digest('base64url')
