import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { availableParallelism, constants, setPriority } from 'node:os'
import { resolve } from 'node:path'
import launch from '../bin/launch.json' with { type: 'json' }

/** Servers and the one who loads them must not share a core, or each measures the other. */
export const SERVER_CPU = 0
export const LOAD_CPU = 1

export const CAN_PIN =
  process.platform === 'linux' && availableParallelism() > 1 && spawnSync('taskset', ['-V']).status === 0

/** These run as anybody would run them; ours runs as `latchkey serve` does. */
const YARDSTICKS = /bare|raw/

/** A script of ours in a process of its own, which answers over the channel. */
export interface Helper<Ready> {
  readonly pid: number
  /** What it said when it was ready. */
  readonly ready: Ready
  /** Sends a question and waits for the answer, five minutes unless told; one at a time. */
  ask<Answer>(question: unknown, withinMs?: number): Promise<Answer>
  stop(): Promise<void>
}

const READY_WITHIN_MS = 60_000
const STOP_WITHIN_MS = 5_000

/**
 * @param cpu The one core that it may use, where the system can do that.
 * @param log Where its log goes; nowhere for one that is made to refuse by the thousand.
 */
export const startHelper = async <Ready>(
  script: string,
  settings: unknown,
  cpu?: number,
  log: 'inherit' | 'ignore' = 'inherit',
): Promise<Helper<Ready>> => {
  const { flags, env } = script.startsWith('servers/') && !YARDSTICKS.test(script) ? launch : { flags: [], env: {} }
  const node = [process.execPath, ...flags, resolve(import.meta.dirname, script), JSON.stringify(settings)]
  const [command = '', ...args] = cpu !== undefined && CAN_PIN ? ['taskset', '-c', String(cpu), ...node] : node
  const child = spawn(command, args, {
    stdio: ['ignore', 'inherit', log, 'ipc'],
    env: { ...env, ...process.env },
  })
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  const ready = await nextMessage<Ready>(child, script, READY_WITHIN_MS)
  return {
    pid: child.pid ?? 0,
    ready,
    ask<Answer>(question: unknown, withinMs?: number): Promise<Answer> {
      const answer = nextMessage<Answer>(child, script, withinMs)
      child.send(question as object)
      return answer
    },
    stop: () =>
      new Promise((done) => {
        const late = setTimeout(kill, STOP_WITHIN_MS)
        child.once('exit', () => {
          clearTimeout(late)
          process.off('exit', kill)
          done()
        })
        child.disconnect()
      }),
  }
}

const nextMessage = <T>(child: ChildProcess, script: string, withinMs = 300_000): Promise<T> =>
  new Promise((fulfil, reject) => {
    const end = (settle: () => void): void => {
      clearTimeout(late)
      child.off('message', onMessage).off('exit', onExit)
      settle()
    }
    const onMessage = (message: unknown): void => end(() => fulfil(message as T))
    const onExit = (code: number | null): void => end(() => reject(new Error(`${script} ended with ${code}.`)))
    const late = setTimeout(() => end(() => reject(new Error(`${script} did not answer.`))), withinMs)
    child.on('message', onMessage).on('exit', onExit)
  })

/** For a helper's script: the settings that it was started with. */
export const settingsOf = <Settings>(): Settings => JSON.parse(process.argv[2] ?? '{}') as Settings

/** For a helper's script: says that it is ready, and answers questions from then on. */
export const beReady = (ready: unknown, answer: (question: never) => unknown = () => null): void => {
  process.on('message', async (question) => {
    process.send?.((await answer(question as never)) ?? null)
  })
  process.on('disconnect', () => process.exit())
  process.send?.(ready)
}

/**
 * For a helper's script: from now on it gets the time that nobody else wants, and goes at once when somebody does, as if
 * it were on a machine of its own. A low priority alone may finish its slice of milliseconds first.
 *
 * @see https://man7.org/linux/man-pages/man7/sched.7.html SCHED_IDLE
 */
export const comeLast = (): void => {
  const { status } = spawnSync('chrt', ['--idle', '--all-tasks', '--pid', '0', String(process.pid)])
  if (status !== 0) setPriority(constants.priority.PRIORITY_LOW)
}
