import { parseHttpDate } from './http-date.ts'

/** The request headers that decide which bytes are sent, as Node gives them. */
export type ConditionalHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

export interface Representation {
  readonly sizeBytes: number
  /** Strong, with its quotes: `"9f86d0…"`. */
  readonly etag: string
  readonly lastModified: Date
}

export type RangeAnswer =
  /** The whole representation; `to` is -1 if it is empty. */
  | { readonly status: 200; readonly from: 0; readonly to: number; readonly lengthBytes: number }
  /** `contentRange` is the value of the Content-Range header; both ends are inclusive. */
  | {
      readonly status: 206
      readonly from: number
      readonly to: number
      readonly lengthBytes: number
      readonly contentRange: string
    }
  | { readonly status: 304 }
  | { readonly status: 412 }
  | { readonly status: 416; readonly contentRange: string }

/**
 * Decides what a GET or HEAD of a file answers, by its conditions and its range, in the order that HTTP prescribes:
 * If-Match, else If-Unmodified-Since; If-None-Match, else If-Modified-Since; then Range with If-Range.
 *
 * A malformed condition or range is ignored. Of several ranges none is served but the whole file, as is allowed: it costs
 * us nothing to be asked for a thousand of them. HEAD has no ranges.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-13.2.2
 */
export const answerRange = (
  headers: ConditionalHeaders,
  representation: Representation,
  method: 'GET' | 'HEAD' = 'GET',
): RangeAnswer => {
  const header = (name: string) => combined(headers[name])
  // HTTP dates are whole seconds: a file changed at .5 is not newer than the second that we ourselves announced.
  const modifiedMs = Math.floor(representation.lastModified.getTime() / 1000) * 1000
  const failed = failedCondition(header, representation.etag, modifiedMs)
  if (failed !== undefined) return { status: failed }

  const { sizeBytes } = representation
  const whole = { status: 200, from: 0, to: sizeBytes - 1, lengthBytes: sizeBytes } as const
  const range = header('range')
  if (method === 'HEAD' || range === undefined) return whole
  if (!rangeStillHolds(header('if-range'), representation.etag, modifiedMs)) return whole
  const found = parseRange(range, sizeBytes)
  if (found === 'whole') return whole
  if (found === 'unsatisfiable') return { status: 416, contentRange: `bytes */${sizeBytes}` }
  const contentRange = `bytes ${found.from}-${found.to}/${sizeBytes}`
  return { status: 206, ...found, lengthBytes: found.to - found.from + 1, contentRange }
}

const combined = (value: string | readonly string[] | undefined): string | undefined =>
  value === undefined || typeof value === 'string' ? value : value.join(', ')

const failedCondition = (
  header: (name: string) => string | undefined,
  etag: string,
  modifiedMs: number,
): 304 | 412 | undefined => {
  const [ifMatch, ifNoneMatch] = [header('if-match'), header('if-none-match')]
  const unmodifiedSince = parseHttpDate(header('if-unmodified-since') ?? '')
  const modifiedSince = parseHttpDate(header('if-modified-since') ?? '')

  if (ifMatch !== undefined) {
    if (!matches(ifMatch, etag, 'strong')) return 412
  } else if (unmodifiedSince !== undefined && modifiedMs > unmodifiedSince) return 412

  if (ifNoneMatch !== undefined) {
    if (matches(ifNoneMatch, etag, 'weak')) return 304
  } else if (modifiedSince !== undefined && modifiedMs <= modifiedSince) return 304
  return undefined
}

// A tag may hold a comma, so a list cannot be split at commas.
const ENTITY_TAG = /(W\/)?("[\x21\x23-\x7e\x80-\xff]*")/g

/** A weak tag never matches in a strong comparison; in a weak one only the opaque part counts. */
const matches = (list: string, etag: string, comparison: 'strong' | 'weak'): boolean => {
  if (list.trim() === '*') return true
  return [...list.matchAll(ENTITY_TAG)].some(
    ([, weak, opaque]) => opaque === etag && (weak === undefined || comparison === 'weak'),
  )
}

const rangeStillHolds = (ifRange: string | undefined, etag: string, modifiedMs: number): boolean => {
  if (ifRange === undefined) return true
  const validator = ifRange.trim()
  // Exact equality, also of a date: an earlier or a later one says nothing about the bytes that the client has.
  return validator === etag || parseHttpDate(validator) === modifiedMs
}

const parseRange = (value: string, sizeBytes: number): { from: number; to: number } | 'whole' | 'unsatisfiable' => {
  const [, set] = /^\s*bytes\s*=(.*)$/is.exec(value) ?? []
  const specs = (set ?? '').split(',').map((spec) => spec.trim())
  const [spec, ...others] = specs.filter((one) => one !== '')
  if (spec === undefined || others.length > 0) return 'whole'
  const [, first, last] = /^(\d*)-(\d*)$/.exec(spec) ?? []
  if (first === undefined || last === undefined || (first === '' && last === '')) return 'whole'
  return first === '' ? suffix(Number(last), sizeBytes) : span(first, last, sizeBytes)
}

const suffix = (lengthBytes: number, sizeBytes: number) => {
  if (lengthBytes === 0) return 'unsatisfiable'
  // The end of nothing is satisfiable, and yet Content-Range cannot say it.
  return sizeBytes === 0 ? 'whole' : { from: Math.max(0, sizeBytes - lengthBytes), to: sizeBytes - 1 }
}

const span = (first: string, last: string, sizeBytes: number) => {
  // Compared exactly: as numbers, two positions of twenty digits could look equal.
  if (last !== '' && BigInt(last) < BigInt(first)) return 'whole'
  const from = Number(first)
  if (from >= sizeBytes) return 'unsatisfiable'
  return { from, to: last === '' ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1) }
}
