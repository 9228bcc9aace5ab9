import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { fillDemo } from '../../scripts/screenshots/demo.ts'
import { openScreen, type Screen, screensOf } from '../../scripts/screenshots/screens.ts'
import { MISPLACED, NOT_MIRRORED } from './look/geometry.ts'
import { keepPicture } from './look/kept.ts'
import { startSite, type Visit } from './page.ts'

/** 1280 pixels at 400 %. */
const NARROW = { width: 320, height: 640 }
const WIDE = { width: 1280, height: 800 }

describe('what the pages look like', async () => {
  const site = await startSite({ after }, { settings: { LIMIT_SESSION_PER_MINUTE: '100000' } })
  const screens = screensOf(await fillDemo(site))

  /** What is wrong on the screens, each with where its picture is kept. */
  const look = async (visits: readonly Visit[], of: readonly Screen[], scripts: readonly string[], kind: string) => {
    const [owner, guest] = visits
    const found: string[] = []
    for (const screen of of) {
      const page = (screen.isPublic ? guest : owner)?.page
      if (page === undefined) throw new Error('Somebody has to look.')
      await openScreen(page, site.url, screen)
      for (const script of scripts) {
        const problems = await page.evaluate<string[]>(script)
        if (problems.length === 0) continue
        const kept = await keepPicture(page, `${screen.name}-${kind}`)
        found.push(`${screen.name}: ${problems.join('; ')} (${kept})`)
      }
    }
    return found
  }
  const visits = (context: object) =>
    Promise.all([
      site.open({ context: { reducedMotion: 'reduce', ...context } }),
      site.open({ as: null, context: { reducedMotion: 'reduce', ...context } }),
    ])

  it('fits on 320 pixels: nothing is cut off, covered, or to be scrolled to sideways', async () => {
    const found = await look(await visits({ viewport: NARROW, hasTouch: true }), screens, [MISPLACED], 'narrow')

    assert.deepEqual(found, [])
  })

  it('is mirrored where writing goes from right to left, also with longer words', async () => {
    // What is pressed by its English name cannot be pressed here.
    const unpressed = screens.filter(({ isPressed, path }) => isPressed !== true && !path.includes('/s/'))
    const mirrored = unpressed.map((screen) => ({ ...screen, path: inMirror(screen.path) }))

    const found = await look(await visits({ viewport: WIDE }), mirrored, [MISPLACED, NOT_MIRRORED], 'mirrored')

    assert.deepEqual(found, [])
  })
})

const inMirror = (path: string): string => {
  const [before = '', fragment] = path.split('#')
  return `${before}${before.includes('?') ? '&' : '?'}locale=x-rtl${fragment === undefined ? '' : `#${fragment}`}`
}
