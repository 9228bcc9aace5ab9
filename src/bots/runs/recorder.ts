import type { Clock } from '../../platform/clock.ts'
import type { RunCall } from './contract.ts'
import { hiddenTexts } from './hidden.ts'
import { bounded, round } from './record.ts'

const MAX_RECORDED_CALLS = 200
const MAX_WARNINGS = 50
const MAX_WARNING_CHARS = 500

export type CallRecorder = ReturnType<typeof callRecorder>

/**
 * Collects what the owner reads of a run besides its prints.
 *
 * @param onCall Told of each call when it is over.
 */
export const callRecorder = (clock: Clock, onCall?: (call: RunCall) => void) => {
  const calls: RunCall[] = []
  const warnings: string[] = []
  const hidden = hiddenTexts()
  return {
    calls,
    warnings,
    /** From here on, a text that nobody may read in the record. */
    hide: hidden.add,
    /** A part of the record without such texts. */
    masked: hidden.mask,
    /** Makes one call and writes down what was asked, what came of it, and how long it took. */
    async record<T>(method: string, params: unknown, work: () => Promise<T>): Promise<T> {
      const call: RunCall = { method, params: bounded(hidden.mask(params)), result: null, error: null, duration_ms: 0 }
      if (calls.length < MAX_RECORDED_CALLS) calls.push(call)
      const startedAt = clock.monotonicMs()
      try {
        const result = await work()
        call.result = bounded(hidden.mask(result))
        return result
      } catch (error) {
        call.error = hidden.mask(error instanceof Error ? error.message : String(error))
        throw error
      } finally {
        call.duration_ms = round(clock.monotonicMs() - startedAt)
        onCall?.(call)
      }
    },
    /** Something that the owner should know although the command went on. */
    warn(text: string): void {
      if (warnings.length < MAX_WARNINGS) warnings.push(hidden.mask(text).slice(0, MAX_WARNING_CHARS))
    },
  }
}
