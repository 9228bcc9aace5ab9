import { z } from 'zod'
import { TelegramError } from './api.ts'

/** @see https://core.telegram.org/bots/api#responseparameters */
const AnswerBody = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), result: z.unknown() }),
  z.object({
    ok: z.literal(false),
    error_code: z.int().optional(),
    description: z.string().optional(),
    parameters: z.object({ retry_after: z.number().optional(), migrate_to_chat_id: z.number().optional() }).optional(),
  }),
])

export interface RawAnswer {
  method: string
  /** HTTP status. */
  status: number
  /** The decoded JSON, or undefined when the answer was not JSON. */
  body: unknown
  /** The HTTP status line's text, which describes an answer that was not JSON. */
  statusText?: string | undefined
  retryAfterSeconds?: number | undefined
}

/**
 * @returns The `result` of a successful answer.
 * @throws {TelegramError} for a refusal, and for anything that is not the Bot API's envelope, such as a proxy's page.
 */
export const unwrapAnswer = ({ method, status, body, statusText, retryAfterSeconds }: RawAnswer): unknown => {
  const parsed = AnswerBody.safeParse(body)
  if (!parsed.success) {
    const description = status >= 400 ? statusText || `HTTP ${status}` : 'The answer is not a Bot API answer'
    throw new TelegramError({ method, errorCode: status, description, retryAfterSeconds })
  }
  if (parsed.data.ok) return parsed.data.result
  const { error_code, description, parameters } = parsed.data
  throw new TelegramError({
    method,
    errorCode: error_code ?? status,
    description: description ?? `HTTP ${status}`,
    retryAfterSeconds: parameters?.retry_after ?? retryAfterSeconds,
    migrateToChatId: parameters?.migrate_to_chat_id,
  })
}
