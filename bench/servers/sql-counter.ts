import { StatementSync } from 'node:sqlite'

/** Counts every statement that this process executes on SQLite, whoever prepared it. Comes before any database. */
export const countStatements = (): (() => number) => {
  let executed = 0
  for (const name of ['all', 'get', 'run', 'iterate'] as const) {
    const original = StatementSync.prototype[name] as (...args: unknown[]) => unknown
    Object.defineProperty(StatementSync.prototype, name, {
      value(this: StatementSync, ...args: unknown[]) {
        executed += 1
        return original.apply(this, args)
      },
    })
  }
  return () => executed
}
