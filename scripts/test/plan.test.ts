import assert from 'node:assert/strict'
import { it } from 'node:test'
import { makePlan, testFiles } from './plan.ts'

const ALL = ['src/cards/tags/tags.test.ts', 'src/files/shares/shares.test.ts', 'test/crash/files.test.ts']

it('runs everything, the crash tests for a few rounds, when nothing is asked for', () => {
  const plan = makePlan([], ALL)

  assert.deepEqual(plan, {
    files: ALL.slice(0, 2),
    crashFiles: ALL.slice(2),
    crashRounds: 6,
    gates: true,
    deadlineMinutes: 30,
  })
})

it('runs the files whose path contains one of the arguments, and no checks', () => {
  const { files, crashFiles, gates } = makePlan(['cards', 'shares'], ALL)

  assert.deepEqual({ files, crashFiles, gates }, { files: ALL.slice(0, 2), crashFiles: [], gates: false })
})

it('runs the crash tests alone, and for long, when they are asked for', () => {
  const { files, crashFiles, crashRounds } = makePlan(['crash'], ALL)

  assert.deepEqual({ files, crashFiles, crashRounds }, { files: [], crashFiles: ALL.slice(2), crashRounds: 30 })
})

it('finds this file', () => {
  const found = testFiles(`${import.meta.dirname}/../..`)

  assert.ok(found.includes('scripts/test/plan.test.ts'))
})
