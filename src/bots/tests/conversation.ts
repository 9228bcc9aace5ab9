import { z } from 'zod'
import { chatOf } from '../simulator/acts.ts'
import { CallbackBody, InlineBody, MessageBody } from '../simulator/contract.ts'
import { Step } from './contract.ts'

type Update = Readonly<Record<string, unknown>>

const Typed = z.looseObject({
  chat: z.looseObject({ id: z.int(), type: z.string() }),
  from: z.looseObject({ id: z.int() }),
})

/**
 * What a person did, told by the updates that the bot got of it.
 *
 * @param updates Of one bot, oldest first.
 */
export const stepsOf = (updates: readonly Update[], chatId: number): Step[] =>
  updates
    .filter((update) => chatOf(update) === chatId || isFrom(update, chatId))
    .flatMap((update) => Step.safeParse(toStep(update)).data ?? [])

const isFrom = ({ inline_query: query }: Update, userId: number): boolean =>
  z.looseObject({ from: z.looseObject({ id: z.literal(userId) }) }).safeParse(query).success

const toStep = (update: Update): unknown => {
  const { message, callback_query: press, inline_query: query } = update
  if (message !== undefined) return toMessage(update, message)
  if (press !== undefined) return toPress(press)
  if (query !== undefined) return toQuery(query)
  const { update_id: _, ...body } = update
  return { act: 'update', body }
}

/** Messages about who comes and goes are played as they came: nobody writes them. */
const toMessage = (update: Update, message: unknown): unknown => {
  const typed = Typed.safeParse(message).data
  const { update_id: _, ...raw } = update
  if (typed === undefined) return { act: 'update', body: raw }
  const { chat, from: user, reply_to_message: __, ...content } = typed
  const body = MessageBody.safeParse({ ...content, user, ...(chat.type === 'private' ? {} : { chat }) }).data
  const isWritten = body !== undefined && Object.keys(body).some((member) => member !== 'user' && member !== 'chat')
  return isWritten ? { act: 'message', body: withoutIds(body) } : { act: 'update', body: raw }
}

/** Ids of files are another bot's in another Telegram. */
const withoutIds = <T>(value: T): T =>
  JSON.parse(
    JSON.stringify(value, (key, member) => (key === 'file_id' || key === 'file_unique_id' ? undefined : member)),
  )

const Press = z.looseObject({
  from: z.unknown(),
  data: z.string(),
  message: z.looseObject({ chat: z.looseObject({ id: z.int() }) }).optional(),
})

const toPress = (press: unknown): unknown => {
  const { from: user, data, message } = Press.safeParse(press).data ?? {}
  return {
    act: 'callback',
    body: CallbackBody.omit({ message_id: true }).safeParse({ data, user, chat_id: message?.chat.id }).data,
  }
}

const toQuery = (query: unknown): unknown => {
  const asked = z.looseObject({ from: z.unknown(), query: z.string() }).safeParse(query).data
  return { act: 'inline', body: InlineBody.safeParse({ query: asked?.query, user: asked?.from }).data }
}
