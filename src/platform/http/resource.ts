import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { type Reply, type RequestInfo, reply } from './route.ts'

type Encoding = 'br' | 'gzip' | 'identity'

/** Bytes of ours to serve, compressed at first use. */
export interface Resource {
  readonly type: string
  readonly tag: string
  encoded(encoding: Encoding): Promise<Buffer>
}

export const resource = (type: string, body: Buffer): Resource => {
  const made = {
    identity: async () => body,
    gzip: once(() => promisify(gzip)(body, { level: 9 })),
    // Quality 9, because 11 saves a twelfth and takes seconds of a core.
    br: once(() => promisify(brotliCompress)(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } })),
  }
  return { type, tag: hashOf(body), encoded: (encoding) => made[encoding]() }
}

/** Answers with a resource in the encoding that the client prefers, or with 304 if it has it already. */
export const answerWith = async (
  request: RequestInfo,
  { type, tag, encoded }: Resource,
  headers: Headers,
): Promise<Reply<Buffer | null>> => {
  const encoding = preferredEncoding(request.headers['accept-encoding'])
  // A tag names the bytes that are sent, and each encoding has others.
  const etag = `"${tag}-${encoding}"`
  const common = { ...headers, etag, vary: 'accept-encoding', 'x-content-type-options': 'nosniff' }
  if (matches(request.headers['if-none-match'], etag)) return reply(304, null, common)
  const body = await encoded(encoding)
  const coding = encoding === 'identity' ? {} : { 'content-encoding': encoding }
  return reply(200, body, { ...common, ...coding, 'content-type': type, 'content-length': String(body.length) })
}

type Headers = Readonly<Record<string, string>>

/** For what may change with the next start. */
export const REVALIDATED: Headers = { 'cache-control': 'no-cache' }
/** For an address that changes with its content. */
export const IMMUTABLE: Headers = { 'cache-control': 'public, max-age=31536000, immutable' }

/** @see https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3 */
const preferredEncoding = (accepted: string | string[] | undefined): Encoding => {
  const weights = new Map<string, number>()
  for (const item of String(accepted ?? '')
    .toLowerCase()
    .split(',')) {
    const [name = '', ...parameters] = item.split(';').map((part) => part.trim())
    const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2)
    weights.set(name, weight === undefined ? 1 : Number(weight) || 0)
  }
  const weightOf = (name: string) => weights.get(name) ?? weights.get('*') ?? 0
  if (weightOf('br') > 0 && weightOf('br') >= weightOf('gzip')) return 'br'
  return weightOf('gzip') > 0 ? 'gzip' : 'identity'
}

const matches = (header: string | undefined, etag: string): boolean =>
  header?.split(',').some((item) => item.trim() === '*' || item.trim().replace(/^W\//, '') === etag) ?? false

export const hashOf = (body: Buffer): string => createHash('sha256').update(body).digest('base64url').slice(0, 22)

/** Runs `make` at the first call and gives its result to all; a failure is forgotten, so that the next call tries again. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined
      throw error
    })
    return made
  }
}
