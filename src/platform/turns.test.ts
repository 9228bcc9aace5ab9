import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { inTurns } from './turns.ts'

describe('work in turns', () => {
  it('begins at once where nobody crowds', async () => {
    const begun: number[] = []
    const take = inTurns(2)

    for (const work of [1, 2]) take(() => begun.push(work))
    assert.deepEqual(begun, [1, 2])
    await nextTurn()
    take(() => begun.push(3))
    assert.deepEqual(begun, [1, 2, 3])
  })

  it('begins so much of a crowd in a turn of the event loop, and all of it in its order', async () => {
    const begun: number[] = []
    const take = inTurns(2)

    const counts: number[] = []
    for (let work = 0; work < 7; work++) take(() => begun.push(work))
    while (begun.length < 7) {
      counts.push(begun.length)
      await nextTurn()
    }

    assert.deepEqual(counts, [2, 4, 6])
    assert.deepEqual(begun, [0, 1, 2, 3, 4, 5, 6])
  })

  it('puts what is added while others wait behind them', async () => {
    const begun: string[] = []
    const take = inTurns(2)

    const addsMore = (): void => {
      begun.push('c')
      take(() => begun.push('of c'))
    }
    for (const name of ['a', 'b']) take(() => begun.push(name))
    for (const work of [addsMore, () => begun.push('d'), () => begun.push('e')]) take(work)
    for (let turn = 0; turn < 4; turn++) await nextTurn()

    assert.deepEqual(begun, ['a', 'b', 'c', 'd', 'e', 'of c'])
  })
})
