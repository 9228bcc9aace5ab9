import { z } from 'zod'
import type { Json } from '../sandbox/index.ts'

/** As much of an update as matching needs; the rest is handed to the command as it came. */
export const Update = z.looseObject({ update_id: z.int() })
export type Update = z.infer<typeof Update>

const User = z.looseObject({ id: z.int(), is_bot: z.boolean().optional() })
const Chat = z.looseObject({ id: z.int() })
const Message = z.looseObject({
  chat: Chat.optional(),
  from: User.optional(),
  text: z.string().optional(),
  caption: z.string().optional(),
})
const Callback = z.looseObject({ from: User, data: z.string().optional(), message: Message.optional() })

/** An update as a command sees it. */
export interface Trigger {
  readonly updateId: number
  /** `message`, `callback_query` and so on: the update's own member. */
  readonly type: string
  /** What is matched against command names: the text, the caption, or the data of the pressed button. */
  readonly text: string | null
  readonly userId: number | null
  readonly chatId: number | null
  readonly message: Json
  readonly call: Json
}

/** @returns undefined for an update with nothing in it that we know how to hand over. */
export const toTrigger = (update: Update): Trigger | undefined => {
  const [type, body] = Object.entries(update).find(([member]) => member !== 'update_id') ?? []
  if (type === undefined || typeof body !== 'object' || body === null) return undefined
  return type === 'callback_query' ? fromCallback(update.update_id, body) : fromMessage(update.update_id, type, body)
}

const fromMessage = (updateId: number, type: string, body: object): Trigger | undefined => {
  const message = Message.safeParse(body).data
  if (message === undefined) return undefined
  return {
    updateId,
    type,
    text: message.text ?? message.caption ?? null,
    userId: message.from?.id ?? null,
    chatId: message.chat?.id ?? null,
    message: body as Json,
    call: null,
  }
}

// The message under the button, but from the person who pressed it: that is how commands expect it.
const fromCallback = (updateId: number, body: object): Trigger | undefined => {
  const callback = Callback.safeParse(body).data
  if (callback === undefined) return undefined
  return {
    updateId,
    type: 'callback_query',
    text: callback.data ?? null,
    userId: callback.from.id,
    chatId: callback.message?.chat?.id ?? null,
    message: { ...(callback.message ?? {}), from: callback.from } as Json,
    call: body as Json,
  }
}
