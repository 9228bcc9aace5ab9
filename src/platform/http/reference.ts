import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { z } from 'zod'
import { AppError } from '../errors.ts'
import { bytes, endpoint } from './contract.ts'
import { Failures } from './failures.ts'
import { type Reply, type RequestInfo, type Route, reply, route } from './route.ts'

export const getOpenApi = endpoint({
  method: 'GET',
  path: '/openapi.json',
  scope: 'public',
  summary: 'Get the OpenAPI document',
  returns: [200, bytes('application/json')],
  also: [304],
})

export const getReferencePage = endpoint({
  method: 'GET',
  path: '/docs',
  scope: 'public',
  summary: 'Read the reference',
  returns: [200, bytes('text/html')],
  also: [304],
})

const getReferenceAsset = endpoint({
  method: 'GET',
  path: '/docs/assets/:version/:name',
  scope: 'public',
  summary: 'Get a part of the reference page',
  params: z.object({ version: z.string(), name: z.string() }),
  returns: [200, bytes('application/octet-stream')],
  also: [304],
  errors: { NOT_FOUND: Failures.NOT_FOUND },
})

/**
 * `/openapi.json`, and `/docs` that shows it: everything comes from this server, so the page works with no network
 * and tells nobody that it was read.
 *
 * Nothing is read, compressed or described before somebody asks; from then on it is in memory.
 *
 * @param document Makes the OpenAPI document; called once.
 */
export const referenceRoutes = ({ document }: { document: () => object }): Route[] => {
  const describe = once(async () =>
    resource('application/json; charset=utf-8', Buffer.from(JSON.stringify(document()))),
  )
  const page = once(async () => resource('text/html; charset=utf-8', Buffer.from(pageHtml(await assetsVersion()))))
  const assets = new Map(Object.keys(ASSETS).map((name) => [name, once(() => loadAsset(name))]))
  return [
    route(getOpenApi, async ({ request }) => answer(request, await describe(), REVALIDATED)),
    route(getReferencePage, async ({ request }) => answer(request, await page(), PAGE_HEADERS)),
    route(getReferenceAsset, async ({ request, params }) => {
      const asset = assets.get(params.name)
      // Another version's address must not be kept for a year with this version's bytes.
      if (asset === undefined || params.version !== (await assetsVersion())) throw new AppError(Failures.NOT_FOUND)
      return answer(request, await asset(), IMMUTABLE)
    }),
  ]
}

type Encoding = 'br' | 'gzip' | 'identity'

/** Bytes to serve, compressed at first use. */
interface Resource {
  readonly type: string
  readonly tag: string
  encoded(encoding: Encoding): Promise<Buffer>
}

const resource = (type: string, body: Buffer): Resource => {
  const made = {
    identity: async () => body,
    gzip: once(() => promisify(gzip)(body, { level: 9 })),
    // Quality 9, because 11 saves a twelfth and takes seconds of a core.
    br: once(() => promisify(brotliCompress)(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } })),
  }
  return { type, tag: hashOf(body), encoded: (encoding) => made[encoding]() }
}

const answer = async (
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

const REVALIDATED: Headers = { 'cache-control': 'no-cache' }
const IMMUTABLE: Headers = { 'cache-control': 'public, max-age=31536000, immutable' }
const PAGE_HEADERS: Headers = {
  ...REVALIDATED,
  // The page's style sheet draws icons as data: images, and what a call answered is shown from a blob: address.
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src blob:; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
}

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

const PACKAGE = dirname(fileURLToPath(import.meta.resolve('swagger-ui-dist/package.json')))

const readPackage = (name: string): Promise<Buffer> => readFile(join(PACKAGE, name))

const ASSETS: Record<string, string> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
  'start.js': 'text/javascript; charset=utf-8',
}

const loadAsset = async (name: string): Promise<Resource> =>
  resource(ASSETS[name] ?? '', name === 'start.js' ? Buffer.from(START) : await readPackage(name))

// `queryConfigEnabled` stays off: it would let a link load somebody else's document into this page.
const START = `SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#reference',
  deepLinking: true,
  docExpansion: 'none',
  filter: true,
  showExtensions: true,
  queryConfigEnabled: false,
  validatorUrl: null,
})
`

/** Changes with the package and with our own script, and so with everything that is kept under its name. */
const assetsVersion = once(async () => {
  const { version } = z
    .object({ version: z.string() })
    .parse(JSON.parse((await readPackage('package.json')).toString()))
  return `${version}-${hashOf(Buffer.from(START)).slice(0, 8)}`
})

const pageHtml = (version: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Latchkey API</title>
<link rel="icon" type="image/png" href="/docs/assets/${version}/favicon-32x32.png">
<link rel="stylesheet" href="/docs/assets/${version}/swagger-ui.css">
</head>
<body>
<div id="reference"></div>
<noscript>This page needs JavaScript. The document that it shows is <a href="/openapi.json">/openapi.json</a>.</noscript>
<script src="/docs/assets/${version}/swagger-ui-bundle.js"></script>
<script src="/docs/assets/${version}/start.js"></script>
</body>
</html>
`

const hashOf = (body: Buffer): string => createHash('sha256').update(body).digest('base64url').slice(0, 22)

/** Runs `make` at the first call and gives its result to all; a failure is forgotten, so that the next call tries again. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined
      throw error
    })
    return made
  }
}
