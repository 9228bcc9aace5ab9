import { z } from 'zod'
import { pieceSealer } from './seal.ts'

/** The document that is pinned: where the pieces of the index are, and what they are. */
export const Head = z.object({
  id: z.string(),
  madeAt: z.int(),
  files: z.int(),
  /** Of the program that wrote it. */
  migrations: z.array(z.string()),
  /** Keys the hashes of passwords and API keys; without it nobody could sign in any more. */
  keyPepper: z.string(),
  /** Up to which message each channel is in the index. */
  channels: z.array(z.object({ chatId: z.int(), lastMessageId: z.int() })),
  pieces: z.array(
    z.object({
      objectId: z.string(),
      chatId: z.int(),
      messageId: z.int(),
      botId: z.int(),
      fileId: z.string(),
      fileUniqueId: z.string(),
      sizeBytes: z.int(),
      sha256: z.base64url(),
    }),
  ),
})
export type Head = z.output<typeof Head>

const MARK = 'LKI1'
const ID = /^[0-9A-Za-z_-]{1,64}$/
const HEAD_POSITION = 0xffff_ffff

/** `LKI1`, the length of the id in one byte, the id, and the rest encrypted. */
export const sealHead = (secret: string, head: Head): Buffer => {
  const sealed = pieceSealer(secret, head.id).seal(Buffer.from(JSON.stringify(head)), HEAD_POSITION)
  return Buffer.concat([Buffer.from(MARK), Buffer.of(head.id.length), Buffer.from(head.id), sealed])
}

/** @throws {Error} for the operator: it is no index, or the key is another. */
export const openHead = (secret: string, bytes: Buffer): Head => {
  const idEnd = 5 + (bytes[4] ?? 0)
  const id = bytes.subarray(5, idEnd).toString()
  if (bytes.subarray(0, 4).toString() !== MARK || !ID.test(id))
    throw new Error('The pinned document is not an index of a Latchkey drive.')
  let text: string
  try {
    text = pieceSealer(secret, id).open(bytes.subarray(idEnd), HEAD_POSITION).toString()
  } catch (cause) {
    throw new Error(
      'The recovery key does not open the index: it belongs to another server, or the index is damaged.',
      {
        cause,
      },
    )
  }
  return Head.parse(JSON.parse(text))
}
