import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { z } from 'zod'
import { canary } from '../canary.ts'
import { eventually } from '../services/eventually.ts'
import { assertFits, assertInReach } from './fits.ts'
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

describe('the page of keys', async () => {
  const site = await startSite({ after })
  const { page, context, go, troubles } = await site.open()
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: site.url })
  const row = (name: string) => page.getByRole('row').filter({ has: page.getByRole('button', { name, exact: true }) })
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
  const keysNamed = async (name: string) =>
    Keys.parse(await asOwner('/api/keys')).keys.filter((key) => key.name === name)
  const copiedKey = async (): Promise<string> => {
    await sheet.getByRole('button', { name: 'Copy', exact: true }).first().click()
    const key = canary(await page.evaluate(() => navigator.clipboard.readText()))
    await sheet.getByRole('button', { name: 'Done' }).click()
    await sheet.waitFor({ state: 'detached' })
    return key
  }
  const ask = async (name: string, what: string): Promise<void> => {
    await row(name)
      .first()
      .getByRole('button', { name: `Actions for ${name}` })
      .click()
    await page.getByRole('menuitem', { name: what }).click()
  }

  let first = ''

  it('makes a key, shows it once, and asks before it is lost', async () => {
    await go('/account/keys')
    await page.getByRole('button', { name: 'New key' }).first().click()
    await sheet.getByRole('textbox', { name: 'Name' }).fill('Backup')
    await sheet.getByRole('button', { name: /It may/ }).click()
    await page.getByRole('option', { name: 'only read' }).click()
    await sheet.getByRole('button', { name: 'Create the key' }).click()
    const shown = sheet.locator('.secret code').first()
    await shown.waitFor()
    const value = await shown.textContent()
    await sheet.getByRole('button', { name: 'Done' }).click()
    await page.getByRole('dialog', { name: 'Close without copying?' }).getByRole('button', { name: 'Cancel' }).click()
    first = await copiedKey()

    assert.equal(first, value)
    assert.match(first, /^tk_live_[0-9A-Za-z]{36}$/)
    const [made] = await keysNamed('Backup')
    assert.deepEqual(made?.scopes, ['files:read', 'bots:read', 'cards:read'])
    await row('Backup').waitFor()
    assert.ok(!(await page.content()).includes(first))
    await page.reload()
    await row('Backup').getByText('never').waitFor()
    assert.ok(!(await page.content()).includes(first))
  })

  it('shows when curl last used it, and how often on each day, as a plot and as a table', async () => {
    assert.deepEqual([await curl(first), await curl(first), await curl(first)], ['200', '200', '200'])

    await page.reload()
    await row('Backup').getByText('from 127.0.0.1').waitFor()
    await row('Backup').getByText('3 in 14 days').waitFor({ state: 'attached' })
    await page.getByRole('button', { name: 'Backup', exact: true }).click()
    await sheet.getByRole('figure', { name: 'Calls of the last 14 days' }).locator('canvas').waitFor()
    await sheet.getByRole('button', { name: 'Show as a table' }).click()
    const cells = await sheet.getByRole('table').getByRole('cell').allTextContents()
    assert.deepEqual(cells, [...Array.from({ length: 13 }, () => '0'), '3'])
    await sheet.getByRole('button', { name: 'Close' }).click()

    const [made] = await keysNamed('Backup')
    assert.equal(made?.uses, 3)
    const { keys } = Usage.parse(await asOwner('/api/keys/usage'))
    assert.equal(keys.find(({ id }) => id === made?.id)?.requests.at(-1), 3)
  })

  it('replaces a key by a new one; the old one works until its overlap ends', async () => {
    await ask('Backup', 'Replace by a new one')
    await sheet.getByRole('button', { name: /The old one works for/ }).click()
    await page.getByRole('option', { name: '1 more hour' }).click()
    await sheet.getByRole('button', { name: 'Replace by a new one' }).click()
    const second = await copiedKey()

    assert.deepEqual([await curl(first), await curl(second)], ['200', '200'])
    const old = (await keysNamed('Backup')).find(({ replaced_by }) => replaced_by !== null)
    const leftMs = Date.parse(old?.expires_at ?? '') - Date.now()
    assert.ok(leftMs > HOUR_MS - 60_000 && leftMs <= HOUR_MS, String(leftMs))
    await row('Backup').nth(1).waitFor()

    const soon = new Date(Date.now() + 300).toISOString()
    await asOwner(`/api/keys/${old?.id}`, { method: 'PATCH', body: JSON.stringify({ expires_at: soon }) })
    await eventually(async () => assert.equal(await curl(first), '401'))
    assert.equal(await curl(second), '200')
    first = second
  })

  it('revokes a key, which curl is refused with on the next request', async () => {
    await page.reload()
    assert.equal(await curl(first), '200')

    await ask('Backup', 'Revoke')
    await sheet.getByRole('button', { name: 'Revoke' }).click()
    await page.getByText('The key is revoked.').waitFor()

    assert.equal(await curl(first), '401')
    assert.deepEqual((await keysNamed('Backup')).map(({ status }) => status).sort(), ['expired', 'revoked'])
    await page.getByText('Ended keys').click()
    assert.equal(await row('Backup').count(), 2)
  })

  it('fits a phone: a key is made, looked at and revoked by touch', async () => {
    const phone = await site.open({ phone: true })
    await phone.go('/account/keys')
    await phone.page.getByRole('button', { name: 'New key' }).first().tap()
    const dialog = phone.page.getByRole('dialog')
    await dialog.getByRole('textbox', { name: 'Name' }).fill('Phone')
    await assertFits(phone.page)
    const create = dialog.getByRole('button', { name: 'Create the key' })
    await assertInReach(create)
    await create.tap()
    await dialog.getByText('It is shown this once').waitFor()
    await assertFits(phone.page)
    await dialog.getByRole('button', { name: 'Done' }).tap()
    await phone.page
      .getByRole('dialog', { name: 'Close without copying?' })
      .getByRole('button', { name: 'Close', exact: true })
      .last()
      .tap()
    await phone.page.getByRole('button', { name: 'Phone', exact: true }).tap()
    await dialog.locator('canvas').waitFor()
    await assertFits(phone.page)
    await assertInReach(dialog.getByRole('button', { name: 'Show as a table' }))
    await dialog.getByRole('button', { name: 'Revoke' }).tap()
    await phone.page.getByRole('dialog', { name: 'Revoke Phone?' }).getByRole('button', { name: 'Revoke' }).tap()
    await phone.page.getByText('The key is revoked.').waitFor()

    await assertFits(phone.page)
    assert.deepEqual(
      (await keysNamed('Phone')).map(({ status }) => status),
      ['revoked'],
    )
    assert.deepEqual(phone.troubles, [])
  })

  it('breaks nothing', () => {
    assert.deepEqual(troubles, [])
  })
})
