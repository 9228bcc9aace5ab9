import { z } from 'zod'
import { endpoint } from '../../platform/http/contract.ts'
import { BotPath, ok } from '../envelope.ts'
import { BotErrors } from '../errors.ts'
import { DataErrors } from './errors.ts'

const { BOT_NOT_FOUND } = BotErrors
const { DATA_NAME_INVALID, DATA_NOT_FOUND, DATA_NOT_JSON, DATA_TOO_LARGE } = DataErrors

/** A value that commands keep. */
export const DataValue = z
  .object({
    name: z.string(),
    value: z.unknown().describe('For reading. Whole numbers beyond 2^53 lose their last digits here.'),
    json: z.string().describe('The value exactly as it is kept.'),
    size_bytes: z.int(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'DataValue' })
export type DataValue = z.infer<typeof DataValue>

const DataPage = ok(z.object({ values: z.array(DataValue), next_after: z.string().nullable() }))
const Page = z.object({
  prefix: z.string().max(256).default('').describe('What the names begin with.'),
  after: z.string().max(256).optional().describe('The last name of the page before.'),
  limit: z.coerce.number<string>().int().min(1).max(100).default(50),
})
const NewValue = z
  .object({
    value: z.unknown().optional(),
    json: z.string().optional().describe('Instead of `value`: JSON text, which is kept as it is.'),
  })
  .refine(({ value, json }) => (value === undefined) !== (json === undefined), 'Give either value or json')
const UserPath = BotPath.extend({ userid: z.string().regex(/^-?\d{1,19}$/, 'The id of a Telegram user is a number') })
const name = z.string().describe('The name of the value, percent-encoded.')
const BotValuePath = BotPath.extend({ '*': name })
const UserValuePath = UserPath.extend({ '*': name })

export const listBotData = endpoint({
  method: 'GET',
  path: '/v2/bots/:botid/data',
  scope: 'bots:read',
  summary: 'List the values that a bot keeps',
  params: BotPath,
  query: Page,
  returns: [200, DataPage],
  errors: { BOT_NOT_FOUND },
})

/** One value, read, written and deleted: `whom` it is kept for stands in the path. */
const valueEndpoints = <const Path extends string, Params extends z.ZodObject>(
  path: Path,
  params: Params,
  whom: string,
) =>
  [
    endpoint({
      method: 'GET',
      path,
      scope: 'bots:read',
      summary: `Get a value that a bot keeps${whom}`,
      params,
      returns: [200, ok(DataValue)],
      errors: { BOT_NOT_FOUND, DATA_NOT_FOUND, DATA_NAME_INVALID },
    }),
    endpoint({
      method: 'PUT',
      path,
      scope: 'bots:write',
      summary: `Write a value that a bot keeps${whom}`,
      params,
      body: NewValue,
      returns: [200, ok(DataValue)],
      errors: { BOT_NOT_FOUND, DATA_NAME_INVALID, DATA_NOT_JSON, DATA_TOO_LARGE },
    }),
    endpoint({
      method: 'DELETE',
      path,
      scope: 'bots:write',
      summary: `Delete a value that a bot keeps${whom}`,
      params,
      returns: [200, ok(z.string())],
      errors: { BOT_NOT_FOUND, DATA_NOT_FOUND, DATA_NAME_INVALID },
    }),
  ] as const

export const [getBotData, putBotData, deleteBotData] = valueEndpoints('/v2/bots/:botid/data/values/*', BotValuePath, '')

export const listDataUsers = endpoint({
  method: 'GET',
  path: '/v2/bots/:botid/data/users',
  scope: 'bots:read',
  summary: 'List the users for whom a bot keeps values',
  params: BotPath,
  query: Page.omit({ prefix: true }),
  returns: [200, ok(z.object({ users: z.array(z.string()), next_after: z.string().nullable() }))],
  errors: { BOT_NOT_FOUND },
})

export const listUserData = endpoint({
  method: 'GET',
  path: '/v2/bots/:botid/data/users/:userid',
  scope: 'bots:read',
  summary: 'List the values that a bot keeps for a user',
  params: UserPath,
  query: Page,
  returns: [200, DataPage],
  errors: { BOT_NOT_FOUND },
})

export const [getUserData, putUserData, deleteUserData] = valueEndpoints(
  '/v2/bots/:botid/data/users/:userid/values/*',
  UserValuePath,
  ' for a user',
)

export const dataContracts = [
  listBotData,
  getBotData,
  putBotData,
  deleteBotData,
  listDataUsers,
  listUserData,
  getUserData,
  putUserData,
  deleteUserData,
] as const
