import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { changePreferences, getPreferences } from '../../src/accounts/preferences/contract.ts'
import { listTeamMembers, listTeams } from '../../src/accounts/teams/contract.ts'
import { createClient } from '../../src/client/index.ts'
import { listFiles } from '../../src/files/files/contract.ts'
import { newPassword } from '../canary.ts'
import { postJson, signIn } from '../services/owner.ts'
import { startSite } from './page.ts'

const site = await startSite({ after })

/** Another account of the server, and a client that asks as it. */
const secondPerson = async () => {
  const bob = { email: 'bob@example.org', password: newPassword() }
  const { owner, url } = site
  const answer: unknown = await (await postJson(url, '/api/invites', {}, { cookie: owner.cookie })).json()
  if (typeof answer !== 'object' || answer === null || !('invite' in answer)) throw new Error('No invitation came.')
  await postJson(url, '/api/auth/sign-up', { ...bob, invite: answer.invite })
  const client = createClient({ baseUrl: url, headers: { cookie: await signIn(url, bob) } })
  return { ...bob, client }
}

const chooseFrom = async (page: Page, field: string, choice: string): Promise<void> => {
  await page.getByRole('button', { name: field }).click()
  await page.getByRole('option', { name: choice, exact: true }).click()
}

describe('a team', () => {
  it('lets somebody in by an invitation, shows its files and the role, and nothing once they are out', async () => {
    const bob = await secondPerson()
    const mine = await site.open()
    await mine.go('/account/teams')
    await mine.page.getByRole('button', { name: 'New team' }).first().click()
    await mine.page.getByLabel('Name of the team').fill('Zoo')
    await mine.page.getByRole('button', { name: 'Create' }).click()
    const panel = mine.page.getByRole('region', { name: 'Zoo' })
    await panel.getByRole('link', { name: 'Open its drive' }).click()
    const chooser = mine.page.waitForEvent('filechooser')
    await mine.page.getByRole('button', { name: 'Upload files' }).click()
    await (await chooser).setFiles({ name: 'animals.txt', mimeType: 'text/plain', buffer: Buffer.from('Pangolin\n') })
    await mine.page.getByRole('row').filter({ hasText: 'animals.txt' }).waitFor()
    await mine.go('/account/teams')
    await panel.getByRole('button', { name: 'Invite' }).click()
    await chooseFrom(mine.page, 'Role', 'editor')
    await mine.page.getByRole('button', { name: 'Make a link' }).click()
    const link = (await mine.page.locator('.secret code').textContent()) ?? ''

    const theirs = await site.open({ as: null })
    await theirs.page.goto(link)
    await theirs.page.getByRole('link', { name: 'Sign in' }).click()
    await theirs.page.getByLabel('E-mail').fill(bob.email)
    await theirs.page.getByLabel('Password').fill(bob.password)
    await theirs.page.getByRole('button', { name: 'Sign in' }).click()
    await theirs.page.getByRole('button', { name: 'Join' }).click()
    await theirs.page.getByRole('row').filter({ hasText: 'animals.txt' }).waitFor()
    await theirs.go('/account/teams')
    await theirs.page.getByRole('region', { name: 'Zoo' }).getByText('editor').first().waitFor()
    const { teams } = await bob.client.call(listTeams)
    assert.deepEqual(
      teams.map(({ name, role, members }) => ({ name, role, members })),
      [{ name: 'Zoo', role: 'editor', members: 2 }],
    )
    const team = teams[0]?.id ?? ''
    const { files } = await bob.client.call(listFiles, { query: { team_id: team } })
    assert.deepEqual(
      files.map(({ file_name }) => file_name),
      ['animals.txt'],
    )

    await mine.go('/account/teams')
    await panel.getByText('2 members').click()
    await panel
      .getByRole('listitem')
      .filter({ hasText: bob.email })
      .getByRole('button', { name: 'Remove from the team' })
      .click()
    await mine.page.getByRole('dialog').getByRole('button', { name: 'Remove from the team' }).click()
    await panel.getByText('1 member', { exact: true }).waitFor()
    const { members } = await site.client.call(listTeamMembers, { params: { id: team } })
    assert.deepEqual(
      members.map(({ email }) => email),
      [site.owner.email],
    )
    await theirs.go('/account/teams')
    await theirs.page.getByText('You are in no team').waitFor()
    await theirs.page.goto(new URL(`/files?team=${team}`, site.url).href)
    await theirs.page.getByRole('button', { name: 'Try again' }).waitFor()
    assert.equal(await theirs.page.getByText('animals.txt').count(), 0)
    await assert.rejects(bob.client.call(listFiles, { query: { team_id: team } }), { status: 404 })
    assert.deepEqual([...mine.troubles, ...theirs.troubles], [])
    await mine.context.close()
    await theirs.context.close()
  })
})

describe('how the pages look', () => {
  const asOwner = createClient({ baseUrl: site.url, headers: { cookie: site.owner.cookie } })
  const root = (page: Page) => page.locator('html')

  it('goes with the account into another browser, and with nobody else', async () => {
    const here = await site.open()
    await here.go('/account')
    await chooseFrom(here.page, 'Theme', 'Dark')
    await here.page.getByText('Single letters are shortcuts').click()
    await here.go('/files')
    await here.page.getByRole('button', { name: 'Grid', exact: true }).click()
    await here.go('/account')
    await chooseFrom(here.page, 'Language', 'Русский')
    await here.page.getByRole('heading', { name: 'Вид и язык' }).waitFor()

    const there = await site.open()
    await there.go('/account')
    await there.page.getByRole('heading', { name: 'Вид и язык' }).waitFor()
    assert.equal(await root(there.page).getAttribute('data-theme'), 'dark')
    assert.equal(await root(there.page).getAttribute('lang'), 'ru')
    await there.go('/files')
    await there.page.getByRole('button', { name: 'Список', exact: true }).waitFor()
    const { preferences } = await asOwner.call(getPreferences)
    const { theme, language, letter_keys, files_view, contrast } = preferences
    assert.deepEqual(
      { theme, language, letter_keys, files_view, contrast },
      { theme: 'dark', language: 'ru', letter_keys: false, files_view: 'grid', contrast: null },
    )

    await asOwner.call(changePreferences, {
      body: { theme: null, language: null, letter_keys: null, files_view: null },
    })
    await here.go('/account')
    await here.page.getByRole('heading', { name: 'Appearance and language' }).waitFor()
    assert.equal(await root(here.page).getAttribute('data-theme'), null)
    assert.deepEqual([...here.troubles, ...there.troubles], [])
    await here.context.close()
    await there.context.close()
  })
})
