/** Whose data something is: of a bot, of one of its users, or of the account, for all its bots. */
export interface Place {
  readonly accountId: string
  /** Null: the account's own. */
  readonly botId: string | null
  /** A Telegram user of the bot; '' for the bot's own. */
  readonly owner: string
}

export const botPlace = (accountId: string, botId: string): Place => ({ accountId, botId, owner: '' })

export const userPlace = (accountId: string, botId: string, userId: string | number): Place => ({
  accountId,
  botId,
  owner: String(userId),
})

export const accountPlace = (accountId: string): Place => ({ accountId, botId: null, owner: '' })

/** The column `scope`. */
export const scopeOf = ({ accountId, botId }: Place): string =>
  botId === null ? `account:${accountId}` : `bot:${botId}`
