import { z } from 'zod'
import type { Endpoint, EndpointSpec } from '../../src/platform/http/index.ts'

/** One request of the many that an endpoint has to survive. */
export interface Hostile {
  readonly what: string
  readonly path: string
  readonly headers: readonly string[]
  readonly body: Buffer | undefined
}

const JSON_TYPE = ['Content-Type', 'application/json']
const SEGMENTS = [
  '%00', 'a%00b', '%ff', '%ED%A0%80', '%E2%80%AE', '%F0%9F%92%A9', '__proto__', 'constructor', '..%2f..%2fetc%2fpasswd', '%2e%2e', '-1', '0', '1e999',
  '9223372036854775808', '%27%20or%201=1--', '%', '%zz', 'x'.repeat(65), 'x'.repeat(1000), 'x'.repeat(4000), '%0d%0aSet-Cookie:%20a=b', '%7B%7D', '*', 'eyJ9',
] // biome-ignore format: a list
const QUERY_VALUES = [
  '', '%00', '%ff', '%ED%A0%80', '-1', '0', '1e999', 'NaN', 'Infinity', '0x10', '1.5', '9007199254740993', '9223372036854775808', 'null', 'true', '__proto__', '[]', '{}',
  '%22', '%27', '%25', '*', '%22unclosed', '((((((((', 'a:b:c', 'x'.repeat(5000), '%0d%0a', 'eyJpZCI6bnVsbH0', 'AAAA', '%F0%9F%92%A9', '2026-02-30T00:00:00Z',
] // biome-ignore format: a list
const VALUES: readonly string[] = [
  'null', 'true', '-1', '0', '1.5', '1e308', '-1e400', '9007199254740993', '""', '" "', '"a\\u0000b"', '"\\ud800"', '"\\udc00\\ud800"', '"__proto__"', '"x\\r\\ny: z"',
  JSON.stringify('x'.repeat(100_000)), JSON.stringify('💩'.repeat(70)), '[]', '{}', '[null]', '[[]]', '[{}]', '{"__proto__":1}', '{"a":{"constructor":{"prototype":1}}}',
  '["\\u0000"]', '{"\\u0000":1}', '["\\ud800"]', `${'['.repeat(500)}${']'.repeat(500)}`, `[${'1,'.repeat(20_000)}1]`, '"2026-02-30T00:00:00Z"', '"99999-01-01T00:00:00Z"', '"javascript:alert(1)"',
  '"http://[::1"', '"../../etc/passwd"', '"*"', '"=cmd()"',
] // biome-ignore format: a list
const BODIES: readonly string[] = [
  '', ' ', '{', '}', 'null', 'true', '7', '"x"', '[]', '[{}]', '{}', '{"a":1,}', "{'a':1}", '\u0000', '{"__proto__":{"admin":true}}', '{"constructor":{"prototype":{"admin":true}}}',
  '{"\\u005f\\u005fproto__":{"admin":true}}', '{"\\u0000":1}', '{"\\ud800":1}', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`, `${'['.repeat(100_000)}`, '{"api_key":["x"]}', 'NaN', '{"a":NaN}', '1e999',
] // biome-ignore format: a list
const PART = 'Content-Disposition: form-data; name='
const FORMS: readonly [type: string | undefined, body: string][] = [
  [undefined, 'x'], ['text/plain', 'x'], ['application/json', '{'], ['multipart/form-data', '--x--'], ['multipart/form-data; boundary=', '--'], ['multipart/form-data; boundary=x', ''],
  ['multipart/form-data; boundary=x', 'garbage'], ['multipart/form-data; boundary=x', '--x\r\n'], ['multipart/form-data; boundary=x', `--x\r\n${PART}"file"; filename="a"\r\n\r\nbytes`],
  ['multipart/form-data; boundary=x', `--x\r\n${PART}"file"; filename="a\u0000b"\r\n\r\nbytes\r\n--x--`], ['multipart/form-data; boundary=x', `--x\r\n${PART}"__proto__"\r\n\r\n1\r\n--x--`],
  ['multipart/form-data; boundary=x', `--x\r\n${PART}"a"\r\n\r\n1\r\n--x\r\n${PART}"a"\r\n\r\n2\r\n--x--`], ['multipart/form-data; boundary=x', `--x\r\n${'X: y\r\n'.repeat(3000)}\r\n--x--`],
  ['multipart/form-data; boundary=x', `--x\r\n${PART}"other"; filename="a"\r\n\r\nbytes\r\n--x--`], [`multipart/form-data; boundary=${'x'.repeat(300)}`, '--x--'],
  ['multipart/form-data; boundary=x', Array.from({ length: 100 }, (_, index) => `--x\r\n${PART}"f${index}"\r\n\r\n1\r\n`).join('')],
] // biome-ignore format: a list

type Json = { readonly [key: string]: unknown }
const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Something that a schema is likely to take, so that one hostile field gets past the check of the others. */
const sampleOf = (schema: unknown): unknown => {
  if (!isJson(schema)) return 'x'
  const {
    type,
    format,
    const: constant,
    enum: words,
    anyOf,
    minLength,
    minimum,
    items,
    minItems,
    properties,
    required,
  } = schema
  if (constant !== undefined) return constant
  if (Array.isArray(words)) return words[0]
  if (Array.isArray(anyOf)) return sampleOf(anyOf[0])
  if (type === 'integer' || type === 'number') return typeof minimum === 'number' && minimum > 0 ? minimum : 1
  if (type === 'boolean') return false
  if (type === 'array') return Array.from({ length: Number(minItems ?? 0) }, () => sampleOf(items))
  if (type === 'object') {
    const names = Array.isArray(required) ? required.map(String) : []
    return Object.fromEntries(names.map((name) => [name, sampleOf(isJson(properties) ? properties[name] : undefined)]))
  }
  if (format === 'email') return 'someone@example.org'
  if (format === 'uri') return 'https://example.org/'
  if (format === 'date-time') return '2027-01-01T00:00:00Z'
  return 'x'.repeat(Number(minLength ?? 1) || 1)
}

const jsonSchemaOf = (schema: z.ZodType): Json => {
  const json: unknown = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  return isJson(json) ? json : {}
}

const withMember = (sample: unknown, name: string, text: string): string => {
  const rest = isJson(sample) ? Object.entries(sample).filter(([one]) => one !== name) : []
  return `{${[...rest.map(([one, value]) => `${JSON.stringify(one)}:${JSON.stringify(value)}`), `${JSON.stringify(name)}:${text}`].join(',')}}`
}

const propertiesOf = ({ properties }: Json): string[] => (isJson(properties) ? Object.keys(properties) : [])

/** Every hostile request to one endpoint: in its path, its query, its body and its headers. */
export const hostileTo = ({ path, query, body }: Endpoint<EndpointSpec>): Hostile[] => {
  const [, param] = /:([A-Za-z_]\w*)|\*/.exec(path) ?? []
  const filled = (segment: string): string => path.replace(/:[A-Za-z_]\w*|\*/g, segment)
  const plain = filled('unknown')
  const json = body === undefined || 'stream' in body ? undefined : jsonSchemaOf(body)
  const of = (what: string, at: string, text?: string, headers: readonly string[] = JSON_TYPE): Hostile => ({
    what,
    path: at,
    headers,
    body: text === undefined ? undefined : Buffer.from(text),
  })
  const requests: Hostile[] = [
    of('many parameters', `${plain}?${'a=1&'.repeat(1500)}`),
    of('a prototype in the query', `${plain}?__proto__[admin]=true&constructor[prototype][admin]=true&__proto__=1`),
    of('64 KB of headers', plain, undefined, ['X-Filler', 'x'.repeat(64 * 1024)]),
    of('300 headers', plain, undefined, Array.from({ length: 300 }, (_, index) => [`X-${index}`, 'x']).flat()),
    of('two credentials', plain, undefined, ['X-API-Key', 'tk_live_other', 'X-API-Key', 'tk_live_another']),
    of('a strange type', plain, '{}', ['Content-Type', 'application/x-nonsense; charset="']),
    of('a compressed body', plain, '{}', [...JSON_TYPE, 'Content-Encoding', 'br']),
  ]
  if (param !== undefined)
    for (const segment of SEGMENTS) requests.push(of(`path ${segment.slice(0, 40)}`, filled(segment)))
  for (const name of query === undefined ? [] : propertiesOf(jsonSchemaOf(query))) {
    for (const value of QUERY_VALUES) requests.push(of(`${name}=${value.slice(0, 40)}`, `${plain}?${name}=${value}`))
    requests.push(
      of(`${name} twice`, `${plain}?${name}=1&${name}=2`),
      of(`${name} as a list`, `${plain}?${name}[]=1&${name}[a][b]=2`),
    )
  }
  if (body !== undefined && 'stream' in body)
    for (const [type, text] of FORMS)
      requests.push(
        of(`form ${type}: ${text.slice(0, 60)}`, plain, text, type === undefined ? [] : ['Content-Type', type]),
      )
  else for (const text of BODIES) requests.push(of(`body ${text.slice(0, 40)}`, plain, text))
  if (json !== undefined) {
    const sample = sampleOf(json)
    for (const name of propertiesOf(json))
      for (const value of VALUES)
        requests.push(of(`member ${name}: ${value.slice(0, 40)}`, plain, withMember(sample, name, value)))
  }
  return requests
}
