import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inTurn } from './in-turn.ts'

describe('the same done to many', () => {
  it('is done to the others when one refuses', async () => {
    const refusal = new Error('There is no such file.')

    const { done, failures } = await inTurn([1, 2, 3, 4], async (number) => {
      if (number === 2) throw refusal
    })

    assert.deepEqual([[...done].sort(), failures], [[1, 3, 4], [refusal]])
  })

  it('runs a few at a time', async () => {
    let [running, most] = [0, 0]

    await inTurn(Array.from({ length: 12 }), async () => {
      running += 1
      most = Math.max(most, running)
      await new Promise((resolve) => setImmediate(resolve))
      running -= 1
    })

    assert.equal(most, 3)
  })
})
