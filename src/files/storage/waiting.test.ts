import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { unlessAborted } from './waiting.ts'

describe('waiting for work that heeds no signal', () => {
  it('ends with the signal, and what comes too late is put away', async () => {
    const work = Promise.withResolvers<string>()
    const abort = new AbortController()
    const late: string[] = []
    const waiting = unlessAborted(work.promise, abort.signal, (value) => late.push(value))

    abort.abort(new Error('too late'))
    await assert.rejects(waiting, { message: 'too late' })
    work.resolve('an open file')
    await work.promise

    assert.deepEqual(late, ['an open file'])
  })

  it('puts nothing away of what it gives, and nothing where the work fails', async () => {
    const { signal } = new AbortController()
    const late: string[] = []

    const given = await unlessAborted(Promise.resolve('now'), signal, (value) => late.push(value))
    await assert.rejects(
      unlessAborted(Promise.reject<string>(new Error('broken')), signal, (value) => late.push(value)),
      {
        message: 'broken',
      },
    )

    assert.deepEqual([given, late], ['now', []])
  })
})
