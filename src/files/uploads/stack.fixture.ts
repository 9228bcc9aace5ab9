import * as fsPromises from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/index.ts'
import { processOwner } from '../../platform/jobs/index.ts'
import { createLog } from '../../platform/log/index.ts'
import type { Backend } from '../backends/backend.ts'
import type { DiskFs } from '../backends/disk/directories.ts'
import { openDiskBackend } from '../backends/disk/disk.ts'
import { rangeReader } from '../chunks/reader.ts'
import { blobRepo } from '../files/blobs.ts'
import { objectWriters } from '../files/object-writers.ts'
import { sweeper } from '../files/sweep.ts'
import { type Uploads, uploadService } from '../files/uploads.ts'
import { accountCounters } from '../stats/counters.ts'
import { type NewUpload, type Piece, resumableUploads } from './service.ts'

const KIB = 1024

/** Chunks so small that a test reaches the end of many. */
export const SIZES = { chunkBytes: 64 * KIB, leafBytes: 16 * KIB, inlineBytes: KIB }

export const WHOLE: Omit<NewUpload, 'sizeBytes'> = {
  kind: 'whole',
  name: 'file.bin',
  mediaType: '',
  folderId: undefined,
  teamId: undefined,
  onConflict: 'rename',
}

export const pieceOf = (source: Piece['source'], offset: number, declaredBytes: number): Piece => ({
  source,
  offset,
  declaredBytes,
  signal: new AbortController().signal,
})

export interface StackOptions {
  readonly database: Database
  readonly dataDir: string
  readonly clock: Clock
  readonly fs?: DiskFs
  /** Stands in front of what makes files. */
  readonly around?: (adopt: Uploads['adopt']) => Uploads['adopt']
}

/** Resumable uploads as the area builds them, with small chunks and without HTTP. */
export const uploadStack = async ({ database, dataDir, clock, fs = fsPromises, around }: StackOptions) => {
  const owner = processOwner()
  const log = createLog('error')
  const disk = await openDiskBackend({ root: join(dataDir, 'files'), clock, fs })
  const backends = new Map<string, Backend>([[disk.name, disk]])
  const writers = objectWriters({ database, backend: disk, owner, clock, log })
  const counters = accountCounters(database)
  const chunkBackend = disk.name
  const maxFileBytes = Number.MAX_SAFE_INTEGER
  const plain = uploadService({ database, backends, chunkBackend, writers, counters, clock, log, maxFileBytes })
  const uploads = { ...plain, adopt: around?.(plain.adopt) ?? plain.adopt }
  const more = { clock, log, owner, expiresDays: 7, sizes: SIZES }
  const resumable = resumableUploads({ database, backends, chunkBackend, writers, uploads, ...more })
  const ranges = rangeReader({ onBadCopy: () => {}, leafBytes: SIZES.leafBytes })

  return {
    resumable,
    disk,
    sweep: sweeper({ database, backends, writers, clock, log }),
    stats: (accountId: string) => counters.stats(accountId),
    /** The bytes of a file, and the hash that is stored with them. */
    async content(fileId: string): Promise<{ bytes: Buffer; sha256: string }> {
      const file = await database.db
        .selectFrom('files')
        .innerJoin('blobs', 'blobs.id', 'files.blob_id')
        .select(['blobs.id', 'blobs.size_bytes', 'blobs.sha256'])
        .where('files.id', '=', fileId)
        .executeTakeFirstOrThrow()
      const to = file.size_bytes - 1
      const chunks = await blobRepo(database.db, backends).chunks(file.id, 0, to)
      const pieces: Buffer[] = []
      for await (const piece of await ranges.openRange({ chunks, from: 0, to })) pieces.push(piece)
      return { bytes: Buffer.concat(pieces), sha256: Buffer.from(file.sha256).toString('hex') }
    },
  }
}
