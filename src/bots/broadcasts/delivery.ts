import type { Db } from '../../platform/db/index.ts'
import { TelegramError } from '../../platform/telegram/api.ts'
import type { ActingBot, Conductor, Occasion } from '../gateway/conductor.ts'
import type { Deployment } from '../gateway/deployments.ts'
import { floodSeconds } from '../gateway/pacing.ts'
import type { Run } from '../runs/contract.ts'
import type { Outcome, Recipient } from './repo.ts'
import { callFor, type Source } from './source.ts'

/** How one message went. `later`: nothing is decided, and it is to be sent again. */
export type Delivered =
  | { readonly outcome: Outcome; readonly error: string | null; readonly settled: boolean }
  | { readonly outcome: 'later'; readonly delayMs: number; readonly problem: string | null; readonly flood: boolean }
  /** What was taken for Python is a text. */
  | { readonly outcome: 'text' }

/** Where a message goes. */
export interface Target {
  readonly chatId: number
  /** As far as it is known who that is. */
  readonly person: Recipient | undefined
  /** It is no recipient of the broadcast: nothing is settled. */
  readonly isTest: boolean
}

export interface DeliveryOptions {
  readonly conductor: Conductor
  /** Writes the outcome in the transaction that records a run. */
  readonly settle: (tx: Db, userId: number, outcome: Outcome, error: string | null) => Promise<void>
}

const CALL_TIMEOUT_MS = 30_000
const OUTAGE_MS = 1_000

/** Sends what a broadcast says to one chat. */
export const delivery = ({ conductor, settle }: DeliveryOptions) => {
  const call = async (
    bot: ActingBot,
    deployment: Deployment,
    source: Extract<Source, { mode: 'function' | 'text' }>,
    { chatId, person }: Target,
  ): Promise<Delivered> => {
    const { method, params } = callFor(source, chatId, person, deployment.settings.default_parse_mode)
    try {
      await bot.telegram.call(bot.token, method, params, { timeoutMs: CALL_TIMEOUT_MS })
      return { outcome: 'sent', error: null, settled: false }
    } catch (error) {
      return afterFailure(error)
    }
  }

  const run = async (
    bot: ActingBot,
    deployment: Deployment,
    source: Extract<Source, { mode: 'code' | 'command' }>,
    { chatId, person, isTest }: Target,
    signal: AbortSignal,
  ): Promise<Delivered> => {
    const command =
      source.mode === 'code'
        ? { name: 'broadcast', code: source.code, adminOnly: false }
        : deployment.commands.get(source.command)
    if (command === undefined) return { outcome: 'error', error: "Command doesn't exist.", settled: false }
    const occasion = occasionFor(command, chatId, person)
    const finished = await conductor.performBare(
      bot,
      deployment,
      {
        ...occasion,
        settle: async (tx, ended) => {
          const result = ofRun(ended, source)
          if (person !== undefined && !isTest && 'error' in result)
            await settle(tx, person.user_id, result.outcome, result.error)
        },
      },
      signal,
    )
    return ofRun(finished, source)
  }

  return {
    deliver: (
      bot: ActingBot,
      deployment: Deployment,
      source: Source,
      target: Target,
      signal: AbortSignal,
    ): Promise<Delivered> =>
      source.mode === 'text' || source.mode === 'function'
        ? call(bot, deployment, source, target)
        : run(bot, deployment, source, target, signal),
  }
}

const afterFailure = (error: unknown): Delivered => {
  const flood = floodSeconds(error)
  if (flood !== undefined) return { outcome: 'later', delayMs: flood * 1000, problem: null, flood: true }
  if (!(error instanceof TelegramError)) throw error
  const { errorCode, description } = error
  if (errorCode === 403) return { outcome: 'blocked', error: description, settled: false }
  if (errorCode >= 400 && errorCode < 500 && errorCode !== 401)
    return { outcome: 'error', error: description, settled: false }
  const problem =
    errorCode === 401
      ? 'Telegram does not accept the token of this bot.'
      : `Telegram cannot be reached (${description}); the server tries again by itself.`
  return { outcome: 'later', delayMs: OUTAGE_MS, problem, flood: false }
}

const ofRun = ({ outcome, error }: Run, source: Source): Delivered => {
  if (outcome === 'ok') return { outcome: 'sent', error: null, settled: true }
  if (outcome === 'closed') return { outcome: 'later', delayMs: 0, problem: null, flood: false }
  if (source.mode === 'code' && source.orText && error?.type === 'SyntaxError') return { outcome: 'text' }
  const text = error === null ? outcome : `${error.type}: ${error.message}`
  const isBlocked = error?.type === 'ApiTelegramException' && /Error code: 403|Forbidden/.test(error.message)
  return { outcome: isBlocked ? 'blocked' : 'error', error: text, settled: true }
}

/** As if the person had written, without a text. */
const occasionFor = (
  command: Occasion['command'],
  chatId: number,
  recipient: Recipient | undefined,
): Omit<Occasion, 'settle'> => {
  const { first_name = '', last_name = null, username = null } = recipient ?? {}
  const from = { id: chatId, is_bot: false, first_name, last_name, username }
  const chat = { id: chatId, type: 'private', first_name, last_name, username }
  return {
    trigger: 'broadcast',
    updateId: null,
    command,
    params: null,
    options: null,
    updateType: null,
    text: null,
    message: { message_id: null, from, chat, text: null },
    call: null,
    chat,
    chatId,
    chatType: 'private',
    userId: chatId,
  }
}
