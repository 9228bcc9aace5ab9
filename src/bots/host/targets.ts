import { botRepo } from '../bots/repo.ts'
import { BotErrors } from '../errors.ts'
import { HostCallError } from '../sandbox/index.ts'
import type { HostContext } from './context.ts'
import { optional, text } from './parameters.ts'

/** What functions take that can mean another bot. */
export const targetParameters = {
  bot_id: optional(text('Another bot of the same account; this one unless given.')),
  api_key: optional(text('Taken for compatibility: the bots of an account may name each other without a key.')),
}

/** @returns The id of the bot that is meant. @throws {HostCallError} when the account has no such bot. */
export const targetBot = async (context: HostContext, given: string | null): Promise<string> => {
  if (given === null || given === context.botId) return context.botId
  const row = await botRepo(context.db).find(context.accountId, given)
  if (row === undefined) throw new HostCallError(BotErrors.BOT_NOT_FOUND.message, { kind: 'LookupError' })
  return row.id
}

/** @returns The user that is meant: the one given, or the one of the run. */
export const targetUser = ({ userId }: HostContext, given: string | number | null, call: string): string => {
  const user = given ?? userId
  if (user === null) {
    throw new HostCallError(`${call}() needs a user: this run has none`, { kind: 'ValueError' })
  }
  return String(user)
}
