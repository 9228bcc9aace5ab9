import assert from 'node:assert/strict'
import { randomBytes, scryptSync } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import { describe, it } from 'node:test'
import type { Worker } from 'node:worker_threads'
import { AppError, defineErrors } from '../errors.ts'
import { type Hashing, hashing } from './index.ts'
import type { Derivation } from './thread.ts'

const { BUSY } = defineErrors({ BUSY: [503, 'Come back later.'] })
const salt = randomBytes(16)
const wish = { algorithm: 'scrypt', password: 'open sesame', salt, keyBytes: 32, cost: { N: 2 ** 12 } } as const
const slow: Derivation = { ...wish, cost: { N: 2 ** 15, maxmem: 2 ** 26 } }
const right = scryptSync(wish.password, salt, 32, wish.cost)

const started: Worker[] = []
process.on('worker', (worker) => started.push(worker))

const twoThreads = (waiting = 100): Hashing => hashing({ threads: 2, waiting, busy: () => new AppError(BUSY) })

/** Of every thread of this process, where the system tells it. */
const priorities = (): number[] =>
  readdirSync('/proc/self/task').map((thread) => {
    const stat = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8')
    return Number(stat.slice(stat.lastIndexOf(')')).split(' ')[17])
  })

describe('slow hashes', () => {
  it('are what the algorithm says, on so many threads as are allowed, which are used again', async () => {
    const { derive } = twoThreads()
    const before = started.length

    const results = await Promise.all(Array.from({ length: 10 }, () => derive(wish)))

    for (const result of results) assert.deepEqual(result, right)
    assert.equal(started.length - before, 2)
  })

  it('leave the processor to everybody else', async () => {
    const { derive } = twoThreads()

    const result = derive(slow)
    let lower: readonly number[] = []
    let isDone = false
    const looking = result.finally(() => (isDone = true))
    while (!isDone && lower.length === 0) {
      await new Promise((next) => setTimeout(next, 1))
      if (process.platform === 'linux') lower = priorities().filter((one) => one === 10)
    }
    await looking

    assert.equal(lower.length > 0, process.platform === 'linux')
    assert.equal(getPriority(), 0)
  })

  it('that cannot be made fail for who asked, and for nobody after them', async () => {
    const { derive } = twoThreads()

    const wrong = Array.from({ length: 2 }, () => derive({ ...wish, cost: { N: 3 } }))
    const outcomes = await Promise.allSettled(wrong)

    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['rejected', 'rejected'],
    )
    assert.deepEqual(await derive(wish), right)
  })

  it('end their threads when nobody has come for a while, and start others', async (test) => {
    test.mock.timers.enable({ apis: ['setTimeout'] })
    const { derive } = twoThreads()
    const before = started.length

    await derive(wish)
    const ended = once(started[before] as Worker, 'exit')
    test.mock.timers.tick(9_999)
    assert.deepEqual(await derive(wish), right)
    assert.equal(started.length - before, 1)
    test.mock.timers.tick(10_000)
    await ended

    assert.deepEqual(await derive(wish), right)
    assert.equal(started.length - before, 2)
  })

  it('have a line of so many, and who finds it full is told so at the door and behind it', async () => {
    const { derive, enter } = twoThreads(3)

    const asked = Promise.allSettled(Array.from({ length: 7 }, () => derive(wish)))
    await assert.rejects(enter(), { code: 'BUSY' })
    const outcomes = await asked

    assert.equal(outcomes.filter(({ status }) => status === 'rejected').length, 7 - 2 - 3)
    await enter()
  })
})
