import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'

export type GroupOptions = {
  args: string[]
  cwd: string
  env: NodeJS.ProcessEnv
  /** When it fires, the leader gets SIGTERM, then the rest of the group, and what is slow to end SIGKILL. */
  signal: AbortSignal
  /** How long the leader and then the rest may take to end; 5 s unless told. */
  patienceMs?: number
  onStart?: (groupId: number) => void
  /** Gets both streams of everything that runs in the group, until both have ended. */
  onOutput: (chunk: Buffer) => void
}

export type GroupResult = {
  /** False also if it was ended by a signal. */
  ok: boolean
  /** Processes that did not end with the leader, and had to be killed. Empty if `signal` fired. */
  leftBehind: string[]
}

/**
 * Runs Node in a process group of its own, and resolves when every process of the group is gone. A Ctrl-C in the
 * terminal does not reach the group: its `signal` does.
 */
export const runGroup = async (options: GroupOptions): Promise<GroupResult> => {
  const { args, cwd, env, signal, patienceMs = 5000, onStart, onOutput } = options
  const child = spawn(process.execPath, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  const exit = leaderExit(child)
  const groupId = child.pid
  if (groupId === undefined) return { ok: await exit, leftBehind: [] }
  onStart?.(groupId)
  child.stdout.on('data', onOutput)
  child.stderr.on('data', onOutput)
  const ended = Promise.all([streamEnd(child.stdout), streamEnd(child.stderr)])
  const stop = () => endLeader(child, patienceMs)
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  const ok = await exit
  signal.removeEventListener('abort', stop)
  if (signal.aborted) signalGroup(groupId, 'SIGTERM')
  const leftBehind = await emptyGroup(groupId, patienceMs)
  // A process that left the group may still hold the streams; it must not hold us.
  await Promise.race([ended, wait(patienceMs, undefined, { ref: false })])
  return { ok, leftBehind: signal.aborted ? [] : leftBehind }
}

const leaderExit = (child: ChildProcess): Promise<boolean> =>
  new Promise((fulfil, reject) => {
    child.once('exit', (code) => fulfil(code === 0))
    child.once('error', reject)
  })

const streamEnd = (stream: Readable) => new Promise((fulfil) => stream.once('close', fulfil))

const endLeader = (child: ChildProcess, patienceMs: number): void => {
  child.kill('SIGTERM')
  const kill = setTimeout(() => child.kill('SIGKILL'), patienceMs)
  child.once('exit', () => clearTimeout(kill))
}

/** Gives the members time to follow their leader, then kills the rest and says who they were. */
const emptyGroup = async (groupId: number, patienceMs: number): Promise<string[]> => {
  const giveUpAt = performance.now() + patienceMs
  while (membersOf(groupId).length > 0 && performance.now() < giveUpAt) await wait(25)
  const rest = membersOf(groupId)
  signalGroup(groupId, 'SIGKILL')
  return rest
}

const signalGroup = (groupId: number, name: NodeJS.Signals): void => {
  try {
    process.kill(-groupId, name)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

/** The group's living processes: id, program and arguments. Empty where there is no /proc to look in. */
const membersOf = (groupId: number): string[] => {
  if (!existsSync('/proc/self/stat')) return []
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        // The name, which comes second and in brackets, may hold anything; state, parent and group follow it.
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
        const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
        if (state === 'Z' || Number(group) !== groupId) return []
        // Without options: node:test hands some dozens to each file.
        const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
        return [[pid, ...words.filter((word) => word !== '' && !word.startsWith('--'))].join(' ')]
      } catch {
        return [] // It ended while we looked.
      }
    })
}
