import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Run } from '../../../../src/bots/runs/contract.ts'
import { emptyLog, type LogEvent, lastFailure, nextLog } from './log-state.ts'

const runOf = (id: string, part: Partial<Run> = {}): Run => ({
  id,
  update_id: 7,
  command: '/start',
  trigger: 'update',
  outcome: 'ok',
  error: null,
  prints: [],
  calls: [],
  warnings: [],
  duration_ms: 5,
  python_ms: 1,
  started_at: '2026-01-01T00:00:00.000Z',
  ...part,
})
const failure = { type: 'NameError', message: 'x', command: '/start', line: 3, traceback: '' }

describe('the log of a bot', () => {
  it('shows a run from its beginning to its end', () => {
    const who = { command: '/start', update_id: 7 }
    const call = { method: 'sendMessage', params: {}, result: {}, error: null, duration_ms: 4 }
    const told: LogEvent[] = [
      { event: 'begin', data: who },
      { event: 'call', data: { ...who, ...call } },
    ]

    const during = told.reduce(nextLog, emptyLog([]))
    const after = nextLog(during, { event: 'run', data: runOf('run_1') })

    assert.deepEqual([during.running.length, during.running[0]?.calls.length, during.runs.length], [1, 1, 0])
    assert.deepEqual([after.running.length, after.runs.length], [0, 1])
  })

  it('holds each run once, the newest first', () => {
    const log = emptyLog([runOf('run_2'), runOf('run_1')])

    const next = [runOf('run_2'), runOf('run_3')].reduce((state, data) => nextLog(state, { event: 'run', data }), log)

    assert.deepEqual(
      next.runs.map(({ id }) => id),
      ['run_3', 'run_2', 'run_1'],
    )
  })

  it('shows nothing as running that is known to be over', () => {
    const log = emptyLog([runOf('run_1')])

    const next = nextLog(log, { event: 'begin', data: { command: '/start', update_id: 7 } })

    assert.equal(next.running.length, 0)
  })

  it('tells where a command failed last, until it works again', () => {
    const failed = runOf('run_1', { error: failure })

    assert.deepEqual(lastFailure([failed], '/start'), { line: 3, message: 'NameError: x' })
    assert.equal(lastFailure([runOf('run_2'), failed], '/start'), undefined)
    assert.equal(lastFailure([failed], '/menu'), undefined)
    assert.equal(lastFailure([failed], '/start', '2026-01-02T00:00:00.000Z'), undefined)
  })

  it('blames the command that another one ran', () => {
    const failed = runOf('run_1', { error: { ...failure, command: '/menu' } })

    assert.deepEqual(lastFailure([failed], '/menu'), { line: 3, message: 'NameError: x' })
    assert.equal(lastFailure([failed], '/start'), undefined)
  })
})
