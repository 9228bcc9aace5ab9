import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { z } from 'zod'
import { canary } from '../canary.ts'
import { eventually } from '../services/eventually.ts'
import { assertFits } from './fits.ts'
import { actsOf, WAYS, type Way } from './hands.ts'
import { startSite } from './page.ts'

const run = promisify(execFile)

const Keys = z.object({
  keys: z.array(
    z.looseObject({
      id: z.string(),
      name: z.string(),
      scopes: z.array(z.string()),
      uses: z.number(),
      status: z.string(),
      expires_at: z.string().nullable(),
      replaced_by: z.string().nullable(),
    }),
  ),
})
const Usage = z.object({ keys: z.array(z.object({ id: z.string(), requests: z.array(z.number()) })) })

const HOUR_MS = 3_600_000

const site = await startSite({ after })

const keysIn = async ({ way, phone, hand }: Way): Promise<void> => {
  const name = phone ? 'Phone' : 'Backup'
  const { page, context, go, troubles } = await site.open({ phone })
  const { press, write, fromList, fromMenu } = actsOf(page, hand(page))
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: site.url })
  const row = page.getByRole('row').filter({ has: page.getByRole('button', { name, exact: true }) })
  const sheet = page.getByRole('dialog')

  /** The status with which the program that everybody has is answered. */
  const curl = async (key: string): Promise<string> => {
    const args = ['-s', '-o', '/dev/null', '-w', '%{http_code}', '-H', `X-API-Key: ${key}`]
    return (await run('curl', [...args, `${site.url}/api/v1/stats`])).stdout
  }
  const asOwner = async (path: string, init: RequestInit = {}): Promise<unknown> => {
    const headers = { cookie: site.owner.cookie, 'content-type': 'application/json' }
    return (await fetch(new URL(path, site.url), { ...init, headers })).json()
  }
  const keysMade = async () => Keys.parse(await asOwner('/api/keys')).keys.filter((key) => key.name === name)
  const copiedKey = async (): Promise<string> => {
    await press(sheet.getByRole('button', { name: 'Copy', exact: true }).first())
    const key = canary(await page.evaluate(() => navigator.clipboard.readText()))
    await press(sheet.getByRole('button', { name: 'Done' }))
    await sheet.waitFor({ state: 'detached' })
    return key
  }
  const ask = (what: string): Promise<void> =>
    fromMenu(row.first().getByRole('button', { name: `Actions for ${name}` }), what)

  let first = ''

  it(`makes a key, shows it once, and asks before it is lost, ${way}`, async () => {
    await go('/account/keys')
    await press(page.getByRole('button', { name: 'New key' }).first())
    await write(sheet.getByRole('textbox', { name: 'Name' }), name)
    await fromList(sheet.getByRole('button', { name: /It may/ }), 'only read')
    await assertFits(page)
    await press(sheet.getByRole('button', { name: 'Create the key' }))
    const shown = sheet.locator('.secret code').first()
    await shown.waitFor()
    const value = await shown.textContent()
    await assertFits(page)
    await press(sheet.getByRole('button', { name: 'Done' }))
    const asked = page.getByRole('dialog', { name: 'Close without copying?' })
    await press(asked.getByRole('button', { name: 'Cancel' }))
    first = await copiedKey()

    assert.equal(first, value)
    assert.match(first, /^tk_live_[0-9A-Za-z]{36}$/)
    const [made] = await keysMade()
    assert.deepEqual(made?.scopes, ['files:read', 'bots:read', 'cards:read'])
    await row.waitFor()
    assert.ok(!(await page.content()).includes(first))
    await page.reload()
    await row.getByText('never').waitFor({ state: 'attached' })
    assert.ok(!(await page.content()).includes(first))
  })

  it(`shows when curl last used it, and how often on each day, as a plot and as a table, ${way}`, async () => {
    assert.deepEqual([await curl(first), await curl(first), await curl(first)], ['200', '200', '200'])

    await page.reload()
    await row.getByText('from 127.0.0.1').waitFor({ state: 'attached' })
    await row.getByText('3 in 14 days').waitFor({ state: 'attached' })
    await press(page.getByRole('button', { name, exact: true }))
    await sheet.getByRole('figure', { name: 'Calls of the last 14 days' }).locator('canvas').waitFor()
    await sheet.getByText('from 127.0.0.1').waitFor()
    await assertFits(page)
    await press(sheet.getByRole('button', { name: 'Show as a table' }))
    const cells = await sheet.getByRole('table').getByRole('cell').allTextContents()
    assert.deepEqual(cells, [...Array.from({ length: 13 }, () => '0'), '3'])
    await press(sheet.getByRole('button', { name: 'Close' }))

    const [made] = await keysMade()
    assert.equal(made?.uses, 3)
    const { keys } = Usage.parse(await asOwner('/api/keys/usage'))
    assert.equal(keys.find(({ id }) => id === made?.id)?.requests.at(-1), 3)
  })

  it(`replaces a key by a new one; the old one works until its overlap ends, ${way}`, async () => {
    await ask('Replace by a new one')
    await fromList(sheet.getByRole('button', { name: /The old one works for/ }), '1 more hour')
    await press(sheet.getByRole('button', { name: 'Replace by a new one' }))
    const second = await copiedKey()

    assert.deepEqual([await curl(first), await curl(second)], ['200', '200'])
    const old = (await keysMade()).find(({ replaced_by }) => replaced_by !== null)
    const leftMs = Date.parse(old?.expires_at ?? '') - Date.now()
    assert.ok(leftMs > HOUR_MS - 60_000 && leftMs <= HOUR_MS, String(leftMs))
    await row.nth(1).waitFor()

    const soon = new Date(Date.now() + 300).toISOString()
    await asOwner(`/api/keys/${old?.id}`, { method: 'PATCH', body: JSON.stringify({ expires_at: soon }) })
    await eventually(async () => assert.equal(await curl(first), '401'))
    assert.equal(await curl(second), '200')
    first = second
  })

  it(`revokes a key, which curl is refused with on the next request, ${way}`, async () => {
    await page.reload()
    assert.equal(await curl(first), '200')

    await ask('Revoke')
    await press(sheet.getByRole('button', { name: 'Revoke' }))
    await page.getByText('The key is revoked.').waitFor()

    assert.equal(await curl(first), '401')
    assert.deepEqual((await keysMade()).map(({ status }) => status).sort(), ['expired', 'revoked'])
    await press(page.getByText('Ended keys'))
    assert.equal(await row.count(), 2)
    await assertFits(page)
  })

  it(`breaks nothing ${way}`, () => {
    assert.deepEqual(troubles, [])
  })
}

describe('the page of keys', async () => {
  for (const way of WAYS) await keysIn(way)
})
