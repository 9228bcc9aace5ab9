import { totalmem } from 'node:os'
import { type Clock, systemClock } from '../../../platform/clock.ts'
import { queuedEngine } from '../queue.ts'
import type { EngineOptions, PythonEngine } from '../types.ts'
import { makeNativePool, type NativePoolOptions } from './pool.ts'

const MAX_RUNS = 256

export interface NativeOptions extends EngineOptions {
  /** How many runs may be under way; nearly all of them wait for something. */
  maxRuns?: number
  /** The Python to start: a path, or a name on the search path. */
  python?: string
  searchPath?: string
  /** The files of the wall, for tests of what happens when it does not hold. */
  native?: NativePoolOptions['nest']['native']
}

/** Runs commands in the CPython of the machine, each in a process of its own behind the kernel's wall. Linux only. */
export const nativeEngine = (options: NativeOptions, clock: Clock = systemClock): PythonEngine => {
  const {
    maxRuns = MAX_RUNS,
    memoryBudgetBytes = totalmem() / 2,
    python = 'python3',
    searchPath = '',
    native,
  } = options
  const nest = { python, searchPath, ...(native && { native }) }
  return queuedEngine(
    options,
    (events) => makeNativePool({ ...options, ...events, maxRuns, memoryBudgetBytes, nest }),
    clock,
  )
}
