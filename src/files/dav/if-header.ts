import { AppError } from '../../platform/errors.ts'
import { DavErrors } from './contract.ts'

interface Condition {
  readonly isNegated: boolean
  readonly kind: 'token' | 'etag'
  readonly value: string
}

/** Conditions that hold together, of one resource. */
export interface ConditionList {
  /** As it was written; undefined for the resource of the request. */
  readonly resource: string | undefined
  readonly conditions: readonly Condition[]
}

/** What conditions are asked of. */
export interface ResourceState {
  readonly tokens: ReadonlySet<string>
  /** With its quotes. */
  readonly etag: string | undefined
}

// A resource, a list's begin and end, or a condition.
const PART = /\s*(?:<([^<>\s]+)>(?=\s*\()|(\()|(\))|(Not\s*)?(?:<([^<>\s]+)>|\[\s*((?:W\/)?"[^"]*")\s*\]))/iy

const malformed = (): AppError => new AppError(DavErrors.INVALID_HEADER, { message: 'The If header cannot be read.' })

/**
 * Reads the header `If`.
 *
 * @throws {AppError} INVALID_HEADER
 * @see https://www.rfc-editor.org/rfc/rfc4918#section-10.4
 */
export const parseIf = (header: string | undefined): ConditionList[] => {
  const lists: ConditionList[] = []
  if (header === undefined) return lists
  const text = header.trim()
  let resource: string | undefined
  let open: Condition[] | undefined
  PART.lastIndex = 0
  while (PART.lastIndex < text.length) {
    const [whole, tag, begin, end, not, token, etag] = PART.exec(text) ?? []
    if (whole === undefined) throw malformed()
    if (open === undefined) {
      if (tag !== undefined) resource = tag
      else if (begin !== undefined) open = []
      else throw malformed()
    } else if (end !== undefined) {
      if (open.length === 0) throw malformed()
      lists.push({ resource, conditions: open })
      open = undefined
    } else {
      const value = token ?? etag
      if (value === undefined) throw malformed()
      open.push({ isNegated: not !== undefined, kind: token === undefined ? 'etag' : 'token', value })
    }
  }
  if (open !== undefined || lists.length === 0) throw malformed()
  return lists
}

/** The tokens that a request shows it knows. Those of what must not be are none. */
export const submittedTokens = (lists: readonly ConditionList[]): ReadonlySet<string> =>
  new Set(
    lists.flatMap(({ conditions }) =>
      conditions.filter(({ kind, isNegated }) => kind === 'token' && !isNegated).map(({ value }) => value),
    ),
  )

/** Whether all conditions of a list hold. */
export const holds = ({ conditions }: ConditionList, { tokens, etag }: ResourceState): boolean =>
  conditions.every(({ kind, value, isNegated }) => {
    const isTrue = kind === 'token' ? tokens.has(value) : value === etag
    return isTrue !== isNegated
  })
