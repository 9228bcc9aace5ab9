import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

export type DaemonOptions = {
  command: string
  args: string[]
  /** The service's own folder: it runs there, and its process id is kept there for the guard. */
  folder: string
  /** The file that takes everything it prints; appended to. */
  logFile: string
  env?: NodeJS.ProcessEnv
  /** The name it is called by, where that is not the file's. */
  argv0?: string
  /** Whom it runs as; ourselves unless told. */
  user?: { uid: number; gid: number } | undefined
}

export type Daemon = ReturnType<typeof startDaemon>

/**
 * Starts a server process in a session of its own, so that a Ctrl-C in the terminal is ours to answer. It does not keep
 * our process running: a test that forgets to stop it still ends, and the guard of its folder ends the daemon.
 */
export const startDaemon = ({ command, args, folder, logFile, env, argv0, user }: DaemonOptions) => {
  const log = openSync(logFile, 'a')
  const child = spawn(command, args, {
    cwd: folder,
    stdio: ['ignore', log, log],
    detached: true,
    ...(env && { env }),
    ...(argv0 && { argv0 }),
    ...user,
  })
  closeSync(log)
  // Without a listener a missing program would end our process.
  child.on('error', () => {})
  if (child.pid === undefined) appendFileSync(logFile, `Cannot run ${command}.\n`)
  else writeFileSync(join(folder, 'pid'), String(child.pid))
  child.unref()
  const running = () => child.pid !== undefined && child.exitCode === null && child.signalCode === null
  return {
    pid: child.pid ?? 0,
    running,
    /** Everything printed so far. */
    log: () => readFileSync(logFile, 'utf8'),
    signal: (name: NodeJS.Signals) => running() && child.kill(name),
    /** Ends it with `signal`, and after `patienceMs` with SIGKILL; resolves when it is gone. */
    end: (signal: NodeJS.Signals, patienceMs = 10_000) => end(child, running, signal, patienceMs),
  }
}

const end = async (child: ChildProcess, running: () => boolean, signal: NodeJS.Signals, patienceMs: number) => {
  if (!running()) return
  child.ref()
  const exit = once(child, 'exit')
  child.kill(signal)
  const kill = setTimeout(() => child.kill('SIGKILL'), patienceMs)
  await exit
  clearTimeout(kill)
}

/**
 * Waits until `probe` says yes.
 *
 * @throws When the daemon ends first, or after 60 s; the message ends with what it printed last.
 */
export const daemonReady = async (daemon: Daemon, probe: () => Promise<boolean>): Promise<void> => {
  const giveUpAt = performance.now() + 60_000
  while (!(await probe())) {
    const lastWords = () => daemon.log().trim().split('\n').slice(-8).join('\n')
    if (!daemon.running()) throw new Error(`It ended before it was ready:\n${lastWords()}`)
    if (performance.now() > giveUpAt) throw new Error(`It was not ready after 60 s:\n${lastWords()}`)
    await wait(20)
  }
}

// Reads until its input ends, which happens when we are gone, however we went. A group is written as `-<id>`.
const GUARD = `
while read -r _; do :; done
pid=$(cat "$1/pid" 2>/dev/null) && kill -s QUIT -- "$pid" 2>/dev/null && sleep 2 && kill -s KILL -- "$pid" 2>/dev/null
rm -rf -- "$1"
`

/**
 * Lets nothing outlive us: when this process is gone without having called the returned function (an exit in the middle
 * of a test, kill -9), the process whose id is in `folder/pid` is ended and the folder removed.
 *
 * @returns Takes the guard off and removes the folder. The process must have been ended before.
 */
export const guardFolder = (folder: string): (() => void) => {
  const guard = spawn('/bin/sh', ['-c', GUARD, 'latchkey-guard', folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    cwd: '/',
  })
  guard.on('error', () => console.error(`Nothing guards ${folder}: /bin/sh cannot be run.`))
  guard.unref()
  return () => {
    guard.kill('SIGKILL')
    guard.stdin.destroy()
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}
