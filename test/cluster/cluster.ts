import { randomBytes } from 'node:crypto'
import { after, before } from 'node:test'
import { createOwner, type Owner } from '../services/owner.ts'
import { startPostgres } from '../services/postgres.ts'
import { type LatchkeyProcess, spawnLatchkey } from '../services/process.ts'
import { type Redis, startRedis } from '../services/redis.ts'
import { type Cleanup, tempDir } from '../services/temp-dir.ts'

/** Two servers around one PostgreSQL and, unless it was asked to be without, one Redis. */
export interface Cluster {
  readonly a: LatchkeyProcess
  readonly b: LatchkeyProcess
  readonly redis: Redis | undefined
  readonly owner: Owner
}

export interface ClusterOptions {
  readonly redis: boolean
  /** Settings by name, without the prefix. */
  readonly settings?: Readonly<Record<string, string>>
}

const ROOMY = {
  LIMIT_FILES_PER_MINUTE: '100000',
  LIMIT_BOTS_PER_MINUTE: '100000',
  LIMIT_CARDS_PER_MINUTE: '100000',
  LIMIT_SESSION_PER_MINUTE: '100000',
  LIMIT_AUTH_FAILURES_PER_MINUTE: '100000',
  LIMIT_OAUTH_TOKENS_PER_MINUTE: '100000',
  LIMIT_OAUTH_REGISTRATIONS_PER_HOUR: '100000',
}

/** A cluster for the tests of a suite; there once they run. */
export const clusterForSuite = (options: ClusterOptions): Readonly<Cluster> => {
  const cluster: Partial<Cluster> = {}
  const closers: (() => unknown)[] = []
  const hooks = { after: (close: () => unknown) => void closers.unshift(close) }
  before(async () => {
    Object.assign(cluster, await startCluster(hooks, options))
  })
  after(async () => {
    for (const close of closers) await close()
  })
  return cluster as Cluster
}

const startCluster = async (t: Cleanup, { redis: withRedis, settings = {} }: ClusterOptions): Promise<Cluster> => {
  const folders = [tempDir(t), tempDir(t)]
  const postgres = await startPostgres()
  t.after(() => postgres.stop())
  const { url } = await postgres.createDatabase()
  const redis = withRedis ? await startRedis({ own: true }) : undefined
  t.after(() => redis?.stop())
  const env = { ...settingsOf({ ...ROOMY, ...settings }), ...settingsOf({ DATABASE_URL: url }), ...secrets() }
  const start = (dataDir: string): LatchkeyProcess => {
    const all = { ...env, ...(redis === undefined ? {} : settingsOf({ REDIS_URL: redis.url })) }
    const server = spawnLatchkey({ dataDir, env: all })
    t.after(async () => void (await server.kill()))
    return server
  }
  const [a, b] = [start(folders[0] ?? ''), start(folders[1] ?? '')]
  await Promise.all([a.ready, b.ready])
  const owner = await createOwner(a)
  return { a, b, redis, owner }
}

const settingsOf = (values: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`LATCHKEY_${name}`, value]))

const secrets = (): Record<string, string> => {
  const names = ['KEY_PEPPER', 'SESSION_SECRET', 'ENCRYPTION_KEY']
  return settingsOf(Object.fromEntries(names.map((name) => [name, randomBytes(32).toString('base64url')])))
}
