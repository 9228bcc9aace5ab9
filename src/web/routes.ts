import { randomBytes } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { z } from 'zod'
import { AppError } from '../platform/errors.ts'
import { bytes, endpoint, Failures, type Route, reply, route } from '../platform/http/index.ts'
import { answerWith, IMMUTABLE, once, REVALIDATED, type Resource, resource } from '../platform/http/resource.ts'

const getPage = endpoint({
  method: 'GET',
  path: '/',
  // Which of its pages it shows, the program in the browser reads from the address.
  aliases: [
    '/setup',
    '/sign-in',
    '/files',
    '/files/*',
    '/bots',
    '/bots/*',
    '/cards',
    '/cards/*',
    '/account',
    '/account/*',
    '/admin',
    '/admin/*',
    '/search',
    '/share',
    '/join',
  ],
  scope: 'public',
  summary: 'Open the pages for people',
  returns: [200, bytes('text/html')],
})

const getAsset = endpoint({
  method: 'GET',
  path: '/assets/:name',
  scope: 'public',
  summary: 'Get a part of the pages',
  params: z.object({ name: z.string().max(200) }),
  returns: [200, bytes('application/octet-stream')],
  also: [304],
  errors: { NOT_FOUND: Failures.NOT_FOUND },
})

/** What a browser asks for at the root, where its address is fixed. */
const ROOT_FILES = ['icon.svg', 'manifest.webmanifest', 'sw.js'] as const

const rootFiles = ROOT_FILES.map((name) =>
  endpoint({
    method: 'GET',
    path: `/${name}`,
    scope: 'public',
    summary: `Get ${name}`,
    returns: [200, bytes('application/octet-stream')],
    also: [304],
    errors: { NOT_FOUND: Failures.NOT_FOUND },
  }),
)

const TYPES: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.webmanifest': 'application/manifest+json',
}

const NONCE = 'LATCHKEY_NONCE'

/** No inline script and no other host; a style sheet that the editor makes carries the page's own nonce. */
const pageHeaders = (nonce: string) => ({
  'content-security-policy':
    `default-src 'none'; script-src 'self'; style-src 'self' 'nonce-${nonce}'; font-src 'self'; ` +
    "img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; manifest-src 'self'; worker-src 'self'; " +
    "frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  'cache-control': 'no-store',
  'content-type': 'text/html; charset=utf-8',
})

const NOT_BUILT = `<!doctype html><html lang="en"><title>Latchkey</title>
<h1>The pages are not built</h1><p>The server works, and so does its API: <a href="/docs">/docs</a>.
For the pages run <code>npm run build</code> in its folder, and load this again.</p></html>`

/**
 * The pages for people: files that were built at install, kept in memory, each compressed once.
 *
 * @param folder Where the build is.
 */
export const webRoutes = (folder: string): Route[] => {
  const page = once(() => readFile(join(folder, 'index.html'), 'utf8'))
  const assets = once(async () => new Set(await readdir(join(folder, 'assets'))))
  const resources = new Map<string, () => Promise<Resource>>()
  const load = (name: string): Promise<Resource> => {
    const known = resources.get(name) ?? once(() => read(name))
    resources.set(name, known)
    return known()
  }
  const read = async (name: string): Promise<Resource> =>
    resource(TYPES[extname(name)] ?? 'application/octet-stream', await readFile(join(folder, name)))

  return [
    route(getPage, async () => {
      const html = await page().catch(() => undefined)
      const nonce = randomBytes(16).toString('base64url')
      return reply(html === undefined ? 503 : 200, (html ?? NOT_BUILT).replaceAll(NONCE, nonce), pageHeaders(nonce))
    }),
    route(getAsset, async ({ request, params }) => {
      const names = await assets().catch(() => new Set<string>())
      if (!names.has(params.name)) throw new AppError(Failures.NOT_FOUND)
      return answerWith(request, await load(`assets/${params.name}`), IMMUTABLE)
    }),
    ...rootFiles.map((file, index) =>
      route(file, async ({ request }) => {
        const found = await load(ROOT_FILES[index] ?? '').catch(() => undefined)
        if (found === undefined) throw new AppError(Failures.NOT_FOUND)
        return answerWith(request, found, REVALIDATED)
      }),
    ),
  ]
}
