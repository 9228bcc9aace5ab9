import { z } from 'zod'

/**
 * Readers for the parameters of a call, as lenient as Telegram's: a value may come as text from a form or a query, or
 * as JSON, and a nested value may be JSON inside text. A reader's complaint is the description that Telegram gives.
 */

const reader = <T>(read: (value: unknown, refuse: (message: string) => never) => T) =>
  z
    .unknown()
    .prefault(null)
    .transform((value, context): T => {
      try {
        return read(value ?? undefined, (message) => {
          throw new Refusal(message)
        })
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        context.addIssue({ code: 'custom', message: error.message })
        return z.NEVER
      }
    })

class Refusal extends Error {}

const asText = (value: unknown): string =>
  value === undefined
    ? ''
    : typeof value === 'string'
      ? value
      : typeof value === 'object'
        ? JSON.stringify(value)
        : `${value}`

/** Telegram reads the digits in front and takes anything else for zero. */
const asInteger = (value: unknown): number => {
  const number = Number.parseInt(asText(value).trim(), 10)
  return Number.isSafeInteger(number) ? number : 0
}

/** @returns The decoded value; undefined when it is absent or empty. */
const asJson = (value: unknown, refuse: () => unknown): unknown => {
  if (value === undefined || value === '') return undefined
  if (typeof value !== 'string') return value
  try {
    return JSON.parse(value) ?? undefined
  } catch {
    return refuse()
  }
}

export const text = reader(asText)

export const integer = reader(asInteger)

/** A decimal number; undefined when there is none. */
export const number = reader((value): number | undefined => {
  const parsed = asText(value).trim() === '' ? Number.NaN : Number(asText(value))
  return Number.isFinite(parsed) ? parsed : undefined
})

/** Absent stands for the fallback; what is there is brought into the range. */
export const clamped = (min: number, max: number, fallback: number) =>
  reader((value) => (value === undefined || value === '' ? fallback : Math.min(max, Math.max(min, asInteger(value)))))

export const flag = reader((value) => /^(true|yes|1)$/i.test(asText(value)))

/** A chat's id or `@username`, as text; whoever uses it looks the chat up. */
export const chatId = reader((value) => asText(value).trim())

export const userId = reader((value, refuse) => {
  const digits = /^-?\d+/.exec(asText(value))
  return digits ? Number(digits[0]) : refuse('invalid user_id specified')
})

/** @param complaint What Telegram says when the text is not JSON. */
export const json = (complaint: string) => reader((value, refuse) => asJson(value, () => refuse(complaint)))

/** JSON of a known shape; undefined when absent. */
export const shaped = <S extends z.ZodType>(schema: S, complaint: string) =>
  reader((value, refuse): z.output<S> | undefined => {
    const decoded = asJson(value, () => refuse(complaint))
    if (decoded === undefined) return undefined
    const parsed = schema.safeParse(decoded)
    return parsed.success ? parsed.data : refuse(complaint)
  })

/** A list that is ignored, not refused, when it cannot be read, as Telegram does with `allowed_updates`. */
export const lenientList = reader((value): unknown[] | undefined => {
  const decoded = asJson(value, () => undefined)
  return Array.isArray(decoded) ? decoded : undefined
})
