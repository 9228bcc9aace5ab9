import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { describe, it } from 'node:test'
import { isDead, parseTag, thisProcess, toTag } from './process-owner.ts'

describe('the owner of something', () => {
  it('is read back from its tag', () => {
    const self = thisProcess()

    assert.deepEqual(parseTag(`${toTag(self)}.8Kq2`), self)
    assert.equal(parseTag('somebody:1:8Kq2'), undefined)
  })

  it('is dead when there is no such process, and when another has its pid', () => {
    const { pid } = spawnSync(process.execPath, ['--version'])

    assert.equal(isDead({ ...thisProcess(), pid }), true)
    assert.equal(isDead({ ...thisProcess(), startTick: '1' }), true)
  })

  it('is not dead while it lives, nor where nobody can know', async (t) => {
    const other = spawn('sleep', ['60'])
    t.after(() => other.kill())
    await once(other, 'spawn')

    assert.equal(isDead(thisProcess()), false)
    assert.equal(isDead({ ...thisProcess(), boot: 'ffffffffffff', pid: 999_999 }), false)
    assert.equal(isDead({ ...thisProcess(), namespace: '1', pid: 999_999 }), false)
  })
})
