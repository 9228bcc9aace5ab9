import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { fillDemo } from '../../scripts/screenshots/demo.ts'
import { openScreen, type Screen, screensOf } from '../../scripts/screenshots/screens.ts'
import { MISPLACED, NOT_MIRRORED } from './look/geometry.ts'
import { keepPicture } from './look/kept.ts'
import { seriousIn } from './look/serious.ts'
import { type OpenOptions, startSite } from './page.ts'

const PHONE = { width: 390, height: 844 }
/** 1280 pixels at 400 %. */
const NARROW = { width: 320, height: 640 }

type Check = (page: Page) => Promise<readonly string[]>

const asks =
  (script: string): Check =>
  (page) =>
    page.evaluate<string[]>(script)

/** What is out of place once the page has taken its new width: lists that lay out their rows by script follow in a while. */
const settled = async (page: Page): Promise<readonly string[]> => {
  let found: readonly string[] = ['nothing was looked at']
  for (let tries = 0; tries < 30 && found.length > 0; tries += 1) {
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))')
    found = await page.evaluate<string[]>(MISPLACED)
  }
  return found
}

/** The same screen on fewer pixels, without opening it again. */
const fitsBoth: Check = async (page) => {
  const found = [...(await page.evaluate<string[]>(MISPLACED))]
  await page.setViewportSize(NARROW)
  found.push(...(await settled(page)).map((problem) => `On 320 pixels: ${problem}`))
  await page.setViewportSize(PHONE)
  return found
}

describe('what the pages look like', async () => {
  const site = await startSite({ after }, { settings: { LIMIT_SESSION_PER_MINUTE: '100000' } })
  const screens = screensOf(await fillDemo(site))

  /** What is wrong on the screens, each with where its picture is kept. */
  const look = async (kind: string, of: readonly Screen[], options: OpenOptions, checks: readonly Check[]) => {
    const context = { reducedMotion: 'reduce', ...options.context } as const
    const found: string[] = []
    const go = async (isPublic: boolean): Promise<void> => {
      const { page, context: opened } = await site.open({ ...options, context, ...(isPublic ? { as: null } : {}) })
      for (const screen of of.filter((each) => (each.isPublic ?? false) === isPublic)) {
        await openScreen(page, site.url, screen)
        const problems: string[] = []
        for (const check of checks) problems.push(...(await check(page)))
        if (problems.length === 0) continue
        const kept = await keepPicture(page, `${screen.name}-${kind}`)
        found.push(`${screen.name}: ${problems.join('; ')} (${kept})`)
      }
      await opened.close()
    }
    await Promise.all([go(false), go(true)])
    return found
  }

  it(`is nothing that axe finds serious on ${screens.length} screens in a window, in light`, async () => {
    const found = await look('light', screens, { context: { colorScheme: 'light' } }, [seriousIn])

    assert.deepEqual(found, [])
  })

  it('is nothing serious on a phone in dark, and fits on its 390 and on 320 pixels: nothing is cut off, covered, or to be scrolled to sideways', async () => {
    const found = await look('phone', screens, { phone: true, context: { colorScheme: 'dark' } }, [seriousIn, fitsBoth])

    assert.deepEqual(found, [])
  })

  it('is mirrored where writing goes from right to left, also with longer words', async () => {
    // What is pressed by its English name cannot be pressed here.
    const unpressed = screens.filter(({ isPressed, path }) => isPressed !== true && !path.includes('/s/'))
    const mirrored = unpressed.map((screen) => ({ ...screen, path: inMirror(screen.path) }))

    const found = await look('mirrored', mirrored, {}, [asks(MISPLACED), asks(NOT_MIRRORED)])

    assert.deepEqual(found, [])
  })
})

const inMirror = (path: string): string => {
  const [before = '', fragment] = path.split('#')
  return `${before}${before.includes('?') ? '&' : '?'}locale=x-rtl${fragment === undefined ? '' : `#${fragment}`}`
}
