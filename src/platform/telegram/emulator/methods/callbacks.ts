import { z } from 'zod'
import { badRequest } from '../failure.ts'
import { method } from '../method.ts'
import { flag, text } from '../params.ts'

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

export const callbackMethods = { answerCallbackQuery }
