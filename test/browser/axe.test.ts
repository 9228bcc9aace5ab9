import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { fillDemo } from '../../scripts/screenshots/demo.ts'
import { openScreen, screensOf } from '../../scripts/screenshots/screens.ts'
import { startSite } from './page.ts'

/** What axe finds serious, as rule and place. */
const seriousIn = async (page: Page): Promise<string[]> => {
  await page.evaluate(axe.source)
  return page.evaluate(async () => {
    const judge = (globalThis as unknown as { axe: typeof axe }).axe
    const { violations } = await judge.run({ resultTypes: ['violations'] })
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`)
  })
}

describe('axe finds nothing serious', async () => {
  const site = await startSite({ after }, { settings: { LIMIT_SESSION_PER_MINUTE: '100000' } })
  const screens = screensOf(await fillDemo(site))

  for (const { name, phone, colorScheme } of [
    { name: 'in a window, in light', phone: false, colorScheme: 'light' },
    { name: 'on a phone, in dark', phone: true, colorScheme: 'dark' },
  ] as const)
    it(`on any of ${screens.length} screens ${name}`, async () => {
      const context = { colorScheme, reducedMotion: 'reduce' } as const
      const [owner, guest] = await Promise.all([site.open({ phone, context }), site.open({ as: null, phone, context })])

      const found: string[] = []
      const look = async ({ page }: typeof owner, isPublic: boolean): Promise<void> => {
        for (const screen of screens.filter((each) => (each.isPublic ?? false) === isPublic)) {
          await openScreen(page, site.url, screen)
          for (const problem of await seriousIn(page)) found.push(`${screen.name}: ${problem}`)
        }
      }
      await Promise.all([look(owner, false), look(guest, true)])

      assert.deepEqual(found, [])
    })
})
