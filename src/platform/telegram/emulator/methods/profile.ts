import { z } from 'zod'
import { findUser, getDialog } from '../dialogs.ts'
import { badRequest } from '../failure.ts'
import { type Method, method } from '../method.ts'
import { chatId, flag, integer, shaped, text, userId } from '../params.ts'

/** Texts that a bot shows, by language: how long they may be, and what is said of longer ones. */
const shown = (
  member: 'name' | 'description' | 'short_description',
  maxLength: number,
): { get: Method; set: Method } => ({
  get: method(z.object({ language_code: text }), ({ bot }, { language_code }) => {
    const texts = bot.texts[member] ?? {}
    const own = member === 'name' ? bot.firstName : ''
    return { [member]: texts[language_code] ?? texts[''] ?? own }
  }),
  set: method(z.looseObject({}), ({ bot, store }, params) => {
    const language_code = text.parse(params.language_code)
    const value = text.parse(params[member])
    if (value.length > maxLength) throw badRequest(`${member.replace('_', ' ')} is too long`)
    if (!/^([a-z]{2})?$/.test(language_code)) throw badRequest('invalid language code specified')
    bot.texts[member] = { ...bot.texts[member], [language_code]: value }
    store.changed()
    return true
  }),
})

const name = shown('name', 64)
const description = shown('description', 512)
const shortDescription = shown('short_description', 120)

const Button = z.looseObject({ type: z.string() })

const setChatMenuButton = method(
  z.object({ chat_id: chatId, menu_button: shaped(Button, "can't parse menu button JSON object") }),
  ({ bot, store }, { menu_button }) => {
    bot.menuButton = menu_button ?? { type: 'default' }
    store.changed()
    return true
  },
)

const getChatMenuButton = method(z.object({ chat_id: chatId }), ({ bot }) => bot.menuButton ?? { type: 'commands' })

const getUserProfilePhotos = method(z.object({ user_id: userId }), (call, { user_id }) => {
  if (!findUser(call, user_id)) throw badRequest('user not found')
  return { total_count: 0, photos: [] }
})

const Reactions = z.array(z.looseObject({ type: z.string() }))

const setMessageReaction = method(
  z.object({
    chat_id: chatId,
    message_id: integer,
    reaction: shaped(Reactions, "can't parse reaction types JSON object"),
    is_big: flag,
  }),
  (call, { chat_id, message_id, reaction = [] }) => {
    const stored = call.store.message(getDialog(call, call.bot, chat_id), message_id)
    if (!stored) throw badRequest('message to react not found')
    if (reaction.length > 1) throw badRequest('REACTIONS_TOO_MANY')
    const emoji = reaction.map((item) => (typeof item.emoji === 'string' ? item.emoji : ''))
    if (emoji.includes('')) throw badRequest('REACTION_INVALID')
    stored.reactions = { ...stored.reactions, [call.bot.id]: emoji }
    call.store.changed()
    return true
  },
)

export const profileMethods = {
  getMyName: name.get,
  setMyName: name.set,
  getMyDescription: description.get,
  setMyDescription: description.set,
  getMyShortDescription: shortDescription.get,
  setMyShortDescription: shortDescription.set,
  setChatMenuButton,
  getChatMenuButton,
  getUserProfilePhotos,
  setMessageReaction,
}
