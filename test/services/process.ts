import { type ChildProcess, spawn } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import launch from '../../bin/launch.json' with { type: 'json' }

const MAIN = resolve(import.meta.dirname, '../../bin/main.js')
const READY = /listening on (http:\/\/127\.0\.0\.1:\d+)/
const READY_WITHIN_MS = 60_000

export type Exit = { code: number | null; signal: NodeJS.Signals | null }

export type LatchkeyProcess = {
  pid: number
  /** Where it listens. Throws before `ready`. */
  readonly url: string
  /** The url, once it listens; rejects if it ends first or takes a minute, with what it printed to stderr. */
  ready: Promise<string>
  /** How it ended, once it has and everything that it printed is here. */
  exited: Promise<Exit>
  stdout: () => string
  stderr: () => string
  /** Sends a signal (SIGTERM unless told) and waits for the end. */
  kill: (signal?: NodeJS.Signals) => Promise<Exit>
}

export type LatchkeyOptions = {
  dataDir: string
  /** On top of PATH, HOME and TMPDIR, which are all it gets of ours: a setting in the shell must not change a test. */
  env?: Record<string, string>
  /** `serve` unless told. */
  args?: string[]
  /** What it reads on standard input; nothing unless told. */
  input?: string
}

/**
 * Starts the program on a free port of 127.0.0.1, as a process of its own. It gets SIGKILL when ours exits; what it
 * prints also goes to the logs that are searched for secrets when the test run has ended.
 */
export const spawnLatchkey = ({ dataDir, env = {}, args = ['serve'], input }: LatchkeyOptions): LatchkeyProcess => {
  const { PATH, HOME, TMPDIR } = process.env
  const settings = { LATCHKEY_HOST: '127.0.0.1', LATCHKEY_PORT: '0', LATCHKEY_DATA_DIR: dataDir, ...env }
  const child = spawn(process.execPath, [...launch.flags, MAIN, ...args], {
    env: { PATH, HOME, TMPDIR, ...launch.env, ...settings },
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  })
  child.stdin?.end(input)
  endWithUs(child)
  const stdout = collect(child, 'stdout')
  const stderr = collect(child, 'stderr')
  const exited = new Promise<Exit>((fulfil, reject) => {
    child.once('close', (code, signal) => fulfil({ code, signal }))
    child.once('error', reject)
  })
  const ready = readyUrl(child, stdout, stderr)
  return {
    pid: child.pid ?? 0,
    get url() {
      const url = READY.exec(stdout())?.[1]
      if (url === undefined) throw new Error('It does not listen yet: await `ready` first.')
      return url
    },
    ready,
    exited,
    stdout,
    stderr,
    kill(signal = 'SIGTERM') {
      child.kill(signal)
      return exited
    },
  }
}

const endWithUs = (child: ChildProcess): void => {
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  child.once('exit', () => process.off('exit', kill))
}

const collect = (child: ChildProcess, name: 'stdout' | 'stderr'): (() => string) => {
  const folder = process.env.TEST_LOG_DIR
  let text = ''
  child[name]?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
    if (folder) appendFileSync(join(folder, `latchkey-${child.pid}.${name}.log`), chunk)
  })
  return () => text
}

const readyUrl = (child: ChildProcess, stdout: () => string, stderr: () => string): Promise<string> => {
  const ready = new Promise<string>((fulfil, reject) => {
    const fail = (what: string) => reject(new Error(`Latchkey ${what} before it was ready:\n${stderr()}${stdout()}`))
    const late = setTimeout(() => fail('took a minute'), READY_WITHIN_MS)
    child.stdout?.on('data', () => {
      const url = READY.exec(stdout())?.[1]
      if (url === undefined) return
      clearTimeout(late)
      fulfil(url)
    })
    child.once('error', (error) => fail(`could not be run (${error.message})`))
    child.once('close', (code, signal) => {
      clearTimeout(late)
      fail(`ended (${signal ?? `exit code ${code}`})`)
    })
  })
  // A test that kills it early need not look at `ready`.
  ready.catch(() => {})
  return ready
}
