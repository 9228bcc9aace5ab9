import assert from 'node:assert/strict'
import { it } from 'node:test'
import { eventually } from './eventually.ts'

it('gives the first success', async () => {
  let tries = 0
  const flaky = () => {
    tries += 1
    if (tries < 3) throw new Error('not yet')
    return tries
  }

  const result = await eventually(flaky, { everyMs: 1 })

  assert.equal(result, 3)
})

it('fails with the last failure as the cause when the deadline has passed', async () => {
  const cause = new Error('no shelf')

  const failing = eventually(() => Promise.reject(cause), { deadlineMs: 5, everyMs: 1 })

  await assert.rejects(failing, { message: 'Still failing after 5 ms: Error: no shelf', cause })
})
