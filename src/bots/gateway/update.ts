import { z } from 'zod'
import type { Json } from '../sandbox/index.ts'

/** As much of an update as matching needs; the rest is handed to the command as it came. */
export const Update = z.looseObject({ update_id: z.int() })
export type Update = z.infer<typeof Update>

const User = z.looseObject({ id: z.int(), is_bot: z.boolean().optional() })
const Chat = z.looseObject({ id: z.int(), type: z.string().optional() })
// Types of updates that are not known yet may use these names for something else: then they are not looked at.
const Message = z.looseObject({
  chat: Chat.optional().catch(undefined),
  from: User.optional().catch(undefined),
  user: User.optional().catch(undefined),
  text: z.string().optional().catch(undefined),
  caption: z.string().optional().catch(undefined),
  new_chat_members: z.array(z.unknown()).optional().catch(undefined),
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
  /** `private`, `group`, `supergroup`, `channel`. */
  readonly chatType: string | null
  /** Members came into the chat. */
  readonly joined: boolean
  readonly message: Json
  readonly call: Json
  readonly chat: Json
  /** The person behind it, as Telegram describes them. */
  readonly from: Json
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
  const from = message.from ?? message.user
  return {
    updateId,
    type,
    text: message.text ?? message.caption ?? null,
    userId: from?.id ?? null,
    chatId: message.chat?.id ?? null,
    chatType: message.chat?.type ?? null,
    joined: type === 'message' && (message.new_chat_members?.length ?? 0) > 0,
    message: body as Json,
    call: null,
    chat: (message.chat ?? null) as Json,
    from: (from ?? null) as Json,
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
    chatType: callback.message?.chat?.type ?? null,
    joined: false,
    message: { ...(callback.message ?? {}), from: callback.from } as Json,
    call: body as Json,
    chat: (callback.message?.chat ?? null) as Json,
    from: callback.from as Json,
  }
}

const Membership = z.looseObject({
  chat: z.looseObject({ type: z.literal('private') }),
  from: User,
  new_chat_member: z.looseObject({ status: z.string() }),
})

/** @returns Who has blocked the bot, or lets it write again; undefined for every other update. */
export const blockingOf = (update: Update): { userId: number; isBlocked: boolean } | undefined => {
  const member = Membership.safeParse(update.my_chat_member).data
  return member && { userId: member.from.id, isBlocked: member.new_chat_member.status === 'kicked' }
}
