import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { fillDemo } from '../../scripts/screenshots/demo.ts'
import { openScreen, screensOf } from '../../scripts/screenshots/screens.ts'
import { keepPicture } from './look/kept.ts'
import { type Box, pixelsWith } from './look/pixels.ts'
import { startSite } from './page.ts'

const MAIN_SCREENS = ['home', 'files-list', 'cards', 'bots', 'bot-workshop', 'keys', 'account', 'sign-in']

/** Buttons and fields that are wholly in sight; of a field without an edge, what it stands in. */
const CONTROLS = `[...document.querySelectorAll('.button, .input, .checkbox-box, .shell-search, main input[type=search]')]
  .filter((at) => at.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && !at.closest('[inert], [aria-hidden=true]:not(.checkbox-box)'))
  .map((at) => {
    const holder = getComputedStyle(at).borderStyle === 'none' || at.type === 'search' ? at.parentElement : at
    const { x, y, width, height } = holder.getBoundingClientRect()
    return { name: at.className + ' ' + (at.getAttribute('aria-label') ?? at.innerText ?? ''), x, y, width, height }
  })
  .filter(({ x, y, width, height }) => width > 4 && height > 4 && x >= 4 && y >= 4 && x + width < innerWidth - 4 && y + height < innerHeight - 4)`

/** What is chosen, each beside one of its kind that is not. */
const CHOSEN = `[
  ['.shell-entry.active', '.shell-entry:not(.active)'],
  ['.section-link[aria-current]', '.section-link:not([aria-current])'],
  ['.tab[data-selected]', '.tab:not([data-selected])'],
  ['.tree-row[data-here]', '.tree-row:not([data-here])'],
  ['.search-row[data-chosen]', '.search-row:not([data-chosen])'],
].flatMap(([chosen, other]) => {
  const pair = [chosen, other].map((selector) => document.querySelector(selector)?.getBoundingClientRect().toJSON())
  return pair.every((box) => box && box.width > 4) ? [{ name: chosen, pair }] : []
})`

const FOCUSED = `(() => {
  const at = document.activeElement
  if (at === null || at === document.body) return null
  const { x, y, width, height } = at.getBoundingClientRect()
  return { name: at.tagName + ' ' + (at.getAttribute('aria-label') ?? at.innerText ?? '').slice(0, 30), x, y, width, height }
})()`

type Named = Box & { readonly name: string }

const around = ({ x, y, width, height }: Box): Box => {
  const [left, top] = [Math.max(0, x - 8), Math.max(0, y - 8)]
  return { x: left, y: top, width: Math.min(1280, x + width + 8) - left, height: Math.min(800, y + height + 8) - top }
}

describe('edges that say what is where', async () => {
  const site = await startSite({ after }, { settings: { LIMIT_SESSION_PER_MINUTE: '100000' } })
  const screens = screensOf(await fillDemo(site)).filter(({ name }) => MAIN_SCREENS.includes(name))
  const pixels = await pixelsWith(await site.browser.newPage())
  const pages = async (context: object): Promise<(isPublic?: boolean) => Page> => {
    const open = (options: object) => site.open({ ...options, context: { reducedMotion: 'reduce', ...context } })
    const [owner, guest] = await Promise.all([open({}), open({ as: null })])
    return (isPublic = false) => (isPublic ? guest : owner).page
  }

  it('are around every button and field, and mark what is chosen, where the system chooses the colours', async () => {
    const pageOf = await pages({ forcedColors: 'active' })
    const found: string[] = []
    for (const screen of screens) {
      const page = pageOf(screen.isPublic)
      await openScreen(page, site.url, screen)
      const picture = await page.screenshot({ caret: 'hide' })
      const controls = await page.evaluate<Named[]>(CONTROLS)
      const shares = await pixels.edges(picture, controls)
      const chosen = await page.evaluate<{ name: string; pair: [Box, Box] }[]>(CHOSEN)
      const problems = controls.filter((_, at) => (shares[at] ?? 0) < 0.6).map(({ name }) => `no edge around ${name}`)
      for (const { name, pair } of chosen) {
        const [is = 0, isNot = 0] = await pixels.edges(picture, pair)
        if (is - isNot < 0.2) problems.push(`${name} looks like the others`)
      }
      if (problems.length > 0)
        found.push(`${screen.name}: ${problems.join('; ')} (${await keepPicture(page, `${screen.name}-forced`)})`)
    }

    assert.deepEqual(found, [])
  })

  for (const colorScheme of ['light', 'dark'] as const)
    it(`show where the keyboard is (${colorScheme})`, async () => {
      const pageOf = await pages({ colorScheme })
      const found: string[] = []
      for (const screen of screens.filter(({ name }) => name !== 'bot-workshop')) {
        const page = pageOf(screen.isPublic)
        await openScreen(page, site.url, screen)
        for (let step = 0; step < 9; step += 1) {
          await page.keyboard.press('Tab')
          const focused = await page.evaluate<Named | null>(FOCUSED)
          if (focused === null || focused.width * focused.height === 0 || focused.width > 900) continue
          const clip = around(focused)
          if (clip.width <= 0 || clip.height <= 0) continue
          const withFocus = await page.screenshot({ clip, caret: 'hide' })
          await page.evaluate('document.activeElement.blur()')
          const without = await page.screenshot({ clip, caret: 'hide' })
          const changed = await pixels.changed(withFocus, without)
          // A ring of two pixels, of which something may be hidden.
          if (changed < focused.width + focused.height) found.push(`${screen.name}: ${focused.name}, ${changed} pixels`)
        }
      }

      assert.deepEqual(found, [])
    })
})
