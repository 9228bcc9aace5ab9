import { readFileSync } from 'node:fs'
import { bytes, endpoint, type Route, reply, route } from '../../platform/http/index.ts'

const page = endpoint({
  method: 'GET',
  path: '/setup',
  scope: 'public',
  summary: 'The page that creates the first account',
  returns: [200, bytes('text/html')],
})

const script = endpoint({
  method: 'GET',
  path: '/setup/setup.js',
  scope: 'public',
  summary: 'The script of the setup page',
  returns: [200, bytes('text/javascript')],
})

const style = endpoint({
  method: 'GET',
  path: '/setup/setup.css',
  scope: 'public',
  summary: 'The style of the setup page',
  returns: [200, bytes('text/css')],
})

export const setupPageContracts = [page, script, style] as const

const read = (name: string): Buffer => readFileSync(new URL(`./page/${name}`, import.meta.url))

// No inline script and no outside host; the token in the fragment never leaves the browser but in the form's request.
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
}

/** The first page that anybody sees: opened from the link that the first start prints. */
export const setupPageRoutes = (): Route[] => {
  const html = read('index.html')
  const js = read('setup.js')
  const css = read('setup.css')
  return [
    route(page, () => reply(200, html, { ...HEADERS, 'content-type': 'text/html; charset=utf-8' })),
    route(script, () => reply(200, js, { ...HEADERS, 'content-type': 'text/javascript; charset=utf-8' })),
    route(style, () => reply(200, css, { ...HEADERS, 'content-type': 'text/css; charset=utf-8' })),
  ]
}
