import secureJson from 'secure-json-parse'
import type { z } from 'zod'
import { AppError } from '../errors.ts'
import { Failures } from './failures.ts'
import { assertCleanText } from './text.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * The JSON of a request body.
 *
 * @param once A member of the outermost object that may not come twice, because parsers disagree on which one counts.
 * @returns undefined for an empty body.
 * @throws {AppError} MALFORMED_JSON, also for bytes that are not UTF-8 and for `__proto__` and its kin, because a
 * body that tries to reach a prototype is never an honest mistake; AUTH_AMBIGUOUS for `once` twice.
 */
export const parseJsonBody = (body: Buffer, once?: string): unknown => {
  if (body.length === 0) return undefined
  const { text, value } = decodeJson(body)
  if (once !== undefined && countMember(text, once) > 1)
    throw new AppError(Failures.AUTH_AMBIGUOUS, { message: `The body has the member ${once} more than once.` })
  return value
}

const decodeJson = (body: Buffer): { text: string; value: unknown } => {
  try {
    const text = utf8.decode(body)
    return { text, value: secureJson.parse(text, { protoAction: 'error', constructorAction: 'error' }) }
  } catch (cause) {
    throw new AppError(Failures.MALFORMED_JSON, { cause })
  }
}

// How often a member stands in the outermost object of valid JSON, with whatever escapes its name is written.
const countMember = (json: string, name: string): number => {
  if (json.indexOf(name) === json.lastIndexOf(name) && !json.includes('\\u')) return 1
  let depth = 0
  let count = 0
  for (let at = 0; at < json.length; at += 1) {
    const char = json[at]
    if (char === '{' || char === '[') depth += 1
    else if (char === '}' || char === ']') depth -= 1
    else if (char === '"') {
      const end = endOfString(json, at)
      if (depth === 1 && isName(json, end) && JSON.parse(json.slice(at, end)) === name) count += 1
      at = end - 1
    }
  }
  return count
}

const isName = (json: string, end: number): boolean => {
  let at = end
  while (' \t\r\n'.includes(json[at] ?? '.')) at += 1
  return json[at] === ':'
}

const endOfString = (json: string, start: number): number => {
  let at = start + 1
  while (json[at] !== '"') at += json[at] === '\\' ? 2 : 1
  return at + 1
}

/** A form-encoded body as an object of strings; a name that comes twice becomes an array, which no schema takes. */
export const parseUrlEncodedBody = (body: Buffer): unknown => {
  const members = new Map<string, string | string[]>()
  for (const [name, value] of new URLSearchParams(body.toString('utf8'))) {
    const before = members.get(name)
    members.set(name, before === undefined ? value : [before, value].flat())
  }
  return Object.fromEntries(members)
}

/**
 * Checks one part of a request against its schema.
 *
 * @param part What the caller should look at: `body`, `query`, `params`.
 * @throws {AppError} INVALID_INPUT with the first problem as the sentence and all of them as details; INVALID_TEXT
 */
export const parseInput = (schema: z.ZodType, value: unknown, part: string): unknown => {
  assertCleanText(value)
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const details = result.error.issues.map((issue) => ({
    path: [part, ...issue.path].join('.'),
    message: sentence(issue),
  }))
  throw new AppError(Failures.INVALID_INPUT, {
    message: details[0]?.message ?? Failures.INVALID_INPUT.message,
    details,
  })
}

// A schema's own sentence stands by itself; one that zod made needs the name of the field in front.
const sentence = (issue: z.core.$ZodIssue): string => {
  const ours = !/^(Invalid|Too|Unrecognized|Expected|Required)\b/.test(issue.message) || issue.code === 'custom'
  const owned = issue.code === 'invalid_format' && !issue.message.startsWith('Invalid string')
  if (ours || owned || issue.path.length === 0) return issue.message
  return `${issue.path.join('.')}: ${issue.message}`
}
