import { join } from 'node:path'
import type { AccountUsage, AuditLog } from '../accounts/index.ts'
import type { Clock } from '../platform/clock.ts'
import type { Config } from '../platform/config/index.ts'
import type { Database } from '../platform/db/index.ts'
import type { Endpoint, EndpointSpec, Route } from '../platform/http/index.ts'
import { guardedFetcher } from '../platform/http-client/index.ts'
import { type Duty, every, type JobQueue, type Leases } from '../platform/jobs/index.ts'
import type { Limiter } from '../platform/limits/index.ts'
import type { Log } from '../platform/log/index.ts'
import { openDiskBackend } from './backends/disk/disk.ts'
import { davPart } from './dav/index.ts'
import { type ContentService, contentService } from './files/content.ts'
import { fileContracts } from './files/contract.ts'
import { type FileMover, fileMover } from './files/moving.ts'
import { objectWriters } from './files/object-writers.ts'
import { fileRoutes } from './files/routes.ts'
import { type FileService, fileService } from './files/service.ts'
import { type Swept, sweeper } from './files/sweep.ts'
import { type Uploads, uploadService } from './files/uploads.ts'
import { folderContracts } from './folders/contract.ts'
import { folderRoutes } from './folders/routes.ts'
import { type FolderService, folderService } from './folders/service.ts'
import { importContracts } from './imports/contract.ts'
import { importRoutes } from './imports/routes.ts'
import { type Imports, importService } from './imports/service.ts'
import { driveSnapshots, recoveryContracts, recoveryRoutes } from './recovery/index.ts'
import { type BackendsConfig, registeredBackends } from './registered-backends.ts'
import { type Shares, shareContracts, sharesPart } from './shares/index.ts'
import { getStats } from './stats/contract.ts'
import { accountCounters, type Counters } from './stats/counters.ts'
import { statsRoutes } from './stats/routes.ts'
import { type Storage, storageContracts, storagePart } from './storage/index.ts'
import { hasTeamContents } from './team-contents.ts'
import { type Thumbnails, thumbnailContracts, thumbnailsPart } from './thumbnails/index.ts'
import { trashContracts } from './trash/contract.ts'
import { trashRoutes } from './trash/routes.ts'
import { type TrashService, trashService } from './trash/service.ts'
import { uploadContracts } from './uploads/contract.ts'
import { uploadRoutes } from './uploads/routes.ts'
import { type ResumableUploads, resumableUploads } from './uploads/service.ts'
import { getUsage } from './usage/contract.ts'
import { usageRoutes } from './usage/routes.ts'

export { filesMarker } from './changes-marker.ts'
export { davDialect } from './dav/index.ts'
export { filesDialect } from './dialect.ts'
export { mediaTypeOf } from './files/media-type.ts'
export type { StoredFile } from './files/repo.ts'
export { sharesDialect } from './shares/index.ts'
export type {
  ImageFacts,
  ImageSource,
  ImageTools,
  ImageWish,
  Picture,
  Pixels,
  Thumbnails,
} from './thumbnails/index.ts'

/** Every endpoint of the area, in the order of the reference page. */
export const filesContracts = [
  ...fileContracts,
  ...folderContracts,
  ...thumbnailContracts,
  ...trashContracts,
  ...uploadContracts,
  ...importContracts,
  ...storageContracts,
  ...recoveryContracts,
  ...shareContracts,
  getStats,
  getUsage,
] as const satisfies readonly Endpoint<EndpointSpec>[]

// Says what it is and not where: the address may be nobody else's business.
const USER_AGENT = 'Latchkey (file import)'
const SAVE_MS = 500
const SWEEP_MS = 60 * 60_000
const DAY_MS = 86_400_000

export interface FilesAreaOptions {
  readonly database: Database
  readonly clock: Clock
  readonly config: Pick<
    Config,
    | 'DATA_DIR'
    | 'MAX_FILE_BYTES'
    | 'SESSION_SECRET'
    | 'TRASH_DAYS'
    | 'PURGE_GRACE_DAYS'
    | 'UPLOAD_EXPIRES_DAYS'
    | 'FETCH_ALLOW'
    | 'FETCH_PORTS'
    | 'CACHE_DIR'
    | 'CACHE_BYTES'
    | 'SCRUB_PERCENT_PER_DAY'
    | 'KEY_PEPPER'
  > &
    BackendsConfig
  readonly log: Log
  readonly limiter: Limiter
  readonly leases: Leases
  readonly jobs: JobQueue
  /** `processOwner()`: who this process is in the database. */
  readonly owner: string
  /** Where people reach this server; asked each time, because it may only be known once the server listens. */
  readonly publicUrl: () => string
  readonly usage: (accountId: string) => Promise<AccountUsage>
  readonly audit: AuditLog
}

export interface FilesArea {
  readonly routes: Route[]
  readonly files: FileService
  readonly moves: FileMover
  readonly folders: FolderService
  readonly trash: TrashService
  readonly uploads: Uploads
  readonly content: ContentService
  readonly resumable: ResumableUploads
  readonly imports: Imports
  readonly shares: Shares
  readonly counters: Counters
  readonly thumbnails: Thumbnails
  readonly storage: Storage
  /** For whoever deletes teams. */
  readonly hasTeamContents: typeof hasTeamContents
  /** Removes objects that nothing names; safe at any time. */
  sweep(signal?: AbortSignal): Promise<Swept>
  /** @param sweeps Whether this process also clears away what uploads left behind: now, and every hour one process. */
  start(sweeps: boolean): void
  /** To be called when no request is answered any more: what is only in memory is written. */
  stop(): Promise<void>
}

/** What you keep: files, their bytes and their figures. Opens the folder of the bytes. */
export const filesArea = async (options: FilesAreaOptions): Promise<FilesArea> => {
  const { database, clock, config, log, limiter, leases, jobs, owner, publicUrl } = options
  const disk = await openDiskBackend({ root: join(config.DATA_DIR, 'files'), clock })
  const { registered, telegram } = await registeredBackends({
    disk,
    config,
    database,
    leases,
    clock,
    log,
    onUnreachable: async (locators) => {
      for (const locator of locators) await storage.inspector.note({ backend: 'telegram', locator }, 'missing')
    },
  })
  const counters = accountCounters(database)
  const writers = objectWriters({ database, backend: disk, owner, clock, log })
  const storage: Storage = storagePart({
    database,
    registered,
    // Whoever sets up another place wants the bytes there.
    defaultBackend: [...registered.keys()].at(-1) ?? disk.name,
    writers,
    jobs,
    leases,
    audit: options.audit,
    clock,
    log,
    secret: config.ENCRYPTION_KEY,
    cacheFolder: join(config.CACHE_DIR ?? join(config.DATA_DIR, 'cache'), 'chunks'),
    cacheBytes: config.CACHE_BYTES,
    scrubPercentPerDay: config.SCRUB_PERCENT_PER_DAY,
  })
  const { backends } = storage
  const files = fileService({ database, counters, clock, publicUrl })
  const copies = { access: storage.access, onBadCopy: storage.inspector.onBadCopy }
  const content = contentService({ database, backends, clock, log, copies })
  const thumbnails = thumbnailsPart({ database, content, jobs, clock, log })
  const storing = uploadService({
    database,
    backends,
    chunkBackend: disk.name,
    writers,
    counters,
    clock,
    log,
    maxFileBytes: config.MAX_FILE_BYTES,
    placement: storage.placing,
  })
  const uploads = thumbnails.watching(storing)
  const moves = fileMover({ database, counters, clock })
  const folders = folderService({ database, counters, clock })
  const trash = trashService({
    database,
    backends,
    counters,
    clock,
    log,
    keptMs: config.TRASH_DAYS * DAY_MS,
    graceMs: config.PURGE_GRACE_DAYS * DAY_MS,
  })
  const resumable = resumableUploads({
    database,
    backends,
    chunkBackend: disk.name,
    writers,
    uploads,
    clock,
    log,
    owner,
    expiresDays: config.UPLOAD_EXPIRES_DAYS,
  })
  const fetcher = guardedFetcher({
    allow: config.FETCH_ALLOW,
    ports: config.FETCH_PORTS.map(Number),
    userAgent: USER_AGENT,
  })
  const imports = importService({ database, fetcher, resumable, uploads, jobs, clock, log })
  const sweepObjects = sweeper({ database, backends, writers, clock, log })
  const sweep = async (signal?: AbortSignal): Promise<Swept> => {
    await resumable.expire(signal)
    await imports.sweep()
    return sweepObjects(signal)
  }
  const shares = sharesPart({
    database,
    counters,
    clock,
    log,
    limiter,
    secret: config.SESSION_SECRET,
    content,
    uploads,
    publicUrl,
  })
  const { ENCRYPTION_KEY: secret, KEY_PEPPER: keyPepper } = config
  const snapshots = telegram && driveSnapshots({ database, telegram, secret, keyPepper, clock, log })
  const running: { stop(): void | Promise<void> }[] = []

  return {
    routes: [
      ...fileRoutes({ files, moves, uploads, content, counters, clock }),
      ...thumbnails.routes(files),
      ...folderRoutes(folders),
      ...trashRoutes({ trash, files }),
      ...importRoutes(imports),
      ...uploadRoutes({ resumable, clock, log, maxFileBytes: config.MAX_FILE_BYTES }),
      ...storage.routes(files.find),
      ...recoveryRoutes({ snapshots, assertAdmin: storage.service.assertAdmin }),
      ...shares.routes,
      ...davPart({ database, counters, clock, content, uploads, folders, trash }),
      ...statsRoutes(shares.expiry),
      ...usageRoutes({ counters, expiry: shares.expiry, usage: options.usage }),
    ],
    files,
    moves,
    folders,
    trash,
    uploads,
    content,
    resumable,
    imports,
    shares,
    counters,
    storage,
    thumbnails,
    hasTeamContents,
    sweep,
    start(sweeps) {
      running.push(writers.keepAlive(), saveRegularly(counters, log))
      if (sweeps)
        running.push(
          sweepNow(sweep, log),
          every({ leases, log }, 'files.sweep', SWEEP_MS, async (signal) => void (await sweep(signal))),
          every({ leases, log }, 'files.trash', SWEEP_MS, async (signal) => void (await trash.sweep(signal))),
          shares.start(leases),
          thumbnails.start(leases),
        )
      if (!sweeps) return
      storage.start()
      if (snapshots === undefined) return
      running.push(snapshots.start(leases))
    },
    async stop() {
      await resumable.stop()
      await thumbnails.stop()
      await storage.stop()
      await Promise.all(running.splice(0).map((one) => one.stop()))
      await telegram?.close()
      await counters.save()
    },
  }
}

const saveRegularly = (counters: Counters, log: Log): { stop(): void } => {
  const timer = setInterval(() => {
    counters.save().catch((error: unknown) => log.error({ err: error }, 'the downloads could not be written'))
  }, SAVE_MS).unref()
  return { stop: () => clearInterval(timer) }
}

// After a crash nobody should wait an hour for the space that it left occupied.
const sweepNow = (sweep: FilesArea['sweep'], log: Log): Duty => {
  const stopping = new AbortController()
  const finished = sweep(stopping.signal).catch((error: unknown) => {
    if (!stopping.signal.aborted) log.error({ err: error }, 'the sweep at the start failed')
  })
  return {
    async stop() {
      stopping.abort(new Error('The server is stopping.'))
      await finished
    },
  }
}
