import { resolve } from 'node:path'
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { type Client, createClient } from '../../src/client/index.ts'
import { startChromium } from '../services/chromium.ts'
import { createKey, createOwner, type Owner, signIn } from '../services/owner.ts'
import { type LatchkeyProcess, spawnLatchkey } from '../services/process.ts'
import { type Cleanup, tempDir } from '../services/temp-dir.ts'

/** How long a page may take for anything before its test fails: much, for machines that do other things besides. */
export const WITHIN_MS = 60_000

// Python's memory image takes seconds to make and is the same for all.
const CACHE_DIR = resolve(import.meta.dirname, '../../node_modules/.cache/latchkey')

// A test looks at the server more often than a program does; the session of its pages has the usual limit.
const KEYS_OFTEN = { LIMIT_FILES_PER_MINUTE: '100000', LIMIT_TRANSFERS_PER_MINUTE: '100000' }

const SIZES = { wide: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } }

/** A server as a process of its own with its first account, and a browser. */
export interface Site {
  readonly url: string
  readonly dataDir: string
  readonly server: LatchkeyProcess
  readonly browser: Browser
  readonly owner: Owner
  /** The owner's key of every scope. */
  readonly key: string
  /** Calls any endpoint with that key, to look at what the server has. */
  readonly client: Client
  /** Opens a page in a context of its own, as the owner unless told otherwise. It has no address yet. */
  open(options?: OpenOptions): Promise<Visit>
}

export interface SiteOptions {
  /** By name, without the prefix. */
  readonly settings?: Readonly<Record<string, string>>
}

export interface OpenOptions {
  /** Who is signed in; null for nobody. */
  readonly as?: Pick<Owner, 'email' | 'password'> | null
  /** A phone of 390x844 with touch, instead of a window of 1280x800 with a mouse. */
  readonly phone?: boolean
  readonly context?: BrowserContextOptions
}

/** A page that somebody looks at. */
export interface Visit {
  readonly page: Page
  readonly context: BrowserContext
  /** What went wrong in the page that no test asked for: exceptions, refusals by its policy, answers of 500, other hosts. */
  readonly troubles: readonly string[]
  /** How often a mouse or a finger went down since the context was opened. */
  presses(): number
  /** Opens a path of the server, and waits until its heading is there. */
  go(path: string): Promise<void>
}

/**
 * Starts a server and a browser for all tests of a file, and ends both with it.
 *
 * @example
 * const site = await startSite({ after })
 * const { page, go } = await site.open()
 */
export const startSite = async (t: Cleanup, { settings = {} }: SiteOptions = {}): Promise<Site> => {
  const closers: (() => unknown)[] = []
  t.after(async () => {
    for (const close of closers) await close()
  })
  const browser = await startChromium()
  closers.unshift(() => browser.close())
  const { server, dataDir } = await startServer({ after: (close) => void closers.push(close) }, settings)
  const owner = await createOwner(server)
  const { key } = await createKey(server.url, owner, { kind: 'files', name: 'The test’s own' })
  return {
    url: server.url,
    dataDir,
    server,
    browser,
    owner,
    key,
    client: createClient({ baseUrl: server.url, key }),
    async open({ as = owner, ...options } = {}) {
      const visit = await openPage(browser, server.url, options)
      if (as !== null) {
        const cookie = as === owner ? owner.cookie : await signIn(server.url, as)
        const [name = '', value = ''] = cookie.split('=')
        await visit.context.addCookies([{ name, value, url: server.url, httpOnly: true, sameSite: 'Lax' }])
      }
      return visit
    },
  }
}

/** A server that nobody owns yet. Its end comes before that of its folder. */
export const startServer = async (t: Cleanup, settings: Readonly<Record<string, string>> = {}) => {
  const removals: (() => void | Promise<void>)[] = []
  const dataDir = tempDir({ after: (remove) => void removals.push(remove) })
  const env = Object.fromEntries(
    Object.entries({ CACHE_DIR, ...KEYS_OFTEN, ...settings }).map(([name, value]) => [`LATCHKEY_${name}`, value]),
  )
  const server = spawnLatchkey({ dataDir, env })
  t.after(async () => {
    await server.kill()
    for (const remove of removals) await remove()
  })
  await server.ready
  return { server, dataDir }
}

/** The address that a new server has printed, where its first account is made. */
export const setupLink = (server: LatchkeyProcess): string => {
  const link = /http:\S+\/setup#t=\w+/.exec(server.stdout())?.[0]
  if (link === undefined) throw new Error(`No setup link was printed:\n${server.stdout()}`)
  return link
}

/** Opens a page where nobody is signed in. */
export const openPage = async (
  browser: Browser,
  url: string,
  { phone = false, context: more = {} }: Omit<OpenOptions, 'as'> = {},
): Promise<Visit> => {
  const touch = phone ? { hasTouch: true, isMobile: true } : {}
  const viewport = phone ? SIZES.phone : SIZES.wide
  const context = await browser.newContext({ viewport, locale: 'en-GB', ...touch, ...more })
  context.setDefaultTimeout(WITHIN_MS)
  const presses = await countPresses(context)
  const troubles = collectTroubles(context, url)
  const page = await context.newPage()
  return {
    page,
    context,
    troubles,
    presses,
    async go(path) {
      await page.goto(new URL(path, url).href)
      await page.locator('main h1').first().waitFor()
    },
  }
}

const countPresses = async (context: BrowserContext): Promise<() => number> => {
  let count = 0
  await context.exposeBinding('latchkeyPressed', () => {
    count += 1
  })
  await context.addInitScript(
    "addEventListener('pointerdown', (event) => { if (event.isTrusted) latchkeyPressed() }, true)",
  )
  return () => count
}

const collectTroubles = (context: BrowserContext, url: string): string[] => {
  const troubles: string[] = []
  context.on('weberror', (error) => troubles.push(String(error.error())))
  context.on('console', (message) => {
    if (message.text().includes('Content Security Policy')) troubles.push(message.text())
  })
  context.on('response', (response) => {
    if (response.status() >= 500) troubles.push(`${response.status()} ${response.url()}`)
  })
  context.on('request', (request) => {
    const { protocol, origin } = new URL(request.url())
    if (protocol.startsWith('http') && origin !== url) troubles.push(`It called ${request.url()}`)
  })
  return troubles
}
