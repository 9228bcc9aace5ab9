import { randomInt } from 'node:crypto'
import type { Clock } from '../../clock.ts'
import { type Control, emulatorControl } from './control.ts'
import { ApiFailure, type FailureParameters } from './failure.ts'
import { type Faults, faults } from './faults.ts'
import { type FloodRates, floodControl, GENEROUS } from './flood.ts'
import { type ApiCallListener, journal } from './journal.ts'
import type { MethodAnswer } from './method.ts'
import { findMethod } from './methods/table.ts'
import { pollers } from './polling.ts'
import type { Bot } from './state.ts'
import { type EmulatorStore, memoryStore } from './store.ts'
import { emulatorTime } from './time.ts'
import { webhooks } from './webhooks.ts'
import type { World } from './world.ts'

export interface EmulatorOptions {
  clock: Clock
  /** In [0, 1); a test passes its own. The default draws from the system's secure source. */
  random?: () => number
  /** What it begins with; restore a snapshot before it comes here. */
  store?: EmulatorStore
  /** How long a second of Telegram's time takes here; 0.01 makes every window and hold a hundred times shorter. */
  timeScale?: number
  flood?: FloodRates
  /**
   * Where bots may have their updates posted. By default nowhere: a hook makes this process call an address that the
   * bot's code chose, such as a service on this machine.
   */
  allowWebhook?: (url: URL) => boolean
}

export interface EmulatorRequest {
  token: string
  method: string
  params?: Readonly<Record<string, unknown>>
  signal?: AbortSignal | undefined
}

export type EmulatorBody =
  | { ok: true; result: unknown; description?: string }
  | { ok: false; error_code: number; description: string; parameters?: FailureParameters }

export interface EmulatorResponse {
  /** HTTP status; the same as `error_code` for a refusal. */
  status: number
  body: EmulatorBody
  /** The work was done and a test ordered the answer to get lost: break the connection instead of sending it. */
  dropped: boolean
}

export interface Emulator extends Control, Pick<Faults, 'failNext' | 'dropReplyAfterWork' | 'delayNext'> {
  /**
   * One Bot API call. Refusals are answers; it rejects only with the signal's reason.
   *
   * @see https://core.telegram.org/bots/api#making-requests
   */
  request(request: EmulatorRequest): Promise<EmulatorResponse>
  /** Told of each call when it is done. @returns How to stop listening. */
  onCall(listener: ApiCallListener): () => void
  store: EmulatorStore
  /** Ends waiting polls and webhook deliveries; the state stays. */
  close(): void
}

const secureRandom = () => randomInt(2 ** 32) / 2 ** 32

/** A Telegram of our own: bots call it like the Bot API, and its controls play the people they talk to. */
export const createEmulator = (options: EmulatorOptions): Emulator => {
  const {
    clock,
    random = secureRandom,
    store = memoryStore(),
    timeScale = 1,
    flood = GENEROUS,
    allowWebhook = () => false,
  } = options
  const time = emulatorTime(clock, timeScale)
  const execute = (bot: Bot, method: string, params: Readonly<Record<string, unknown>>) =>
    request({ token: bot.token, method, params })
  const world: World = {
    store,
    time,
    random,
    pollers: pollers({ store, time }),
    webhooks: webhooks({ store, time, random, execute }),
    flood: floodControl({ time, rates: flood }),
    webhookChanges: new Map(),
    allowWebhook,
  }
  // A store may come with updates that a hook has not taken yet.
  for (const bot of store.bots()) world.webhooks.wake(bot)
  const troubles = faults()
  const calls = journal()

  const request = async ({ token, method, params = {}, signal }: EmulatorRequest): Promise<EmulatorResponse> => {
    const startMs = clock.monotonicMs()
    const name = findMethod(method)?.name ?? method
    const answer = await answerOf(async () => {
      const bot = authenticate(world, token)
      await troubles.before(name.toLowerCase(), signal)
      return run(world, bot, method, params, signal)
    })
    const response = { ...answer, dropped: troubles.dropsReply(name.toLowerCase()) }
    const durationMs = clock.monotonicMs() - startMs
    calls.tell({ botId: store.botByToken(token)?.id, method: name, params, ...answer, durationMs })
    return response
  }

  return {
    request,
    onCall: calls.listen,
    ...emulatorControl(world),
    failNext: troubles.failNext,
    dropReplyAfterWork: troubles.dropReplyAfterWork,
    delayNext: troubles.delayNext,
    store,
    close() {
      world.pollers.dropAll(new ApiFailure(500, 'Internal Server Error: restart'))
      world.webhooks.stopAll()
    },
  }
}

/** @throws {ApiFailure} 401, 421 or 400, by what is wrong with the token. */
const authenticate = ({ store, time }: World, token: string): Bot => {
  const [id = '', secret] = token.split(':')
  if (token.startsWith('0') || token.length > 80 || token.includes('/') || secret === undefined) {
    throw new ApiFailure(401, 'Unauthorized: invalid token specified')
  }
  if (!/^[1-9]\d*$/.test(id)) throw new ApiFailure(421, 'Misdirected Request: unallowed token specified')
  const bot = store.botByToken(token)
  if (!bot) throw new ApiFailure(401, 'Unauthorized')
  if (bot.loggedOutUntilMs !== null && time.nowMs() < bot.loggedOutUntilMs) throw new ApiFailure(400, 'Logged out')
  return bot
}

const run = (
  world: World,
  bot: Bot,
  method: string,
  params: Readonly<Record<string, unknown>>,
  signal: AbortSignal | undefined,
): Promise<MethodAnswer> => {
  const found = findMethod(method)
  if (!found) throw new ApiFailure(404, 'Not Found: method not found')
  return found.run({ ...world, bot, signal }, params)
}

const answerOf = async (work: () => Promise<MethodAnswer>): Promise<{ status: number; body: EmulatorBody }> => {
  try {
    const { result, description } = await work()
    const body: EmulatorBody = { ok: true, result, ...(description !== undefined && { description }) }
    // What is answered must not change when the state behind it does.
    return { status: 200, body: structuredClone(body) }
  } catch (error) {
    if (!(error instanceof ApiFailure)) throw error
    const { errorCode, message, parameters } = error
    const body: EmulatorBody = {
      ok: false,
      error_code: errorCode,
      description: message,
      ...(parameters && { parameters }),
    }
    return { status: errorCode, body }
  }
}
