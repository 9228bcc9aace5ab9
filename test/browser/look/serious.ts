import axe from 'axe-core'
import type { Page } from 'playwright-core'

/** What axe finds serious on a page, as rule and place. */
export const seriousIn = async (page: Page): Promise<string[]> => {
  await page.evaluate(axe.source)
  return page.evaluate(async () => {
    const judge = (globalThis as unknown as { axe: typeof axe }).axe
    const { violations } = await judge.run({ resultTypes: ['violations'] })
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`)
  })
}
