import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import { after, before, describe, it } from 'node:test'
import { runner, testEngine, testEngines, until } from './testing.ts'
import type { HostCall } from './types.ts'

/** Where a process stands among those that want the CPU is asked of Linux. */
const onLinux = process.platform === 'linux' ? it : () => {}

const descendants = (pid: number): number[] => {
  try {
    const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    )
    return children.flatMap((child) => [child, ...descendants(child)])
  } catch {
    // It ended while it was looked at.
    return []
  }
}

const priorities = (): number[] =>
  descendants(process.pid).flatMap((pid) => {
    try {
      return [getPriority(pid)]
    } catch {
      return []
    }
  })

const STORM = 'kept = []\nwhile True: kept.append(bytearray(1_000_000))'

describe('a bot whose runs have to be ended', () => {
  const engine = testEngine({ maxWorkers: 3 })
  const run = runner(engine)
  before(() => engine.ready())
  after(() => engine.close())

  onLinux('keeps a process that comes last, which others do not get, and costs them none', async () => {
    const storms = []
    for (let n = 0; n < 4; n += 1) storms.push((await run(STORM, { botId: 'storm' })).outcome)
    const apart = priorities().filter((nice) => nice === 19)
    const { promise: answer, resolve: open } = Promise.withResolvers<null>()
    let asked = 0
    const host: HostCall = () => {
      asked += 1
      return answer
    }

    const held = run("bot.sendMessage('x')", { botId: 'storm/1', host })
    await until(() => asked === 1)
    const others = await Promise.all(['a', 'b', 'c'].map((botId) => run("print('fine')", { botId })))
    open(null)

    assert.deepEqual(storms, ['memory', 'memory', 'memory', 'memory'])
    assert.deepEqual(apart, [19])
    assert.deepEqual([...new Set(others.map(({ prints }) => prints))], ['fine\n'])
    assert.equal((await held).outcome, 'ok')
    assert.deepEqual(engine.stats().lost, {})
  })

  onLinux('is done without a process of its own where there is one for all', async (t) => {
    const single = testEngine({ maxWorkers: 1, memoryBudgetBytes: 1 })
    t.after(() => single.close())

    const { outcome } = await runner(single)(STORM, { botId: 'storm' })
    const again = await runner(single)("print('again')", { botId: 'storm' })
    const other = await runner(single)("print('other')", { botId: 'other' })

    assert.deepEqual([outcome, again.prints, other.prints], ['memory', 'again\n', 'other\n'])
  })
})

for (const { name, start } of testEngines) {
  describe(`a run that computes for long (${name})`, () => {
    onLinux('comes after whoever else wants the CPU', async (t) => {
      const engine = start()
      t.after(() => engine.close())
      await engine.ready()
      const atFirst = Math.max(...priorities())

      const endless = runner(engine)('while True: pass')
      await until(() => Math.max(...priorities()) > atFirst)
      await engine.close()

      assert.equal((await endless).outcome, 'closed')
      assert.ok(atFirst >= 5, `${atFirst}`)
    })
  })
}

describe('a bot that computes on several lanes', () => {
  onLinux('leaves the last free process to others', async (t) => {
    const engine = testEngine({ maxWorkers: 2, limits: { pythonMs: 60_000 } })
    const run = runner(engine)
    t.after(() => engine.close())
    await run('x = 1', { botId: 'quick' })
    const [atFirst] = priorities()

    const first = run('while True: pass', { botId: 'hog' })
    await until(() => engine.stats().workers.idle === 1)
    await until(() => priorities().some((nice) => nice > (atFirst ?? 0)))
    const second = assert.rejects(run('while True: pass', { botId: 'hog/1' }), { code: 'PYTHON_CLOSED' })
    const { prints } = await run("print('fine')", { botId: 'quick' })
    const { workers, waiting } = engine.stats()
    await engine.close()

    assert.equal(prints, 'fine\n')
    assert.deepEqual([workers.busy, waiting], [1, 1])
    assert.equal((await first).outcome, 'closed')
    await second
  })
})
