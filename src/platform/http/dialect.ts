import type { AppError } from '../errors.ts'
import type { Decision } from '../limits/index.ts'

/**
 * Where a credential may stand in a request. `query` and `body` are the member `api_key`; `basic` is the password of
 * HTTP Basic, for a dialect that also takes `bearer`.
 */
export type Carrier = 'bearer' | 'basic' | 'x-api-key' | 'query' | 'body' | 'cookie'

/** Everything that a failure's body may need besides the failure. */
export interface FailureContext {
  readonly requestId: string
  readonly nowMs: number
}

/**
 * How one published API speaks: where it reads credentials, how it prints failures and limits. A value and never a
 * code path: the server knows only this interface, so another API is another value.
 */
export interface Dialect {
  readonly name: string
  /** The dialect whose keys it takes and whose limits it shares, where that is another one. */
  readonly surface?: string
  /** Path of the document that tells clients where they get a credential (RFC 9728); a 401 names it. */
  readonly resourceMetadata?: string
  /** Paths it owns. The longest prefix that ends at a path segment wins. */
  readonly prefixes: readonly string[]
  readonly carriers: readonly Carrier[]
  /** Form-encoded bodies count as JSON objects of strings. */
  readonly formBodies: boolean
  /**
   * Pages of any site may read its answers, with a key of theirs and never with a visitor's cookie. Otherwise only pages
   * that the operator names.
   */
  readonly anyOrigin?: true
  /** The Content-Type of its failures, where they are not JSON: then `failure` gives the text itself. */
  readonly failureType?: string
  /** JSON of a failure, in this API's own words. */
  failure(error: AppError, context: FailureContext): unknown
  /** Failure codes as this API spells them, for the reference page. */
  code(error: { readonly code: string }): string
  /** This API's own limit headers, as name, value pairs, for a decision that passed or failed. */
  limitHeaders(decision: Decision, nowMs: number): readonly string[]
}

/** Whose keys and limits count for a dialect: its own, unless it is another way into the same API. */
export const surfaceOf = ({ name, surface }: Dialect): string => surface ?? name

/** A failure as it goes out. */
export const printFailure = (
  dialect: Dialect,
  error: AppError,
  context: FailureContext,
): [type: string, text: string] => {
  const failure = dialect.failure(error, context)
  return dialect.failureType === undefined
    ? ['application/json; charset=utf-8', JSON.stringify(failure)]
    : [dialect.failureType, String(failure)]
}

/** @returns The dialect that owns `path`, or the first one, which also answers for addresses that nobody owns. */
export const dialectFor = (dialects: readonly Dialect[], path: string): Dialect => {
  let best: Dialect | undefined
  let length = -1
  for (const dialect of dialects) {
    for (const prefix of dialect.prefixes) {
      if (prefix.length > length && owns(prefix, path)) {
        best = dialect
        length = prefix.length
      }
    }
  }
  const answer = best ?? dialects[0]
  if (answer === undefined) throw new Error('A server needs at least one dialect.')
  return answer
}

const owns = (prefix: string, path: string): boolean =>
  path.startsWith(prefix) && (path.length === prefix.length || '/?'.includes(path[prefix.length] ?? ''))
