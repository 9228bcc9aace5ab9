import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { byCommand, deltaOf, isWorthPlotting, percentile } from './figures.ts'

const day = (updates: number) => ({ updates, runs: 0, errors: 0, new_users: 0 })

describe('figures of a bot', () => {
  it('compare the newer half of the days with the older one', () => {
    assert.equal(deltaOf([day(2), day(2), day(3), day(3)], 'updates'), 0.5)
    assert.equal(deltaOf([day(9), day(2), day(1)], 'updates'), -0.5)
  })

  it('compare nothing with nothing', () => {
    assert.equal(deltaOf([day(0), day(3)], 'updates'), undefined)
    assert.equal(deltaOf([day(3)], 'updates'), undefined)
  })

  it('are worth a plot from the second day on', () => {
    assert.equal(isWorthPlotting([day(0), day(5)]), false)
    assert.equal(isWorthPlotting([day(1), day(0), day(5)]), true)
  })

  it('tell what half and nearly all of the runs stay below', () => {
    assert.equal(percentile([4, 1, 3, 2], 0.5), 2)
    assert.equal(percentile([4, 1, 3, 2], 0.95), 4)
    assert.equal(percentile([], 0.5), undefined)
  })

  it('are told command by command, the most used first', () => {
    const run = (command: string, outcome: string, duration_ms: number) => ({ command, outcome, duration_ms })

    const shown = byCommand([run('/a', 'ok', 5), run('/b', 'ok', 1), run('/b', 'error', 3)])

    assert.deepEqual(shown[0], { command: '/b', count: 2, failed: 1, p50: 1, p95: 3 })
    assert.equal(shown[1]?.command, '/a')
  })
})
