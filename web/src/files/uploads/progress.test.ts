import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { floodWait, inOrder, speedometer, totalsOf } from './progress.ts'
import type { UploadRow } from './store.ts'

const row = (id: number, part: Partial<UploadRow>): [number, UploadRow] => [
  id,
  { id, name: `${id}.bin`, size: 1000, folder: null, state: 'queued', sent: 0, speed: 0, ...part },
]

describe('uploads together', () => {
  it('are as long away as what is left of them takes', () => {
    const totals = totalsOf(
      new Map([row(1, { state: 'sending', sent: 500, speed: 100 }), row(2, {}), row(3, { state: 'done', sent: 1000 })]),
    )

    assert.deepEqual([totals.count, totals.done, totals.active], [3, 1, 2])
    assert.equal(totals.secondsLeft, 15)
  })

  it('say nothing of the time left while nothing moves', () => {
    assert.equal(totalsOf(new Map([row(1, { state: 'waiting' })])).secondsLeft, undefined)
  })

  it('stand with what moves first, and the latest of the done ones before the others', () => {
    const rows = new Map([
      row(1, { state: 'done' }),
      row(2, { state: 'done' }),
      row(3, {}),
      row(4, { state: 'sending' }),
    ])

    assert.deepEqual(
      inOrder(rows).map(({ id }) => id),
      [4, 3, 2, 1],
    )
  })
})

describe('the speed', () => {
  it('follows slowly', () => {
    const read = speedometer()

    assert.equal(read(0, 0), 0)
    assert.equal(read(1000, 1000), 1000)
    assert.equal(read(4000, 2000), 1600)
  })
})

describe('a wait for Telegram', () => {
  const now = Date.parse('2026-01-15T10:00:00Z')
  const lane = {
    bot_id: 1,
    chat_id: 1,
    state: 'waiting' as const,
    closed_for: null,
    sent_per_minute: 0,
    allowed_per_minute: 20,
    flood_waits: 1,
    next_free_at: '2026-01-15T10:00:12Z',
    last_error: null,
  }
  const sending = {
    waiting: 3,
    oldest_wait_ms: 10,
    paused_until: null,
    messages_due: 0,
    messages_abandoned: 0,
    strays: 0,
    lanes: [lane],
  }

  it('ends when the first lane is free', () => {
    assert.deepEqual(floodWait([{ name: 'telegram', sending }], now), { name: 'telegram', until: now + 12_000 })
  })

  it('is none while a lane is open, nothing is to be sent, or it is over', () => {
    const open = { ...sending, lanes: [lane, { ...lane, state: 'open' as const, next_free_at: null }] }

    assert.equal(floodWait([{ name: 'telegram', sending: open }], now), undefined)
    assert.equal(floodWait([{ name: 'telegram', sending: { ...sending, waiting: 0 } }], now), undefined)
    assert.equal(floodWait([{ name: 'telegram', sending }], now + 20_000), undefined)
    assert.equal(floodWait([{ name: 'disk', sending: null }], now), undefined)
  })
})
