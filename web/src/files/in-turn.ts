import { ClientError } from '../api.ts'

const AT_ONCE = 3
const MAX_WAITS = 5

export interface Outcome<T> {
  readonly done: readonly T[]
  readonly failures: readonly unknown[]
}

/**
 * Does the same to many things, a few at a time. Where the server asks to wait, that is what happens; what fails does
 * not keep the others from being done.
 *
 * @param onStep Called with how many are over.
 */
export const inTurn = async <T>(
  things: readonly T[],
  act: (thing: T) => Promise<unknown>,
  onStep: (over: number) => void = () => undefined,
): Promise<Outcome<T>> => {
  const done: T[] = []
  const failures: unknown[] = []
  const rest = [...things]
  const work = async (): Promise<void> => {
    for (let thing = rest.shift(); thing !== undefined; thing = rest.shift()) {
      try {
        await patiently(thing, act)
        done.push(thing)
      } catch (error) {
        failures.push(error)
      }
      onStep(done.length + failures.length)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return { done, failures }
}

const patiently = async <T>(thing: T, act: (thing: T) => Promise<unknown>, waits = 0): Promise<unknown> => {
  try {
    return await act(thing)
  } catch (error) {
    const seconds = error instanceof ClientError && error.status === 429 ? error.retryAfterSeconds : undefined
    if (seconds === undefined || waits === MAX_WAITS) throw error
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
    return patiently(thing, act, waits + 1)
  }
}
