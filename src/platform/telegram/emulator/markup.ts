import { z } from 'zod'
import { badRequest } from './failure.ts'

type Json = Record<string, unknown>

/** A reply markup that was accepted: an inline keyboard belongs to the message, the rest to the person's input field. */
export interface Markup {
  inline?: Json
  keyboard?: Json
}

const isRecord = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * @param decoded The decoded `reply_markup`, or undefined.
 * @throws {ApiFailure} 400 in Telegram's words for each shape it refuses.
 * @see https://core.telegram.org/bots/api#inlinekeyboardmarkup
 */
export const toMarkup = (decoded: unknown): Markup => {
  if (decoded === undefined) return {}
  if (!isRecord(decoded)) throw badRequest('object expected as reply markup')
  if ('inline_keyboard' in decoded) return inlineKeyboard(decoded.inline_keyboard)
  if ('keyboard' in decoded) return { keyboard: { ...decoded, keyboard: replyKeyboard(decoded.keyboard) } }
  for (const member of ['remove_keyboard', 'force_reply']) {
    if (!(member in decoded)) continue
    if (typeof decoded[member] !== 'boolean') throw badRequest(`field "${member}" must be of type Boolean`)
    return decoded[member] ? { keyboard: decoded } : {}
  }
  return {}
}

const rowsOf = (value: unknown, member: string, type: string): unknown[][] => {
  if (!Array.isArray(value)) throw badRequest(`field "${member}" must be of type Array`)
  return value.map((row) => {
    if (!Array.isArray(row)) throw badRequest(`field "${member}" of the ${type} must be an Array of Arrays`)
    return row
  })
}

/** What a button of an inline keyboard may do; each has one of these. */
const ACTIONS = [
  'url',
  'callback_data',
  'web_app',
  'login_url',
  'switch_inline_query',
  'switch_inline_query_current_chat',
  'switch_inline_query_chosen_chat',
  'copy_text',
  'callback_game',
  'pay',
]

const inlineKeyboard = (value: unknown): Markup => {
  const rows = rowsOf(value, 'inline_keyboard', 'InlineKeyboardMarkup')
    .map((row) => row.map(inlineButton))
    .filter((row) => row.length > 0)
  return rows.length > 0 ? { inline: { inline_keyboard: rows } } : {}
}

const INLINE_MEMBERS = new Set(['text', 'style', 'icon_custom_emoji_id', ...ACTIONS])
/** @see https://core.telegram.org/bots/api#keyboardbutton */
const REPLY_MEMBERS = new Set([
  'text',
  'style',
  'icon_custom_emoji_id',
  'request_users',
  'request_chat',
  'request_contact',
  'request_location',
  'request_poll',
  'web_app',
])

/** Clients send members of their own, which nobody sees. */
const knownOf = (button: Json, members: ReadonlySet<string>): Json =>
  Object.fromEntries(Object.entries(button).filter(([member]) => members.has(member)))

const cannotParseButton = (message: string) => badRequest(`can't parse inline keyboard button: ${message}`)

const inlineButton = (button: unknown): Json => {
  if (!isRecord(button)) throw cannotParseButton('InlineKeyboardButton must be an Object')
  const { text, url, callback_data: data } = button
  if (text === undefined) throw cannotParseButton(`Can't find field "text"`)
  if (typeof text !== 'string') throw cannotParseButton('Field "text" must be of type String')
  if (data !== undefined && typeof data !== 'string') {
    throw cannotParseButton('Field "callback_data" must be of type String')
  }
  if (text.trim() === '') throw badRequest('BUTTON_TEXT_INVALID')
  if (!ACTIONS.some((action) => button[action] !== undefined && button[action] !== null)) {
    throw badRequest('text buttons are unallowed in the inline keyboard')
  }
  if (data !== undefined && !(data.length > 0 && Buffer.byteLength(data) <= 64)) throw badRequest('BUTTON_DATA_INVALID')
  const known = knownOf(button, INLINE_MEMBERS)
  return url === undefined ? known : { ...known, url: buttonUrl(url) }
}

const buttonUrl = (value: unknown): string => {
  const parsed = z.string().safeParse(value)
  if (!parsed.success) throw cannotParseButton('Field "url" must be of type String')
  const address = /^[a-z][a-z0-9+.-]*:/i.test(parsed.data) ? parsed.data : `http://${parsed.data}`
  const url = URL.canParse(address) ? new URL(address) : undefined
  const isLink = url && ['http:', 'https:', 'tg:', 'ton:'].includes(url.protocol)
  const isNamed = url && (!url.protocol.startsWith('http') || url.hostname.includes('.'))
  if (!isLink || !isNamed) {
    throw badRequest(`inline keyboard button URL '${parsed.data}' is invalid: Wrong HTTP URL`)
  }
  return url.href
}

const replyKeyboard = (value: unknown): Json[][] =>
  rowsOf(value, 'keyboard', 'ReplyKeyboardMarkup').map((row) => row.map(replyButton))

const replyButton = (button: unknown): Json => {
  const object = typeof button === 'string' ? { text: button } : button
  if (!isRecord(object)) throw badRequest("can't parse keyboard button: KeyboardButton must be an Object")
  if (typeof object.text !== 'string') throw badRequest(`can't parse keyboard button: Can't find field "text"`)
  if (object.text === '') throw badRequest('keyboard button text must be non-empty')
  return knownOf(object, REPLY_MEMBERS)
}
