import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { describe, it, type TestContext } from 'node:test'
import type { Clock } from '../../platform/clock.ts'
import type { ReceivedFrame } from './frame-reader.ts'
import { FROM_WORKER } from './frames.ts'
import { type EnginePool, queuedEngine } from './queue.ts'
import { runner, silentLog, until } from './testing.ts'

/** A process of nobody: it computes until the test ends its run. */
const fakeWorker = () => {
  const handlers = new Set<(received: ReceivedFrame) => void>()
  const done = (type: string | null): void => {
    const error = type && { type, message: 'ended', command: null, line: null, traceback: '' }
    const report = JSON.stringify({ stopped: false, warnings: [], error })
    const frame = { heapBytes: 0, pythonMs: 1, interrupted: false, report }
    for (const handler of [...handlers])
      handler({ type: FROM_WORKER.done, payload: Buffer.from(JSON.stringify(frame)) })
  }
  return {
    done,
    sleep: () => {
      for (const handler of [...handlers]) handler({ type: FROM_WORKER.sleep, payload: Buffer.from('10') })
    },
    hasYielded: false,
    exited: new Promise<string>(() => {}),
    listen: (handler: (received: ReceivedFrame) => void) => {
      handlers.add(handler)
      return () => handlers.delete(handler)
    },
    send: () => {},
    kill: () => assert.fail('killed'),
    yieldCpu() {
      this.hasYielded = true
    },
  }
}

interface Taken {
  readonly worker: ReturnType<typeof fakeWorker>
  readonly botId: string
  readonly isUnruly: boolean
}

/** A queue in front of a pool that has a place for whoever `hasPlace` says. */
const queueWith = (t: TestContext, hasPlace: (isUnruly: boolean) => boolean = () => true) => {
  const taken: Taken[] = []
  let isOver = false
  t.after(() => {
    isOver = true
    for (const { worker } of taken) worker.done(null)
  })
  let nowMs = 0
  const clock: Clock = { now: () => new Date(nowMs), monotonicMs: () => nowMs }
  const pool: EnginePool<Taken> = {
    closed: () => false,
    ready: async () => {},
    take(botId, isUnruly) {
      if (isOver || !hasPlace(isUnruly)) return undefined
      const slot = { worker: fakeWorker(), botId, isUnruly }
      taken.push(slot)
      return slot
    },
    longPlaces: () => 100,
    share: () => 2,
    hold: () => {},
    wantMore: () => {},
    release: () => {},
    stats: () => ({
      runtime: 'pyodide',
      refused: null,
      workers: { booting: 0, idle: 0, busy: 0 },
      lost: {},
      fromSnapshot: null,
    }),
    close: async () => {},
  }
  const engine = queuedEngine({ cacheDir: '', log: silentLog, hostCalls: [] }, () => pool, clock)
  const start = (botId: string) => runner(engine)('pass', { botId })
  const run = async (botId: string, error: string | null = null): Promise<Taken> => {
    const result = start(botId)
    const slot = taken.at(-1)!
    slot.worker.done(error)
    await result
    return slot
  }
  return { taken, start, run, pass: (ms: number) => (nowMs += ms) }
}

/** One in which a bot has as many runs that compute for long as its share is. */
const queueWithHog = async (t: TestContext) => {
  const queue = queueWith(t)
  void queue.start('hog')
  void queue.start('hog/1')
  await until(() => queue.taken.every(({ worker }) => worker.hasYielded))
  return queue
}

describe('the queue', () => {
  it('holds a run that was ended against all lanes of its bot, and no other bot, for a minute', async (t) => {
    const { run, pass } = queueWith(t)
    await run('bad', 'MemoryError')
    await run('bad')

    const [lane, other] = [await run('bad/1'), await run('badly')]
    pass(59_999)
    const late = await run('bad')
    pass(1)
    const forgiven = await run('bad')

    assert.deepEqual(
      [lane, other, late, forgiven].map(({ isUnruly }) => isUnruly),
      [true, false, true, false],
    )
  })

  it('holds an error in the code against nobody', async (t) => {
    const { run } = queueWith(t)
    await run('bot', 'ZeroDivisionError')

    const next = await run('bot')

    assert.equal(next.isUnruly, false)
  })

  it('lets others past an unruly bot that finds no place, and it past others that find none', async (t) => {
    let mayTake = (_isUnruly: boolean) => true
    const { start, run, taken } = queueWith(t, (isUnruly) => mayTake(isUnruly))
    await run('bad', 'MemoryError')
    mayTake = (isUnruly) => !isUnruly
    void start('bad')
    void start('good')
    mayTake = (isUnruly) => isUnruly
    void start('another')
    taken.at(-1)?.worker.done(null)
    await until(() => taken.length === 3)

    const order = taken.map(({ botId }) => botId)

    assert.deepEqual(order, ['bad', 'good', 'bad'])
  })

  it('begins no further run of a bot while as many as its share compute for long, and runs other bots', async (t) => {
    const { start, taken } = await queueWithHog(t)

    void start('hog/2')
    void start('other')
    const before = taken.map(({ botId }) => botId)
    taken[0]?.worker.done(null)
    await until(() => taken.length === 4)

    assert.deepEqual(before, ['hog', 'hog/1', 'other'])
    assert.equal(taken[3]?.botId, 'hog/2')
  })

  it('begins the next run of a bot where one that has computed for long only waits', async (t) => {
    const { start, taken } = await queueWithHog(t)
    void start('hog/2')
    const before = taken.length

    taken[1]?.worker.sleep()

    assert.deepEqual([before, taken[2]?.botId], [2, 'hog/2'])
  })
})
