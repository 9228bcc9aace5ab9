import * as fsPromises from 'node:fs/promises'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { accountRow } from '../../../test/account-row.ts'
import type { AuditEvent } from '../../accounts/index.ts'
import { type Clock, systemClock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/index.ts'
import { newId } from '../../platform/ids.ts'
import { leaseService, processOwner } from '../../platform/jobs/index.ts'
import { createLog } from '../../platform/log/index.ts'
import type { Backend } from '../backends/backend.ts'
import type { DiskFs } from '../backends/disk/directories.ts'
import { openDiskBackend } from '../backends/disk/disk.ts'
import { rangeReader } from '../chunks/reader.ts'
import { cutStream } from '../chunks/testing.ts'
import { chunkWriter } from '../chunks/writer.ts'
import { blobRepo } from '../files/blobs.ts'
import { objectWriters } from '../files/object-writers.ts'
import { sweeper } from '../files/sweep.ts'
import { storagePart } from './index.ts'
import type { RegisteredBackend } from './registry.ts'

/** So small that a few thousand bytes have many chunks. */
export const SIZES = { chunkBytes: 3000, leafBytes: 1000, inlineBytes: 200 }

export interface MovableClock extends Clock {
  advance(ms: number): void
}

export const movableClock = (): MovableClock => {
  let ahead = 0
  return {
    now: () => new Date(systemClock.now().getTime() + ahead),
    monotonicMs: () => systemClock.monotonicMs() + ahead,
    advance: (ms) => {
      ahead += ms
    },
  }
}

export interface StoredTestFile {
  readonly fileId: string
  readonly blobId: string
  readonly bytes: Buffer
}

export interface StackOptions {
  readonly database: Database
  readonly clock?: MovableClock
  /** Beside the disk. */
  readonly far?: readonly Backend[]
  readonly defaultBackend?: string
  readonly cacheBytes?: number
  readonly random?: () => number
  readonly folder?: string
  /** Waits for nothing to reach the disk: a process that ends loses nothing by it, and the power stays on in these tests. */
  readonly hasty?: boolean
  /** How long a copy may take before it counts as hanging. */
  readonly copyTimeoutMs?: number
  /** Puts something in front of the disk. */
  readonly around?: (disk: Backend) => Backend
}

const SECRET = 'a secret of the tests, long enough for its use'

const nothing = async (): Promise<void> => {}

const hastyFs: DiskFs = {
  ...fsPromises,
  open: async (...args) => Object.assign(await fsPromises.open(...args), { sync: nothing, datasync: nothing }),
}

export const tempFolder = async (): Promise<{ path: string; remove(): Promise<void> }> => {
  const path = await mkdtemp(join(tmpdir(), 'latchkey-storage-'))
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}

/** The storage as a process has it, without HTTP and with nobody who works by himself. Another one on the same folder and database is a restart. */
export const storageStack = async (options: StackOptions) => {
  const { database, clock = movableClock(), far = [], random } = options
  const folder = options.folder ?? (await tempFolder()).path
  const owner = processOwner()
  const log = createLog('silent')
  const disk = await openDiskBackend({
    root: join(folder, 'files'),
    ...(options.hasty === true ? { fs: hastyFs } : {}),
  })
  const writers = objectWriters({ database, backend: disk, owner, clock, log })
  const local = options.around?.(disk) ?? disk
  const registered = new Map<string, RegisteredBackend>([
    [disk.name, { backend: local, kind: 'disk' }],
    ...far.map((backend): [string, RegisteredBackend] => [backend.name, { backend, kind: 's3' }]),
  ])
  const woken: string[] = []
  const audited: AuditEvent[] = []
  const storage = storagePart({
    database,
    registered,
    defaultBackend: options.defaultBackend ?? far[0]?.name ?? disk.name,
    writers,
    jobs: {
      enqueue: async (_db, { name }) => {
        woken.push(name)
        return name
      },
      handle: () => {},
    },
    leases: leaseService({ database, clock, log, owner }),
    audit: { append: async (_tx, event) => void audited.push(event) },
    clock,
    log,
    secret: SECRET,
    cacheFolder: join(folder, 'cache'),
    cacheBytes: options.cacheBytes ?? 1_000_000,
    scrubPercentPerDay: 3,
    leafBytes: SIZES.leafBytes,
    retryMs: 1,
    againSeconds: 1,
    copyTimeoutMs: options.copyTimeoutMs ?? 700,
    pollMs: 1,
    ...(random === undefined ? {} : { random }),
  })
  const sweep = sweeper({ database, backends: storage.backends, writers, clock, log })
  const reader = rangeReader({ onBadCopy: storage.inspector.onBadCopy, leafBytes: SIZES.leafBytes })

  const account = async (): Promise<string> => {
    const id = 'account_of_storage'
    await database.db
      .insertInto('accounts')
      .values(accountRow({ id }))
      .onConflict((oc) => oc.column('id').doNothing())
      .execute()
    return id
  }

  const insertFile = async (blobId: string, sizeBytes: number): Promise<string> => {
    const [id, name] = [newId('file'), newId('name')]
    const place = { account_id: await account(), team_id: null, folder_id: null, trashed_at: null, trash_id: null }
    const facts = { type: 'other' as const, mime_type: 'application/octet-stream', size_bytes: sizeBytes }
    await database.db
      .insertInto('files')
      .values({ id, ...place, blob_id: blobId, name, name_key: name, ...facts, created_at: 1, updated_at: 1 })
      .execute()
    return id
  }

  return {
    storage,
    disk,
    clock,
    folder,
    woken,
    audited,
    sweep,
    writers,

    /** Stores a file as an upload does. */
    async upload(bytes: Buffer): Promise<StoredTestFile> {
      const writer = writers.create()
      const chunks = chunkWriter({ store: writer.store, onOrphans: () => {}, ...SIZES })
      const written = await chunks.write(cutStream(bytes, [900]))
      const subject = {
        sizeBytes: bytes.length,
        mimeType: 'application/octet-stream',
        fileType: 'other',
        folderId: null,
      }
      const place = async (tx: Parameters<typeof blobRepo>[0], at: number) => {
        await writer.handOver(tx)
        return blobRepo(tx, storage.backends).insert(written, 'disk', at)
      }
      const put = (placed: { place: typeof place }) =>
        database.transaction((tx) => placed.place(tx, clock.now().getTime()))
      try {
        const blobId = await storage.placing.around(
          subject,
          { bytes: { sizeBytes: bytes.length, place }, written },
          put,
        )
        return { fileId: await insertFile(blobId, bytes.length), blobId, bytes }
      } finally {
        await writer.finish()
      }
    },

    async read({ blobId, bytes }: StoredTestFile, from = 0, to = bytes.length - 1): Promise<Buffer> {
      if (bytes.length === 0) return Buffer.alloc(0)
      const blobs = blobRepo(database.db, storage.backends, storage.access)
      const inline = await blobs.inlineBytes(blobId)
      if (inline !== undefined) return inline.subarray(from, to + 1)
      const chunks = await blobs.chunks(blobId, from, to)
      return buffer(await reader.openRange({ chunks, from, to }))
    },

    async delete({ fileId, blobId }: StoredTestFile): Promise<void> {
      await database.transaction(async (tx) => {
        await tx.deleteFrom('files').where('id', '=', fileId).execute()
        await blobRepo(tx, storage.backends).discardUnused(blobId, clock.now().getTime())
      })
    },

    /** Copies what is due, on every backend. */
    async work(signal = new AbortController().signal): Promise<void> {
      for (const name of storage.backends.keys()) await storage.copies.work(name, signal)
    },

    /** Copies until nothing waits, however long that takes on the clock. */
    async settle(rounds = 60): Promise<void> {
      for (let round = 0; round < rounds; round += 1) {
        await this.work()
        if ((await database.db.selectFrom('copy_tasks').select('chunk_id').limit(1).execute()).length === 0) return
        clock.advance(61_000 * 60)
      }
      throw new Error('copies are still waiting')
    },

    /** Looks at all copies. @returns What is wrong with them; undefined if each could be looked at and is good. */
    async findFlaw(): Promise<string | undefined> {
      const { looked, bad } = await storage.inspector.scrub(1)
      const { copies } = await database.db
        .selectFrom('chunk_copies')
        .select(({ fn }) => fn.countAll<number>().as('copies'))
        .executeTakeFirstOrThrow()
      return bad === 0 && looked === copies ? undefined : `of ${copies} copies ${looked} were looked at, ${bad} are bad`
    },

    blob: ({ blobId }: StoredTestFile) =>
      database.db.selectFrom('blobs').selectAll().where('id', '=', blobId).executeTakeFirstOrThrow(),

    copies: ({ blobId }: StoredTestFile) =>
      database.db
        .selectFrom('chunk_copies')
        .innerJoin('chunks', 'chunks.id', 'chunk_copies.chunk_id')
        .select(['position', 'backend', 'locator', 'state', 'salt', 'stored_bytes'])
        .where('blob_id', '=', blobId)
        .orderBy('position')
        .orderBy('backend')
        .execute(),
  }
}

export type StorageStack = Awaited<ReturnType<typeof storageStack>>

/** Forgets everything that tests before have stored. */
export const clearStorage = async ({ db }: Database): Promise<void> => {
  for (const table of ['files', 'copy_tasks', 'chunk_copies', 'chunks', 'blobs', 'discarded_objects'] as const)
    await db.deleteFrom(table).execute()
  for (const table of ['storage_policies', 'storage_backends', 'storage_moves', 'object_writers', 'leases'] as const)
    await db.deleteFrom(table).execute()
}
