import { ApiFailure } from './failure.ts'
import type { Bot } from './state.ts'
import type { EmulatorStore } from './store.ts'
import type { EmulatorTime } from './time.ts'
import { confirm, dropExpired, peek, toUpdate } from './updates.ts'

export const OTHER_POLLER =
  'Conflict: terminated by other getUpdates request; make sure that only one bot instance is running'
export const WEBHOOK_SET = 'Conflict: terminated by setWebhook request'
export const WEBHOOK_ACTIVE =
  "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"

/** Two refusals for a conflict are this far apart, so that two pollers do not spin. */
const CONFLICT_HOLD_SECONDS = 3
/** The same offset again within this time waits at least this long … */
const REPEAT_WINDOW_SECONDS = 3
/** … and within this time gets one update only: the poller seems to choke on its answer. */
const CHOKE_WINDOW_SECONDS = 0.5

export interface PollRequest {
  offset: number
  limit: number
  timeoutSeconds: number
}

interface Waiter {
  finish(): void
  fail(failure: unknown): void
}

interface PollState {
  waiter: Waiter | undefined
  lastOffset: number | undefined
  lastStartMs: number
  nextConflictMs: number
}

const newState = (): PollState => ({
  waiter: undefined,
  lastOffset: undefined,
  lastStartMs: 0,
  nextConflictMs: Number.NEGATIVE_INFINITY,
})

/** Slows down a poller that asks again for what it just asked for. */
const brake = (time: EmulatorTime, state: PollState, { offset, limit, timeoutSeconds }: PollRequest): PollRequest => {
  const now = time.monotonicMs()
  const sinceLastMs = offset === state.lastOffset ? now - state.lastStartMs : Number.POSITIVE_INFINITY
  const isRepeated = sinceLastMs < time.toMs(REPEAT_WINDOW_SECONDS)
  state.lastOffset = offset
  state.lastStartMs = now
  return {
    offset,
    limit: sinceLastMs < time.toMs(CHOKE_WINDOW_SECONDS) ? 1 : limit,
    timeoutSeconds: isRepeated ? Math.max(timeoutSeconds, REPEAT_WINDOW_SECONDS) : timeoutSeconds,
  }
}

/** Calls back with the refusal, at once or after the hold when the last one was not long ago. */
const conflict = (
  time: EmulatorTime,
  state: PollState,
  description: string,
  fail: (failure: ApiFailure) => void,
): void => {
  const now = time.monotonicMs()
  const failure = new ApiFailure(409, description)
  if (now < state.nextConflictMs) {
    setTimeout(() => fail(failure), time.toMs(CONFLICT_HOLD_SECONDS))
  } else {
    state.nextConflictMs = now + time.toMs(CONFLICT_HOLD_SECONDS)
    fail(failure)
  }
}

/** Resolves with what `finish` gives, when the waiter is woken or its time is over. */
const wait = (
  state: PollState,
  waitMs: number,
  signal: AbortSignal | undefined,
  finish: () => unknown[],
): Promise<unknown[]> =>
  new Promise((resolve, reject) => {
    const leave = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
      if (state.waiter === waiter) state.waiter = undefined
    }
    const waiter: Waiter = {
      finish() {
        leave()
        resolve(finish())
      },
      fail(failure) {
        leave()
        reject(failure)
      },
    }
    const abort = () => waiter.fail(signal?.reason)
    const timer = setTimeout(waiter.finish, waitMs)
    signal?.addEventListener('abort', abort, { once: true })
    state.waiter = waiter
  })

export type Pollers = ReturnType<typeof pollers>

/**
 * `getUpdates` as the official server answers it, poll by poll: one poll per bot waits, and a later one that has to
 * wait too ends it.
 *
 * @see https://github.com/tdlib/telegram-bot-api
 */
export const pollers = ({ store, time }: { store: EmulatorStore; time: EmulatorTime }) => {
  const states = new Map<number, PollState>()

  const stateOf = (botId: number): PollState => {
    const state = states.get(botId) ?? newState()
    states.set(botId, state)
    return state
  }

  const take = (bot: Bot, { offset, limit }: PollRequest) => {
    const count = bot.pending.length
    dropExpired(bot, time.nowMs())
    if (offset !== 0) confirm(bot, offset)
    if (bot.pending.length !== count) store.changed()
    return peek(bot, limit).map(toUpdate)
  }

  /** Ends the poll that waits, if one does. It no longer counts as waiting, even while its refusal is held back. */
  const terminate = (botId: number, description: string) => {
    const state = stateOf(botId)
    const { waiter } = state
    state.waiter = undefined
    if (waiter) conflict(time, state, description, waiter.fail)
  }

  return {
    /** @throws {ApiFailure} 409 while a webhook is set, and when a later poll or a webhook ends this one. */
    async poll(bot: Bot, asked: PollRequest, signal: AbortSignal | undefined): Promise<unknown[]> {
      const state = stateOf(bot.id)
      if (bot.webhook) return new Promise((_resolve, reject) => conflict(time, state, WEBHOOK_ACTIVE, reject))
      const request = brake(time, state, asked)
      const updates = take(bot, request)
      if (updates.length > 0 || request.timeoutSeconds === 0) return updates
      signal?.throwIfAborted()
      terminate(bot.id, OTHER_POLLER)
      return wait(state, time.toMs(request.timeoutSeconds), signal, () => take(bot, request))
    },
    /** An update came: whoever waits gets it. */
    wake: (bot: Bot) => stateOf(bot.id).waiter?.finish(),
    terminate,
    /** Ends the waiting poll of a bot that leaves, with this failure. */
    drop(botId: number, failure: unknown) {
      states.get(botId)?.waiter?.fail(failure)
      states.delete(botId)
    },
    dropAll(failure: unknown) {
      for (const { waiter } of states.values()) waiter?.fail(failure)
      states.clear()
    },
  }
}
