import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { startChromium } from '../services/chromium.ts'
import { openPage, setupLink, startServer } from './page.ts'

const PASSWORD = 'a sentence that nobody guesses'

/** What axe finds serious, as rule and place. */
const seriousIn = async (page: Page): Promise<string[]> => {
  await page.evaluate(axe.source)
  return page.evaluate(async () => {
    const judge = (globalThis as unknown as { axe: typeof axe }).axe
    const { violations } = await judge.run()
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`)
  })
}

const browser = await startChromium()
after(() => browser.close())

describe('the first five minutes in a browser', async () => {
  const { server } = await startServer({ after })
  const { page, go, troubles } = await openPage(browser, server.url)

  it('make an account and a key, which answers', async () => {
    await page.goto(setupLink(server))
    await page.getByLabel('E-mail').fill('ada@example.org')
    await page.getByLabel('Password').fill(PASSWORD)
    await page.getByRole('button', { name: 'Create the account' }).click()
    await page.getByRole('button', { name: /^Keep a file/ }).click()
    await page.getByRole('button', { name: 'Make a key' }).click()
    await page.getByRole('button', { name: 'Try it' }).click()

    await page.getByText('HTTP 200').waitFor()
    await page.getByRole('button', { name: 'Done' }).click()
    await page.waitForURL('**/files')
  })

  it('keep a file', async () => {
    const chooser = page.locator('main input[type=file]').first()
    await chooser.setInputFiles({ name: 'first.txt', mimeType: 'text/plain', buffer: Buffer.from('hello') })

    await page.locator('main').getByText('first.txt').first().waitFor()
  })

  it('save a card and find it by a word in it', async () => {
    await go('/cards')
    await page.getByRole('textbox', { name: 'New card' }).fill('Pangolins sleep in burrows.')
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await page.getByText('Pangolins sleep in burrows.').waitFor()
    await go('/cards?q=burrows')

    await page.getByText('Pangolins sleep in').first().waitFor()
  })

  it('make a bot that answers', async () => {
    await go('/bots')
    await page.getByRole('button', { name: 'Make a bot to try' }).click()
    await page.waitForURL(/\/bots\/\d+/)
    await page.getByRole('textbox', { name: 'Message' }).fill('/start')
    await page.getByRole('button', { name: 'Send', exact: true }).click()

    await page
      .locator('.sim-chat')
      .getByText(/^(Hello|Hi|Welcome)/)
      .waitFor()
  })

  for (const scheme of ['light', 'dark'] as const)
    it(`are in pages of which axe finds nothing serious (${scheme})`, async () => {
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' })
      const found: string[] = []
      for (const path of ['/', '/files', '/cards', '/bots', '/account', '/account/keys', '/search?q=first']) {
        await go(path)
        await page.waitForLoadState('networkidle')
        for (const problem of await seriousIn(page)) found.push(`${path} ${problem}`)
      }
      assert.deepEqual(found, [])
    })

  it('break nothing', () => {
    assert.deepEqual(troubles, [])
  })
})
