import { createHmac } from 'node:crypto'
import { z } from 'zod'
import { AppError } from '../../platform/errors.ts'
import { type BotApi, TelegramError } from '../../platform/telegram/api.ts'
import { BotErrors } from '../errors.ts'

export interface TelegramIdentity {
  readonly id: number
  /** Without `@`. */
  readonly username: string
  readonly name: string
}

const GET_ME_TIMEOUT_MS = 10_000
const REFUSALS = [401, 404, 421]
const Me = z.looseObject({ id: z.int(), username: z.string().optional(), first_name: z.string() })

/** Asks Telegram who has a token. @throws {AppError} TOKEN_REFUSED, TELEGRAM_UNREACHABLE */
export const whoHas = async (telegram: BotApi, token: string): Promise<TelegramIdentity> => {
  try {
    const me = Me.parse(await telegram.call(token, 'getMe', {}, { timeoutMs: GET_ME_TIMEOUT_MS }))
    return { id: me.id, username: me.username ?? '', name: me.first_name }
  } catch (cause) {
    if (cause instanceof TelegramError && REFUSALS.includes(cause.errorCode))
      throw new AppError(BotErrors.TOKEN_REFUSED, { cause })
    throw new AppError(BotErrors.TELEGRAM_UNREACHABLE, { cause, retryAfterSeconds: 5 })
  }
}

/** What a token is found again by; nobody gets from it to the token. */
export const hashToken = (key: string, token: string): Buffer =>
  createHmac('sha256', key).update(`bot-token:${token}`).digest()

/** Sealed texts are bound to the row that they belong to. */
export const tokenContext = (botId: string): string => `bot:${botId}:token`
