import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import type { BrowserContext, Page } from 'playwright-core'
import { openScreen } from '../../scripts/screenshots/screens.ts'
import { startSite, type Visit } from './page.ts'
import { plant } from './xss/fill.ts'
import { HTML, MARKUP } from './xss/payload.ts'

/** What has run, was asked, or was fetched because somebody wrote it. */
const watch = async (context: BrowserContext): Promise<string[]> => {
  const fired: string[] = []
  await context.exposeBinding('__canary', ({ page }, number: unknown) => {
    fired.push(`${page.url()}: script ${String(number)} ran`)
  })
  context.on('dialog', (dialog) => {
    fired.push(`It asked ${dialog.message()}`)
    return dialog.dismiss()
  })
  context.on('request', (request) => {
    if (/\/canary-\w+$/.test(new URL(request.url()).pathname)) fired.push(`It fetched ${request.url()}`)
  })
  return fired
}

/** Elements that somebody's words became, and addresses that would run. */
const grown = (page: Page): Promise<string[]> =>
  page.evaluate<string[]>(`[...document.querySelectorAll(
    '[data-canary], [onerror], [onload], a[href^="javascript:" i], a[href^="data:" i], form[action^="javascript:" i], iframe[srcdoc]')]
    .map((element) => location.pathname + ': ' + element.outerHTML.slice(0, 120))`)

describe('what strangers write', async () => {
  const site = await startSite({ after }, { settings: { LIMIT_SESSION_PER_MINUTE: '100000' } })
  const { paths, publicPaths, contents } = await plant(site)
  const [owner, guest] = await Promise.all([site.open(), site.open({ as: null })])
  const fired = [...(await Promise.all([owner, guest].map(({ context }) => watch(context))))]

  const visit = async ({ page }: Visit, of: readonly string[]): Promise<string[]> => {
    const found: string[] = []
    for (const path of of) {
      await openScreen(page, site.url, { name: path, path })
      found.push(...(await grown(page)))
      const title = await page.title()
      if (title === '') found.push(`${path} has no title`)
    }
    return found
  }

  it('is seen when it runs, which the tests below rely on', async () => {
    const { page, context } = await site.open({ as: null })
    const seen = await watch(context)
    await page.goto('about:blank')
    await page.setContent(`<base href="${site.url}"><p>${MARKUP}</p>`)
    await page.waitForFunction('document.querySelectorAll("[data-canary]").length > 1')
    await page.waitForRequest(/canary-img/, { timeout: 1_000 }).catch(() => undefined)

    assert.ok(
      seen.some((what) => what.includes('ran')),
      String(seen),
    )
    assert.ok(
      seen.some((what) => what.includes('It fetched')),
      String(seen),
    )
    assert.notDeepEqual(await grown(page), [])
    await context.close()
  })

  it('is words on every page that shows it', async () => {
    const found = [...(await visit(owner, paths)), ...(await visit(guest, publicPaths))]

    assert.deepEqual(found, [])
    assert.deepEqual(fired.flat(), [])
    assert.deepEqual([...owner.troubles, ...guest.troubles], [])
  })

  it('does not run as a document of its own in our name', async () => {
    const { page } = await site.open()
    const direct = await watch(page.context())
    for (const path of contents) {
      // Some of them are saved instead of shown.
      await page.goto(new URL(path, site.url).href).catch(() => undefined)
      const ran = await page.evaluate('document.body?.dataset.ran !== undefined')
      assert.equal(ran, false, path)
      const { headers } = await fetch(new URL(path, site.url), { headers: { authorization: `Bearer ${site.key}` } })
      assert.match(headers.get('content-security-policy') ?? '', /sandbox/, path)
      assert.equal(headers.get('x-content-type-options'), 'nosniff', path)
    }

    assert.deepEqual(direct, [])
    assert.match(HTML, /data-page/)
  })

  it('is words in what is typed, found and said', async () => {
    const { page } = owner
    await openScreen(page, site.url, { name: 'home', path: '/' })
    await page.keyboard.press('Control+k')
    await page.locator('.palette input').fill('canary')
    await page.locator('.palette [role=menuitem]', { hasText: 'onerror' }).first().waitFor()
    assert.deepEqual(await grown(page), [])
    await page.keyboard.press('Escape')
    await openScreen(page, site.url, { name: 'files', path: '/files' })
    await page
      .getByRole('button', { name: /^Actions for/ })
      .last()
      .click()
    await page.getByRole('menuitem', { name: /^Move to trash/ }).click()
    await page.locator('.toast').waitFor()

    assert.deepEqual(await grown(page), [])
    assert.deepEqual(fired.flat(), [])
  })

  it('finds a policy that lets no script in but our own', async () => {
    for (const path of ['/', '/sign-in', '/cards', '/bots/1', '/files/links']) {
      const { headers } = await fetch(new URL(path, site.url))
      const policy = new Map(
        (headers.get('content-security-policy') ?? '').split(';').map((rule) => {
          const [name = '', ...sources] = rule.trim().split(' ')
          return [name, sources]
        }),
      )

      assert.deepEqual(policy.get('default-src'), ["'none'"], path)
      assert.deepEqual(policy.get('script-src'), ["'self'"], path)
      assert.deepEqual(policy.get('base-uri'), ["'none'"], path)
      assert.deepEqual(policy.get('frame-ancestors'), ["'none'"], path)
      const foreign = [...policy.values()].flat().filter((source) => /unsafe|https?:|\*|\./.test(source))
      assert.deepEqual(foreign, [], path)
    }
  })
})
