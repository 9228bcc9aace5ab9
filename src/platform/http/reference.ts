import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { AppError } from '../errors.ts'
import { bytes, endpoint } from './contract.ts'
import { Failures } from './failures.ts'
import { answerWith, hashOf, IMMUTABLE, once, REVALIDATED, type Resource, resource } from './resource.ts'
import { type Route, route } from './route.ts'

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
    route(getOpenApi, async ({ request }) => answerWith(request, await describe(), REVALIDATED)),
    route(getReferencePage, async ({ request }) => answerWith(request, await page(), PAGE_HEADERS)),
    route(getReferenceAsset, async ({ request, params }) => {
      const asset = assets.get(params.name)
      // Another version's address must not be kept for a year with this version's bytes.
      if (asset === undefined || params.version !== (await assetsVersion())) throw new AppError(Failures.NOT_FOUND)
      return answerWith(request, await asset(), IMMUTABLE)
    }),
  ]
}

const PAGE_HEADERS = {
  ...REVALIDATED,
  // The page's style sheet draws icons as data: images, and what a call answered is shown from a blob: address.
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src blob:; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
}

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
