import { type Clock, systemClock } from '../../platform/clock.ts'
import { AppError } from '../../platform/errors.ts'
import { pyodideEngine } from './engine.ts'
import { SandboxErrors } from './errors.ts'
import type { NativeOptions } from './native/engine.ts'
import type { EngineOptions, EngineStats, PythonEngine, RuntimeName } from './types.ts'

export interface SelectOptions extends EngineOptions {
  runtime: RuntimeName
  /** Only for `native`; the rest of the options serves both. */
  native: Pick<NativeOptions, 'maxRuns' | 'python' | 'searchPath' | 'native'>
}

const NOTHING: EngineStats = {
  runtime: 'native',
  refused: null,
  workers: { booting: 0, idle: 0, busy: 0 },
  waiting: 0,
  runs: 0,
  lost: {},
  fromSnapshot: null,
}

/**
 * The engine that is wished for. Native runs only where its wall was proved on this very system, at its start; anywhere
 * else Pyodide does its work, and the log and the figures say so.
 */
export const pythonEngine = (options: SelectOptions, clock: Clock = systemClock): PythonEngine =>
  options.runtime === 'pyodide' ? pyodideEngine(options, clock) : nativeOrPyodide(options, clock)

const reasonOf = (error: unknown): string => {
  const { cause } = error instanceof Error ? error : {}
  return cause instanceof Error ? cause.message : error instanceof Error ? error.message : String(error)
}

const isUnavailable = (error: unknown): boolean =>
  error instanceof AppError && error.code === SandboxErrors.PYTHON_UNAVAILABLE.code

const nativeOrPyodide = ({ native, ...options }: SelectOptions, clock: Clock): PythonEngine => {
  let current: PythonEngine | undefined
  let chosen: Promise<PythonEngine> | undefined
  let refused: string | null = null
  let isClosed = false

  const fallBack = async (from: PythonEngine, error: unknown): Promise<PythonEngine> => {
    if (current !== from) return current ?? from
    refused = reasonOf(error)
    options.log.error(
      { reason: refused },
      'BOTS_RUNTIME=native is NOT in force: native Python did not pass its self-test. Commands run in Pyodide.',
    )
    const other = pyodideEngine(options, clock)
    current = other
    await from.close()
    return other
  }

  const choose = async (): Promise<PythonEngine> => {
    // Loaded only where it is wished for.
    const { nativeEngine } = await import('./native/engine.ts')
    const wished = nativeEngine({ ...options, ...native }, clock)
    current = wished
    if (isClosed) await wished.close()
    try {
      await wished.ready()
      return wished
    } catch (error) {
      return isUnavailable(error) ? await fallBack(wished, error) : wished
    }
  }
  const engine = async (): Promise<PythonEngine> => {
    chosen ??= choose()
    await chosen
    return current!
  }

  return {
    ready: async () => (await engine()).ready(),
    run: async (request, host, limits) => {
      const first = await engine()
      try {
        return await first.run(request, host, limits)
      } catch (error) {
        // It was refused before it began, so nothing is done twice.
        if (refused !== null || isClosed || !isUnavailable(error)) throw error
        return await (await fallBack(first, error)).run(request, host, limits)
      }
    },
    stats: () => ({ ...(current?.stats() ?? NOTHING), refused }),
    close: async () => {
      isClosed = true
      await current?.close()
      await chosen?.catch(() => undefined)
      await current?.close()
    },
  }
}
