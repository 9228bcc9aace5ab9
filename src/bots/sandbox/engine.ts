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

const maxWorkersFor = ({ maxWorkers, memoryBudgetBytes = totalmem() / 2 }: EngineOptions): number =>
  Math.max(1, maxWorkers ?? Math.min(MAX_WORKERS, Math.floor(memoryBudgetBytes / WORKER_BYTES)))

/** Runs commands in CPython compiled to WebAssembly, in a pool of processes that may do nothing but call back. */
export const pyodideEngine = (options: EngineOptions, clock: Clock = systemClock): PythonEngine =>
  queuedEngine(options, (events) => makePool({ ...options, ...events, maxWorkers: maxWorkersFor(options) }), clock)
