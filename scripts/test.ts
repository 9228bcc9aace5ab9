/**
 * `npm test [part of a path …]` and `npm run test:crash [part of a path …]`.
 *
 * Checks types, style and dead code, starts one PostgreSQL and one Redis for the whole run, runs the tests, and looks
 * for leaked secrets in everything that was printed and logged. What it starts ends with it, whichever way it ends.
 */
import { chmodSync, createWriteStream, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { guardFolder } from '../test/services/daemon.ts'
import { startPostgres } from '../test/services/postgres.ts'
import { startRedis } from '../test/services/redis.ts'
import { findCanaries } from './test/canaries.ts'
import { runGates } from './test/gates.ts'
import { makePlan, type Plan, testFiles } from './test/plan.ts'
import { runGroup } from './test/process-group.ts'

const ROOT = resolve(import.meta.dirname, '..')

const main = async (): Promise<number> => {
  const plan = makePlan(process.argv.slice(2), testFiles(ROOT))
  const stop = stopOn(plan.deadlineMinutes)
  const failures: string[] = []
  if (plan.gates) {
    heading('Checks')
    failures.push(...(await runGates({ cwd: ROOT, env: process.env, signal: stop.signal })))
  }
  heading(`Tests: ${plan.files.length + plan.crashFiles.length} files`)
  failures.push(...(await runTests(plan, stop.signal)))
  if (stop.signal.aborted) failures.unshift(String(stop.signal.reason))
  if (failures.length === 0) return 0
  heading('Failed')
  for (const failure of failures) console.log(`✖ ${failure}`)
  return 1
}

const heading = (text: string): void => console.log(`\n── ${text} ──`)

/** Fires when somebody wants the run to end, or it takes too long. */
const stopOn = (deadlineMinutes: number): AbortController => {
  const stop = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stop.abort(`Stopped by ${name}`))
  setTimeout(() => stop.abort(`The run took longer than ${deadlineMinutes} minutes`), deadlineMinutes * 60_000).unref()
  return stop
}

/** @returns A sentence for everything that went wrong. */
const runTests = async (plan: Plan, signal: AbortSignal): Promise<string[]> => {
  if (plan.files.length + plan.crashFiles.length === 0) return ['No test file matches']
  const folder = runFolder()
  const closers: (() => Promise<void> | void)[] = [guardFolder(folder)]
  try {
    const services = await startServices(closers)
    if (signal.aborted) return []
    const env = { ...process.env, ...services, ...settings(folder), TEST_CRASH_ROUNDS: crashRounds(plan) }
    const failures = await runWorker(plan, folder, env, signal)
    return [...failures, ...findCanaries(env.TEST_CANARY_FILE, join(folder, 'logs'))]
  } finally {
    for (const close of closers.reverse()) await close()
  }
}

/** Everything the run writes is below it. Others may pass, but not look: PostgreSQL runs as another user under root. */
const runFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-test-'))
  mkdirSync(join(folder, 'tmp'))
  mkdirSync(join(folder, 'logs'), { mode: 0o700 })
  for (const path of [folder, join(folder, 'tmp')]) chmodSync(path, 0o711)
  Object.assign(process.env, { TMPDIR: join(folder, 'tmp'), TEST_LOG_DIR: join(folder, 'logs') })
  return folder
}

const startServices = async (closers: (() => Promise<void> | void)[]) => {
  const postgres = await startPostgres()
  closers.push(postgres.stop)
  const redis = await startRedis()
  closers.push(redis.stop)
  return { TEST_POSTGRES_URL: postgres.url, TEST_REDIS_URL: redis.url }
}

const settings = (folder: string) => ({
  TEST_CANARY_FILE: process.env.TEST_CANARY_FILE ?? join(folder, 'canaries'),
})

const crashRounds = (plan: Plan): string => process.env.TEST_CRASH_ROUNDS ?? String(plan.crashRounds)

const runWorker = async (plan: Plan, folder: string, env: NodeJS.ProcessEnv, signal: AbortSignal) => {
  const capture = createWriteStream(join(folder, 'logs', 'output'))
  const { files, crashFiles } = plan
  const { ok, leftBehind } = await runGroup({
    args: [join(import.meta.dirname, 'test/worker.ts'), JSON.stringify({ files, crashFiles })],
    cwd: ROOT,
    env,
    signal,
    onStart: (groupId) => writeFileSync(join(folder, 'pid'), `-${groupId}`),
    onOutput(chunk) {
      capture.write(chunk)
      process.stdout.write(chunk)
    },
  })
  await new Promise((fulfil) => capture.end(fulfil))
  const left = leftBehind.map((command) => `Tests left a process running: ${command}`)
  return ok ? left : ['Tests', ...left]
}

try {
  process.exitCode = await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
