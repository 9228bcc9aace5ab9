import type { AuditLog } from '../../accounts/index.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/index.ts'
import type { Figure } from '../../platform/health.ts'
import { every, type JobQueue, type Leases } from '../../platform/jobs/index.ts'
import type { Log } from '../../platform/log/index.ts'
import type { Backend } from '../backends/backend.ts'
import type { ObjectWriters } from '../files/object-writers.ts'
import { copyAccess } from './access.ts'
import { chunkCache } from './cache.ts'
import { chunkCopier } from './copier.ts'
import { healthBook } from './health.ts'
import { keyring } from './keys.ts'
import { blobMover, moveJob } from './moves.ts'
import { placement } from './placement.ts'
import { storagePolicies } from './policies.ts'
import type { RegisteredBackend } from './registry.ts'
import { repairPlanner } from './repairs.ts'
import { copyJob, replication } from './replication.ts'
import { type StorageRoutesParts, storageRoutes } from './routes.ts'
import { copyInspector, hourlyShare } from './scrub.ts'
import { storageService } from './service.ts'

export { storageContracts } from './contract.ts'
export { type RegisteredBackend, reopeningBackend } from './registry.ts'

const WAKE_MS = 60_000
const SCRUB_MS = 60 * 60_000

export interface StorageOptions {
  readonly database: Database
  readonly registered: ReadonlyMap<string, RegisteredBackend>
  /** Where files go that no policy speaks of. */
  readonly defaultBackend: string
  readonly writers: ObjectWriters
  readonly jobs: Pick<JobQueue, 'enqueue' | 'handle'>
  readonly leases: Leases
  readonly audit: Pick<AuditLog, 'append'>
  readonly clock: Clock
  readonly log: Log
  /** `ENCRYPTION_KEY`. */
  readonly secret: string
  readonly cacheFolder: string
  readonly cacheBytes: number
  readonly scrubPercentPerDay: number
  /** For tests, where files are small and time is short. */
  readonly leafBytes?: number
  readonly random?: () => number
  readonly retryMs?: number
  readonly againSeconds?: number
  readonly copyTimeoutMs?: number
  readonly pollMs?: number
}

export type Storage = ReturnType<typeof storagePart>

/** What stands above single backends: where bytes are to be, copies of them, their keys, their health. */
export const storagePart = (options: StorageOptions) => {
  const { database, registered, defaultBackend, writers, jobs, leases, clock, log, leafBytes } = options
  const backends: ReadonlyMap<string, Backend> = new Map([...registered].map(([name, { backend }]) => [name, backend]))
  const kinds = new Map([...registered].map(([name, { kind }]) => [name, kind]))
  const policies = storagePolicies({ database, clock, kinds, defaultBackend })
  const health = healthBook({ database, clock, log })
  const keys = keyring({ database, secret: options.secret, clock })
  const cache = chunkCache({ folder: options.cacheFolder, maxBytes: options.cacheBytes, log })
  const access = copyAccess({
    database,
    backends,
    keys,
    cache,
    isDown: health.isDown,
    onAnswer: health.succeeded,
    leafBytes,
  })
  const copier = chunkCopier({
    onBadCopy: (bad) => inspector.onBadCopy(bad),
    leafBytes,
    timeoutMs: options.copyTimeoutMs,
  })
  const copies = replication({ ...options, backends, access, copier, keys, policies, health })
  const inspector = copyInspector({
    database,
    backends,
    access,
    policies,
    replication: copies,
    health,
    audit: options.audit,
    clock,
    log,
    leafBytes,
    timeoutMs: options.copyTimeoutMs,
  })
  const replan = repairPlanner({ database, backends, policies, replication: copies, clock, log })
  let isReplanned = false
  const placing = placement({
    backends,
    policies,
    replication: copies,
    copier,
    keys,
    writers,
    clock,
    log,
    leafBytes,
    random: options.random,
  })
  const moves = blobMover({
    database,
    placement: placing,
    policies,
    replication: copies,
    jobs,
    clock,
    pollMs: options.pollMs,
  })
  const service = storageService({ database, registered, defaultBackend, policies, health, inspector, writers, clock })
  const running: { stop(): Promise<void> }[] = []
  jobs.handle(copyJob, (payload, run) => copies.run(payload, run))
  jobs.handle(moveJob, (payload, run) => moves.run(payload, run))

  const prune = (): Promise<void> =>
    cache.prune(async (ids) => {
      const living = new Set<string>()
      for (let from = 0; from < ids.length; from += 500) {
        const part = ids.slice(from, from + 500)
        const rows = await database.db.selectFrom('chunks').select('id').where('id', 'in', part).execute()
        for (const { id } of rows) living.add(id)
      }
      return living
    })

  return {
    backends,
    policies,
    health,
    keys,
    cache,
    access,
    copies,
    inspector,
    replan,
    placing,
    moves,
    service,

    routes: (findFile: StorageRoutesParts['findFile']) =>
      storageRoutes({ storage: service, moves, policies, keys, findFile }),

    /** For `/metrics`. */
    async figures(): Promise<Figure[]> {
      const { backends: all, files } = await service.overview()
      const each = (value: (one: (typeof all)[number]) => number) =>
        all.map((one) => ({ labels: { backend: one.name }, value: value(one) }))
      return [
        { name: 'latchkey_storage_bytes', help: 'Bytes of copies.', values: each(({ bytes }) => bytes) },
        {
          name: 'latchkey_storage_up',
          help: '1 if it answers.',
          values: each((one) => (one.health.state === 'down' ? 0 : 1)),
        },
        {
          name: 'latchkey_storage_backlog_objects',
          help: 'Copies to be made.',
          values: each((one) => one.backlog.objects),
        },
        {
          name: 'latchkey_storage_backlog_bytes',
          help: 'Bytes to be copied.',
          values: each((one) => one.backlog.bytes),
        },
        {
          name: 'latchkey_storage_files',
          help: 'Contents that are not as they should be.',
          values: Object.entries(files).map(([state, value]) => ({ labels: { state }, value })),
        },
        {
          name: 'latchkey_storage_cache_bytes',
          help: 'Bytes in the cache of chunks.',
          values: [{ labels: {}, value: cache.figures().bytes }],
        },
      ]
    },

    /** Begins the duties of a process that works. */
    start(): void {
      running.push(
        every({ leases, log }, 'storage.wake', WAKE_MS, async (signal) => {
          // A server that was just rebuilt begins at once with what it lacks.
          if (!isReplanned) await replan(signal)
          isReplanned = true
          await copies.wakeAll()
        }),
        every({ leases, log }, 'storage.scrub', SCRUB_MS, async (signal) => {
          await inspector.scrub(hourlyShare(options.scrubPercentPerDay), signal)
          await replan(signal)
          await prune()
        }),
      )
    },

    async stop(): Promise<void> {
      await Promise.all(running.splice(0).map((one) => one.stop()))
      await cache.close()
    },
  }
}
