import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { describe, it, type TestContext } from 'node:test'
import { addAccount } from '../../../test/account-row.ts'
import { testPlace } from '../../../test/database.ts'
import { systemClock } from '../../platform/clock.ts'
import { type Database, openDatabase } from '../../platform/db/index.ts'
import { newId } from '../../platform/ids.ts'
import { createLog } from '../../platform/log/index.ts'
import type { TelegramBackend, TelegramBackendOptions } from '../backends/telegram/telegram.ts'
import {
  CHANNEL,
  collect,
  documentsIn,
  oneOf,
  openBackend,
  SCRATCH,
  SECRET,
  type TelegramPlace,
  telegramSetting,
} from '../backends/telegram/testing.ts'
import { driveSnapshots, findIndex } from './index.ts'

const CHUNK_BYTES = 16 * 1024 * 1024
const INLINE_BYTES = 64 * 1024
const PEPPER = 'a pepper that is long enough for tests'

/** An empty database, and the backend that is to work on it once it is filled. */
const newServer = async (t: TestContext, place: TelegramPlace, options: Partial<TelegramBackendOptions> = {}) => {
  const files = await testPlace('sqlite')
  const database = await openDatabase({ url: undefined, dataDir: files.dataDir, synchronous: 'NORMAL', own: false })
  let backend: TelegramBackend | undefined
  t.after(async () => {
    await backend?.close()
    await database.close()
    await files.remove()
  })
  return {
    fresh: database,
    async open(): Promise<TelegramBackend> {
      backend = await openBackend(place, database, { leaseMs: 3000, ...options })
      return backend
    },
  }
}

/** A file whose bytes are in the database or in the channels. */
const putFile = async ({ db }: Database, telegram: TelegramBackend, accountId: string, name: string, bytes: Buffer) => {
  const isInline = bytes.length <= INLINE_BYTES
  const blobId = newId('blob')
  const sha256 = createHash('sha256').update(bytes).digest()
  await db
    .insertInto('blobs')
    .values({
      id: blobId,
      size_bytes: bytes.length,
      sha256,
      backend: isInline ? 'database' : 'telegram',
      state: 'healthy',
      replicas: 1,
      encrypted: 0,
      created_at: 1,
      inline_bytes: isInline ? bytes : null,
    })
    .execute()
  for (let at = 0; !isInline && at < bytes.length; at += CHUNK_BYTES) {
    const part = bytes.subarray(at, at + CHUNK_BYTES)
    const about = { blob: blobId, n: at / CHUNK_BYTES, of: Math.ceil(bytes.length / CHUNK_BYTES) }
    const chunkId = newId('chunk')
    const locator = await telegram.put(newId('copy'), oneOf(part), part.length, { about })
    await db
      .insertInto('chunks')
      .values({
        id: chunkId,
        blob_id: blobId,
        position: at / CHUNK_BYTES,
        start_at: at,
        size_bytes: part.length,
        tag_key: Buffer.alloc(16),
        leaf_tags: Buffer.alloc(16),
      })
      .execute()
    const copy = { chunk_id: chunkId, state: 'good' as const, verified_at: 1, stored_bytes: part.length }
    await db
      .insertInto('chunk_copies')
      .values([
        { ...copy, backend: 'telegram', locator },
        { ...copy, backend: 'disk', locator: newId('object') },
      ])
      .execute()
  }
  const at = Date.now()
  const shape = {
    blob_id: blobId,
    name,
    name_key: name,
    type: 'document' as const,
    mime_type: 'application/octet-stream',
  }
  await db
    .insertInto('files')
    .values({
      id: newId('file'),
      account_id: accountId,
      team_id: null,
      folder_id: null,
      trashed_at: null,
      trash_id: null,
      ...shape,
      size_bytes: bytes.length,
      created_at: at,
      updated_at: at,
    })
    .execute()
  return blobId
}

/** @returns The SHA-256 of every file's bytes as they can be had now, by name. */
const readAll = async ({ db }: Database, telegram: TelegramBackend): Promise<Map<string, string>> => {
  const found = new Map<string, string>()
  const files = await db
    .selectFrom('files')
    .innerJoin('blobs', 'blobs.id', 'files.blob_id')
    .select(['files.name', 'blobs.id', 'inline_bytes'])
    .execute()
  for (const { name, id, inline_bytes } of files) {
    const hash = createHash('sha256')
    if (inline_bytes !== null) hash.update(inline_bytes)
    const copies = await db
      .selectFrom('chunks')
      .innerJoin('chunk_copies', 'chunk_copies.chunk_id', 'chunks.id')
      .select(['locator', 'chunks.size_bytes'])
      .where('blob_id', '=', id)
      .where('chunk_copies.backend', '=', 'telegram')
      .orderBy('position')
      .execute()
    for (const { locator, size_bytes } of copies) hash.update(await collect(telegram, locator, 0, size_bytes - 1))
    found.set(name, hash.digest('hex'))
  }
  return found
}

const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

const setUp = async (t: TestContext, options: { botCount?: number; pieceBytes?: number } = {}) => {
  const setting = await telegramSetting(t, { botCount: options.botCount ?? 1 })
  const { database, backend: telegram } = setting
  const snapshots = driveSnapshots({
    database,
    telegram,
    secret: SECRET,
    keyPepper: PEPPER,
    clock: systemClock,
    log: createLog('silent'),
    ...(options.pieceBytes === undefined ? {} : { pieceBytes: options.pieceBytes }),
  })
  return { ...setting, telegram, snapshots, account: await addAccount(database.db, { is_admin: 1 }) }
}

describe('a drive that is rebuilt from its channel', () => {
  it('has every file again, bit for bit, from 0 bytes to 100 MB', async (t) => {
    const { place, database, telegram, snapshots, account } = await setUp(t)
    const expected = new Map<string, string>()
    const sizes = [0, 1, INLINE_BYTES, INLINE_BYTES + 1, 17 * 1024 * 1024, 100_000_000]
    for (let n = 0; n < 100; n++) {
      const bytes = randomBytes(sizes[n] ?? (n % 4 === 0 ? 70_000 + n : n * 10))
      expected.set(`file ${n}`, digest(bytes))
      await putFile(database, telegram, account, `file ${n}`, bytes)
    }
    await snapshots.make()
    await telegram.close()

    const { fresh, open } = await newServer(t, place)
    const token = place.bots[0]?.token ?? ''
    const index = await findIndex({ token, chatId: CHANNEL, apiRoot: place.apiRoot, secret: SECRET })
    const { rows, lostFiles } = await index.load(fresh)
    index.close()

    const restored = await open()
    assert.deepEqual(await readAll(fresh, restored), expected)
    assert.equal(rows.get('files'), 100)
    assert.equal(lostFiles, 0)
    assert.equal(index.head.keyPepper, PEPPER)
    const disk = await fresh.db.selectFrom('chunk_copies').select('locator').where('backend', '=', 'disk').execute()
    assert.deepEqual(disk, [])
  })

  it('finds what was put after the last index, and says what it belongs to', async (t) => {
    const { place, database, telegram, snapshots, account } = await setUp(t)
    await putFile(database, telegram, account, 'before', randomBytes(100_000))
    await snapshots.make()
    const later = randomBytes(100_000)
    const blobId = await putFile(database, telegram, account, 'after', later)
    await telegram.close()
    const { fresh, open } = await newServer(t, place)
    const token = place.bots[0]?.token ?? ''
    const index = await findIndex({ token, chatId: CHANNEL, apiRoot: place.apiRoot, secret: SECRET })
    await index.load(fresh)
    index.close()
    const restored = await open()

    const [channel] = index.head.channels
    const strays = await restored.explore(CHANNEL, channel?.lastMessageId ?? 0)

    const found = strays.filter(({ about }) => about !== null && about !== '{}')
    assert.deepEqual(
      found.map(({ size_bytes, about }) => [size_bytes, about]),
      [[later.length, JSON.stringify({ blob: blobId, n: 0, of: 1 })]],
    )
    assert.equal(found[0]?.sha256.toString('hex'), digest(later))
  })

  it('can be read by another bot than the one that wrote it', async (t) => {
    const { place, database, telegram, snapshots, account } = await setUp(t, { botCount: 2, pieceBytes: 2000 })
    const bytes = randomBytes(200_000)
    await putFile(database, telegram, account, 'one', bytes)
    for (let n = 0; n < 120; n++) await putFile(database, telegram, account, `small ${n}`, randomBytes(500))
    await snapshots.make()
    await telegram.close()
    const writer = (await database.db.selectFrom('telegram_objects').select('bot_id').executeTakeFirstOrThrow()).bot_id
    const reader = place.bots.find(({ id }) => id !== writer)
    place.emulator.removeBot(writer)
    const token = reader?.token ?? ''
    const { fresh, open } = await newServer(t, place, { bots: [{ token }] })

    const where = { token, chatId: CHANNEL, scratchChatId: SCRATCH, apiRoot: place.apiRoot }
    const index = await findIndex({ ...where, secret: SECRET })
    await index.load(fresh)
    index.close()

    assert.ok(index.head.pieces.length > 1)
    const restored = await open()
    assert.equal((await readAll(fresh, restored)).get('one'), digest(bytes))
  })

  it('opens with its own key only, and into an empty database only', async (t) => {
    const { place, database, telegram, snapshots, account } = await setUp(t)
    await putFile(database, telegram, account, 'one', randomBytes(10))
    const token = place.bots[0]?.token ?? ''
    const where = { token, chatId: CHANNEL, apiRoot: place.apiRoot }
    await assert.rejects(findIndex({ ...where, secret: SECRET }), /no document is pinned/)
    await snapshots.make()

    await assert.rejects(findIndex({ ...where, secret: 'another secret that is long enough' }), /recovery key/)

    const index = await findIndex({ ...where, secret: SECRET })
    t.after(() => index.close())
    await assert.rejects(index.load(database), /not empty/)
  })

  it('keeps one index in the channel, and none of it in the list of objects', async (t) => {
    const { place, telegram, snapshots } = await setUp(t)
    await snapshots.make()
    await snapshots.make()

    await telegram.maintain()

    const bot = place.bots[0]?.id ?? 0
    assert.equal(documentsIn(place.emulator, bot, CHANNEL).filter(({ pinned_message }) => !pinned_message).length, 2)
    assert.deepEqual(await Array.fromAsync(telegram.list?.() ?? []), [])
    assert.equal(await snapshots.isDue(), false)
  })
})
