import { fileURLToPath } from 'node:url'
import {
  accountMarker,
  accountsArea,
  changeWatch,
  eventRoutes,
  quotaStore,
  serverRoutes,
  serverService,
  windowStore,
} from './accounts/index.ts'
import { type BotsArea, botsArea, botsMarker } from './bots/index.ts'
import { cardsArea, cardsMarker, mcpRoutes, type ProcessingTuning } from './cards/index.ts'
import { areas, contracts, deprecatedPrefixes, dialects } from './contracts.ts'
import { filesArea, filesMarker } from './files/index.ts'
import { migrations } from './migrations/index.ts'
import type { Clock } from './platform/clock.ts'
import type { Config } from './platform/config/index.ts'
import { type Database, migrate, openDatabase } from './platform/db/index.ts'
import { checkSecrets } from './platform/db/secret-checks.ts'
import { type Figure, healthRoutes } from './platform/health.ts'
import { httpServer, httpStats, type Route } from './platform/http/index.ts'
import { openApiDocument } from './platform/http/openapi.ts'
import { referenceRoutes } from './platform/http/reference.ts'
import { type Duty, every, type JobQueue, jobQueue, leaseService, processOwner } from './platform/jobs/index.ts'
import { embeddedLimiter, type Limiter, redisLimiter } from './platform/limits/index.ts'
import type { Log } from './platform/log/index.ts'
import { VERSION } from './version.ts'
import { webRoutes } from './web/routes.ts'

/** What a process does: answer requests, run jobs, run bots. */
export const ROLES = ['http', 'worker', 'bots'] as const
export type Role = (typeof ROLES)[number]

export interface AppOptions {
  readonly config: Config
  readonly clock: Clock
  readonly log: Log
  readonly roles: ReadonlySet<Role>
  /** How other servers are found and how long is waited for them, where that is not as usual. */
  readonly processing?: ProcessingTuning | undefined
}

export type App = Awaited<ReturnType<typeof createApp>>

// What is only in memory is lost in a crash: never more than a second of it.
const SAVE_MS = 900
const WEB_BUILD = fileURLToPath(new URL('../web/dist', import.meta.url))
const CLEAN_MS = 60 * 60_000
const KEPT_MS = 30 * 86_400_000
const STOP_GRACE_MS = 8_000
const CLOSE_IDLE_MS = 50
// A block of a day's quota lasts a second or more, and the next is reserved when half of it is left.
const QUOTA_GATHER_MS = 100

/** What the server and the commands that work beside it share: the database in its newest form, limits and accounts. */
export const createCore = async ({
  config,
  clock,
  log,
  own,
}: Pick<AppOptions, 'config' | 'clock' | 'log'> & { own: boolean }) => {
  const database = await openDatabase({
    url: config.DATABASE_URL,
    dataDir: config.DATA_DIR,
    synchronous: config.SQLITE_SYNC,
    own,
  })
  if (own && !database.owned) {
    await database.close()
    throw new Error(
      `Another server is running on ${config.DATA_DIR}. Stop it first, or use PostgreSQL for several processes.`,
    )
  }
  try {
    await migrate(database, migrations, clock.now().getTime())
    await checkSecrets(database, [
      { name: 'KEY_PEPPER', file: 'key-pepper', value: config.KEY_PEPPER },
      { name: 'ENCRYPTION_KEY', file: 'encryption-key', value: config.ENCRYPTION_KEY },
    ])
  } catch (error) {
    await database.close()
    throw error
  }
  const limits = await createLimiter({ config, clock, log, database })
  let publicUrl = config.PUBLIC_URL ?? `http://${config.HOST}:${config.PORT}`
  const accounts = accountsArea({
    database,
    clock,
    config,
    limiter: limits.limiter,
    shared: config.REDIS_URL !== undefined,
    publicUrl: () => publicUrl,
    limits: {
      files: { subject: 'key', perMinute: config.LIMIT_FILES_PER_MINUTE, perDay: true },
      // One upload that goes on, or one film that is watched, would use up the day.
      transfers: { subject: 'key', perMinute: config.LIMIT_TRANSFERS_PER_MINUTE, perDay: false },
      // Clients of WebDAV ask for each file one by one: their requests count by themselves, and not against the day.
      dav: { subject: 'key', perMinute: config.LIMIT_DAV_PER_MINUTE, perDay: false },
      bots: { subject: 'ip', perMinute: config.LIMIT_BOTS_PER_MINUTE, perDay: false },
      cards: { subject: 'key', perMinute: config.LIMIT_CARDS_PER_MINUTE, perDay: false },
    },
  })
  return {
    database,
    limits,
    accounts,
    publicUrl: () => publicUrl,
    /** For a port that the system chose. */
    setPublicUrl: (url: string): void => {
      publicUrl = config.PUBLIC_URL ?? url
    },
    /** Also when the database is gone, and nothing more can be written. @throws what could not be written */
    async close(): Promise<void> {
      const written = await Promise.allSettled([accounts.saveUses(), limits.close()])
      await database.close()
      for (const result of written) if (result.status === 'rejected') throw result.reason
    },
  }
}

/** Builds every part, in order. Nothing listens and no job runs before `start`. */
export const createApp = async (options: AppOptions) => {
  const { config, clock, log, roles } = options
  const core = await createCore({ config, clock, log, own: true })
  const { database, accounts } = core
  const owner = processOwner()
  const jobs = jobQueue({ database, url: config.DATABASE_URL, clock, log, owner })
  const leases = leaseService({ database, clock, log, owner })
  const stats = httpStats()
  const files = await filesArea({
    database,
    clock,
    config,
    log,
    limiter: core.limits.limiter,
    leases,
    jobs,
    owner,
    publicUrl: core.publicUrl,
    usage: accounts.usage,
    audit: accounts.audit,
  })
  accounts.teams.keepWhile(files.hasTeamContents)
  const cards = cardsArea({
    database,
    clock,
    config,
    log,
    limiter: core.limits.limiter,
    leases,
    jobs,
    files,
    publicUrl: core.publicUrl,
    processing: options.processing,
  })
  const bots = botsArea({
    database,
    clock,
    config,
    log,
    leases,
    audit: accounts.audit,
    jobs,
    publicUrl: core.publicUrl,
    files,
    cards: cards.bridge,
  })
  const changes = changeWatch({
    log,
    markers: {
      files: filesMarker(database.db),
      bots: botsMarker(database.db),
      cards: cardsMarker(database.db),
      account: accountMarker(database.db),
    },
  })
  const startedAt = clock.now().toISOString()
  const service = serverService({
    database,
    audit: accounts.audit,
    jobs,
    facts: () => ({
      version: VERSION,
      started_at: startedAt,
      shared: config.REDIS_URL !== undefined,
      roles: [...roles],
      public_url: core.publicUrl(),
      open_signup: config.OPEN_SIGNUP,
      limits: limitsOf(config),
    }),
  })
  const health = healthRoutes({
    version: VERSION,
    stats,
    metricsToken: config.METRICS_TOKEN,
    checks: { database: () => database.ping() },
    details: () => ({ python: bots.figures().python }),
    figures: async () => [...(await figuresOf(jobs, bots)), ...(await files.storage.figures())],
  })
  const routes: Route[] = [
    ...accounts.routes,
    ...eventRoutes(changes),
    ...serverRoutes(service),
    ...files.routes,
    ...bots.routes,
    ...cards.routes,
    ...mcpRoutes({
      routes: [...cards.routes, ...files.routes],
      files,
      gate: accounts.gate,
      clock,
      publicUrl: core.publicUrl,
      bodyLimitBytes: config.BODY_LIMIT_BYTES,
    }),
    ...health,
    ...webRoutes(WEB_BUILD),
    ...referenceRoutes({
      document: () =>
        openApiDocument({
          endpoints: contracts,
          dialects,
          areas,
          deprecated: deprecatedPrefixes,
          version: VERSION,
          serverUrl: '/',
        }),
    }),
  ]
  const server = httpServer({
    // A process that only works still says how it is.
    routes: roles.has('http') ? routes : health,
    dialects,
    gate: accounts.gate,
    log,
    clock,
    stats,
    trustedProxies: config.TRUSTED_PROXIES,
    bodyLimitBytes: config.BODY_LIMIT_BYTES,
    corsOrigins: config.CORS_ORIGINS,
    publicUrl: core.publicUrl,
    mounts: roles.has('http') ? [{ prefix: '/simulator', handle: bots.simulatorHttp }] : [],
  })
  let saving: NodeJS.Timeout | undefined
  let cleaning: Duty | undefined

  return {
    core,
    jobs,
    leases,
    files,
    cards,
    server,
    /** @returns The address it listens on. */
    async start(): Promise<string> {
      saving = setInterval(() => {
        accounts.saveUses().catch((error) => log.error({ err: error }, 'the uses of keys could not be written'))
        core.limits.limiter.maintain().catch((error) => log.error({ err: error }, 'the limits could not be written'))
      }, SAVE_MS)
      files.start(roles.has('worker'))
      cards.start(roles.has('worker'))
      await bots.load()
      if (roles.has('worker')) {
        await jobs.start()
        cleaning = every({ leases, log }, 'clean-up', CLEAN_MS, async () => {
          const before = clock.now().getTime() - KEPT_MS
          await jobs.deleteDead(KEPT_MS)
          await accounts.forgetBefore(before)
          await bots.forgetRunsBefore(before)
          await bots.purgeTrash()
        })
      }
      if (roles.has('bots')) await bots.start()
      // A process before this one may have been killed between a revocation and telling the others of it.
      if (config.REDIS_URL !== undefined)
        await core.limits.limiter
          .bumpEpoch()
          .catch((error) => log.warn({ err: error }, 'the other processes could not be told of the start'))
      const address = await server.listen({ host: config.HOST, port: config.PORT })
      core.setPublicUrl(address)
      return address
    },
    async stop(): Promise<void> {
      clearInterval(saving)
      bots.closeStreams()
      changes.close()
      // The server closes the connections that are idle now; those that become so with their answer are closed here.
      const closing = setInterval(() => server.server.closeIdleConnections(), CLOSE_IDLE_MS)
      await server.close()
      clearInterval(closing)
      await cards.stop()
      await files.stop()
      await bots.stop()
      await cleaning?.stop()
      await jobs.stop(STOP_GRACE_MS)
      await core.close()
    },
  }
}

/** What a person may ask about when something was refused. */
const limitsOf = (config: Config): Record<string, number> =>
  Object.fromEntries(
    Object.entries(config).flatMap(([name, value]) =>
      typeof value === 'number' && /^LIMIT_|_BYTES$|_DAYS$/.test(name) ? [[name, value]] : [],
    ),
  )

const createLimiter = async ({
  config,
  clock,
  log,
  database,
}: Pick<AppOptions, 'config' | 'clock' | 'log'> & { database: Database }): Promise<{
  limiter: Limiter
  close(): Promise<void>
}> => {
  if (config.REDIS_URL !== undefined) {
    const { Redis } = await import('ioredis')
    const redis = new Redis(config.REDIS_URL, {
      maxRetriesPerRequest: 0,
      connectTimeout: 5_000,
      enableAutoPipelining: true,
    })
    // What fails is reported by the limiter, once per outage; without a listener the process would end.
    redis.on('error', () => {})
    const limiter = redisLimiter({ redis, clock, nodes: config.REDIS_NODES, log })
    return {
      limiter,
      close: async () => {
        await limiter.close()
        redis.disconnect()
      },
    }
  }
  const windows = windowStore(database)
  const limiter = embeddedLimiter({
    clock,
    quotaStore: quotaStore(database.db),
    gatherMs: QUOTA_GATHER_MS,
    snapshotStore: windows,
    log,
  })
  limiter.restore(await windows.load(clock.now().getTime()))
  return {
    limiter,
    close: async () => {
      await limiter.close()
    },
  }
}

const figuresOf = async (jobs: JobQueue, bots: BotsArea): Promise<Figure[]> => {
  const counts = await jobs.stats()
  const states = ['ready', 'delayed', 'running', 'dead'] as const
  const python = bots.figures()
  return [
    {
      name: 'latchkey_jobs',
      help: 'Jobs by name and state.',
      values: counts.flatMap((job) => states.map((state) => ({ labels: { job: job.name, state }, value: job[state] }))),
    },
    {
      name: 'latchkey_bots_polled',
      help: 'Bots whose updates this process takes.',
      values: [{ labels: {}, value: python.bots }],
    },
    {
      name: 'latchkey_python_runtime',
      help: 'What runs the commands of bots, and whether the runtime that was set is refused here.',
      values: [{ labels: { runtime: python.runtime, refused: String(python.refused) }, value: 1 }],
    },
    { name: 'latchkey_python_workers', help: 'Python processes.', values: [{ labels: {}, value: python.workers }] },
    {
      name: 'latchkey_runs_waiting',
      help: 'Commands that wait for a Python process.',
      values: [{ labels: {}, value: python.waiting }],
    },
    { name: 'latchkey_runs_total', help: 'Commands that were run.', values: [{ labels: {}, value: python.runs }] },
  ]
}
