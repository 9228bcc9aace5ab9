import { z } from 'zod'
import { AppError } from '../../platform/errors.ts'
import type { Sealer } from '../../platform/sealed.ts'
import { type BotApi, TelegramError } from '../../platform/telegram/api.ts'
import { BotErrors } from '../errors.ts'
import type { BotSettings } from '../settings/contract.ts'
import { parseSettings } from '../settings/settings.ts'
import { tokenContext } from './identity.ts'
import type { BotRow, TokenRow } from './repo.ts'

export interface WebhookHealthOptions {
  readonly sealer: Sealer
  /** Whom a bot talks to: Telegram, or the simulator. */
  readonly apiFor: (bot: BotRow, token: string) => BotApi
  /** The bot's sealed token. */
  readonly tokenOf: (accountId: string, botId: string) => Promise<TokenRow | undefined>
}

export interface WebhookHealth {
  readonly receives_by: BotSettings['receives_by']
  readonly url: string
  readonly pending_update_count: number
  readonly last_error_at: string | null
  readonly last_error: string | null
  readonly warning: string | null
}

const TIMEOUT_MS = 10_000
const MS_PER_S = 1000
const Info = z.looseObject({
  url: z.string().default(''),
  pending_update_count: z.int().default(0),
  last_error_date: z.int().optional(),
  last_error_message: z.string().optional(),
})

const FOREIGN = 'Telegram sends the updates of this bot to a webhook, and this server polls. Remove the webhook there, or set receives_by to webhook.' // biome-ignore format: one line
const MISSING = 'Telegram knows no webhook of this bot, and receives_by is webhook. Restart the bot to set it.'

/**
 * Asks Telegram for the webhook of a bot.
 *
 * @throws {AppError} BOT_NEEDS_TOKEN, TOKEN_REFUSED, TELEGRAM_UNREACHABLE
 * @see https://core.telegram.org/bots/api#getwebhookinfo
 */
export const webhookHealth =
  ({ sealer, apiFor, tokenOf }: WebhookHealthOptions) =>
  async (accountId: string, bot: BotRow): Promise<WebhookHealth> => {
    const row = await tokenOf(accountId, bot.id)
    if (bot.needs_token === 1 || row === undefined) throw new AppError(BotErrors.BOT_NEEDS_TOKEN)
    const token = sealer.open(row.token_sealed, tokenContext(bot.id))
    const info = await askTelegram(apiFor(bot, token), token)
    const { receives_by } = parseSettings(bot.settings)
    const isPolled = receives_by === 'polling'
    return {
      receives_by,
      url: originOf(info.url),
      pending_update_count: info.pending_update_count,
      last_error_at:
        info.last_error_date === undefined ? null : new Date(info.last_error_date * MS_PER_S).toISOString(),
      last_error: info.last_error_message ?? null,
      warning: isPolled === (info.url !== '') ? (isPolled ? FOREIGN : MISSING) : null,
    }
  }

const askTelegram = async (api: BotApi, token: string): Promise<z.infer<typeof Info>> => {
  try {
    return Info.parse(await api.call(token, 'getWebhookInfo', {}, { timeoutMs: TIMEOUT_MS }))
  } catch (cause) {
    if (cause instanceof TelegramError && cause.errorCode === 401)
      throw new AppError(BotErrors.TOKEN_REFUSED, { cause })
    throw new AppError(BotErrors.TELEGRAM_UNREACHABLE, { cause, retryAfterSeconds: 5 })
  }
}

/** Paths of webhooks are often their secret. */
const originOf = (url: string): string => (URL.canParse(url) ? new URL(url).origin : '')
