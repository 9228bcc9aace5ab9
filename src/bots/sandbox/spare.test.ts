import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { hostSignatures } from '../host/signatures.ts'
import { pyodideEngine } from './engine.ts'
import { runner, silentLog, TEST_CACHE_DIR, until } from './testing.ts'
import type { EngineLog } from './types.ts'

const HOUR_MS = 3_600_000

/** An engine whose clock can be moved, and the numbers of its processes in the order in which they were ready. */
const agedEngine = () => {
  let aheadMs = 0
  const pids: number[] = []
  const ended: string[] = []
  const log: EngineLog = {
    ...silentLog,
    info: (fields) => void ('pid' in fields && pids.push(Number(fields.pid))),
    warn: (fields) => void ended.push(String(Object(fields).reason)),
  }
  const clock = { now: () => new Date(Date.now() + aheadMs), monotonicMs: () => performance.now() + aheadMs }
  const engine = pyodideEngine(
    { cacheDir: TEST_CACHE_DIR, hostCalls: hostSignatures, maxWorkers: 2, limits: { pythonMs: 20_000 }, log },
    clock,
  )
  const run = runner(engine)
  return { engine, pids, ended, run, age: (ms: number) => (aheadMs += ms) }
}

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('processes of Python', () => {
  it('are not started beside a run that is over at once, but beside one that takes its time', async () => {
    const { engine, pids, run } = agedEngine()
    after(() => engine.close())
    await engine.ready()

    await run('x = 1')
    await wait(1_000)
    assert.equal(pids.length, 1)

    const host = () => until(() => pids.length === 2).then(() => null)
    const slow = await run("bot.sendMessage('x')", { host })
    assert.equal(slow.outcome, 'ok')
  })

  it('that are old are replaced once others are ready, and nobody waits for those', async () => {
    const { engine, pids, ended, run, age } = agedEngine()
    after(() => engine.close())
    await engine.ready()
    const [old = 0] = pids

    age(HOUR_MS)
    const outcomes: string[] = []
    let before = 0
    while (pids.length === 1) {
      outcomes.push((await run('x = 1', { botId: `bot_${outcomes.length}` })).outcome)
      if (pids.length === 1) before += 1
    }

    // The first one found out that it is old; whoever came after it did not wait for a start.
    assert.ok(before >= 2, `${before} of ${outcomes.length} runs ended before another process was ready`)
    assert.deepEqual(new Set(outcomes), new Set(['ok']))
    await until(() => !isRunning(old))
    assert.equal((await run("print('young')")).prints, 'young\n')
    assert.equal(pids.length, 2)
    assert.deepEqual(ended, [])
  })
})
