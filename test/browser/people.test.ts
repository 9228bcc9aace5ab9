import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import { changePreferences, getPreferences } from '../../src/accounts/preferences/contract.ts'
import { listTeamMembers, listTeams } from '../../src/accounts/teams/contract.ts'
import { createClient } from '../../src/client/index.ts'
import { listFiles, putFileContent } from '../../src/files/files/contract.ts'
import { trashFile } from '../../src/files/trash/contract.ts'
import { newPassword } from '../canary.ts'
import { eventually } from '../services/eventually.ts'
import { postJson, signIn } from '../services/owner.ts'
import { assertFits } from './fits.ts'
import { actsOf, WAYS, type Way } from './hands.ts'
import { type OpenOptions, startSite } from './page.ts'

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

const openWith = async ({ phone, hand }: Way, options: Omit<OpenOptions, 'phone'> = {}) => {
  const visit = await site.open({ ...options, phone })
  return { ...visit, ...actsOf(visit.page, hand(visit.page)) }
}

type Used = Awaited<ReturnType<typeof openWith>>

const put = (team: string, name: string) =>
  site.client.call(putFileContent, { query: { name, team_id: team }, body: new TextEncoder().encode('Pangolin\n') })

describe('a team', async () => {
  const bob = await secondPerson()
  const namesIn = async (team: string): Promise<string[]> =>
    (await bob.client.call(listFiles, { query: { team_id: team } })).files.map(({ file_name }) => file_name).sort()
  const drive = (team: string): string => `/files?team=${team}`
  const row = ({ page }: Used, name: string) => page.getByRole('row').filter({ hasText: name })

  const invite = async (mine: Used, panel: Locator): Promise<string> => {
    await mine.press(panel.getByRole('button', { name: 'Invite' }))
    await mine.fromList(mine.button(/^.*Role$/), 'viewer')
    await mine.press(mine.button('Make a link'))
    const link = (await mine.page.locator('.secret code').textContent()) ?? ''
    await assertFits(mine.page)
    await mine.press(mine.button('Close'))
    return link
  }
  const join = async (theirs: Used, link: string): Promise<void> => {
    await theirs.page.goto(link)
    await theirs.press(theirs.page.getByRole('link', { name: 'Sign in' }))
    await theirs.write(theirs.page.getByLabel('E-mail'), bob.email)
    await theirs.write(theirs.page.getByLabel('Password'), bob.password)
    await theirs.press(theirs.button('Sign in'))
    await theirs.press(theirs.button('Join'))
    await row(theirs, 'animals.txt').waitFor()
    await assertFits(theirs.page)
  }
  /** Everything by which something could be changed is left out for who only reads. */
  const assertReading = async (theirs: Used, team: string): Promise<void> => {
    const { page, press, button } = theirs
    assert.equal(await button('New').count(), 0)
    await press(button('Actions for animals.txt'))
    const points = await page.getByRole('menuitem').allTextContents()
    assert.deepEqual(
      points.map((point) => /^(?:Open|Details|Download)/.exec(point)?.[0] ?? point),
      ['Open', 'Details', 'Download'],
    )
    await page.keyboard.press('Escape')
    await page.getByRole('grid').press('Delete')
    await page.getByRole('grid').press('F2')
    await press(button('animals.txt'))
    await page.getByText('Pangolin').waitFor()
    assert.equal(await button('Share').count(), 0)
    // A message may have a button of that name, too.
    await press(page.getByRole('dialog').getByRole('button', { name: 'Close', exact: true }))
    await theirs.go(`/files/trash?team=${team}`)
    await page.getByText('old.txt').waitFor()
    assert.equal(await page.locator('main').getByRole('checkbox').count(), 0)
    assert.equal(await button(/trash/i).count(), 0)
    assert.deepEqual(await namesIn(team), ['animals.txt'])
  }

  for (const way of WAYS)
    it(`lets somebody in by an invitation, with the rights of the role, until they are out, ${way.way}`, async () => {
      const name = `Zoo ${way.way}`
      const mine = await openWith(way)
      await mine.go('/account/teams')
      await mine.press(mine.button('New team').first())
      await mine.write(mine.page.getByLabel('Name of the team'), name)
      await mine.press(mine.button('Create'))
      const panel = mine.page.getByRole('region', { name })
      await panel.waitFor()
      const team = (await site.client.call(listTeams)).teams.find((each) => each.name === name)?.id ?? ''
      await put(team, 'animals.txt')
      await site.client.call(trashFile, { params: { id: (await put(team, 'old.txt')).id } })
      const theirs = await openWith(way, { as: null })
      const refused: string[] = []
      theirs.page.on('response', (answer) => {
        if (answer.status() === 403) refused.push(answer.url())
      })

      await join(theirs, await invite(mine, panel))
      const { teams } = await bob.client.call(listTeams)
      assert.deepEqual(
        teams.map(({ name, role, members }) => ({ name, role, members })),
        [{ name, role: 'viewer', members: 2 }],
      )
      await assertReading(theirs, team)
      assert.deepEqual(refused, [])

      await mine.go('/account/teams')
      await mine.press(panel.getByText('2 members'))
      const member = panel.getByRole('listitem').filter({ hasText: bob.email })
      await mine.fromList(member.getByRole('button', { name: /Role of/ }), 'editor')
      await eventually(async () => assert.equal((await bob.client.call(listTeams)).teams[0]?.role, 'editor'))
      await theirs.go(drive(team))
      const beasts = { name: 'beasts.txt', mimeType: 'text/plain', buffer: Buffer.from('Aardvark\n') }
      await theirs.giveFiles(() => theirs.fromMenu(theirs.button('New'), 'Upload files'), beasts)
      await row(theirs, 'beasts.txt').waitFor()
      assert.deepEqual(await namesIn(team), ['animals.txt', 'beasts.txt'])

      await assertFits(mine.page)
      await mine.press(member.getByRole('button', { name: 'Remove from the team' }))
      await mine.press(mine.page.getByRole('dialog').getByRole('button', { name: 'Remove from the team' }))
      await panel.getByText('1 member', { exact: true }).waitFor()
      const { members } = await site.client.call(listTeamMembers, { params: { id: team } })
      assert.deepEqual(
        members.map(({ email }) => email),
        [site.owner.email],
      )
      await theirs.go('/account/teams')
      await theirs.page.getByText('You are in no team').waitFor()
      await theirs.page.goto(new URL(drive(team), site.url).href)
      await theirs.button('Try again').waitFor()
      assert.equal(await theirs.page.getByText('animals.txt').count(), 0)
      await assert.rejects(namesIn(team), { status: 404 })
      assert.deepEqual([...mine.troubles, ...theirs.troubles], [])
      await mine.context.close()
      await theirs.context.close()
    })
})

describe('how the pages look', () => {
  const asOwner = createClient({ baseUrl: site.url, headers: { cookie: site.owner.cookie } })
  const root = (page: Page) => page.locator('html')

  it('goes with the account into another browser, and with nobody else', async () => {
    const here = await openWith(WAYS[0])
    await here.go('/account')
    await here.fromList(here.button(/Theme/), 'Dark')
    await here.page.getByText('Single letters are shortcuts').click()
    await here.go('/files')
    await here.page.getByRole('button', { name: 'Grid', exact: true }).click()
    await here.go('/account')
    await here.fromList(here.button(/Language/), 'Русский')
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
