import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { Database } from '../../platform/db/index.ts'
import { TelegramFileError, type TelegramFiles, telegramFiles } from '../../platform/telegram/files.ts'
import { loadLines, migrationsOf, settleBlobs } from './dump.ts'
import { type Head, openHead } from './head.ts'
import { pieceSealer } from './seal.ts'

/** What is needed to get at the index: a bot that is an administrator of the channel, and the channel. */
export interface IndexPlace {
  readonly token: string
  readonly chatId: number
  /** Where messages are looked at if another bot sent the index; the channel itself unless told. */
  readonly scratchChatId?: number | undefined
  readonly apiRoot: string
  readonly local?: boolean | undefined
  /** The recovery key: `ENCRYPTION_KEY` of the lost server. */
  readonly secret: string
}

/** An index that was found and opened. */
export interface FoundIndex {
  readonly head: Head
  /**
   * Fills an empty database.
   *
   * @returns How many rows each table got, and how many files have parts that were nowhere but on the lost disk.
   * @throws {Error} for the operator; the database is then as empty as before
   */
  load(database: Database): Promise<{ readonly rows: ReadonlyMap<string, number>; readonly lostFiles: number }>
  close(): void
}

const botIdOf = (token: string): number => Number(token.slice(0, token.indexOf(':')))

/** @throws {Error} for the operator: what is missing, or that the key is another. No message holds the token. */
export const findIndex = async (place: IndexPlace): Promise<FoundIndex> => {
  const { token, chatId, apiRoot, local = false, secret } = place
  const client = telegramFiles({ apiRoot, readsLocalPaths: local })
  try {
    const chat = await client.getChat({ token, chatId })
    const document = chat.pinnedMessage?.document
    if (document === undefined)
      throw new Error(`In the chat ${chatId} no document is pinned. Is it the first of LATCHKEY_TELEGRAM_CHATS?`)
    const head = openHead(secret, await fetchFile(client, token, document.fileId))
    return {
      head,
      load: (database) => loadIndex(database, head, (n) => fetchPiece(client, place, head, n)),
      close: () => client.close(),
    }
  } catch (error) {
    client.close()
    if (!(error instanceof TelegramFileError)) throw error
    throw new Error(`Telegram refused: ${error.description}`, { cause: error })
  }
}

const fetchFile = async (client: TelegramFiles, token: string, fileId: string): Promise<Buffer> => {
  const { filePath } = await client.getFile({ token, fileId })
  const pieces: Buffer[] = await Array.fromAsync(await client.download({ token, filePath }))
  return Buffer.concat(pieces)
}

const WAITS = 20

/** Flood waits are waited out. */
const patiently = async <T>(call: () => Promise<T>): Promise<T> => {
  for (let tries = 1; ; tries++) {
    try {
      return await call()
    } catch (error) {
      const seconds = error instanceof TelegramFileError ? error.retryAfterSeconds : undefined
      if (seconds === undefined || tries >= WAITS) throw error
      await new Promise((resolve) => setTimeout(resolve, (seconds + 1) * 1000))
    }
  }
}

const fetchPiece = async (client: TelegramFiles, place: IndexPlace, head: Head, n: number): Promise<Buffer> => {
  const piece = head.pieces[n]
  if (piece === undefined) throw new RangeError('there is no such piece')
  const { token } = place
  const scratch = place.scratchChatId ?? place.chatId
  let { fileId } = piece
  if (piece.botId !== botIdOf(token)) {
    const { chatId: fromChatId, messageId } = piece
    const seen = await patiently(() => client.forwardMessage({ token, chatId: scratch, fromChatId, messageId }))
    fileId = seen.document?.fileId ?? ''
    await client.deleteMessages({ token, chatId: scratch, messageIds: [seen.messageId] }).catch(() => {})
  }
  const sealed = await patiently(() => fetchFile(client, token, fileId))
  if (createHash('sha256').update(sealed).digest('base64url') !== piece.sha256)
    throw new Error(`Piece ${n + 1} of the index is damaged.`)
  return pieceSealer(place.secret, head.id).open(sealed, n)
}

const loadIndex = async (database: Database, head: Head, fetch: (n: number) => Promise<Buffer>) => {
  const known = new Set(await migrationsOf(database.db))
  const newer = head.migrations.filter((id) => !known.has(id))
  if (newer.length > 0) throw new Error('The index was written by a newer version of Latchkey. Install that version.')
  const account = await database.db.selectFrom('accounts').select('id').limit(1).executeTakeFirst()
  if (account !== undefined)
    throw new Error('The database is not empty. A drive is restored into a new data folder only.')

  async function* compressed() {
    for (let n = 0; n < head.pieces.length; n++) yield await fetch(n)
  }
  return database.transaction(async (tx) => {
    const plain = Readable.from(compressed(), { objectMode: false })
    const unpacked = createGunzip()
    plain.once('error', (error) => unpacked.destroy(error))
    const rows = await loadLines(tx, linesOf(plain.pipe(unpacked)))
    const { lost } = await settleBlobs(tx)
    return { rows, lostFiles: lost }
  })
}

async function* linesOf(source: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const piece of source) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
  if (rest !== '') throw new Error('The index ends in the middle.')
}
