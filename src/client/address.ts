import type { EndpointSpec } from '../platform/http/contract.ts'

export interface Address {
  readonly params?: Readonly<Record<string, unknown>> | undefined
  readonly query?: Readonly<Record<string, unknown>> | undefined
}

const PLACEHOLDER = /:([A-Za-z_]\w*)|\*/g

/**
 * The path and query of a call.
 *
 * @throws {TypeError} if a parameter is missing, or is `.` or `..`, which no URL can carry as a name: every client
 * and proxy takes them, encoded or not, for a way to another path.
 */
export const addressOf = (
  endpoint: Pick<EndpointSpec, 'path' | 'tail'>,
  { params = {}, query = {} }: Address,
): string => {
  const { path: named, tail = '' } = endpoint
  const head = named.replace(PLACEHOLDER, (_, name = '*') => {
    const value = params[name]
    const text = value === undefined || value === null ? '' : String(value)
    if (text === '') throw new TypeError(`${endpoint.path} needs the parameter ${name}`)
    return encodeURIComponent(text)
  })
  const path = head + tail
  if (/(^|\/)\.{1,2}(\/|$)/.test(path)) throw new TypeError(`A parameter of ${endpoint.path} may not be "." or ".."`)
  const search = searchOf(query)
  return search === '' ? path : `${path}?${search}`
}

const searchOf = (query: Readonly<Record<string, unknown>>): string => {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    for (const item of Array.isArray(value) ? value : [value]) {
      if (item !== undefined && item !== null) search.append(name, toText(item))
    }
  }
  return search.toString()
}

/** A value as text for a query or a form: moments in ISO 8601, objects in JSON. */
export const toText = (value: unknown): string => {
  if (value instanceof Date) return value.toISOString()
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
