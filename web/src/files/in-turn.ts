import { ClientError } from '../../../src/client/index.ts'

const AT_ONCE = 3
const MAX_WAITS = 5

export interface Outcome<T> {
  readonly done: readonly T[]
  readonly failures: readonly unknown[]
}

/**
 * Does the same to many things, a few at a time. Where the server asks to wait, that is what happens; what fails does
 * not keep the others from being done.
 */
export const inTurn = async <T>(things: readonly T[], act: (thing: T) => Promise<unknown>): Promise<Outcome<T>> => {
  const done: T[] = []
  const failures: unknown[] = []
  // One way through them for all who work.
  const rest = things.values()
  const work = async (): Promise<void> => {
    for (const thing of rest) {
      try {
        await patiently(thing, act)
        done.push(thing)
      } catch (error) {
        failures.push(error)
      }
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
