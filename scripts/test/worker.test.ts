import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { it, type TestContext } from 'node:test'
import { tempDir } from '../../test/services/temp-dir.ts'
import { runGroup } from './process-group.ts'

const WORKER = join(import.meta.dirname, 'worker.ts')

// Under its own runner node:test would report to that instead of printing.
const { NODE_TEST_CONTEXT: _, ...env } = process.env

/** Writes the test files, `file name: body`, and runs the worker on them until it ends or prints `stopAt`. */
const runWorker = async (
  t: TestContext,
  files: Record<string, string>,
  { crashFiles = {}, stopAt }: { crashFiles?: Record<string, string>; stopAt?: string } = {},
) => {
  const folder = tempDir(t)
  const write = ([name, body]: [string, string]) => {
    writeFileSync(join(folder, name), `import { it } from 'node:test'\n${body}\n`)
    return name
  }
  const plan = { files: Object.entries(files).map(write), crashFiles: Object.entries(crashFiles).map(write) }
  const stop = new AbortController()
  let output = ''
  const result = await runGroup({
    args: [WORKER, JSON.stringify(plan)],
    cwd: folder,
    env,
    signal: stop.signal,
    patienceMs: 1000,
    onOutput(chunk) {
      output += chunk
      if (stopAt !== undefined && output.includes(stopAt)) stop.abort()
    },
  })
  return { ...result, output }
}

it('counts both groups once, at the end', async (t) => {
  const files = { 'a.test.mjs': `it('a', () => {})`, 'b.test.mjs': `it('b', () => {})` }

  const { ok, output } = await runWorker(t, files, { crashFiles: { 'c.test.mjs': `it('c', () => {})` } })

  assert.equal(ok, true)
  assert.deepEqual(output.match(/ℹ (tests|pass|fail) \d+/g), ['ℹ tests 3', 'ℹ pass 3', 'ℹ fail 0'])
})

it('fails, and lists the failures at the end, when the first group fails and the second does not', async (t) => {
  const files = { 'a.test.mjs': `it('a', () => { throw new Error('broken shelf') })` }

  const { ok, output } = await runWorker(t, files, { crashFiles: { 'c.test.mjs': `it('c', () => {})` } })

  assert.equal(ok, false)
  assert.match(output, /ℹ pass 1\nℹ fail 1.*failing tests.*broken shelf/s)
})

it('fails for a file that cannot be loaded', async (t) => {
  const { ok, output } = await runWorker(t, { 'a.test.mjs': `import './missing.mjs'` })

  assert.equal(ok, false)
  assert.match(output, /ℹ fail 1/)
})

it('says what ran when it is stopped', async (t) => {
  const files = { 'a.test.mjs': `it('a', () => {})` }

  const { ok, output } = await runWorker(t, files, { crashFiles: { 'slow.test.mjs': STUCK }, stopAt: 'stuck' })

  assert.equal(ok, false)
  assert.match(output, /Stopped while these files were running:\n {2}slow\.test\.mjs\n/)
})

it('tells which processes a test left running, and ends them', async (t) => {
  const { ok, leftBehind } = await runWorker(t, { 'a.test.mjs': LEAVES_A_PROCESS })

  assert.equal(ok, true)
  assert.match(leftBehind.join(), /^\d+ \/bin\/sleep 601$/)
})

const STUCK = `it('c', async () => { console.log('stuck'); await new Promise((f) => setTimeout(f, 600_000)) })`

const LEAVES_A_PROCESS = `
import { spawn } from 'node:child_process'
it('a', () => spawn('/bin/sleep', ['601'], { stdio: 'ignore' }).unref())
`
