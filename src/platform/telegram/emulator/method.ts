import type { z } from 'zod'
import { badRequest } from './failure.ts'
import type { Call } from './world.ts'

/** What a method answers; some say in words what they did. */
export interface MethodAnswer {
  result: unknown
  description?: string
}

export type Method = (call: Call, params: Readonly<Record<string, unknown>>) => Promise<MethodAnswer>

/**
 * A Bot API method: its parameters, and what it does with them.
 *
 * @param run Gives the `result`, or throws an {@link ApiFailure}.
 */
export const method = <S extends z.ZodType>(params: S, run: (call: Call, params: z.output<S>) => unknown): Method =>
  describedMethod(params, async (call, parsed) => ({ result: await run(call, parsed) }))

/** A method whose answer carries a description next to its result. */
export const describedMethod =
  <S extends z.ZodType>(
    params: S,
    run: (call: Call, params: z.output<S>) => MethodAnswer | Promise<MethodAnswer>,
  ): Method =>
  async (call, raw) => {
    const parsed = params.safeParse(raw)
    if (!parsed.success) throw badRequest(parsed.error.issues[0]?.message ?? '')
    return run(call, parsed.data)
  }
