import { z } from 'zod'
import { badRequest } from '../failure.ts'
import { method } from '../method.ts'
import { flag, json, text } from '../params.ts'

const TOO_OLD = 'query is too old and response timeout expired or query ID is invalid'
const MAX_TEXT_LENGTH = 200

const answerCallbackQuery = method(
  z.object({ callback_query_id: text, text, show_alert: flag, url: text }),
  ({ bot, store, time }, { callback_query_id, text, show_alert, url }) => {
    const query = store.callbackQuery(callback_query_id)
    if (query?.botId !== bot.id || query.expiresAtMs <= time.nowMs()) throw badRequest(TOO_OLD)
    if ([...text].length > MAX_TEXT_LENGTH) throw badRequest('MESSAGE_TOO_LONG')
    // The person sees the first answer; a bot that answers again gets the same `true`.
    query.answer ??= { ...(text !== '' && { text }), show_alert, ...(url !== '' && { url }) }
    store.changed()
    return true
  },
)

const MAX_RESULTS = 50

const InlineResult = z.looseObject({ type: z.string(), id: z.string().min(1).max(64) })

/** @throws {ApiFailure} 400 for a list that Telegram does not take. @see https://core.telegram.org/bots/api#inlinequeryresult */
const toResults = (decoded: unknown): z.output<typeof InlineResult>[] => {
  if (decoded === undefined) return []
  if (!Array.isArray(decoded)) throw badRequest('expected an Array of inline query results')
  if (decoded.length > MAX_RESULTS) throw badRequest('RESULTS_TOO_MUCH')
  const results = decoded.map((item) => {
    const parsed = InlineResult.safeParse(item)
    if (!parsed.success)
      throw badRequest("can't parse inline query result: an id of 1 to 64 bytes and a type are needed")
    return parsed.data
  })
  if (new Set(results.map(({ id }) => id)).size < results.length) throw badRequest('RESULT_ID_DUPLICATE')
  return results
}

const answerInlineQuery = method(
  z.object({ inline_query_id: text, results: json("can't parse JSON encoded inline query results") }),
  ({ bot, inlineQueries, time }, { inline_query_id, results }) => {
    const query = inlineQueries.get(inline_query_id)
    const given = toResults(results)
    if (query?.botId !== bot.id || query.expiresAtMs <= time.nowMs()) throw badRequest(TOO_OLD)
    query.results = given
    return true
  },
)

export const callbackMethods = { answerCallbackQuery, answerInlineQuery }
