import { once } from 'node:events'

export type Lanes = ReturnType<typeof runLanes>

// A run that takes longer holds up nobody behind it.
const SLOW_MS = 150
// Each may hold a Python process, and those are few.
const MAX_LANES = 4

/**
 * Lets a bot run one command after the other, as long as they are quick, and past those that are not on further lanes:
 * a command that sleeps must not silence the bot for everybody else.
 */
export const runLanes = () => {
  const bots = new Map<string, BotLanes>()
  return {
    /**
     * @param work Is given the number of its lane; two runs on one lane never overlap.
     * @throws the signal's reason when it comes before the work began
     */
    async run<T>(botId: string, signal: AbortSignal, work: (lane: number) => Promise<T>): Promise<T> {
      const bot = bots.get(botId) ?? botLanes()
      bots.set(botId, bot)
      const lane = await bot.enter(signal)
      try {
        return await work(lane)
      } finally {
        bot.leave(lane)
        if (bot.idle()) bots.delete(botId)
      }
    },
  }
}

type BotLanes = ReturnType<typeof botLanes>

const botLanes = () => {
  const busy = new Map<number, { slow: boolean; timer: NodeJS.Timeout }>()
  const waiting = new Set<() => void>()

  const hasRoom = (): boolean => busy.size < MAX_LANES && [...busy.values()].every(({ slow }) => slow)
  const admit = (): void => {
    const [next] = waiting
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

  return {
    idle: (): boolean => busy.size === 0 && waiting.size === 0,
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

  function leave(lane: number): void {
    clearTimeout(busy.get(lane)?.timer)
    busy.delete(lane)
    admit()
  }
}
