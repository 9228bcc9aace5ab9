import { z } from 'zod'
import { defineErrors } from '../../platform/errors.ts'
import { endpoint } from '../../platform/http/contract.ts'
import { BotPath, ok, PageQuery } from '../envelope.ts'
import { BotErrors } from '../errors.ts'

const { BOT_NOT_FOUND } = BotErrors

export const BotUserErrors = defineErrors({
  BOT_USER_NOT_FOUND: [404, 'User not found'],
  BOT_USER_BLOCK_LIMIT: [403, 'As many users are blocked as may be. Unblock some first'],
})

/** A person who has talked to a bot. */
export const BotUser = z
  .object({
    user_id: z.int(),
    username: z.string().nullable(),
    first_name: z.string(),
    last_name: z.string().nullable(),
    language_code: z.string().nullable(),
    created_at: z.iso.datetime().describe('When the bot first heard of them.'),
    last_active_at: z.iso.datetime().describe('Exact to five minutes.'),
    blocked: z.boolean().describe('By the owner of the bot: what they write is ignored.'),
    blocked_at: z.iso.datetime().nullable(),
    blocked_bot: z.boolean().describe('By themselves: the bot cannot write to them.'),
    blocked_bot_at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'BotUser' })
export type BotUser = z.infer<typeof BotUser>

export const UserFilter = z.enum([
  'all',
  'reachable',
  'blocked',
  'blocked_bot',
  'active_24h',
  'active_7d',
  'active_30d',
])
export type UserFilter = z.infer<typeof UserFilter>

export const listBotUsers = endpoint({
  method: 'GET',
  path: '/v2/bots/:botid/users',
  scope: 'bots:read',
  summary: 'List the users of a bot, the newest first',
  params: BotPath,
  query: PageQuery.extend({
    search: z.string().trim().max(64).optional().describe('A part of a name, of the username, or a whole id.'),
    filter: UserFilter.default('all').describe('`reachable`: the bot can write to them.'),
  }),
  returns: [200, ok(z.object({ users: z.array(BotUser), next_cursor: z.string().nullable() }))],
  errors: { BOT_NOT_FOUND },
})

export const countBotUsers = endpoint({
  method: 'GET',
  path: '/v2/bots/:botid/users/count',
  scope: 'bots:read',
  summary: 'Count the users of a bot',
  params: BotPath,
  returns: [
    200,
    ok(
      z.object({
        total: z.int(),
        blocked: z.int(),
        blocked_bot: z.int(),
        active_24h: z.int(),
        active_7d: z.int(),
        active_30d: z.int(),
      }),
    ),
  ],
  errors: { BOT_NOT_FOUND },
})

const UserPath = BotPath.extend({ userid: z.coerce.number<string>().int().min(1).max(Number.MAX_SAFE_INTEGER) })

export const getBotUser = endpoint({
  method: 'GET',
  path: '/v2/bots/:botid/users/:userid',
  scope: 'bots:read',
  summary: 'Get a user of a bot',
  params: UserPath,
  returns: [200, ok(BotUser)],
  errors: { BOT_NOT_FOUND, BOT_USER_NOT_FOUND: BotUserErrors.BOT_USER_NOT_FOUND },
})

export const blockBotUser = endpoint({
  method: 'POST',
  path: '/v2/bots/:botid/users/:userid/block',
  scope: 'bots:write',
  summary: 'Ignore a user from now on, also one who never wrote',
  params: UserPath,
  returns: [200, ok(z.string())],
  errors: { BOT_NOT_FOUND, BOT_USER_BLOCK_LIMIT: BotUserErrors.BOT_USER_BLOCK_LIMIT },
})

export const unblockBotUser = endpoint({
  method: 'POST',
  path: '/v2/bots/:botid/users/:userid/unblock',
  scope: 'bots:write',
  summary: 'Ignore a user no more',
  params: UserPath,
  returns: [200, ok(z.string())],
  errors: { BOT_NOT_FOUND, BOT_USER_NOT_FOUND: BotUserErrors.BOT_USER_NOT_FOUND },
})

export const botUserContracts = [listBotUsers, countBotUsers, getBotUser, blockBotUser, unblockBotUser] as const
