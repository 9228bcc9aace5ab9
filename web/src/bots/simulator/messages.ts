import type { Entity } from './entities.ts'

type Raw = Readonly<Record<string, unknown>>

/** A button under a message. */
export interface InlineButton {
  readonly text: string
  /** What the bot is told when it is pressed. */
  readonly data?: string
  /** Where it leads; http and https only. */
  readonly url?: string
}

/** A button in the place of the keyboard. */
export interface ReplyButton {
  readonly text: string
  readonly asks?: 'contact' | 'location'
}

/** A message as a chat shows it. */
export interface ShownMessage {
  readonly id: number
  /** Of a person or a bot; absent in channels. */
  readonly fromId: number | undefined
  readonly from: string
  readonly isBot: boolean
  readonly text: string
  readonly entities: readonly Entity[]
  /** What is sent along: its kind, and what is known of it. */
  readonly attachment: { readonly kind: string; readonly name: string } | undefined
  readonly isEdited: boolean
  /** Seconds since 1970. */
  readonly date: number
  /** What is answered, in a few words. */
  readonly replyTo: string | undefined
  readonly buttons: readonly (readonly InlineButton[])[]
}

const isRaw = (value: unknown): value is Raw => typeof value === 'object' && value !== null && !Array.isArray(value)
const rawOf = (value: unknown): Raw => (isRaw(value) ? value : {})
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
const numberOf = (value: unknown): number => (typeof value === 'number' ? value : 0)

const KINDS = [
  'photo',
  'video',
  'animation',
  'audio',
  'voice',
  'video_note',
  'sticker',
  'document',
  'contact',
  'location',
  'venue',
  'poll',
  'dice',
  'invoice',
  'game',
  'new_chat_members',
  'left_chat_member',
  'pinned_message',
] as const

const nameOf = (kind: string, value: unknown): string => {
  if (kind === 'new_chat_members')
    return listOf(value)
      .map((each) => textOf(rawOf(each).first_name))
      .join(', ')
  const found = rawOf(value)
  if (kind === 'location') return `${numberOf(found.latitude)}, ${numberOf(found.longitude)}`
  if (kind === 'contact') return [textOf(found.first_name), textOf(found.phone_number)].filter(Boolean).join(' ')
  if (kind === 'dice') return `${textOf(found.emoji)} ${numberOf(found.value)}`
  if (kind === 'sticker') return textOf(found.emoji)
  const name = [found.file_name, found.title, found.question, found.first_name, found.text]
  return name.map(textOf).find((each) => each !== '') ?? ''
}

const attachmentOf = (message: Raw): ShownMessage['attachment'] => {
  const kind = KINDS.find((each) => message[each] !== undefined)
  return kind === undefined ? undefined : { kind, name: nameOf(kind, message[kind]) }
}

const entityOf = (value: unknown): Entity => {
  const { type, offset, length, url } = rawOf(value)
  const base = { type: textOf(type), offset: numberOf(offset), length: numberOf(length) }
  return typeof url === 'string' ? { ...base, url } : base
}

const inlineButton = (value: unknown): InlineButton => {
  const { text, callback_data: data, url } = rawOf(value)
  return {
    text: textOf(text),
    ...(typeof data === 'string' ? { data } : {}),
    ...(typeof url === 'string' && /^https?:\/\//i.test(url) ? { url } : {}),
  }
}

const personName = (person: Raw): string => [person.first_name, person.last_name].map(textOf).filter(Boolean).join(' ')

/** Reads a message of the Bot API; what it does not know it leaves out. */
export const toShown = (message: Raw): ShownMessage => {
  const from = rawOf(message.from)
  const reply = rawOf(message.reply_to_message)
  const hasText = typeof message.text === 'string'
  return {
    id: numberOf(message.message_id),
    fromId: typeof from.id === 'number' ? from.id : undefined,
    from: personName(from) || textOf(rawOf(message.sender_chat).title),
    isBot: from.is_bot === true,
    text: hasText ? textOf(message.text) : textOf(message.caption),
    entities: listOf(hasText ? message.entities : message.caption_entities).map(entityOf),
    attachment: attachmentOf(message),
    isEdited: message.edit_date !== undefined,
    date: numberOf(message.date),
    replyTo:
      message.reply_to_message === undefined ? undefined : (textOf(reply.text) || textOf(reply.caption)).slice(0, 80),
    buttons: listOf(rawOf(message.reply_markup).inline_keyboard).map((row) => listOf(row).map(inlineButton)),
  }
}

const replyButton = (value: unknown): ReplyButton => {
  if (typeof value === 'string') return { text: value }
  const { text, request_contact: contact, request_location: location } = rawOf(value)
  const asks = contact === true ? ('contact' as const) : location === true ? ('location' as const) : undefined
  return { text: textOf(text), ...(asks === undefined ? {} : { asks }) }
}

/** The keyboard that a bot has put in place of the person's, until it takes it away. */
export const replyKeyboard = (messages: readonly Raw[]): readonly (readonly ReplyButton[])[] => {
  for (const { reply_markup } of messages.toReversed()) {
    const { keyboard, remove_keyboard: removed } = rawOf(reply_markup)
    if (removed === true) return []
    if (Array.isArray(keyboard)) return keyboard.map((row) => listOf(row).map(replyButton))
  }
  return []
}

/** Somebody to play, or a chat to play in, as the simulator names them. */
export const personOf = (value: unknown): { id: number; name: string; isBot: boolean } => {
  const person = rawOf(value)
  return { id: numberOf(person.id), name: personName(person), isBot: person.is_bot === true }
}

export const chatOf = (value: unknown): { id: number; type: string; title: string } => {
  const chat = rawOf(value)
  return { id: numberOf(chat.id), type: textOf(chat.type), title: textOf(chat.title) || personName(chat) }
}
