import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { webBuild } from './build.ts'

const FIRST_JS_KB = 230
const FIRST_CSS_KB = 20
const EDITOR_KB = 160
const COMPARISON_KB = 10

const EDITOR = 'src/bots/editor/code-editor.tsx'
const COMPARISON = 'src/bots/editor/diff-view.tsx'
/** The page of the editor, and its panes that may want it too. */
const WORKSHOP = ['src/bots/workshop/workshop.tsx', 'src/bots/workshop/versions.tsx']

describe('what the pages cost a visitor', async () => {
  const web = await webBuild()
  const first = web.filesOf('index.html')
  const workshop = WORKSHOP.map((part) => web.filesOf(part)).reduce((all, files) => all.union(files), first)
  const editor = web.filesOf(EDITOR).difference(workshop)
  const comparison = web.filesOf(COMPARISON).difference(workshop).difference(editor)

  it(`is at most ${FIRST_JS_KB} KB of scripts and ${FIRST_CSS_KB} KB of styles before anything is seen`, () => {
    const [js, css] = [web.kilobytes(first, '.js'), web.kilobytes(first, '.css')]

    assert.ok(js > 100 && js <= FIRST_JS_KB, `${js.toFixed(1)} KB of scripts`)
    assert.ok(css > 1 && css <= FIRST_CSS_KB, `${css.toFixed(1)} KB of styles`)
  })

  it(`is at most ${EDITOR_KB} KB for the editor, and ${COMPARISON_KB} KB more once versions are compared`, () => {
    const [toWrite, toCompare] = [web.kilobytes(editor, '.js'), web.kilobytes(comparison, '.js')]

    assert.ok(toWrite > 100 && toWrite <= EDITOR_KB, `${toWrite.toFixed(1)} KB of the editor`)
    assert.ok(toCompare > 1 && toCompare <= COMPARISON_KB, `${toCompare.toFixed(1)} KB of the comparison`)
  })

  it('is nothing for the editor on any other page', () => {
    const elsewhere = web.parts.filter(
      (part) => part !== EDITOR && part !== COMPARISON && !web.filesOf(part).isDisjointFrom(editor),
    )

    assert.deepEqual(elsewhere, [])
  })
})
