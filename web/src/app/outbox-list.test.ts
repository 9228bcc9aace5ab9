import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseWaiting, type Sent, sendAll, type Waiting } from './outbox-list.ts'

const item = (key: string, refused?: string): Waiting => ({
  key,
  accountId: 'a',
  content: key,
  tags: [],
  writtenAt: '2026-01-01T00:00:00Z',
  ...(refused === undefined ? {} : { refused }),
})

const run = async (list: Waiting[], answers: Record<string, Sent>) => {
  const settled: [string, string | undefined][] = []
  await sendAll(
    list,
    async ({ key }) => answers[key] ?? { is: 'later' },
    ({ key }, refused) => settled.push([key, refused]),
  )
  return settled
}

describe('the outbox', () => {
  it('sends in order and stops at what has to wait', async () => {
    const done: Sent = { is: 'done' }

    assert.deepEqual(await run([item('a'), item('b'), item('c')], { a: done, c: done }), [['a', undefined]])
  })

  it('goes on behind what was refused, and leaves that alone', async () => {
    const answers: Record<string, Sent> = { a: { is: 'refused', why: 'too large' }, c: { is: 'done' } }

    assert.deepEqual(await run([item('a'), item('b', 'before'), item('c')], answers), [
      ['a', 'too large'],
      ['c', undefined],
    ])
  })

  it('is empty when what was kept cannot be read', () => {
    assert.deepEqual(parseWaiting('nonsense'), [])
    assert.deepEqual(parseWaiting('[{"key":1}]'), [])
    assert.equal(parseWaiting(JSON.stringify([item('a')])).length, 1)
  })
})
