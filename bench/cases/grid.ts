import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { extname, join, resolve } from 'node:path'
import { type Browser, type CDPSession, chromium, type Page } from 'playwright-core'
import { build } from 'vite'
import { DEMO_CARDS } from '../../scripts/screenshots/content.ts'
import { paintPictures, sizeOf } from '../../scripts/screenshots/pictures.ts'
import { SCENE_WIDTH } from '../../scripts/screenshots/scenes.ts'
import { requireProgram } from '../../test/services/programs.ts'
import { atMost, type Case, median, quantile, type Row } from '../figures.ts'

const WEB = resolve(import.meta.dirname, '../../web')
const CARDS = 10_000
const STEPS = 60
const STEP_PIXELS = 300
/** What the server makes of larger pictures. */
const THUMBNAIL_PIXELS = 512
const MOST_PAINT_MS = 150
const MOST_FRAME_MS = 50

const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' }

/** What the server would give for so many cards: the demo's, over and over. */
const cardsOf = (count: number) =>
  Array.from({ length: count }, (_, at) => {
    const {
      type,
      content = '',
      url = null,
      title = null,
      tags = [],
      colors = [],
      picture,
      fileName = null,
    } = DEMO_CARDS[at % DEMO_CARDS.length] ?? { type: 'text', daysAgo: 0 }
    const { w, h } = sizeOf(picture ?? '')
    return {
      id: `card_${at}`,
      type,
      content,
      url,
      tags: [...tags],
      fileName,
      isFavorited: at % 7 === 0,
      metadataTitle: title,
      metadataStatus: 'completed',
      mimeType: fileName === null ? null : 'image/jpeg',
      createdAt: new Date(1_790_000_000_000 - at * 60_000).toISOString(),
      thumbnailUrl: picture === undefined ? null : `http://here/pictures/${picture}?${at % 60}`,
      preview: {
        w: picture === undefined ? null : w,
        h: picture === undefined ? null : h,
        lines: Math.ceil(content.length / 40),
        color: null,
        colors: colors.map(([hex]) => hex),
        state: null,
      },
    }
  })

const startChromium = async (): Promise<Browser> => {
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
  const executablePath = await requireProgram({
    names,
    packageName: 'chromium',
    help: 'The grid is measured in Chromium.',
  })
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
}

/** Where the time of a page went, in milliseconds since it was opened. */
const spentBy = async (session: CDPSession): Promise<Readonly<Record<string, number>>> => {
  const { metrics } = await session.send('Performance.getMetrics')
  return Object.fromEntries(metrics.map(({ name, value }) => [name, value * 1000]))
}

interface Round {
  readonly paintMs: number
  readonly frames: readonly number[]
  /** Of one frame, in the mean. */
  readonly share: { readonly script: number; readonly style: number; readonly layout: number; readonly task: number }
}

const round = async (page: Page, url: string, cards: string): Promise<Round> => {
  await page.goto(url)
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable')
  const paintMs = await page.evaluate<number>(`drawGrid(${cards})`)
  await page.locator('.tile').first().waitFor()
  const before = await spentBy(session)
  const frames = await page.evaluate<number[]>(`scrollGrid(${STEPS}, ${STEP_PIXELS})`)
  const after = await spentBy(session)
  const share = (name: string): number => ((after[name] ?? 0) - (before[name] ?? 0)) / STEPS
  await session.detach()
  return {
    paintMs,
    frames,
    share: {
      script: share('ScriptDuration'),
      style: share('RecalcStyleDuration'),
      layout: share('LayoutDuration'),
      task: share('TaskDuration'),
    },
  }
}

const serve = async (folder: string, pictures: ReadonlyMap<string, Buffer>) => {
  const server = createServer(({ url = '/' }, reply) => {
    const { pathname } = new URL(url, 'http://here')
    const picture = pictures.get(pathname.slice('/pictures/'.length))
    try {
      const body = picture ?? readFileSync(join(folder, pathname))
      reply.setHeader('content-type', picture === undefined ? (TYPES[extname(pathname)] ?? '') : 'image/jpeg').end(body)
    } catch {
      reply.writeHead(404).end()
    }
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('It does not listen.')
  return { server, url: `http://127.0.0.1:${address.port}/build/grid/index.html` }
}

const rowsOf = (rounds: readonly Round[]): Row[] => {
  const paint = median(rounds.map(({ paintMs }) => paintMs))
  const slow = median(rounds.map(({ frames }) => quantile(frames, 0.95)))
  const usual = median(rounds.map(({ frames }) => median(frames)))
  const of = (part: keyof Round['share']): number => median(rounds.map(({ share }) => share[part]))
  const rest = of('task') - of('script') - of('style') - of('layout')
  const parts = { script: of('script'), style: of('style'), layout: of('layout'), 'paint and the rest': rest }
  const text = Object.entries(parts).map(([name, ms]) => `${name} ${ms.toFixed(1)}`)
  const none = { yardstick: '', ratios: [] }
  return [
    {
      name: 'grid: 10,000 cards to be seen',
      ours: `${paint.toFixed(0)} ms`,
      ...none,
      bar: atMost(paint, MOST_PAINT_MS, 'ms'),
    },
    {
      name: 'grid: a frame while scrolling',
      ours: `p50 ${usual.toFixed(0)} ms, p95 ${slow.toFixed(0)} ms`,
      ...none,
      bar: atMost(slow, MOST_FRAME_MS, 'ms at p95'),
    },
    { name: 'grid: of a frame, on the main thread', ours: `${text.join(', ')} ms`, ...none },
  ]
}

/** The grid of cards with all cards at hand, in a browser without a graphics card. */
export const gridCase: Case = {
  name: 'grid',
  async run({ quick }) {
    const folder = mkdtempSync(join(tmpdir(), 'latchkey-bench-'))
    const configFile = join(WEB, 'vite.config.ts')
    const input = join(WEB, 'build/grid/index.html')
    await build({ configFile, logLevel: 'error', build: { outDir: folder, rolldownOptions: { input } } })
    const browser = await startChromium()
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
    const { server, url } = await serve(folder, await paintPictures(browser, THUMBNAIL_PIXELS / SCENE_WIDTH))
    try {
      const rounds: Round[] = []
      const cards = JSON.stringify(cardsOf(CARDS))
      for (let n = 0; n < (quick ? 3 : 7); n += 1) rounds.push(await round(page, url, cards))
      return rowsOf(rounds)
    } finally {
      await browser.close()
      server.closeAllConnections()
      server.close()
      rmSync(folder, { recursive: true, force: true })
    }
  },
}
