import { HostCallError } from '../sandbox/index.ts'
import type { BotUserService } from '../users/service.ts'
import { declare, type Handler, handle } from './declaration.ts'
import { defaulting, list, user } from './parameters.ts'
import { targetBot, targetParameters } from './targets.ts'

const who = user('The number of a user; also of one who never wrote.')

const block = declare({
  name: 'Bot.blockUser',
  aliases: ['Account.block_user'],
  parameters: { user: who, ...targetParameters },
  returns: 'dict',
  about: 'Ignores everything that a user does from now on.',
  example: 'Bot.blockUser(123456)',
})
const unblock = declare({
  name: 'Bot.unblockUser',
  aliases: ['Account.unblock_user'],
  parameters: { user: who, ...targetParameters },
  returns: 'dict',
  about: 'Ignores a user no more.',
  example: 'Bot.unblockUser(123456)',
})
const blocked = declare({
  name: 'Bot.getBlockedUsers',
  aliases: ['Account.get_blocked_users'],
  parameters: targetParameters,
  returns: 'list',
  about: 'The numbers of the users whom the bot ignores.',
  example: 'Bot.getBlockedUsers()',
})
const blockedCount = declare({
  name: 'Bot.getBlockedUsersCount',
  aliases: ['Account.get_blocked_users_count'],
  parameters: targetParameters,
  returns: 'int',
  about: 'How many users the bot ignores.',
  example: 'Bot.getBlockedUsersCount()',
})
const stats = declare({
  name: 'Bot.getStats',
  aliases: ['Account.get_stats', 'Account.getStats'],
  parameters: {
    time_frames: defaulting(list('Such as "30m", "24h", "7d" or "2w"; 365 days at most.'), ['24h']),
    ...targetParameters,
  },
  returns: 'dict',
  about: 'How many users were active within each time: {"24h": 17}.',
  example: 'Bot.getStats(["24h", "7d"])["7d"]',
})

export const userDeclarations = [block, unblock, blocked, blockedCount, stats] as const

const UNIT_MS: { readonly [unit: string]: number } = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }
const LONGEST_MS = 365 * 86_400_000

/** @throws {HostCallError} for what is no time */
const millisecondsOf = (frame: string): number => {
  const [, count = '', unit = ''] = /^(\d{1,6})([mhdw])$/.exec(frame) ?? []
  const ms = Number(count) * (UNIT_MS[unit] ?? 0)
  if (!(ms > 0 && ms <= LONGEST_MS))
    throw new HostCallError(`'${frame}' is no time like "24h" or "7d"`, { kind: 'ValueError' })
  return ms
}

export const userHandlers = (users: BotUserService): Handler[] => [
  handle(block, async ({ user: id, bot_id }, context) => {
    await users.block(context.accountId, await targetBot(context, bot_id), id)
    return { ok: true, result: 'User blocked successfully' }
  }),
  handle(unblock, async ({ user: id, bot_id }, context) => {
    await users.unblock(context.accountId, await targetBot(context, bot_id), id)
    return { ok: true, result: 'User unblocked successfully' }
  }),
  handle(blocked, async ({ bot_id }, context) =>
    users.listBlocked(context.accountId, await targetBot(context, bot_id)),
  ),
  handle(blockedCount, async ({ bot_id }, context) => {
    return (await users.listBlocked(context.accountId, await targetBot(context, bot_id))).length
  }),
  handle(stats, async ({ time_frames, bot_id }, context) => {
    const botId = await targetBot(context, bot_id)
    const counts: { [frame: string]: number } = {}
    for (const frame of time_frames.map(String))
      counts[frame] = await users.countActive(context.accountId, botId, millisecondsOf(frame))
    return counts
  }),
]
