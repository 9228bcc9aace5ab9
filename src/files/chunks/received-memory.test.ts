import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { receivedMemory } from './received-memory.ts'

const MIB = 1024 * 1024

/** Counts collections, also where the process could make none. */
const countedCollections = (t: TestContext): (() => number) => {
  const before = globalThis.gc
  const collect = t.mock.fn(async () => {})
  globalThis.gc = collect as NodeJS.GCFunction
  t.after(() => {
    globalThis.gc = before
  })
  return () => collect.mock.callCount()
}

describe('memory of what was received', () => {
  it('is collected after every 8 MiB, whoever sent them', (t) => {
    const collections = countedCollections(t)
    const [one, other] = [receivedMemory(), receivedMemory()]
    t.after(one.end)
    t.after(other.end)

    for (let mib = 0; mib < 16; mib += 1) (mib % 2 === 0 ? one : other).note(MIB)

    assert.equal(collections(), 2)
  })

  it('is collected less often while many send, and as before when they have ended, however often they say so', (t) => {
    const collections = countedCollections(t)
    const many = Array.from({ length: 16 }, () => receivedMemory())
    const last = receivedMemory()
    t.after(last.end)

    for (const sender of many) sender.note(2 * MIB)
    assert.equal(collections(), 0)
    for (const sender of many) sender.end()
    for (const sender of many) sender.end()
    last.note(MIB)
    last.note(7 * MIB)
    last.note(MIB)

    assert.equal(collections(), 2)
  })
})
