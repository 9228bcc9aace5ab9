/** `npm run screenshots`: fills a new server with a demo and takes pictures of its pages for the readme, in both themes. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Page } from 'playwright-core'
import { type Site, startSite } from '../test/browser/page.ts'
import { type Demo, fillDemo } from './screenshots/demo.ts'
import { openScreen, screensOf } from './screenshots/screens.ts'

const FOLDER = resolve(import.meta.dirname, '../docs/screenshots')
const MOST_BYTES = 200_000

const WIDE = ['home', 'files-grid', 'preview-picture', 'cards', 'card-sheet', 'bot-workshop', 'bot-overview', 'keys']
const NARROW = ['home', 'cards', 'files-folder']
const SCHEMES = ['light', 'dark'] as const

/** As WebP, which is a third of PNG for such pictures; the browser itself knows how. */
const toWebp = async (page: Page, png: Buffer, quality: number): Promise<Buffer> => {
  const address: string = await page.evaluate(`(async () => {
    const image = new Image()
    image.src = 'data:image/png;base64,${png.toString('base64')}'
    await image.decode()
    const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight)
    canvas.getContext('2d').drawImage(image, 0, 0)
    const blob = await canvas.convertToBlob({ type: 'image/webp', quality: ${quality} })
    return new Promise((done) => {
      const reader = new FileReader()
      reader.onload = () => done(reader.result)
      reader.readAsDataURL(blob)
    })
  })()`)
  return Buffer.from(address.slice(address.indexOf(',') + 1), 'base64')
}

const keep = async (painter: Page, name: string, png: Buffer): Promise<void> => {
  for (const quality of [0.9, 0.8, 0.65]) {
    const picture = await toWebp(painter, png, quality)
    if (picture.length > MOST_BYTES) continue
    writeFileSync(join(FOLDER, `${name}.webp`), picture)
    console.log(`${name}.webp ${(picture.length / 1000).toFixed(0)} KB`)
    return
  }
  throw new Error(`${name} is larger than ${MOST_BYTES / 1000} KB.`)
}

const take = async (site: Site, demo: Demo, names: readonly string[], phone: boolean): Promise<void> => {
  const painter = await site.browser.newPage()
  for (const colorScheme of SCHEMES) {
    const size = phone ? { deviceScaleFactor: 2 } : { deviceScaleFactor: 1.5, viewport: { width: 1440, height: 900 } }
    const context = { colorScheme, reducedMotion: 'reduce', ...size } as const
    const { page } = await site.open({ phone, context })
    // A list of first steps is for those who take them; the server remembers that it is hidden.
    await openScreen(page, site.url, { name: 'home', path: '/' })
    const hide = page.getByRole('button', { name: 'Hide these' })
    if (await hide.isVisible()) await hide.click()
    for (const name of names) {
      const screen = screensOf(demo).find((each) => each.name === name)
      if (screen === undefined) throw new Error(`There is no screen ${name}.`)
      await openScreen(page, site.url, screen)
      await keep(painter, `${name}${phone ? '-phone' : ''}-${colorScheme}`, await page.screenshot({ caret: 'hide' }))
    }
    await page.context().close()
  }
}

const closers: (() => unknown)[] = []
try {
  mkdirSync(FOLDER, { recursive: true })
  const site = await startSite(
    { after: (close) => void closers.unshift(close) },
    { settings: { LIMIT_SESSION_PER_MINUTE: '100000' } },
  )
  const demo = await fillDemo(site)
  await take(site, demo, WIDE, false)
  await take(site, demo, NARROW, true)
} finally {
  for (const close of closers) await close()
}
