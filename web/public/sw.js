// Keeps the program itself, so that it opens without a network: the page, and the parts that were loaded once.
// Nothing that the server says about an account is kept here.
const CACHE = 'latchkey-1'
const PAGE = '/'
const KEPT = /^\/(?:assets\/[\w.-]+|icon\.svg|manifest\.webmanifest)$/
const MAX_PARTS = 300

addEventListener('install', (event) => {
  event.waitUntil(
    (async () => {
      const cache = await caches.open(CACHE)
      await keepPage(cache, await fetch(PAGE, { credentials: 'omit' }))
      await skipWaiting()
    })(),
  )
})

addEventListener('activate', (event) => {
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name)
      await clients.claim()
    })(),
  )
})

addEventListener('fetch', (event) => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== location.origin) return
  if (KEPT.test(url.pathname)) event.respondWith(part(request))
  else if (request.mode === 'navigate' && isPage(url.pathname)) event.respondWith(page(request))
})

/** Only addresses that the program in the page answers; others are pages of the server's own, or downloads. */
const isPage = (path) =>
  /^\/(?:$|setup$|sign-in$|search$|share$|join$|(?:files|bots|cards|account|admin)(?:\/|$))/.test(path)

/** @param response The page as it is for everybody: it holds nothing of who asked. */
const keepPage = async (cache, response) => {
  if (!response.ok || response.redirected || !response.headers.get('content-type')?.startsWith('text/html')) return
  await cache.put(PAGE, response)
}

const page = async (request) => {
  const cache = await caches.open(CACHE)
  try {
    const response = await fetch(request)
    if (response.ok) await keepPage(cache, response.clone())
    return response
  } catch {
    return (await cache.match(PAGE)) ?? Response.error()
  }
}

/** Parts have their content in their name, and never change. */
const part = async (request) => {
  const cache = await caches.open(CACHE)
  const known = await cache.match(request)
  if (known !== undefined && new URL(request.url).pathname.startsWith('/assets/')) return known
  try {
    const response = await fetch(request)
    if (response.ok) {
      await cache.put(request, response.clone())
      await forgetOldest(cache)
    }
    return response
  } catch {
    return known ?? Response.error()
  }
}

const forgetOldest = async (cache) => {
  const keys = (await cache.keys()).filter(({ url }) => new URL(url).pathname !== PAGE)
  for (const key of keys.slice(0, Math.max(0, keys.length - MAX_PARTS))) await cache.delete(key)
}
