import { BotSettings } from './contract.ts'

/** @param text The bot's column `settings`. */
export const parseSettings = (text: string): BotSettings => BotSettings.parse(JSON.parse(text))

export const DEFAULT_SETTINGS: BotSettings = BotSettings.parse({})

/** Whether a person can run a command. Nobody can run one that is for administrators while the bot has none. */
export const mayRun = (
  { admins }: Pick<BotSettings, 'admins'>,
  { adminOnly }: { readonly adminOnly: boolean },
  userId: number | null,
): boolean => !adminOnly || (userId !== null && admins.includes(userId))
