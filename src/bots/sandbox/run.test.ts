import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { systemClock } from '../../platform/clock.ts'
import type { ReceivedFrame } from './frame-reader.ts'
import { DEFAULT_LIMITS } from './queue.ts'
import { runInWorker } from './run.ts'
import { silentLog } from './testing.ts'

/** A process that says nothing, and used so much CPU time each time it is asked. */
const silentWorker = (cpuMs: (number | undefined)[]) => {
  const { promise: exited, resolve } = Promise.withResolvers<string>()
  const asked: (number | undefined)[] = []
  const handlers: ((received: ReceivedFrame) => void)[] = []
  return {
    asked,
    handlers,
    exited,
    listen: (handler: (received: ReceivedFrame) => void) => {
      handlers.push(handler)
      return () => {}
    },
    send: () => {},
    kill: resolve,
    yieldCpu: () => {},
    cpuMs: async () => {
      const next = cpuMs.shift()
      asked.push(next)
      return next
    },
  }
}

const run = (worker: ReturnType<typeof silentWorker>) =>
  runInWorker(Buffer.from('{}'), {
    worker,
    host: async () => null,
    limits: { ...DEFAULT_LIMITS, pythonMs: 0 },
    hostCalls: new Set(),
    log: silentLog,
    clock: systemClock,
  })

describe('a run', () => {
  it('that shares the CPU with many is judged by what it got of it', async () => {
    const worker = silentWorker([200, 5000])

    const { result } = await run(worker)

    assert.deepEqual(worker.asked, [200, 5000])
    assert.equal(result.outcome, 'time')
  })

  it('that waits for what will not come is ended although it uses no CPU', async () => {
    const worker = silentWorker([undefined, 1])

    const { result } = await run(worker)

    assert.deepEqual(worker.asked, [undefined])
    assert.equal(result.outcome, 'time')
  })

  it('that floods the server is ended', async () => {
    const worker = silentWorker([])
    const ended = run(worker)

    const payload = Buffer.alloc(60_000)
    for (let index = 0; index < 3; index += 1) for (const handler of worker.handlers) handler({ type: 4, payload })

    const { result } = await ended
    assert.deepEqual([result.outcome, result.printsTruncated], ['crash', true])
  })
})
