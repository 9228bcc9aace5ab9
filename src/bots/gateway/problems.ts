import { TelegramError } from '../../platform/telegram/api.ts'

export const TOKEN_REFUSED =
  'Telegram does not accept the token of this bot. Get a new one from BotFather and update it here.'
export const TOKEN_UNREADABLE =
  'The token of this bot cannot be read: the encryption key of the server has changed. Update the token here.'

const CONFLICT =
  'Another program takes the updates of this bot, by polling or by a webhook. Stop it there, or get a new token from BotFather.'

/** Whether Telegram knows no such bot (any more). A 404 is not that: it comes from whatever stands in between. */
export const isRevoked = (error: unknown): boolean => error instanceof TelegramError && error.errorCode === 401

/** What the owner reads while updates cannot be taken. */
export const problemOf = (error: unknown): string => {
  if (!(error instanceof TelegramError)) return 'Updates cannot be taken right now; the server tries again by itself.'
  if (error.errorCode === 409) return CONFLICT
  if (error.errorCode === 429)
    return `Telegram asks to wait ${error.retryAfterSeconds ?? 1} s; the server waits and goes on.`
  return `Telegram cannot be reached (${error.description}); the server tries again by itself.`
}

/** What the owner reads while Telegram does not take the address of the webhook. */
export const hookProblemOf = (error: unknown): string => {
  if (!(error instanceof TelegramError) || error.errorCode !== 400) return problemOf(error)
  return `Telegram does not take the webhook of this bot (${error.description}). Set LATCHKEY_PUBLIC_URL to an https address of this server, or set receives_by to polling.`
}
