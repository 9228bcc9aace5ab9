import { z } from 'zod'

/** A Bot API user. Members that we do not read pass through. @see https://core.telegram.org/bots/api#user */
export const User = z.looseObject({
  id: z.int().positive(),
  is_bot: z.boolean(),
  first_name: z.string(),
  last_name: z.string().optional(),
  username: z.string().optional(),
  language_code: z.string().optional(),
})
export type User = z.infer<typeof User>

export const ChatType = z.enum(['private', 'group', 'supergroup', 'channel'])
export type ChatType = z.infer<typeof ChatType>

/** @see https://core.telegram.org/bots/api#chat */
export const Chat = z.looseObject({
  id: z.int(),
  type: ChatType,
  title: z.string().optional(),
  username: z.string().optional(),
  first_name: z.string().optional(),
  last_name: z.string().optional(),
})
export type Chat = z.infer<typeof Chat>

/** @see https://core.telegram.org/bots/api#messageentity */
export const Entity = z.looseObject({ type: z.string(), offset: z.int(), length: z.int() })
export type Entity = z.infer<typeof Entity>

/** @see https://core.telegram.org/bots/api#message */
export const Message = z.looseObject({
  message_id: z.int(),
  from: User.optional(),
  chat: Chat,
  date: z.int(),
  edit_date: z.int().optional(),
  text: z.string().optional(),
  caption: z.string().optional(),
  entities: z.array(Entity).optional(),
  reply_markup: z.record(z.string(), z.unknown()).optional(),
})
export type Message = z.infer<typeof Message>

export const MemberStatus = z.enum(['creator', 'administrator', 'member', 'restricted', 'left', 'kicked'])
export type MemberStatus = z.infer<typeof MemberStatus>

const StoredMessage = z.object({
  message: Message,
  /** The bot that wrote it; a post in a channel does not say so itself. */
  authorId: z.int().optional(),
  /** A reply keyboard, its removal or a forced reply: the person sees it, and no Message carries it. */
  keyboard: z.record(z.string(), z.unknown()).optional(),
  /** Emoji by user. */
  reactions: z.record(z.string(), z.array(z.string())).optional(),
})
export type StoredMessage = z.infer<typeof StoredMessage>

export const Dialog = z.object({
  /** The bot whose private chat this is, or null for a chat that several bots may share. */
  botId: z.int().nullable(),
  chat: Chat,
  members: z.record(z.string(), MemberStatus),
  /** The person has blocked the bot; private chats only. */
  blocked: z.boolean(),
  migratedTo: z.int().nullable(),
  nextMessageId: z.int(),
  messages: z.array(StoredMessage),
  /** Ids of pinned messages. */
  pinned: z.array(z.int()).default([]),
  /** What an administrator may not do, by user; what is not named is allowed. */
  withheldRights: z.record(z.string(), z.array(z.string())).default({}),
  /** Why nobody can post here any more, in Telegram's words. */
  closedFor: z.string().optional(),
})
export type Dialog = z.infer<typeof Dialog>

export const PendingUpdate = z.object({
  id: z.int(),
  type: z.string(),
  /** The update without its `update_id`, as JSON text: its size counts, and it is sent more often than read. */
  json: z.string(),
  /** Updates with one key reach a webhook in order. */
  queueKey: z.string(),
  /** Wall time in milliseconds. */
  expiresAtMs: z.number(),
})
export type PendingUpdate = z.infer<typeof PendingUpdate>

export const Webhook = z.object({
  url: z.string(),
  secretToken: z.string().optional(),
  maxConnections: z.int(),
  lastErrorDate: z.int().optional(),
  lastErrorMessage: z.string().optional(),
})
export type Webhook = z.infer<typeof Webhook>

export const BotCommand = z.object({ command: z.string(), description: z.string() })

export const Bot = z.object({
  id: z.int().positive(),
  token: z.string(),
  username: z.string(),
  firstName: z.string(),
  nextUpdateId: z.int(),
  nextMessageId: z.int(),
  pending: z.array(PendingUpdate),
  /** What it got lately, also what it has taken. */
  recent: z.array(z.object({ id: z.int(), json: z.string() })).default([]),
  /** Null stands for Telegram's default set. */
  allowedUpdates: z.array(z.string()).nullable(),
  webhook: Webhook.nullable(),
  /** By scope and language. */
  commands: z.record(z.string(), z.array(BotCommand)),
  loggedOutUntilMs: z.number().nullable(),
  /** What it says of itself: by what it is, then by language; '' is every other language. */
  texts: z.record(z.string(), z.record(z.string(), z.string())).default({}),
  menuButton: z.record(z.string(), z.unknown()).optional(),
})
export type Bot = z.infer<typeof Bot>

export const CallbackQuery = z.object({
  id: z.string(),
  botId: z.int(),
  expiresAtMs: z.number(),
  answer: z.object({ text: z.string().optional(), show_alert: z.boolean(), url: z.string().optional() }).nullable(),
})
export type CallbackQuery = z.infer<typeof CallbackQuery>

/** A file, whoever asks for it; each bot knows it by an id of its own. */
export const FileRecord = z.object({
  key: z.int().positive(),
  /** The member of a message that holds it. */
  kind: z.string(),
  /** That member without its ids: name, type, sizes. */
  media: z.record(z.string(), z.unknown()),
})
export type FileRecord = z.infer<typeof FileRecord>

/** What numbers a removed bot had reached, so that the same bot, when it comes back, goes on from there. */
const Tombstone = z.object({ nextUpdateId: z.int(), nextMessageId: z.int() })
export type Tombstone = z.infer<typeof Tombstone>

/** Everything the emulator knows, as JSON. */
export const Snapshot = z.object({
  version: z.literal(1),
  nextBotId: z.int(),
  nextChatId: z.int(),
  nextCallbackId: z.int(),
  nextFileId: z.int(),
  bots: z.array(Bot),
  tombstones: z.record(z.string(), Tombstone),
  users: z.array(User),
  dialogs: z.array(Dialog),
  callbackQueries: z.array(CallbackQuery),
  files: z.array(FileRecord).default([]),
})
export type Snapshot = z.infer<typeof Snapshot>
