import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import { runner, testEngines } from './testing.ts'

const text = readFileSync(new URL('./fixtures/language.txt', import.meta.url), 'utf8')
const programs = text
  .split(/^### /m)
  .slice(1)
  .map((part) => {
    const [head = '', prints = ''] = part.split(/^---\n/m)
    const end = head.indexOf('\n')
    return { name: head.slice(0, end), code: head.slice(end + 1), prints }
  })

/** What a native Python that is older than Pyodide's gives instead, by program: the version that has it, and how it fails or prints. */
const SINCE: { readonly [name: string]: { readonly minor: number; readonly before: RegExp } } = {
  'combines with itertools': { minor: 12, before: /^ImportError: cannot import name 'batched'/ },
  'makes calendars': { minor: 12, before: /^\(3, 29\) False Monday/ },
  'types with generics and aliases': { minor: 12, before: /^SyntaxError: invalid syntax/ },
}

for (const { name: engineName, start } of testEngines) {
  describe(`the language of commands (${engineName})`, () => {
    const engine = start()
    const run = runner(engine)
    let minor = 0
    before(async () => {
      await engine.ready()
      minor = Number((await run('print(json.codecs.sys.version_info.minor)')).prints)
    })
    after(() => engine.close())

    it('has its programs', () => {
      assert.ok(programs.length >= 70, `${programs.length} programs`)
    })

    for (const { name, code, prints } of programs) {
      it(name, async () => {
        const result = await run(code)

        const since = SINCE[name]
        if (since !== undefined && minor < since.minor) {
          const { type, message } = result.error ?? {}
          assert.match(type === undefined ? result.prints : `${type}: ${message}`, since.before)
          return
        }
        assert.equal(result.error?.traceback ?? null, null)
        assert.equal(result.prints, prints)
      })
    }
  })
}
