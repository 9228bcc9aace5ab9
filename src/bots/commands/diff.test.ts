import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { unifiedDiff } from './diff.ts'

/** Does to a text what a unified diff says, and checks every line that it names. */
const apply = (before: string, diff: string): string => {
  const lines = before.match(/[^\n]*\n|[^\n]+$/g) ?? []
  const result: string[] = []
  let at = 0
  const rows = diff.split('\n').slice(2, -1)
  for (const [index, row] of rows.entries()) {
    const hunk = /^@@ -(\d+)(?:,(\d+))? \+\d+(?:,\d+)? @@$/.exec(row)
    if (hunk !== null) {
      const start = Number(hunk[1]) - (hunk[2] === '0' ? 0 : 1)
      result.push(...lines.slice(at, start))
      at = start
      continue
    }
    if (row.startsWith('\\')) continue
    const line = row.slice(1) + (rows[index + 1]?.startsWith('\\') ? '' : '\n')
    if (row[0] !== '+') assert.equal(lines[at++], line)
    if (row[0] !== '-') result.push(line)
  }
  return [...result, ...lines.slice(at)].join('')
}

describe('a unified diff', () => {
  it('is nothing for the same text', () => {
    assert.equal(unifiedDiff('a\n', 'a\n', 'old', 'new'), '')
  })

  it('names what went and what came, with three lines around it', () => {
    const before = `${Array.from({ length: 12 }, (_, n) => n + 1).join('\n')}\n`

    const diff = unifiedDiff(before, before.replace('6\n', 'six\n'), 'old', 'new')

    assert.equal(diff, '--- old\n+++ new\n@@ -3,7 +3,7 @@\n 3\n 4\n 5\n-6\n+six\n 7\n 8\n 9\n')
  })

  it('tells of a last line without an end, and of texts that were empty', () => {
    assert.equal(unifiedDiff('a', 'a\n', 'x', 'y'), '--- x\n+++ y\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n')
    assert.equal(unifiedDiff('', 'a\n', 'x', 'y'), '--- x\n+++ y\n@@ -0,0 +1 @@\n+a\n')
    assert.equal(unifiedDiff('a\n', '', 'x', 'y'), '--- x\n+++ y\n@@ -1 +0,0 @@\n-a\n')
  })

  it('makes the one text out of the other, whatever they are', () => {
    const text = fc
      .array(fc.constantFrom('a', 'b', 'c', ' d', ''), { maxLength: 40 })
      .chain((lines) => fc.constantFrom('\n', '').map((end) => lines.join('\n') + end))
    fc.assert(
      fc.property(text, text, (before, after) => {
        fc.pre(before !== after)

        const diff = unifiedDiff(before, after, 'old', 'new')

        assert.equal(apply(before, diff), after)
      }),
      { numRuns: 500 },
    )
  })

  it('shows two texts whole that have nothing in common', () => {
    const before = Array.from({ length: 2_000 }, (_, n) => `a${n}\n`).join('')
    const after = Array.from({ length: 2_000 }, (_, n) => `b${n}\n`).join('')

    assert.equal(apply(before, unifiedDiff(before, after, 'old', 'new')), after)
  })
})
