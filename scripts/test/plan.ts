import { globSync } from 'node:fs'

const PATTERNS = ['src/**/*.test.ts', 'test/**/*.test.ts', 'scripts/**/*.test.ts', 'web/src/**/*.test.ts']
const CRASH_FOLDER = 'test/crash/'

/** What one call of the test runner does. */
export type Plan = {
  /** Run beside each other. */
  files: string[]
  /** Run one after the other, after the rest: each of them keeps the whole machine busy. */
  crashFiles: string[]
  /** How often a crash test kills and looks again. */
  crashRounds: number
  /** Whether types, style and dead code are checked: not when only some tests were asked for. */
  gates: boolean
  deadlineMinutes: number
}

/** The test files below `root`, with `/` between folders, sorted. */
export const testFiles = (root: string): string[] =>
  globSync(PATTERNS, { cwd: root, exclude: ['**/node_modules/**'] })
    .map((file) => file.replaceAll('\\', '/'))
    .sort()

/**
 * @param args Parts of paths: a file that contains one of them runs. A leading `crash` stands for the long crash test.
 */
export const makePlan = (args: string[], all: string[]): Plan => {
  const long = args[0] === 'crash'
  const filters = long ? args.slice(1) : args
  const asked = filters.length === 0 ? all : all.filter((file) => filters.some((part) => file.includes(part)))
  return {
    files: long ? [] : asked.filter((file) => !file.startsWith(CRASH_FOLDER)),
    crashFiles: asked.filter((file) => file.startsWith(CRASH_FOLDER)),
    crashRounds: long ? 30 : 6,
    gates: args.length === 0,
    deadlineMinutes: long ? 60 : 30,
  }
}
