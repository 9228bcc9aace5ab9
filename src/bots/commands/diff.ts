interface Edit {
  readonly sign: ' ' | '-' | '+'
  readonly line: string
}

const CONTEXT_LINES = 3
// Beyond it the two texts have so little in common that showing all of both says the same, and costs less.
const MAX_DISTANCE = 1_500
const NO_NEWLINE = '\\ No newline at end of file'

/**
 * What to change in one text to get the other, as `diff -u` prints it; empty where nothing is to change.
 *
 * @see https://www.gnu.org/software/diffutils/manual/html_node/Detailed-Unified.html
 */
export const unifiedDiff = (before: string, after: string, beforeTitle: string, afterTitle: string): string => {
  if (before === after) return ''
  const edits = editsBetween(linesOf(before), linesOf(after))
  return `--- ${beforeTitle}\n+++ ${afterTitle}\n${hunksOf(edits).join('')}`
}

/** Each line with its end. The last one may have none. */
const linesOf = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? []

/** Lines in common at both ends are many and cost nothing. */
const editsBetween = (before: readonly string[], after: readonly string[]): Edit[] => {
  let start = 0
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1
  let end = 0
  const most = Math.min(before.length, after.length) - start
  while (end < most && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1
  const same = (line: string): Edit => ({ sign: ' ', line })
  return [
    ...before.slice(0, start).map(same),
    ...shortestEdit(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...before.slice(before.length - end).map(same),
  ]
}

/**
 * The greedy algorithm of Myers: after `d` steps, the furthest point that each diagonal can be followed to.
 *
 * @see http://www.xmailserver.org/diff2.pdf
 */
const shortestEdit = (before: readonly string[], after: readonly string[]): Edit[] => {
  const trace: Int32Array[] = []
  const most = Math.min(before.length + after.length, MAX_DISTANCE)
  const middle = most + 1
  const reached = new Int32Array(2 * most + 3)
  for (let d = 0; d <= most; d += 1) {
    trace.push(reached.slice(middle - d - 1, middle + d + 2))
    for (let k = -d; k <= d; k += 2) {
      const isDown = k === -d || (k !== d && at(reached, middle + k - 1) < at(reached, middle + k + 1))
      let x = isDown ? at(reached, middle + k + 1) : at(reached, middle + k - 1) + 1
      while (x < before.length && x - k < after.length && before[x] === after[x - k]) x += 1
      reached[middle + k] = x
      if (x >= before.length && x - k >= after.length) return walkBack(before, after, trace)
    }
  }
  return [...before.map(removed), ...after.map(added)]
}

/** @param trace What was reached before each step, from one diagonal below the step's lowest on. */
const walkBack = (before: readonly string[], after: readonly string[], trace: readonly Int32Array[]): Edit[] => {
  const edits: Edit[] = []
  let [x, y] = [before.length, after.length]
  for (let d = trace.length - 1; d >= 0; d -= 1) {
    const reached = trace[d] ?? new Int32Array()
    const k = x - y
    const from = (diagonal: number): number => at(reached, diagonal + d + 1)
    const isDown = k === -d || (k !== d && from(k - 1) < from(k + 1))
    const beforeX = d === 0 ? 0 : from(isDown ? k + 1 : k - 1)
    const beforeY = d === 0 ? 0 : beforeX - (isDown ? k + 1 : k - 1)
    const least = d === 0 ? 0 : isDown ? beforeX : beforeX + 1
    for (; x > least; x -= 1, y -= 1) edits.push({ sign: ' ', line: before[x - 1] ?? '' })
    if (d > 0) edits.push(isDown ? added(after[y - 1] ?? '') : removed(before[x - 1] ?? ''))
    x = beforeX
    y = beforeY
  }
  return edits.reverse()
}

const at = (numbers: Int32Array, index: number): number => numbers[index] ?? 0
const removed = (line: string): Edit => ({ sign: '-', line })
const added = (line: string): Edit => ({ sign: '+', line })

const hunksOf = (edits: readonly Edit[]): string[] => {
  const hunks: string[] = []
  let [beforeLine, afterLine, position] = [1, 1, 0]
  for (const [start, end] of rangesOf(edits)) {
    for (; position < start; position += 1) {
      beforeLine += 1
      afterLine += 1
    }
    const inside = edits.slice(start, end)
    const counts = { before: inside.filter(({ sign }) => sign !== '+').length, after: inside.filter(({ sign }) => sign !== '-').length } // biome-ignore format: one line
    hunks.push(
      `@@ -${rangeOf(beforeLine, counts.before)} +${rangeOf(afterLine, counts.after)} @@\n${inside.map(print).join('')}`,
    )
    beforeLine += counts.before
    afterLine += counts.after
    position = end
  }
  return hunks
}

/** Changes with the lines around them; what touches is one. */
const rangesOf = (edits: readonly Edit[]): [start: number, end: number][] => {
  const ranges: [number, number][] = []
  for (const [index, { sign }] of edits.entries()) {
    if (sign === ' ') continue
    const [start, end] = [Math.max(0, index - CONTEXT_LINES), Math.min(edits.length, index + CONTEXT_LINES + 1)]
    const last = ranges.at(-1)
    if (last !== undefined && start <= last[1]) last[1] = end
    else ranges.push([start, end])
  }
  return ranges
}

// A range of no lines is named by the line before it.
const rangeOf = (line: number, count: number): string =>
  count === 1 ? String(line) : `${count === 0 ? line - 1 : line},${count}`

const print = ({ sign, line }: Edit): string => (line.endsWith('\n') ? sign + line : `${sign}${line}\n${NO_NEWLINE}\n`)
