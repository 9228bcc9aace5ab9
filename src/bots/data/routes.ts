import { AppError } from '../../platform/errors.ts'
import { type Route, route } from '../../platform/http/index.ts'
import type { BotService } from '../bots/service.ts'
import { wrap } from '../envelope.ts'
import {
  type DataValue,
  deleteBotData,
  deleteUserData,
  getBotData,
  getUserData,
  listBotData,
  listDataUsers,
  listUserData,
  putBotData,
  putUserData,
} from './contract.ts'
import { DataErrors } from './errors.ts'
import { botPlace, type Place, userPlace } from './places.ts'
import type { DataService } from './service.ts'
import type { StoredValue } from './values-repo.ts'

interface Page {
  readonly prefix: string
  readonly after?: string | undefined
  readonly limit: number
}

interface NewValue {
  readonly value?: unknown
  readonly json?: string | undefined
}

const shown = ({ name, value, size_bytes, updated_at }: StoredValue): DataValue => ({
  name,
  value: JSON.parse(value),
  json: value,
  size_bytes,
  updated_at: new Date(updated_at).toISOString(),
})

const toJson = ({ value, json }: NewValue): string => {
  if (json === undefined) return JSON.stringify(value)
  try {
    JSON.parse(json)
    return json
  } catch (error) {
    throw new AppError(DataErrors.DATA_NOT_JSON, { cause: error })
  }
}

const operations = (data: DataService) => {
  const get = async (place: Place, name: string) => {
    const found = await data.find(place, name)
    if (found === undefined) throw new AppError(DataErrors.DATA_NOT_FOUND)
    return wrap(shown(found))
  }
  return {
    get,
    async list(place: Place, { prefix, after, limit }: Page) {
      const values = await data.list(place, prefix, after, limit)
      const next_after = values.length === limit ? (values.at(-1)?.name ?? null) : null
      return wrap({ values: values.map(shown), next_after })
    },
    async put(place: Place, name: string, body: NewValue) {
      await data.put(place, name, toJson(body))
      return get(place, name)
    },
    async remove(place: Place, name: string) {
      if (!(await data.remove(place, name))) throw new AppError(DataErrors.DATA_NOT_FOUND)
      return wrap('Data deleted successfully')
    },
  }
}

/** What a bot keeps, to look at and to put right. */
export const dataRoutes = (data: DataService, bots: Pick<BotService, 'get'>): Route[] => {
  const { get, list, put, remove } = operations(data)
  const ofBot = async (accountId: string, { botid }: { botid: string }): Promise<Place> => {
    await bots.get(accountId, botid)
    return botPlace(accountId, botid)
  }
  const ofUser = async (accountId: string, { botid, userid }: { botid: string; userid: string }): Promise<Place> => {
    await bots.get(accountId, botid)
    return userPlace(accountId, botid, userid)
  }

  return [
    route(listBotData, async ({ caller, params, query }) => list(await ofBot(caller.accountId, params), query)),
    route(getBotData, async ({ caller, params }) => get(await ofBot(caller.accountId, params), params['*'])),
    route(putBotData, async ({ caller, params, body }) =>
      put(await ofBot(caller.accountId, params), params['*'], body),
    ),
    route(deleteBotData, async ({ caller, params }) => remove(await ofBot(caller.accountId, params), params['*'])),
    route(listDataUsers, async ({ caller, params, query }) => {
      await ofBot(caller.accountId, params)
      const users = await data.owners(caller.accountId, params.botid, query.after ?? '', query.limit)
      return wrap({ users, next_after: users.length === query.limit ? (users.at(-1) ?? null) : null })
    }),
    route(listUserData, async ({ caller, params, query }) => list(await ofUser(caller.accountId, params), query)),
    route(getUserData, async ({ caller, params }) => get(await ofUser(caller.accountId, params), params['*'])),
    route(putUserData, async ({ caller, params, body }) =>
      put(await ofUser(caller.accountId, params), params['*'], body),
    ),
    route(deleteUserData, async ({ caller, params }) => remove(await ofUser(caller.accountId, params), params['*'])),
  ]
}
