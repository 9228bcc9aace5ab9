import { join } from 'node:path'
import type { Clock } from '../platform/clock.ts'
import type { Config } from '../platform/config/index.ts'
import type { Database } from '../platform/db/index.ts'
import type { Endpoint, EndpointSpec, Route } from '../platform/http/index.ts'
import { type Duty, every, type Leases } from '../platform/jobs/index.ts'
import type { Log } from '../platform/log/index.ts'
import type { Backend } from './backends/backend.ts'
import { openDiskBackend } from './backends/disk/disk.ts'
import { contentService } from './files/content.ts'
import { fileContracts } from './files/contract.ts'
import { objectWriters } from './files/object-writers.ts'
import { fileRoutes } from './files/routes.ts'
import { type FileService, fileService } from './files/service.ts'
import { type Swept, sweeper } from './files/sweep.ts'
import { type Uploads, uploadService } from './files/uploads.ts'
import { getStats } from './stats/contract.ts'
import { accountCounters, type Counters } from './stats/counters.ts'
import { statsRoutes } from './stats/routes.ts'

export { filesDialect } from './dialect.ts'

/** Every endpoint of the area, in the order of the reference page. */
export const filesContracts = [...fileContracts, getStats] as const satisfies readonly Endpoint<EndpointSpec>[]

const SAVE_MS = 500
const SWEEP_MS = 60 * 60_000

export interface FilesAreaOptions {
  readonly database: Database
  readonly clock: Clock
  readonly config: Pick<Config, 'DATA_DIR' | 'MAX_FILE_BYTES'>
  readonly log: Log
  readonly leases: Leases
  /** `processOwner()`: who this process is in the database. */
  readonly owner: string
  /** Where people reach this server; asked each time, because it may only be known once the server listens. */
  readonly publicUrl: () => string
}

export interface FilesArea {
  readonly routes: Route[]
  readonly files: FileService
  readonly uploads: Uploads
  readonly counters: Counters
  /** Removes objects that nothing names; safe at any time. */
  sweep(signal?: AbortSignal): Promise<Swept>
  /** @param sweeps Whether this process also clears away what uploads left behind: now, and every hour one process. */
  start(sweeps: boolean): void
  /** To be called when no request is answered any more: what is only in memory is written. */
  stop(): Promise<void>
}

/** What you keep: files, their bytes and their figures. Opens the folder of the bytes. */
export const filesArea = async (options: FilesAreaOptions): Promise<FilesArea> => {
  const { database, clock, config, log, leases, owner, publicUrl } = options
  const disk = await openDiskBackend({ root: join(config.DATA_DIR, 'files'), clock })
  const backends = new Map<string, Backend>([[disk.name, disk]])
  const counters = accountCounters(database)
  const writers = objectWriters({ database, backend: disk, owner, clock, log })
  const files = fileService({ database, counters, clock, publicUrl })
  const content = contentService({ database, backends, clock, log })
  const uploads = uploadService({
    database,
    backends,
    chunkBackend: disk.name,
    writers,
    counters,
    clock,
    log,
    maxFileBytes: config.MAX_FILE_BYTES,
  })
  const sweep = sweeper({ database, backends, writers, clock, log })
  const running: { stop(): void | Promise<void> }[] = []

  return {
    routes: [...fileRoutes({ files, uploads, content, counters, clock }), ...statsRoutes(counters)],
    files,
    uploads,
    counters,
    sweep,
    start(sweeps) {
      running.push(writers.keepAlive(), saveRegularly(counters, log))
      if (sweeps)
        running.push(
          sweepNow(sweep, log),
          every({ leases, log }, 'files.sweep', SWEEP_MS, async (signal) => void (await sweep(signal))),
        )
    },
    async stop() {
      await Promise.all(running.splice(0).map((one) => one.stop()))
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
