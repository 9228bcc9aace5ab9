import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { type BorrowedBuffers, leafBuffers } from './leaf-buffers.ts'

/** Takes until a transfer has to wait. @returns What it got, and what it waits for. */
const takeAll = async (transfer: BorrowedBuffers) => {
  const taken: Buffer[] = []
  for (;;) {
    const next = transfer.take()
    const buffer = await Promise.race([next, setImmediate()])
    if (buffer === undefined) return { taken, next }
    taken.push(buffer)
  }
}

describe('buffers of leaves', () => {
  it('are four for a transfer that is alone, and one for each of many', async () => {
    const memory = leafBuffers(10)
    const alone = memory.borrow()

    const ofOne = await takeAll(alone)
    const others = Array.from({ length: 15 }, () => memory.borrow())
    const ofOthers = await Promise.all(others.map(takeAll))

    assert.equal(ofOne.taken.length, 4)
    assert.deepEqual([...new Set(ofOthers.map(({ taken }) => taken.length))], [1])
  })

  it('come back to who waits for one, but not while others have less than their share', async () => {
    const memory = leafBuffers(10)
    const first = memory.borrow()
    const { taken, next } = await takeAll(first)
    const [a, b, c] = taken
    assert.ok(a !== undefined && b !== undefined && c !== undefined)
    const others = Array.from({ length: 7 }, () => memory.borrow())

    first.giveBack(a)
    first.giveBack(b)
    assert.equal(await Promise.race([next, setImmediate('waits')]), 'waits')
    for (const other of others) other.end()
    first.giveBack(c)

    assert.equal(await next, c)
  })
})
