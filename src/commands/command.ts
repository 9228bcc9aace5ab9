import type { parseArgs } from 'node:util'

/** One command of the program. */
export interface Command {
  readonly name: string
  readonly summary: string
  readonly help: string
  readonly options: NonNullable<Parameters<typeof parseArgs>[0]>['options']
  /** @returns The exit code. */
  run(values: Readonly<Record<string, unknown>>): Promise<number>
}
