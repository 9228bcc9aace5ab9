import { z } from 'zod'
import type { Clock } from '../../platform/clock.ts'
import { type BotApi, TelegramError } from '../../platform/telegram/api.ts'
import { type HostCall, HostCallError, type Json } from '../sandbox/index.ts'
import type { RunCall } from './contract.ts'
import { bounded, round } from './record.ts'

export interface TelegramCallOptions {
  readonly telegram: BotApi
  readonly token: string
  readonly clock: Clock
  /** Where the calls are written down, up to `MAX_RECORDED_CALLS`. */
  readonly calls: RunCall[]
}

const CALL_TIMEOUT_MS = 30_000
const MAX_RECORDED_CALLS = 200

// These would take the bot away from the server that runs it.
const REFUSED = new Set(['getupdates', 'setwebhook', 'deletewebhook', 'logout', 'close'])

const TelegramCall = z.tuple([z.string().regex(/^[A-Za-z]{1,64}$/), z.record(z.string(), z.unknown())])

/** What a command may ask of Telegram. Every argument is a stranger's text. */
export const telegramCalls = ({ telegram, token, clock, calls }: TelegramCallOptions): HostCall => {
  return async (_name, args, _kwargs, signal) => {
    const { method, params } = parseCall(args)
    const call: RunCall = { method, params: bounded(params), result: null, error: null, duration_ms: 0 }
    if (calls.length < MAX_RECORDED_CALLS) calls.push(call)
    const startedAt = clock.monotonicMs()
    try {
      const result = await telegram.call(token, method, params, { signal, timeoutMs: CALL_TIMEOUT_MS })
      call.result = bounded(result)
      return result as Json
    } catch (error) {
      call.error = error instanceof Error ? error.message : String(error)
      throw error instanceof TelegramError ? toPythonError(error) : error
    } finally {
      call.duration_ms = round(clock.monotonicMs() - startedAt)
    }
  }
}

/** @throws {HostCallError} */
const parseCall = (args: Json[]): { method: string; params: Record<string, unknown> } => {
  const parsed = TelegramCall.safeParse(args)
  if (!parsed.success)
    throw new HostCallError('A call to Telegram needs a method and its parameters.', { kind: 'TypeError' })
  const [method, params] = parsed.data
  if (REFUSED.has(method.toLowerCase())) {
    const text = `${method} is not for commands: the server takes the bot's updates.`
    throw new HostCallError(text, { kind: 'PermissionError' })
  }
  return { method, params }
}

const toPythonError = (error: TelegramError): HostCallError => {
  const parameters = {
    ...(error.retryAfterSeconds === undefined ? {} : { retry_after: error.retryAfterSeconds }),
    ...(error.migrateToChatId === undefined ? {} : { migrate_to_chat_id: error.migrateToChatId }),
  }
  return new HostCallError(error.message, {
    kind: 'ApiTelegramException',
    errorCode: error.errorCode,
    description: error.description,
    parameters,
    cause: error,
  })
}
