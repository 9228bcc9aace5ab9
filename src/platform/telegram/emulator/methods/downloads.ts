import { z } from 'zod'
import { linkKey } from '../download.ts'
import { badRequest } from '../failure.ts'
import { parseFileId, toFileId, toUniqueId } from '../file-ids.ts'
import { method } from '../method.ts'
import { text } from '../params.ts'
import { maxDownloadBytes } from '../rules.ts'
import type { FileRecord } from '../state.ts'
import type { Call } from '../world.ts'

const UNAVAILABLE = 'wrong file_id or the file is temporarily unavailable'

/** Where Telegram puts the files of a kind. */
const FOLDERS: Record<string, string> = {
  photo: 'photos',
  video: 'videos',
  audio: 'music',
  voice: 'voice',
  animation: 'animations',
  sticker: 'stickers',
  video_note: 'video_notes',
}

const pathOf = ({ key, kind, media }: FileRecord): string => {
  const [extension = ''] = /\.[A-Za-z0-9]{1,8}$/.exec(`${media.file_name ?? ''}`) ?? []
  return `${FOLDERS[kind] ?? 'documents'}/file_${key}${extension}`
}

const getRecord = ({ bot, store }: Call, fileId: string): FileRecord => {
  if (fileId === '') throw badRequest('file_id not specified')
  const known = parseFileId(fileId)
  if (!known) throw badRequest('invalid file_id')
  const record = known.botId === bot.id ? store.file(known.key) : undefined
  if (!record) throw badRequest(UNAVAILABLE)
  return record
}

const LONGEST_SECONDS = 100 * 365 * 86_400

/** @returns The path to download from, good for as long as the rules say. */
const giveLink = ({ bot, time, rules, fileLinks }: Call, record: FileRecord): string => {
  const path = pathOf(record)
  const lifetimeSeconds = rules.linkLifetimeSeconds ?? LONGEST_SECONDS
  fileLinks.set(linkKey(bot.id, path), { key: record.key, expiresAtMs: time.nowMs() + time.toMs(lifetimeSeconds) })
  return path
}

const getFile = method(z.object({ file_id: text }), async (call, { file_id }) => {
  const record = getRecord(call, file_id)
  const { file_size } = record.media
  if (Number(file_size ?? 0) > maxDownloadBytes(call.rules)) throw badRequest('file is too big')
  const bytes = call.vault.find(record.key)
  if (!bytes) throw badRequest(UNAVAILABLE)
  // The server answers when it holds the whole file, and not before.
  await call.link.pass('backbone', bytes.sizeBytes, call.signal)
  return {
    file_id: toFileId(call.bot.id, record),
    file_unique_id: toUniqueId(record.key),
    file_size: bytes.sizeBytes,
    file_path: call.rules.local && bytes.at === 'disk' ? bytes.path : giveLink(call, record),
  }
})

export const downloadMethods = { getFile }
