import type { DataValue } from '../../../../src/bots/data/contract.ts'
import {
  deleteBotData,
  deleteUserData,
  listBotData,
  listUserData,
  putBotData,
  putUserData,
} from '../../../../src/bots/data/contract.ts'
import { api } from '../../api.ts'
import { attempt, refreshBots, sayWithUndo } from '../undo.ts'
import { dataTexts } from './texts.ts'

/** Whose values; without a user those of the bot itself. */
export interface Owner {
  readonly botid: string
  readonly user: string | undefined
}

const put = ({ botid, user }: Owner, name: string, json: string): Promise<unknown> =>
  user === undefined
    ? api.call(putBotData, { params: { botid, '*': name }, body: { json } })
    : api.call(putUserData, { params: { botid, userid: user, '*': name }, body: { json } })

const remove = ({ botid, user }: Owner, name: string): Promise<unknown> =>
  user === undefined
    ? api.call(deleteBotData, { params: { botid, '*': name } })
    : api.call(deleteUserData, { params: { botid, userid: user, '*': name } })

const find = async ({ botid, user }: Owner, name: string): Promise<DataValue | undefined> => {
  const query = { prefix: name }
  const { values } =
    user === undefined
      ? (await api.call(listBotData, { params: { botid }, query })).result
      : (await api.call(listUserData, { params: { botid, userid: user }, query })).result
  return values.find((value) => value.name === name)
}

/** @throws {ClientError} for whoever shows it beside the field. */
export const writeValue = async (
  owner: Owner,
  name: string,
  json: string,
  known: DataValue | undefined,
): Promise<void> => {
  // One that is added may be there already.
  const before = known ?? (await find(owner, name))
  await put(owner, name, json)
  await refreshBots()
  const back = (): Promise<unknown> => (before === undefined ? remove(owner, name) : put(owner, name, before.json))
  sayWithUndo(dataTexts.now().changed(name), back)
}

export const removeValue = async (owner: Owner, { name, json }: DataValue): Promise<void> => {
  if (await attempt(() => remove(owner, name))) sayWithUndo(dataTexts.now().removed(name), () => put(owner, name, json))
}
