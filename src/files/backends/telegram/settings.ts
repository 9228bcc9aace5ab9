import { type Config, ConfigError } from '../../../platform/config/index.ts'
import type { TelegramBackendOptions } from './telegram.ts'

export type TelegramSettings = Pick<
  Config,
  | 'TELEGRAM_BOTS'
  | 'TELEGRAM_CHATS'
  | 'TELEGRAM_SCRATCH_CHAT'
  | 'TELEGRAM_LOCAL'
  | 'TELEGRAM_API_ROOT'
  | 'ENCRYPTION_KEY'
>

/**
 * @returns The part of what `openTelegramBackend` wants that is set; undefined if Telegram is not to keep bytes.
 * @throws {ConfigError} if only a part of it is set.
 */
export const telegramBackendOptions = (
  settings: TelegramSettings,
): Pick<TelegramBackendOptions, 'bots' | 'chats' | 'scratchChat' | 'local' | 'apiRoot' | 'secret'> | undefined => {
  const { TELEGRAM_BOTS: tokens = [], TELEGRAM_CHATS: chats } = settings
  if (tokens.length === 0 && chats.length === 0) return undefined
  if (tokens.length === 0)
    throw new ConfigError('LATCHKEY_TELEGRAM_BOTS is needed with LATCHKEY_TELEGRAM_CHATS, and not set')
  if (chats.length === 0)
    throw new ConfigError('LATCHKEY_TELEGRAM_CHATS is needed with LATCHKEY_TELEGRAM_BOTS, and not set')
  return {
    bots: tokens.map((token) => ({ token })),
    chats,
    scratchChat: settings.TELEGRAM_SCRATCH_CHAT,
    local: settings.TELEGRAM_LOCAL,
    apiRoot: settings.TELEGRAM_API_ROOT,
    secret: settings.ENCRYPTION_KEY,
  }
}
