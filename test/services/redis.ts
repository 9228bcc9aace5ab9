import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { type Daemon, daemonReady, guardFolder, startDaemon } from './daemon.ts'
import { freePort } from './ports.ts'
import { requireProgram } from './programs.ts'

const HELP =
  'Tests need Redis or Valkey. Install one (Debian, Ubuntu: `apt-get install redis-tools`, which holds the server ' +
  'and starts no service; elsewhere the package `redis` or `valkey`), or set TEST_REDIS_URL to a server.'

export type Redis = {
  url: string
  /** The server's process; undefined where it is not ours. */
  pid: () => number | undefined
  /** Stops answering, with connections left open, as a stuck machine does. Only a server of our own. */
  pause: () => void
  /** Goes on after `pause`. */
  resume: () => void
  /** kill -9; what it held is gone. Only a server of our own. */
  kill: () => Promise<void>
  /** Starts again, empty, on the same port and password, what was killed. Only a server of our own. */
  restart: () => Promise<void>
  /** Ends a server of our own; leaves another alone. */
  stop: () => Promise<void>
}

export type RedisOptions = {
  /** A server of our own, although TEST_REDIS_URL names one: for tests that break it or need it empty. */
  own?: boolean
}

/**
 * A Redis for tests: the server that TEST_REDIS_URL names, else a new one that listens on 127.0.0.1 only, keeps nothing,
 * and wants a random password.
 *
 * @throws {Error} With what to install, where none can be had.
 */
export const startRedis = async ({ own = false }: RedisOptions = {}): Promise<Redis> => {
  const outside = process.env.TEST_REDIS_URL
  return outside && !own ? outsideRedis(outside) : ownRedis(await serverProgram())
}

const outsideRedis = (url: string): Redis => {
  const refuse = () => {
    throw new Error('This Redis is shared: ask for startRedis({ own: true }) to break one.')
  }
  return {
    url,
    pid: () => undefined,
    pause: refuse,
    resume: refuse,
    kill: refuse,
    restart: refuse,
    stop: async () => {},
  }
}

const ownRedis = async (program: string): Promise<Redis> => {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-redis-'))
  const removeFolder = guardFolder(folder)
  const password = randomBytes(16).toString('hex')
  try {
    let { daemon, port } = await launchOnFreePort(program, folder, password)
    return {
      url: `redis://:${password}@127.0.0.1:${port}`,
      pid: () => daemon.pid,
      pause: () => void daemon.signal('SIGSTOP'),
      resume: () => void daemon.signal('SIGCONT'),
      kill: () => daemon.end('SIGKILL'),
      async restart() {
        daemon = await launch(program, folder, password, port)
      },
      async stop() {
        // SIGKILL: nothing is kept, and it also ends a paused one.
        await daemon.end('SIGKILL')
        removeFolder()
      },
    }
  } catch (cause) {
    removeFolder()
    throw new Error(`Redis did not start. ${HELP}\n${String(cause)}`, { cause })
  }
}

const launchOnFreePort = async (program: string, folder: string, password: string, left = 5) => {
  const port = await freePort()
  try {
    return { port, daemon: await launch(program, folder, password, port) }
  } catch (error) {
    if (left <= 1 || !/already in use/i.test(String(error))) throw error
    return launchOnFreePort(program, folder, password, left - 1)
  }
}

const launch = async (program: string, folder: string, password: string, port: number): Promise<Daemon> => {
  const config = join(folder, 'redis.conf')
  const lines = ['bind 127.0.0.1', `port ${port}`, `requirepass ${password}`, `dir ${folder}`, 'save ""']
  lines.push('appendonly no', 'daemonize no', 'databases 16', 'loglevel notice')
  // In a file, because every user of the machine sees a process's arguments.
  writeFileSync(config, `${lines.join('\n')}\n`, { mode: 0o600 })
  const logFile = join(process.env.TEST_LOG_DIR ?? folder, `${basename(folder)}.log`)
  const daemon = startDaemon({ command: program, argv0: 'redis-server', args: [config], folder, logFile })
  try {
    await daemonReady(daemon, () => answers(port, password))
  } catch (error) {
    await daemon.end('SIGKILL')
    throw error
  }
  return daemon
}

/** Whether the server on `port` is ours, which the password proves, and ready. */
const answers = async (port: number, password: string): Promise<boolean> => {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8')
  try {
    await once(socket, 'connect')
    socket.write(`AUTH ${password}\r\n`)
    const [reply] = await once(socket, 'data', { signal: AbortSignal.timeout(2000) })
    return String(reply).startsWith('+OK')
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

// Debian's `redis-server` is a link to this one, of the package redis-tools: the name it is called by makes the server.
const serverProgram = (): Promise<string> =>
  requireProgram({
    names: ['redis-server', 'valkey-server', 'redis-check-rdb'],
    // The package with the program, and not `redis-server`, which would set up a service.
    packageName: 'redis-tools',
    help: HELP,
  })
