import { once } from 'node:events'

export type Lanes = ReturnType<typeof runLanes>

// A run that takes longer holds up nobody behind it.
const SLOW_MS = 150
// Each may hold a Python process, and those are few.
const MAX_LANES = 4
// A run that had to be ended has used what there was to use: whoever does that again and again gets one lane, and a rest
// behind each. It is held against a bot for a minute: one that is written to now and then is not forgiven in between.
const FIRST_REST_MS = 250
const LONGEST_REST_MS = 2_000
const HELD_MS = 60_000

/**
 * Lets a bot run one command after the other, as long as they are quick, and past those that are not on further lanes:
 * a command that sleeps must not silence the bot for everybody else, and one that has to be killed must not cost other
 * bots their processes.
 */
export const runLanes = () => {
  const bots = new Map<string, BotLanes>()
  return {
    /**
     * @param work Is given the number of its lane; two runs on one lane never overlap.
     * @param wasEnded Whether what the work gave was ended by a limit.
     * @throws the signal's reason when it comes before the work began
     */
    async run<T>(
      botId: string,
      signal: AbortSignal,
      work: (lane: number) => Promise<T>,
      wasEnded: (result: T) => boolean = () => false,
    ): Promise<T> {
      const bot = bots.get(botId) ?? botLanes(() => bots.delete(botId))
      bots.set(botId, bot)
      const lane = await bot.enter(signal)
      try {
        const result = await work(lane)
        bot.ended(wasEnded(result))
        return result
      } finally {
        bot.leave(lane)
      }
    },
  }
}

type BotLanes = ReturnType<typeof botLanes>

/** @param forget Nobody is in them, and nothing is held against the bot. */
const botLanes = (forget: () => void) => {
  const busy = new Map<number, { slow: boolean; timer: NodeJS.Timeout }>()
  const waiting = new Set<() => void>()
  /** Runs in a row that had to be ended. */
  let strikes = 0
  let rest: NodeJS.Timeout | undefined
  let forgiven: NodeJS.Timeout | undefined

  const hasRoom = (): boolean =>
    rest === undefined && busy.size < (strikes > 0 ? 1 : MAX_LANES) && [...busy.values()].every(({ slow }) => slow)
  const admit = (): void => {
    const [next] = waiting
    if (next === undefined && busy.size === 0 && rest === undefined && strikes === 0) forget()
    if (next === undefined || !hasRoom()) return
    waiting.delete(next)
    next()
  }
  const take = (): number => {
    let lane = 0
    while (busy.has(lane)) lane += 1
    const timer = setTimeout(() => {
      const entry = busy.get(lane)
      if (entry !== undefined) entry.slow = true
      admit()
    }, SLOW_MS)
    busy.set(lane, { slow: false, timer })
    return lane
  }

  const restFor = (ms: number): void => {
    clearTimeout(rest)
    rest = setTimeout(() => {
      rest = undefined
      admit()
    }, ms)
  }

  return {
    ended(wasEnded: boolean): void {
      strikes = wasEnded ? strikes + 1 : 0
      clearTimeout(forgiven)
      if (wasEnded) forgiven = setTimeout(forgive, HELD_MS).unref()
      if (strikes > 1) restFor(Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** (strikes - 2)))
    },
    async enter(signal: AbortSignal): Promise<number> {
      signal.throwIfAborted()
      if (waiting.size === 0 && hasRoom()) return take()
      const { promise, resolve } = Promise.withResolvers<number>()
      const turn = (): void => resolve(take())
      waiting.add(turn)
      const over = new AbortController()
      const aborted = once(signal, 'abort', { signal: over.signal }).then(() => undefined)
      const lane = await Promise.race([promise, aborted.catch(() => undefined)])
      over.abort()
      if (lane !== undefined) return lane
      // Its turn may have come in the same moment: then it is given on.
      if (!waiting.delete(turn)) void promise.then(leave)
      throw signal.reason
    },
    leave,
  }

  function forgive(): void {
    strikes = 0
    admit()
  }

  function leave(lane: number): void {
    clearTimeout(busy.get(lane)?.timer)
    busy.delete(lane)
    admit()
  }
}
