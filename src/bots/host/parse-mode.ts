import type { Json } from '../sandbox/index.ts'

type Params = { readonly [name: string]: Json }

const isObject = (value: Json | undefined): value is { [name: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Members in which further texts lie: media of albums, answers to inline queries. */
const INNER = ['media', 'results', 'result', 'input_message_content']
const TEXTS = ['text', 'caption', 'message_text']

/** Applies a change to the parameters and to everything in them that has a text. */
const deeply = (params: Params, change: (params: Params) => Params): Params => {
  const inner = INNER.flatMap((name) => {
    const value = params[name]
    if (isObject(value)) return [[name, deeply(value, change)]]
    if (Array.isArray(value)) return [[name, value.map((item) => (isObject(item) ? deeply(item, change) : item))]]
    return []
  })
  return change({ ...params, ...Object.fromEntries(inner) })
}

/** Gives texts the bot's own parse mode where the code names none. An empty one means none. */
export const withParseMode = (params: Params, mode: string | null): Params =>
  deeply(params, (each) => {
    if (each.parse_mode === '')
      return Object.fromEntries(Object.entries(each).filter(([name]) => name !== 'parse_mode'))
    const isSet = each.parse_mode !== undefined || each.entities !== undefined || each.caption_entities !== undefined
    const hasText = TEXTS.some((name) => typeof each[name] === 'string')
    return mode === null || isSet || !hasText ? each : { ...each, parse_mode: mode }
  })

/** @returns The same without parse modes, or undefined when there are none. */
export const asPlainText = (params: Params): Params | undefined => {
  let found = false
  const plain = deeply(params, ({ parse_mode, ...rest }) => {
    found ||= parse_mode !== undefined
    return rest
  })
  return found ? plain : undefined
}
