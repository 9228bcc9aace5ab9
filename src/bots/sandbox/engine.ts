import { totalmem } from 'node:os'
import { type Clock, systemClock } from '../../platform/clock.ts'
import { makePool } from './pool.ts'
import { queuedEngine } from './queue.ts'
import type { EngineOptions, PythonEngine } from './types.ts'

export { DEFAULT_LIMITS } from './queue.ts'

const MB = 1024 * 1024
/** What one worker takes, all in all. */
const WORKER_BYTES = 200 * MB
const MAX_WORKERS = 8

const workersFor = ({ maxWorkers: wanted, memoryBudgetBytes = totalmem() / 2 }: EngineOptions) => {
  const affordable = Math.floor(memoryBudgetBytes / WORKER_BYTES)
  const maxWorkers = Math.max(1, wanted ?? Math.min(MAX_WORKERS, affordable))
  return { maxWorkers, extraWorkers: Math.max(0, Math.min(maxWorkers, affordable - maxWorkers)) }
}

/** Runs commands in CPython compiled to WebAssembly, in a pool of processes that may do nothing but call back. */
export const pyodideEngine = (options: EngineOptions, clock: Clock = systemClock): PythonEngine =>
  queuedEngine(options, (events) => makePool({ ...options, ...events, ...workersFor(options) }), clock)
