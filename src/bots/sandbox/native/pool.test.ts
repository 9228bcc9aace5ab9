import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import { runner, testNativeEngine, until } from '../testing.ts'
import type { HostCall, RunResult } from '../types.ts'

const onLinux = process.platform === 'linux' ? describe : () => {}

/** Answers nobody until it is opened. */
const gate = () => {
  const { promise, resolve } = Promise.withResolvers<null>()
  let waiting = 0
  const host: HostCall = () => {
    waiting += 1
    return promise
  }
  return { host, open: () => resolve(null), waiting: () => waiting }
}

const ASK = "bot.sendMessage('x')\nprint('answered')"

onLinux('native runs', () => {
  const engine = testNativeEngine()
  const run = runner(engine)
  before(() => engine.ready())
  after(() => engine.close())

  it('do not hold up others while 200 of them wait', async () => {
    const { host, open, waiting } = gate()
    const slow = Array.from({ length: 200 }, (_, index) => run(ASK, { botId: `slow ${index}`, host }))
    await until(() => waiting() === 200)

    const quick = await run("print('quick')", { botId: 'quick' })
    const { workers } = engine.stats()
    open()
    const prints = (await Promise.all(slow)).map((result) => result.prints)

    assert.equal(quick.prints, 'quick\n')
    assert.ok(workers.busy >= 200, `${workers.busy} at once`)
    assert.deepEqual([...new Set(prints)], ['answered\n'])
  })

  it('break with the process that they were forked from, and the next ones have another', async () => {
    const { host, open, waiting } = gate()
    const broken = run(ASK, { host })
    await until(() => waiting() === 1)

    for (const pid of zygotes()) process.kill(pid, 'SIGKILL')
    const { outcome } = await broken
    const next = await run("print('next')")
    open()

    assert.equal(outcome, 'crash')
    assert.equal(next.prints, 'next\n')
  })
})

onLinux('a native engine', () => {
  it('ends the largest run when all together need more memory than there is', async (t) => {
    const engine = testNativeEngine({ memoryBudgetBytes: 150 * 1024 * 1024 })
    t.after(() => engine.close())
    const { host, open, waiting } = gate()
    const hold = (megabytes: number) =>
      runner(engine)(`kept = b'x' * ${megabytes} * 1_000_000\n${ASK}`, { botId: `holds ${megabytes}`, host })
    const [small, large] = [hold(70), hold(110)]

    const killed = await large
    open()

    assert.deepEqual([killed.outcome, killed.error?.type], ['memory', 'MemoryError'])
    assert.equal((await small).prints, 'answered\n')
    assert.equal(waiting(), 2)
  })

  it('runs no more at once than it may', async (t) => {
    const engine = testNativeEngine({ maxRuns: 3 })
    t.after(() => engine.close())
    const { host, open, waiting } = gate()
    const runs = Array.from({ length: 5 }, (_, index) => runner(engine)(ASK, { botId: `bot ${index}`, host }))
    await until(() => waiting() === 3)

    const { workers, waiting: queued } = engine.stats()
    open()
    const results: RunResult[] = await Promise.all(runs)

    assert.deepEqual([workers.busy, queued], [3, 2])
    assert.ok(results.every(({ outcome }) => outcome === 'ok'))
  })
})

function zygotes(): number[] {
  return readdirSync(`/proc/${process.pid}/task`)
    .flatMap((task) => readFileSync(`/proc/${process.pid}/task/${task}/children`, 'utf8').split(' '))
    .filter((pid) => pid !== '' && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('zygote.py'))
    .map(Number)
}
