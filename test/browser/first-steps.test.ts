import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, describe, it } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import { listMessages } from '../../src/bots/simulator/contract.ts'
import { searchCards } from '../../src/cards/cards/contract.ts'
import { createClient } from '../../src/client/index.ts'
import { getFileContent, listFiles } from '../../src/files/files/contract.ts'
import { canary } from '../canary.ts'
import { startChromium } from '../services/chromium.ts'
import { assertFocusKept, finger, type Hand, keyboard, mouse } from './hands.ts'
import { openPage, setupLink, startServer } from './page.ts'

const PASSWORD = 'a sentence that nobody guesses'
const CONTENT = 'The first file.\n'
const WORDS = 'Pangolins sleep in burrows.'
const MOST_CLICKS = 12

/** What is done in the first five minutes, as somebody does it who reads what stands on the page. */
const firstSteps = (page: Page, hand: Hand, isNarrow = false) => {
  const button = (name: string | RegExp): Locator => page.getByRole('button', { name, exact: typeof name === 'string' })
  const go = (name: string): Promise<void> =>
    hand.press(page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name, exact: true }))
  return {
    /** @returns The first key. */
    async setUp(link: string): Promise<string> {
      await page.goto(link)
      await hand.write(page.getByLabel('E-mail'), 'ada@example.org')
      await page.keyboard.press('Tab')
      await page.keyboard.insertText(PASSWORD)
      await page.keyboard.press('Enter')
      await button(/^Keep a file/).waitFor()
      await assertFocusKept(page, 'after the account was made')
      await hand.press(button(/^Keep a file/))
      await button('Make a key').waitFor()
      await assertFocusKept(page, 'after the first thing was chosen')
      await hand.press(button('Make a key'))
      await button('Try it').waitFor()
      await assertFocusKept(page, 'after the key was made')
      const key = canary((await page.locator('.setup-key').first().textContent()) ?? '')
      await hand.press(button('Try it'))
      await page.getByText('HTTP 200').waitFor()
      await hand.press(button('Done'))
      await page.waitForURL('**/files')
      await button('Upload files').waitFor()
      await assertFocusKept(page, 'after the setup')
      return key
    },
    async keepFile(): Promise<void> {
      const chooser = page.waitForEvent('filechooser')
      await hand.press(button('Upload files'))
      await (await chooser).setFiles({ name: 'first.txt', mimeType: 'text/plain', buffer: Buffer.from(CONTENT) })
      await page.getByRole('grid').getByText('first.txt').waitFor()
      await assertFocusKept(page, 'after a file was uploaded')
    },
    async saveCard(): Promise<void> {
      await go('Cards')
      await hand.write(page.getByRole('textbox', { name: 'New card' }), WORDS)
      await hand.press(button('Save'))
      await page.locator('main').getByText(WORDS).first().waitFor()
      await assertFocusKept(page, 'after a card was saved')
    },
    /** @returns The bot's id. */
    async tryBot(): Promise<string> {
      await go('Bots')
      await hand.press(button('Make a bot to try'))
      await page.waitForURL(/\/bots\/\d+/)
      await assertFocusKept(page, 'after a bot was made')
      if (isNarrow) await hand.press(button('Simulator'))
      await hand.write(page.getByRole('textbox', { name: 'Message' }), '/start')
      await hand.press(button('Send'))
      const reply = page.locator('.sim-chat').getByText(/^(Hello|Hi|Welcome)/)
      await reply.waitFor()
      await assertFocusKept(page, 'after a message was sent')
      return /\/bots\/(\d+)/.exec(page.url())?.[1] ?? ''
    },
  }
}

/** What the server has afterwards, asked for with the key that was shown. */
const assertKept = async (url: string, key: string, botid: string): Promise<void> => {
  const client = createClient({ baseUrl: url, key })
  const { files } = await client.call(listFiles)
  assert.deepEqual(
    files.map(({ file_name, file_size, sha256 }) => ({ file_name, file_size, sha256 })),
    [
      {
        file_name: 'first.txt',
        file_size: CONTENT.length,
        sha256: createHash('sha256').update(CONTENT).digest('hex'),
      },
    ],
  )
  const bytes = await client.raw(getFileContent, { params: { id: files[0]?.id ?? '' } })
  assert.equal(await bytes.text(), CONTENT)
  const { items } = await client.call(searchCards, { query: { q: 'burrows' } })
  assert.deepEqual(
    items.map(({ content }) => content),
    [WORDS],
  )
  const { result } = await client.call(listMessages, { params: { botid } })
  assert.match(JSON.stringify(result), /"\/start".*"(Hello|Hi|Welcome)/s)
}

const browser = await startChromium()
after(() => browser.close())

describe('the first five minutes with a mouse', async () => {
  const { server } = await startServer({ after })
  const { page, presses, troubles } = await openPage(browser, server.url)
  const steps = firstSteps(page, mouse(page))

  it(`take no more than ${MOST_CLICKS} clicks from the setup link to a bot that replies`, async () => {
    const key = await steps.setUp(setupLink(server))
    await steps.keepFile()
    await steps.saveCard()
    const botid = await steps.tryBot()

    assert.ok(presses() <= MOST_CLICKS, `${presses()} clicks`)
    await assertKept(server.url, key, botid)
  })

  it('break nothing', () => assert.deepEqual(troubles, []))
})

for (const { how, hand, isNarrow, options } of [
  { how: 'with keys alone in a window', hand: keyboard, isNarrow: false, options: {} },
  {
    how: 'with keys alone in a window as narrow as a phone',
    hand: keyboard,
    isNarrow: true,
    options: { context: { viewport: { width: 390, height: 844 } } },
  },
  { how: 'with a finger on a phone', hand: finger, isNarrow: true, options: { phone: true } },
])
  describe(`the first five minutes ${how}`, async () => {
    const { server } = await startServer({ after })
    const { page, presses, troubles } = await openPage(browser, server.url, options)
    const steps = firstSteps(page, hand(page), isNarrow)

    it('lead as far, and the focus is never lost', async () => {
      const key = await steps.setUp(setupLink(server))
      await steps.keepFile()
      await steps.saveCard()
      const botid = await steps.tryBot()

      if (hand === keyboard) assert.equal(presses(), 0)
      await assertKept(server.url, key, botid)
    })

    it('break nothing', () => assert.deepEqual(troubles, []))
  })
