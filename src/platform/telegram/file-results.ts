import { z } from 'zod'
import { TelegramFileError } from './file-error.ts'

/** A file in a message. @see https://core.telegram.org/bots/api#document */
const Media = z
  .object({
    file_id: z.string(),
    file_unique_id: z.string(),
    file_size: z.int().optional(),
    file_name: z.string().optional(),
  })
  .transform(({ file_id, file_unique_id, file_size, file_name }) => ({
    fileId: file_id,
    fileUniqueId: file_unique_id,
    sizeBytes: file_size,
    fileName: file_name,
  }))

/** @see https://core.telegram.org/bots/api#message */
const Message = z
  .object({ message_id: z.int(), date: z.int(), caption: z.string().optional(), document: Media.optional() })
  .transform(({ message_id, date, caption, document }) => ({ messageId: message_id, date, caption, document }))

/** A message, as far as keeping files goes. `date` is in seconds since 1970. */
export type PostedMessage = z.output<typeof Message>

/** Where a sent file is. `fileId` is good for the bot that sent it only; `fileUniqueId` is equal for all bots. */
export interface SentDocument {
  messageId: number
  fileId: string
  fileUniqueId: string
  /** As Telegram counted them; undefined if it did not say. */
  sizeBytes: number | undefined
}

/** @see https://core.telegram.org/bots/api#file */
const File = z
  .object({
    file_id: z.string(),
    file_unique_id: z.string(),
    file_size: z.int().optional(),
    file_path: z.string(),
  })
  .transform(({ file_id, file_unique_id, file_size, file_path }) => ({
    fileId: file_id,
    fileUniqueId: file_unique_id,
    sizeBytes: file_size,
    filePath: file_path,
  }))

/** A file that is ready for download. */
export type RemoteFile = z.output<typeof File>

/** @see https://core.telegram.org/bots/api#chatfullinfo */
const Chat = z
  .object({ id: z.int(), type: z.string(), title: z.string().optional(), pinned_message: Message.optional() })
  .transform(({ id, type, title, pinned_message }) => ({ id, type, title, pinnedMessage: pinned_message }))

export type StorageChat = z.output<typeof Chat>

/** The answer says that the work was done, and not what came of it. */
const unreadable = (method: string, description: string) =>
  new TelegramFileError({ method, errorCode: 200, description }, { reason: 'answer', outcome: 'unknown' })

const parser =
  <S extends z.ZodType>(schema: S) =>
  (method: string, result: unknown): z.output<S> => {
    const parsed = schema.safeParse(result)
    if (!parsed.success) throw unreadable(method, 'The answer lacks what it should hold')
    return parsed.data
  }

/** Each takes the `result` of an answer. @throws {TelegramFileError} `answer` */
export const parseMessage = parser(Message)
export const parseRemoteFile = parser(File)
export const parseChat = parser(Chat)

export const parseSentDocument = (method: string, result: unknown): SentDocument => {
  const { messageId, document } = parseMessage(method, result)
  if (!document) throw unreadable(method, 'Telegram made something else than a document of the file')
  const { fileId, fileUniqueId, sizeBytes } = document
  return { messageId, fileId, fileUniqueId, sizeBytes }
}
