import { z } from 'zod'
import type { Emulator } from '../../platform/telegram/emulator/emulator.ts'
import { CallbackBody, ChosenBody, InlineBody, MemberBody, MessageBody, type Person, ReactionBody } from './contract.ts'

/** Who plays when nobody is named. */
export const DEFAULT_USER: Person = { id: 1_000_001, first_name: 'Ada', username: 'ada' }

const Update = z.record(z.string(), z.unknown())

/** Everything that a person can do to a bot, as data: other processes and kept tests use it. */
export const Act = z.discriminatedUnion('act', [
  z.object({ act: z.literal('message'), body: MessageBody }),
  z.object({ act: z.literal('callback'), body: CallbackBody }),
  z.object({ act: z.literal('update'), body: Update }),
  z.object({ act: z.literal('replay'), body: Update }),
  z.object({ act: z.literal('member'), body: MemberBody }),
  z.object({ act: z.literal('reaction'), body: ReactionBody }),
  z.object({ act: z.literal('inline'), body: InlineBody }),
  z.object({ act: z.literal('choice'), body: ChosenBody }),
])
export type Act = z.infer<typeof Act>

/** What an act has set going. */
export interface Begun {
  /** Null when the bot does not ask for updates of this kind. */
  readonly updateId: number | null
  /** The chat in which to look for what comes of it. */
  readonly chatId: number
  readonly callbackQueryId?: string
  readonly inlineQueryId?: string
}

/**
 * Does it.
 *
 * @param botId The bot's number on Telegram.
 * @throws {AppError} those of the emulator's controls
 */
export const perform = (emulator: Emulator, botId: number, { act, body }: Act): Begun => {
  switch (act) {
    case 'message':
      return write(emulator, botId, body)
    case 'callback': {
      const { user = DEFAULT_USER, data, message_id: messageId, chat_id: chatId = user.id } = body
      const { update_id: updateId, callbackQueryId } = emulator.pressButton({ botId, user, chatId, messageId, data })
      return { updateId, chatId, callbackQueryId }
    }
    case 'update':
      return { updateId: emulator.injectUpdate(botId, body).update_id, chatId: chatOf(body) }
    case 'replay':
      return { updateId: emulator.replay(botId, body).update_id, chatId: chatOf(body) }
    case 'member':
      return { updateId: emulator.changeMember({ botId, ...body }).update_id, chatId: body.chat.id }
    case 'reaction': {
      const { user = DEFAULT_USER, message_id: messageId, chat_id: chatId = user.id, emoji } = body
      return { updateId: emulator.react({ botId, user, chatId, messageId, emoji }).update_id, chatId }
    }
    case 'inline': {
      const { user = DEFAULT_USER, query, offset } = body
      const { update_id: updateId, inlineQueryId } = emulator.askInline({ botId, user, query, offset })
      return { updateId, chatId: user.id, inlineQueryId }
    }
    case 'choice': {
      const {
        user = DEFAULT_USER,
        chat_id: chatId = user.id,
        inline_query_id: inlineQueryId,
        result_id: resultId,
      } = body
      return { updateId: emulator.chooseInline({ botId, user, chatId, inlineQueryId, resultId }).update_id, chatId }
    }
  }
}

const write = (emulator: Emulator, botId: number, body: z.infer<typeof MessageBody>): Begun => {
  const { user = DEFAULT_USER, chat, reply_to_message_id: replyTo, edit_message_id: messageId, ...content } = body
  const shared = chat === undefined || chat.type === 'private' ? undefined : chat
  const chatId = shared?.id ?? user.id
  const sent =
    messageId === undefined
      ? emulator.sendAsUser({ botId, user, chat: shared, replyTo, ...content })
      : emulator.editAsUser({ botId, user, chatId, messageId, ...content })
  return { updateId: sent.update_id, chatId }
}

const Placed = z.object({ chat: z.object({ id: z.int() }).optional(), from: z.object({ id: z.int() }).optional() })

/** Where an update happens, as far as it says so. */
export const chatOf = (update: Readonly<Record<string, unknown>>): number => {
  const body = Object.entries(update).find(([member]) => member !== 'update_id')?.[1]
  const placed = Placed.extend({ message: Placed.optional() }).safeParse(body).data
  return placed?.chat?.id ?? placed?.message?.chat?.id ?? placed?.from?.id ?? DEFAULT_USER.id
}
