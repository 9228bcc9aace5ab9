import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import { runner, testEngine } from './testing.ts'

const text = readFileSync(new URL('./fixtures/language.txt', import.meta.url), 'utf8')
const programs = text
  .split(/^### /m)
  .slice(1)
  .map((part) => {
    const [head = '', prints = ''] = part.split(/^---\n/m)
    const end = head.indexOf('\n')
    return { name: head.slice(0, end), code: head.slice(end + 1), prints }
  })

describe('the language of commands', () => {
  const engine = testEngine()
  const run = runner(engine)
  before(() => engine.ready())
  after(() => engine.close())

  it('has its programs', () => {
    assert.ok(programs.length >= 70, `${programs.length} programs`)
  })

  for (const { name, code, prints } of programs) {
    it(name, async () => {
      const result = await run(code)

      assert.equal(result.error?.traceback ?? null, null)
      assert.equal(result.prints, prints)
    })
  }
})
