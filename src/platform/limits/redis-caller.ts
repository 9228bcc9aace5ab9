import type { Clock } from '../clock.ts'
import type { LimitLog } from './limiter.ts'
import type { Script } from './redis-script.ts'

/** The part of an ioredis connection that is used. It must not be lazy: nothing here connects it. */
export interface RedisScripting {
  /** Asked only while this is `ready`, so that no command waits in a queue to charge somebody later. */
  readonly status: string
  evalsha(sha: string, keys: number, ...keysAndArgs: string[]): Promise<unknown>
  eval(source: string, keys: number, ...keysAndArgs: string[]): Promise<unknown>
}

export interface RedisCallerOptions {
  readonly redis: RedisScripting
  readonly clock: Clock
  readonly timeoutMs: number
  readonly log?: LimitLog | undefined
}

/** How long to leave a server alone that did not answer; then one request tries it again. */
const PROBE_PAUSE_MS = 500

/** Calls scripts, and in an outage leaves the server alone but for a probe now and then. Logs an outage once. */
export const redisCaller = ({ redis, clock, timeoutMs, log }: RedisCallerOptions) => {
  let isDown = false
  let isProbing = false
  let probeAtMs = -Infinity

  const noteFailure = (error: unknown): void => {
    if (!isDown) log?.warn({ err: error }, 'Redis does not answer: each process keeps to its share of the rate limits')
    isDown = true
  }

  const noteSuccess = (): void => {
    if (isDown) log?.info({}, 'Redis answers again: rate limits are shared')
    isDown = false
  }

  const mayAsk = (): boolean => {
    if (redis.status !== 'ready') {
      noteFailure(new Error(`the connection is ${redis.status}`))
      return false
    }
    return !isDown || (!isProbing && clock.monotonicMs() >= probeAtMs)
  }

  return {
    isDown: () => isDown,

    /** @returns undefined if there is no answer in time, or none that `parse` accepts. Never rejects. */
    async ask<T>(script: Script, keys: readonly string[], args: readonly string[], parse: (reply: unknown) => T) {
      if (!mayAsk()) return undefined
      isProbing = isDown
      try {
        const answer = parse(await withDeadline(run(redis, script, keys, args), timeoutMs))
        noteSuccess()
        return answer
      } catch (error) {
        probeAtMs = clock.monotonicMs() + PROBE_PAUSE_MS
        noteFailure(error)
        return undefined
      } finally {
        isProbing = false
      }
    },
  }
}

const run = async (
  redis: RedisScripting,
  { sha, source }: Script,
  keys: readonly string[],
  args: readonly string[],
) => {
  try {
    return await redis.evalsha(sha, keys.length, ...keys, ...args)
  } catch (error) {
    // A server that was restarted has forgotten the script; sending its source teaches it again.
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
    return redis.eval(source, keys.length, ...keys, ...args)
  }
}

const withDeadline = async (answer: Promise<unknown>, timeoutMs: number): Promise<unknown> => {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
  })
  try {
    return await Promise.race([answer, deadline])
  } finally {
    clearTimeout(timer)
  }
}
