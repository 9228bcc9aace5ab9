import { copyFile, stat } from 'node:fs/promises'
import { ApiFailure, badRequest } from './failure.ts'
import { parseFileId, toFileId, toUniqueId } from './file-ids.ts'
import type { Upload } from './form.ts'
import { imageSize } from './image-size.ts'
import type { FileRecord } from './state.ts'
import { readBytes } from './vault.ts'
import type { Call, World } from './world.ts'

/** The kinds of files that bots send, by the member of a message that holds them. */
export const MEDIA_KINDS = [
  'document',
  'photo',
  'video',
  'audio',
  'voice',
  'animation',
  'video_note',
  'sticker',
] as const
export type MediaKind = (typeof MEDIA_KINDS)[number]

/** What a method gives besides the bytes: sizes, lengths and titles. */
export type MediaDetails = Readonly<Record<string, unknown>>

/** A file that a method is to send, looked at but not yet taken. */
export type MediaInput =
  | { at: 'upload'; field: string; upload: Upload }
  | { at: 'known'; record: FileRecord }
  | { at: 'url' }
  | { at: 'path'; path: string; sizeBytes: number }

const WRONG_FILE = 'wrong file identifier/HTTP URL specified'

/**
 * Finds the file that a parameter means: a part of the body under the parameter's own name or behind `attach://`, a
 * file that Telegram has by its id, an address, or a path where the server is local.
 *
 * @throws {ApiFailure} 400 in Telegram's words.
 * @see https://core.telegram.org/bots/api#sending-files
 */
export const findMedia = async (call: Call, kind: MediaKind, given: string, field?: string): Promise<MediaInput> => {
  const attached = given.startsWith('attach://') ? given.slice('attach://'.length) : field
  const upload = attached === undefined ? undefined : call.files.get(attached)
  if (attached !== undefined && upload) {
    if (upload.bytes.sizeBytes === 0) throw badRequest('file must be non-empty')
    return { at: 'upload', field: attached, upload }
  }
  if (given === '' || given.startsWith('attach://')) throw badRequest(`there is no ${kind} in the request`)
  // The emulator calls nobody: it takes an address at its word, and has no bytes of it.
  if (/^https?:\/\//i.test(given)) return { at: 'url' }
  if (given.startsWith('file://')) return findLocal(call, given.slice('file://'.length))
  return { at: 'known', record: findKnown(call, kind, given) }
}

const findLocal = async ({ rules }: Call, path: string): Promise<MediaInput> => {
  const found = rules.local ? await stat(decodeURIComponent(path)).catch(() => undefined) : undefined
  if (!found?.isFile()) throw badRequest(WRONG_FILE)
  if (found.size === 0) throw badRequest('file must be non-empty')
  return { at: 'path', path: decodeURIComponent(path), sizeBytes: found.size }
}

const findKnown = ({ bot, store }: Call, kind: MediaKind, fileId: string): FileRecord => {
  const known = parseFileId(fileId)
  const record = known?.botId === bot.id ? store.file(known.key) : undefined
  if (!record) throw badRequest(WRONG_FILE)
  if (record.kind !== kind) {
    throw badRequest(`can't use file of type ${capitalized(record.kind)} as ${capitalized(kind)}`)
  }
  return record
}

const capitalized = (word: string) => word.charAt(0).toUpperCase() + word.slice(1)

export const inputBytes = (input: MediaInput): number => {
  if (input.at === 'upload') return input.upload.bytes.sizeBytes
  return input.at === 'path' ? input.sizeBytes : 0
}

/** Takes the file for good. @returns The members of the message that hold it. */
export const takeMedia = async (
  call: Call,
  kind: MediaKind,
  input: MediaInput,
  details: MediaDetails = {},
): Promise<Record<string, unknown>> => {
  const record = input.at === 'known' ? input.record : await newRecord(call, kind, input, details)
  return messageMembers(call.bot.id, record)
}

/** Messages tell neither the name nor the type of such files. */
const NAMELESS = new Set<MediaKind>(['photo', 'video_note', 'sticker'])

const newRecord = async (
  call: Call,
  kind: MediaKind,
  input: Exclude<MediaInput, { at: 'known' }>,
  details: MediaDetails,
): Promise<FileRecord> => {
  if (input.at === 'url') return putFile(call, kind, { ...defaultsOf(kind), ...details })
  const { bytes, fileName, mimeType } = input.at === 'upload' ? input.upload : await copyLocal(call, input.path)
  const looks = kind === 'photo' ? await photoSize(bytes) : {}
  const media = {
    ...defaultsOf(kind),
    ...looks,
    ...details,
    ...(!NAMELESS.has(kind) && kind !== 'voice' && { file_name: fileName }),
    ...(!NAMELESS.has(kind) && { mime_type: mimeType }),
    file_size: bytes.sizeBytes,
  }
  if (input.at === 'upload') call.files.delete(input.field)
  const record = putFile(call, kind, media)
  call.vault.keep(record.key, bytes)
  return record
}

const copyLocal = async (call: Call, path: string): Promise<Upload> => {
  const receiver = call.vault.receiver()
  await receiver.write(Buffer.from([0]))
  const bytes = await receiver.end()
  if (bytes.at !== 'disk') throw new Error('A local server keeps every file on disk')
  await copyFile(path, bytes.path)
  const { size: sizeBytes } = await stat(bytes.path)
  const fileName = path.slice(path.lastIndexOf('/') + 1)
  return { bytes: { ...bytes, sizeBytes }, fileName, mimeType: 'application/octet-stream' }
}

const HEADER_BYTES = 64 * 1024

/** @throws {ApiFailure} 400 for bytes that are no picture. */
const photoSize = async (bytes: Upload['bytes']): Promise<MediaDetails> => {
  if (bytes.at === 'lost') return {}
  const pieces: Buffer[] = []
  for await (const piece of readBytes(bytes, 0, Math.min(HEADER_BYTES, bytes.sizeBytes) - 1)) pieces.push(piece)
  const size = imageSize(Buffer.concat(pieces))
  if (!size) throw new ApiFailure(400, 'Bad Request: IMAGE_PROCESS_FAILED')
  return size
}

const defaultsOf = (kind: MediaKind): MediaDetails => {
  if (kind === 'photo') return { width: 800, height: 600 }
  if (kind === 'video' || kind === 'animation') return { width: 0, height: 0, duration: 0 }
  if (kind === 'video_note') return { length: 240, duration: 0 }
  if (kind === 'sticker') return { type: 'regular', width: 512, height: 512, is_animated: false, is_video: false }
  return kind === 'audio' || kind === 'voice' ? { duration: 0 } : {}
}

export const putFile = ({ store }: World, kind: string, media: MediaDetails): FileRecord => {
  const record = { key: store.next('nextFileId'), kind, media }
  store.putFile(record)
  return record
}

/** A file as a message shows it to a bot. */
export const toMedia = (botId: number, record: FileRecord): Record<string, unknown> => {
  const { file_size, ...media } = record.media
  return {
    ...media,
    file_id: toFileId(botId, record),
    file_unique_id: toUniqueId(record.key),
    ...(file_size !== undefined && { file_size }),
  }
}

const messageMembers = (botId: number, record: FileRecord): Record<string, unknown> => {
  const media = toMedia(botId, record)
  if (record.kind === 'photo') return { photo: [media] }
  // Older clients know an animation as a document.
  return record.kind === 'animation' ? { animation: media, document: { ...media } } : { [record.kind]: media }
}
