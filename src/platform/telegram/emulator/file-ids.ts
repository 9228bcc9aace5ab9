import { createHash } from 'node:crypto'

/** Clients look at how an id begins to tell what kind of file it is, and Telegram's begin like this. */
const PREFIXES: Record<string, string> = {
  document: 'BQACAgQAAxkB',
  photo: 'AgACAgQAAxkB',
  video: 'BAACAgQAAxkB',
  audio: 'CQACAgQAAxkB',
  voice: 'AwACAgQAAxkB',
  animation: 'CgACAgQAAxkB',
  sticker: 'CAACAgQAAxkB',
  video_note: 'DQACAgQAAxkB',
}
const PREFIX_LENGTH = 12
const ID_BYTES = 6
const CHECK_BYTES = 6

const digest = (text: string) => createHash('sha256').update(text).digest()

const checkOf = (botId: number, key: number) => digest(`file:${botId}:${key}`).subarray(0, CHECK_BYTES)

/** The id of a file for one bot: always the same, and of no use to another bot. */
export const toFileId = (botId: number, { key, kind }: { key: number; kind: string }): string => {
  const body = Buffer.alloc(2 * ID_BYTES + CHECK_BYTES)
  body.writeUIntBE(botId, 0, ID_BYTES)
  body.writeUIntBE(key, ID_BYTES, ID_BYTES)
  body.set(checkOf(botId, key), 2 * ID_BYTES)
  return (PREFIXES[kind] ?? PREFIXES.document) + body.toString('base64url')
}

/** The same for every bot, and good for nothing but comparing. */
export const toUniqueId = (key: number): string => `AgAD${digest(`unique:${key}`).toString('base64url').slice(0, 12)}`

/** @returns Whose id of which file it is, or undefined when nobody ever gave it out. */
export const parseFileId = (fileId: string): { botId: number; key: number } | undefined => {
  const body = Buffer.from(fileId.slice(PREFIX_LENGTH), 'base64url')
  if (body.length !== 2 * ID_BYTES + CHECK_BYTES) return undefined
  const botId = body.readUIntBE(0, ID_BYTES)
  const key = body.readUIntBE(ID_BYTES, ID_BYTES)
  return checkOf(botId, key).equals(body.subarray(2 * ID_BYTES)) ? { botId, key } : undefined
}

/**
 * Writes a bot's own ids into an answer or an update: a message that several bots see is kept once.
 *
 * @param value Plain data that nobody else holds; it is changed in place.
 */
export const localizeFileIds = <T>(botId: number, value: T): T => {
  localize(botId, value)
  return value
}

const localize = (botId: number, value: unknown): void => {
  if (!isRecord(value)) return
  if (typeof value.file_id === 'string') value.file_id = ownFileId(botId, value.file_id)
  for (const member of Object.values(value)) localize(botId, member)
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

const ownFileId = (botId: number, fileId: string): string => {
  const known = parseFileId(fileId)
  if (!known || known.botId === botId) return fileId
  const kind = Object.keys(PREFIXES).find((name) => fileId.startsWith(PREFIXES[name] ?? ''))
  return toFileId(botId, { key: known.key, kind: kind ?? 'document' })
}
