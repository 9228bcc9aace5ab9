import { z } from 'zod'
import { AppError } from '../../../errors.ts'
import type { Content } from '../dialogs.ts'
import { formatText } from '../entities/text.ts'
import { putFile, toMedia } from '../media.ts'
import { type Bot, Entity, type User } from '../state.ts'
import type { World } from '../world.ts'
import { ControlErrors } from './errors.ts'

/** 1 MiB, in base64. */
const MAX_BASE64_CHARS = 1_398_104

/** A file as far as messages show it; ids that are not given are made up, and stay the same for the message. */
const Attachment = z.looseObject({
  file_id: z.string().optional(),
  file_unique_id: z.string().optional(),
  content_base64: z
    .base64()
    .max(MAX_BASE64_CHARS)
    .optional()
    .describe('The bytes of the file, so that the bot can download it; at most 1 MiB.'),
})

const Contact = z.looseObject({
  phone_number: z.string(),
  first_name: z.string(),
  last_name: z.string().optional(),
  user_id: z.int().optional(),
})

/** What a person can send: members of a Bot API message. @see https://core.telegram.org/bots/api#message */
export const UserContent = z.object({
  text: z.string().optional(),
  entities: z.array(Entity).optional(),
  caption: z.string().optional(),
  caption_entities: z.array(Entity).optional(),
  contact: Contact.optional(),
  location: z.looseObject({ latitude: z.number(), longitude: z.number() }).optional(),
  venue: z.looseObject({ title: z.string(), address: z.string() }).optional(),
  dice: z.looseObject({ emoji: z.string(), value: z.int() }).optional(),
  /** One size is enough; a list is taken as the sizes of one photo. */
  photo: z.union([Attachment, z.array(Attachment).min(1)]).optional(),
  document: Attachment.optional(),
  audio: Attachment.optional(),
  video: Attachment.optional(),
  voice: Attachment.optional(),
  video_note: Attachment.optional(),
  animation: Attachment.optional(),
  sticker: Attachment.optional(),
})
export type UserContent = z.input<typeof UserContent>

const FILES = ['document', 'audio', 'video', 'voice', 'video_note', 'animation', 'sticker'] as const
const BODY = ['text', 'contact', 'location', 'venue', 'dice', 'photo', ...FILES] as const

export interface UserSending {
  /** Whose chat it is. */
  bot: Bot
  sender: User
  content: UserContent
  /** Of the file that is sent, if there is one; a file without them cannot be downloaded. */
  bytes?: Buffer | undefined
}

/** @throws {AppError} SIMULATOR_MESSAGE_EMPTY when there is nothing to send. */
export const toContent = (world: World, { bot, sender, content, bytes }: UserSending): Content => {
  const parsed = UserContent.parse(content)
  if (!BODY.some((member) => parsed[member] !== undefined)) throw new AppError(ControlErrors.SIMULATOR_MESSAGE_EMPTY)
  const { text, entities, caption, caption_entities, contact, photo, location, venue, dice } = parsed
  const attach = (kind: string, file: z.output<typeof Attachment>) => withFileIds(world, bot, { kind, file, bytes })
  const files = FILES.flatMap((member) => {
    const file = parsed[member]
    return file ? [[member, attach(member, file)]] : []
  })
  return {
    ...(text !== undefined && formatted(text, entities, 'text', 'entities')),
    ...(contact && { contact: contact.user_id === undefined ? ownContact(contact, sender) : contact }),
    ...(location && { location }),
    ...(venue && { venue }),
    ...(dice && { dice }),
    ...(photo && {
      photo: (Array.isArray(photo) ? photo : [photo]).map((size) => attach('photo', toPhotoSize(size))),
    }),
    ...Object.fromEntries(files),
    ...(caption !== undefined && formatted(caption, caption_entities, 'caption', 'caption_entities')),
  }
}

/** A contact that names the sender is the sender's own, as the button that asks for it sends it. */
const ownContact = (contact: z.output<typeof Contact>, sender: User) =>
  contact.first_name === sender.first_name ? { ...contact, user_id: sender.id } : contact

const formatted = (source: string, given: Entity[] | undefined, member: string, entitiesMember: string) => {
  const { text, entities } = formatText({ text: source, parseMode: '', entities: given, findUser: () => undefined })
  if (text === '') throw new AppError(ControlErrors.SIMULATOR_MESSAGE_EMPTY)
  return { [member]: text, ...(entities.length > 0 && { [entitiesMember]: entities }) }
}

const toPhotoSize = (size: z.output<typeof Attachment>) => ({ width: 800, height: 600, ...size })

interface SentFile {
  kind: string
  file: z.output<typeof Attachment>
  bytes: Buffer | undefined
}

const withFileIds = (world: World, bot: Bot, { kind, file: given, bytes: sent }: SentFile) => {
  const { content_base64: base64, ...file } = given
  const bytes = base64 === undefined ? sent : Buffer.from(base64, 'base64')
  const { file_id: _, file_unique_id: __, ...media } = file
  const record = putFile(world, kind, bytes ? { ...media, file_size: bytes.byteLength } : media)
  if (bytes) world.vault.keep(record.key, { at: 'memory', buffer: Buffer.from(bytes), sizeBytes: bytes.byteLength })
  return { ...toMedia(bot.id, record), ...file }
}
