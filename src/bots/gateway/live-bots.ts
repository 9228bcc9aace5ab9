import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/index.ts'
import type { Log } from '../../platform/log/index.ts'
import type { Sealer } from '../../platform/sealed.ts'
import type { BotApi } from '../../platform/telegram/api.ts'
import { tokenContext } from '../bots/identity.ts'
import { DEFAULT_SETTINGS } from '../settings/settings.ts'
import type { ActingBot } from './conductor.ts'
import { type FloodWait, pacedBotApi, telegramRates } from './pacing.ts'

/** As much of a bot's row as it takes to act for it. */
export interface ActorRow {
  readonly id: string
  readonly account_id: string
  readonly username: string
  readonly name: string
  readonly token_sealed: Buffer
  readonly telegram_id: number
  readonly simulated: number
  readonly next_update_id: number | null
}

export interface LiveBotsOptions {
  readonly database: Database
  readonly sealer: Sealer
  readonly clock: Clock
  readonly log: Log
  /** Whom a bot talks to: Telegram, or the simulator, as it is. */
  readonly apiFor: (bot: ActorRow, token: string) => BotApi
  /** The setting, as far as it is in memory. */
  readonly messagesPerSecond: (botId: string) => number | undefined
  readonly onFlood: (bot: ActorRow, wait: FloodWait) => void
}

export type LiveBots = ReturnType<typeof liveBots>

/** Bots that may act right now, with their tokens opened; each speaks at Telegram's pace, whoever makes it speak. */
export const liveBots = ({ database, sealer, clock, log, apiFor, messagesPerSecond, onFlood }: LiveBotsOptions) => {
  const apis = new Map<string, { readonly token: string; readonly api: BotApi }>()

  const paced = (bot: ActorRow, token: string): BotApi => {
    // A simulated bot has a Telegram of its own, which asks for no patience.
    if (bot.simulated === 1) return apiFor(bot, token)
    const known = apis.get(bot.id)
    if (known?.token === token) return known.api
    let perSecond = DEFAULT_SETTINGS.messages_per_second
    let rates = telegramRates(perSecond)
    const api = pacedBotApi(apiFor(bot, token), {
      clock,
      rates: () => {
        const now = messagesPerSecond(bot.id) ?? perSecond
        if (now !== perSecond) rates = telegramRates(now)
        perSecond = now
        return rates
      },
      onFlood: (wait) => {
        log.warn({ botId: bot.id, method: wait.method, seconds: wait.seconds }, 'Telegram asks a bot to wait')
        onFlood(bot, wait)
      },
    })
    apis.set(bot.id, { token, api })
    return api
  }

  const open = (bot: ActorRow): string | undefined => {
    try {
      return sealer.open(bot.token_sealed, tokenContext(bot.id))
    } catch {
      return undefined
    }
  }

  return {
    /** @returns The token, or undefined when it cannot be read. */
    open,
    apiOf: paced,
    /** @returns undefined while the bot is stopped or deleted, its account disabled, or its token unreadable. */
    async find(botId: string): Promise<ActingBot | undefined> {
      const row = await database.db
        .selectFrom('bots')
        .innerJoin('accounts', 'accounts.id', 'bots.account_id')
        .select([
          'bots.id',
          'bots.account_id',
          'bots.username',
          'bots.name',
          'bots.token_sealed',
          'bots.telegram_id',
          'bots.simulated',
          'bots.next_update_id',
        ])
        .where('bots.id', '=', botId)
        .where('bots.status', '=', 'working')
        .where('bots.deleted_at', 'is', null)
        .where('accounts.status', '=', 'active')
        .executeTakeFirst()
      const token = row === undefined ? undefined : open(row)
      if (row === undefined || token === undefined) return undefined
      const { id, account_id, username, name } = row
      return { id, account_id, username, name, token, telegram: paced(row, token) }
    },
  }
}
