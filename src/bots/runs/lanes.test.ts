import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises'
import { eventually } from '../../../test/services/eventually.ts'
import { runLanes } from './lanes.ts'

const never = new AbortController().signal

describe('lanes', () => {
  it('let quick runs of a bot follow one another on one lane', async () => {
    const lanes = runLanes()
    let running = 0
    const work = async (lane: number) => {
      running += 1
      assert.equal(running, 1)
      await wait(1)
      running -= 1
      return lane
    }

    const used = await Promise.all(Array.from({ length: 20 }, () => lanes.run('bot', never, work)))

    assert.deepEqual([...new Set(used)], [0])
  })

  it('let runs past those that take long, on four lanes at most', async () => {
    const lanes = runLanes()
    const gate = Promise.withResolvers<void>()
    const begun: number[] = []
    const slow = Array.from({ length: 6 }, (_, n) =>
      lanes.run('bot', never, async (lane) => {
        begun.push(n)
        await gate.promise
        return lane
      }),
    )

    await eventually(() => assert.deepEqual(begun, [0, 1, 2, 3]))
    const other = await lanes.run('another bot', never, async (lane) => lane)
    gate.resolve()

    assert.equal(other, 0)
    assert.deepEqual((await Promise.all(slow)).slice(0, 4), [0, 1, 2, 3])
    assert.deepEqual(begun, [0, 1, 2, 3, 4, 5])
  })

  it('are one, with a rest in between, for a bot whose runs have to be killed', async () => {
    const lanes = runLanes()
    const atMs: number[] = []
    let atOnce = 0
    const killed = async () => {
      atOnce += 1
      assert.equal(atOnce, 1)
      atMs.push(performance.now())
      await wait(200)
      atOnce -= 1
    }

    const runs = Array.from({ length: 3 }, (_, n) =>
      n === 0
        ? lanes.run(
            'bot',
            never,
            async () => {},
            () => true,
          )
        : lanes.run('bot', never, killed, () => true),
    )
    await Promise.all(runs)
    const mended = lanes.run('bot', never, async () => performance.now())

    // The second kill in a row is followed by a rest of a quarter of a second, the third by half a second.
    assert.ok((atMs[1] ?? 0) - (atMs[0] ?? 0) >= 440)
    assert.ok((await mended) - (atMs[1] ?? 0) >= 690)
    const slow = Promise.withResolvers<void>()
    const beside = lanes.run('bot', never, () => slow.promise)
    assert.equal(await lanes.run('bot', never, async (lane) => lane), 1)
    slow.resolve()
    await beside
  })

  it('hold runs that were ended against a bot also when nobody is in them for a moment', async () => {
    const lanes = runLanes()
    const ended = () =>
      lanes.run(
        'bot',
        never,
        async () => {},
        () => true,
      )
    await ended()
    await turn()
    await ended()
    let hasBegun = false

    const next = lanes.run('bot', never, async () => {
      hasBegun = true
    })
    await turn()

    assert.equal(hasBegun, false)
    await next
    assert.equal(hasBegun, true)
  })

  it('let go of those that wait when the signal comes, and lose no place by it', async () => {
    const lanes = runLanes()
    const gate = Promise.withResolvers<void>()
    const stopping = new AbortController()
    const first = lanes.run('bot', never, () => gate.promise)
    const waiting = lanes.run('bot', stopping.signal, async () => assert.fail('it ran'))
    const behind = lanes.run('bot', never, async () => 'ran')

    stopping.abort(new Error('stopping'))
    await assert.rejects(waiting, { message: 'stopping' })
    gate.resolve()

    await first
    assert.equal(await behind, 'ran')
    assert.equal(await lanes.run('bot', never, async (lane) => lane), 0)
  })

  it('go on after a run that failed', async () => {
    const lanes = runLanes()

    await assert.rejects(
      lanes.run('bot', never, () => Promise.reject(new Error('no'))),
      { message: 'no' },
    )

    assert.equal(await lanes.run('bot', never, async (lane) => lane), 0)
  })
})
