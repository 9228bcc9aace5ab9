import { z } from 'zod'
import { AppError, defineErrors } from '../../platform/errors.ts'
import type { AiOptions } from './settings.ts'

export const AiErrors = defineErrors({
  AI_BUSY: [503, 'The AI endpoint asks to be left alone for a while.'],
  AI_BROKEN: [502, 'The AI endpoint cannot be reached, or has trouble of its own.'],
  AI_SETUP: [502, 'The AI endpoint refuses our key or does not know the model.'],
  AI_REFUSED: [502, 'The AI endpoint does not take this card.'],
  AI_ODD: [502, 'The AI endpoint answers with something that is no answer.'],
})

/** Told to come back later. */
export class AiBusy extends AppError {
  readonly delayMs: number

  constructor(delayMs: number) {
    super(AiErrors.AI_BUSY)
    this.delayMs = delayMs
  }
}

/** What is said to a model: text, or a picture as a `data:` address. */
export type Said =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image_url'; readonly image_url: { readonly url: string } }

export interface Recording {
  readonly name: string
  readonly mimeType: string
  readonly bytes: Buffer
}

const CHAT_MS = 120_000
const TRANSCRIPTION_MS = 10 * 60_000
const MAX_ANSWER_BYTES = 4 * 1024 * 1024
const LEAST_WAIT_MS = 1_000
const MOST_WAIT_MS = 60 * 60_000

const Completion = z.object({
  choices: z.array(z.object({ message: z.object({ content: z.string() }) })).min(1),
})
const Transcription = z.object({ text: z.string() })

export type AiEndpoint = ReturnType<typeof aiEndpoint>

/**
 * The two calls of the OpenAI API that nearly every server of models speaks. The address is the operator's own setting,
 * so it may be private; a redirect is not followed, because it would take the key along.
 *
 * @throws {AppError} Of `AiErrors`; their sentences never hold what the endpoint said, nor the key.
 * @see https://platform.openai.com/docs/api-reference
 */
export const aiEndpoint = ({ baseUrl, apiKey }: AiOptions, now: () => number) => {
  const credential: Record<string, string> = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }
  let restsUntil = 0

  const post = async (path: string, init: RequestInit, timeoutMs: number, signal: AbortSignal): Promise<unknown> => {
    // Where one call was asked to wait, the others would only be asked the same.
    if (restsUntil > now()) throw new AiBusy(restsUntil - now())
    const response = await fetch(`${baseUrl}${path}`, {
      ...init,
      method: 'POST',
      headers: { ...Object.fromEntries(new Headers(init.headers)), ...credential, accept: 'application/json' },
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    }).catch((cause: unknown) => {
      signal.throwIfAborted()
      throw new AppError(AiErrors.AI_BROKEN, { cause })
    })
    if (response.ok) return readJson(response, signal)
    await response.body?.cancel().catch(() => undefined)
    const waitMs = retryAfterMs(response.headers.get('retry-after'), now())
    if (waitMs !== undefined && [429, 503].includes(response.status)) {
      restsUntil = Math.max(restsUntil, now() + waitMs)
      throw new AiBusy(waitMs)
    }
    throw new AppError(errorOf(response.status), {
      message: `${errorOf(response.status).message} (${response.status})`,
    })
  }

  return {
    /** @returns What the model says. */
    async chat(model: string, instructions: string, said: readonly Said[], signal: AbortSignal): Promise<string> {
      const messages = [
        { role: 'system', content: instructions },
        // Not every server takes text in a list.
        { role: 'user', content: said.length === 1 && said[0]?.type === 'text' ? said[0].text : said },
      ]
      const body = JSON.stringify({ model, messages, stream: false })
      const headers = { 'content-type': 'application/json' }
      const answer = Completion.safeParse(await post('/chat/completions', { body, headers }, CHAT_MS, signal))
      if (!answer.success) throw new AppError(AiErrors.AI_ODD)
      return answer.data.choices[0]?.message.content ?? ''
    },

    /** @returns What is said in a recording. */
    async transcribe(model: string, { name, mimeType, bytes }: Recording, signal: AbortSignal): Promise<string> {
      const body = new FormData()
      body.set('model', model)
      body.set('response_format', 'json')
      body.set('file', new Blob([Uint8Array.from(bytes)], { type: mimeType }), name)
      const answer = Transcription.safeParse(await post('/audio/transcriptions', { body }, TRANSCRIPTION_MS, signal))
      if (!answer.success) throw new AppError(AiErrors.AI_ODD)
      return answer.data.text
    },
  }
}

const errorOf = (status: number) => {
  if ([401, 403, 404, 405].includes(status)) return AiErrors.AI_SETUP
  return status >= 500 || [408, 409, 425, 429].includes(status) ? AiErrors.AI_BROKEN : AiErrors.AI_REFUSED
}

/** @returns Undefined where nothing usable is said. @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3 */
const retryAfterMs = (header: string | null, nowMs: number): number | undefined => {
  if (header === null) return undefined
  const waitMs = /^\d+(?:\.\d+)?$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - nowMs
  return Number.isNaN(waitMs) ? undefined : Math.min(Math.max(waitMs, LEAST_WAIT_MS), MOST_WAIT_MS)
}

const readJson = async (response: Response, signal: AbortSignal): Promise<unknown> => {
  const pieces: Uint8Array[] = []
  let sizeBytes = 0
  try {
    for await (const piece of response.body ?? []) {
      sizeBytes += piece.length
      if (sizeBytes > MAX_ANSWER_BYTES) throw new AppError(AiErrors.AI_ODD)
      pieces.push(piece)
    }
    return JSON.parse(Buffer.concat(pieces).toString())
  } catch (cause) {
    signal.throwIfAborted()
    if (cause instanceof AppError) throw cause
    throw new AppError(cause instanceof SyntaxError ? AiErrors.AI_ODD : AiErrors.AI_BROKEN, { cause })
  }
}
