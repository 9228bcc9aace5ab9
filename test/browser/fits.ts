import assert from 'node:assert/strict'
import type { Locator, Page } from 'playwright-core'

/** Fails where a page can be scrolled sideways, and says by how much and because of what. */
export const assertFits = async (page: Page): Promise<void> => {
  const found = await page.evaluate(() => {
    const width = document.documentElement.clientWidth
    const isOut = (element: Element): boolean => element.getBoundingClientRect().right > width + 1
    const wide =
      document.documentElement.scrollWidth > width ? [...document.querySelectorAll('body *')].filter(isOut) : []
    return wide
      .slice(0, 5)
      .map((element) => `${element.tagName} ${element.className} ${element.textContent?.slice(0, 40)}`)
  })
  assert.deepEqual(found, [], page.url())
}

/** Pixels that a fingertip needs. */
const FINGER = 44

/** Fails where a control cannot be reached by a finger: out of sight, behind another thing, or too small. */
export const assertInReach = async (control: Locator): Promise<void> => {
  await control.scrollIntoViewIfNeeded()
  // Only asks whether a tap would arrive; nothing is pressed.
  await control.tap({ trial: true })
  const box = await control.boundingBox()
  assert.ok(box !== null && Math.min(box.width, box.height) >= FINGER, `${control}: ${JSON.stringify(box)}`)
}
