import { Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/index.ts'
import { newId } from '../../platform/ids.ts'
import { type Duty, every, type Leases } from '../../platform/jobs/index.ts'
import type { Log } from '../../platform/log/index.ts'
import type { TelegramObject } from '../backends/telegram/tables.ts'
import { SNAPSHOT_PREFIX, type TelegramBackend } from '../backends/telegram/telegram.ts'
import { dumpLines, migrationsOf } from './dump.ts'
import { type Head, sealHead } from './head.ts'
import { pieceSealer } from './seal.ts'

const PIECE_BYTES = 16 * 1024 * 1024
const LOOK_MS = 60_000
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** With so many changes nobody waits for the hour. */
const MANY_CHANGES = 500

export interface SnapshotsOptions {
  readonly database: Database
  readonly telegram: TelegramBackend
  /** `ENCRYPTION_KEY`, which is the recovery key, and `KEY_PEPPER`. */
  readonly secret: string
  readonly keyPepper: string
  readonly clock: Clock
  readonly log: Log
  /** For tests. */
  readonly pieceBytes?: number
}

export interface Snapshot {
  readonly id: string
  readonly files: number
  readonly sizeBytes: number
  readonly madeAt: number
}

export type Snapshots = ReturnType<typeof driveSnapshots>

/**
 * Indexes of the drive, encrypted and pinned in a channel: with one, the key and a bot token the drive can be built anew.
 */
export const driveSnapshots = (options: SnapshotsOptions) => {
  const { database, telegram, secret, keyPepper, clock, log, pieceBytes = PIECE_BYTES } = options
  const { db } = database

  const fileIdOf = async (object: TelegramObject): Promise<string> => {
    const row = await db
      .selectFrom('telegram_file_ids')
      .select('file_id')
      .where('object_id', '=', object.id)
      .where('bot_id', '=', object.bot_id)
      .executeTakeFirst()
    return row?.file_id ?? ''
  }

  const toPiece = async (object: TelegramObject): Promise<Head['pieces'][number]> => ({
    objectId: object.id,
    chatId: object.chat_id,
    messageId: object.message_id,
    botId: object.bot_id,
    fileId: await fileIdOf(object),
    fileUniqueId: object.file_unique_id,
    sizeBytes: object.size_bytes,
    sha256: object.sha256.toString('base64url'),
  })

  const sendPieces = async (id: string, signal: AbortSignal | undefined): Promise<Head['pieces']> => {
    const { seal } = pieceSealer(secret, id)
    const pieces: Head['pieces'] = []
    for await (const bytes of inPieces(Readable.from(dumpLines(database.reader)).pipe(createGzip()), pieceBytes)) {
      const n = pieces.length
      const name = `${SNAPSHOT_PREFIX}${id}_${n}`
      const object = await telegram.putIndex(name, seal(bytes, n), undefined, signal && { signal })
      pieces.push(await toPiece(object))
    }
    return pieces
  }

  const lastMessages = async (): Promise<Head['channels']> => {
    const rows = await db
      .selectFrom('telegram_objects')
      .select(({ fn }) => ['chat_id', fn.max<number>('message_id').as('last')])
      .groupBy('chat_id')
      .execute()
    const last = new Map(rows.map(({ chat_id, last }) => [chat_id, last]))
    // One that is still empty may not be when the index is needed.
    for (const chatId of telegram.channels()) last.set(chatId, last.get(chatId) ?? 0)
    return [...last].map(([chatId, lastMessageId]) => ({ chatId, lastMessageId }))
  }

  const countFiles = async (): Promise<number> =>
    (
      await db
        .selectFrom('files')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow()
    ).count

  /** Deletes all indexes but one, also pieces of such as were never finished. */
  const dropOthers = async (id: string): Promise<void> => {
    const rows = await db
      .selectFrom('telegram_objects')
      .select('id')
      .where('id', '>=', SNAPSHOT_PREFIX)
      .where('id', '<', `${SNAPSHOT_PREFIX}~`)
      .execute()
    const others = rows.map((row) => row.id).filter((name) => !name.startsWith(`${SNAPSHOT_PREFIX}${id}_`))
    await telegram.delete(others)
    await db.deleteFrom('telegram_snapshots').where('id', '<>', id).execute()
  }

  /** Makes an index, pins it, and then deletes those before it. @throws {AppError} BACKEND_UNAVAILABLE */
  const make = async (signal?: AbortSignal): Promise<Snapshot> => {
    const id = newId('index')
    const madeAt = clock.now().getTime()
    const [files, migrations, channels] = [await countFiles(), await migrationsOf(db), await lastMessages()]
    const pieces = await sendPieces(id, signal)
    const head = sealHead(secret, { id, madeAt, files, migrations, keyPepper, channels, pieces })
    const [chatId] = telegram.channels()
    const object = await telegram.putIndex(`${SNAPSHOT_PREFIX}${id}_head`, head, chatId, signal && { signal })
    await telegram.pin(object, signal)
    const sizeBytes = pieces.reduce((sum, piece) => sum + piece.sizeBytes, head.length)
    await db
      .insertInto('telegram_snapshots')
      .values({ id, pieces: pieces.length, size_bytes: sizeBytes, files, made_at: madeAt })
      .execute()
    await dropOthers(id)
    log.info({ files, sizeBytes, chat: object.chat_id }, 'an index of the drive was pinned in a Telegram channel')
    return { id, files, sizeBytes, madeAt }
  }

  const latest = async (): Promise<Snapshot | undefined> => {
    const query = db.selectFrom('telegram_snapshots').selectAll().orderBy('made_at', 'desc').limit(1)
    const row = await query.executeTakeFirst()
    return row && { id: row.id, files: row.files, sizeBytes: row.size_bytes, madeAt: row.made_at }
  }

  const isDue = async (): Promise<boolean> => {
    const last = await latest()
    if (last === undefined) return true
    const ageMs = clock.now().getTime() - last.madeAt
    if (ageMs >= DAY_MS) return true
    const { changed } = await db
      .selectFrom('files')
      .select(({ fn }) => fn.countAll<number>().as('changed'))
      .where('updated_at', '>=', last.madeAt)
      .executeTakeFirstOrThrow()
    const changes = Math.max(changed, Math.abs((await countFiles()) - last.files))
    return changes >= MANY_CHANGES || (changes > 0 && ageMs >= HOUR_MS)
  }

  return {
    make,
    latest,
    isDue,
    /** Makes an index every hour in which something changed, sooner after many changes, and once a day in any case. */
    start: (leases: Leases): Duty =>
      every({ leases, log }, 'files.index', LOOK_MS, async (signal) => {
        if (await isDue()) await make(signal)
      }),
  }
}

async function* inPieces(source: AsyncIterable<unknown>, pieceBytes: number): AsyncGenerator<Buffer> {
  let have: Buffer[] = []
  let haveBytes = 0
  for await (const piece of source) {
    if (!Buffer.isBuffer(piece)) throw new TypeError('compression gives buffers')
    have.push(piece)
    haveBytes += piece.length
    if (haveBytes < pieceBytes) continue
    yield Buffer.concat(have)
    have = []
    haveBytes = 0
  }
  if (haveBytes > 0) yield Buffer.concat(have)
}
