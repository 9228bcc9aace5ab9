import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { getCard, listCards } from '../../src/cards/cards/contract.ts'
import { listCardImports } from '../../src/cards/imports/contract.ts'
import { listSavedSearches } from '../../src/cards/saved-searches/contract.ts'
import { listTags } from '../../src/cards/tags/contract.ts'
import { listTrash } from '../../src/cards/trash/contract.ts'
import { eventually } from '../services/eventually.ts'
import { listening } from '../services/listening.ts'
import { assertFits, assertInReach } from './fits.ts'
import { actsOf, WAYS, type Way } from './hands.ts'
import { type Site, startSite } from './page.ts'

const ARTICLE = '<!doctype html><title>Moles and their tunnels</title><p>A mole digs four metres an hour.'

/** A picture of two colours, made in the page, as a screenshot on the clipboard would be. */
const PASTE_PICTURE = `(async (target) => {
  const canvas = new OffscreenCanvas(320, 200)
  const pen = canvas.getContext('2d')
  pen.fillStyle = '#2a6f4e'; pen.fillRect(0, 0, 320, 200)
  pen.fillStyle = '#f4d35e'; pen.fillRect(40, 40, 120, 80)
  const data = new DataTransfer()
  data.items.add(new File([await canvas.convertToBlob({ type: 'image/png' })], 'image.png', { type: 'image/png' }))
  target.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }))
})`

const BOOKMARKS = (site: string) => `<!DOCTYPE NETSCAPE-Bookmark-file-1>
<TITLE>Bookmarks</TITLE>
<DL><p>
  <DT><H3>Animals</H3>
  <DL><p>
    <DT><A HREF="${site}/badgers" ADD_DATE="1700000000" TAGS="setts">Badgers</A>
    <DT><A HREF="${site}/moles" ADD_DATE="1700000001">Moles</A>
  </DL><p>
</DL><p>
`

/** A page of the owner's that is used in one of the ways, and what is on the pages of cards. */
const openIn = async (site: Site, { way, phone, hand }: Way) => {
  const visit = await site.open({ phone })
  const { page } = visit
  return {
    way,
    isPhone: phone,
    ...visit,
    ...actsOf(page, hand(page)),
    tile: (text: string | RegExp) => page.locator('article.tile').filter({ hasText: text }),
    sheet: page.getByRole('dialog'),
    composer: page.getByRole('textbox', { name: 'New card' }),
    search: page.getByRole('combobox', { name: 'Search cards' }),
    undo: (what: string) =>
      page.getByRole('alertdialog').filter({ hasText: what }).getByRole('button', { name: 'Undo' }).first(),
  }
}

describe('the pages of cards', async () => {
  const elsewhere = await listening({ after }, (_, response) => {
    response.setHeader('content-type', 'text/html').end(ARTICLE)
  })
  const site = await startSite({ after }, { settings: { FETCH_ALLOW: '127.0.0.1', LIMIT_CARDS_PER_MINUTE: '1000000' } })
  const [mine, phone] = await Promise.all(WAYS.map((way) => openIn(site, way)))
  if (mine === undefined || phone === undefined) throw new Error('A window and a phone are wanted.')
  const { page, go, troubles, tile, sheet, composer, undo } = mine

  const cards = async () =>
    (await site.client.call(listCards, { query: { include: 'content,metadata', limit: '100' } })).items
  const cardWith = async (text: string) => (await cards()).find(({ content }) => content === text)
  const tags = async () => (await site.client.call(listTags, {})).items.map(({ name, count }) => [name, count])
  const save = async (text: string): Promise<void> => {
    await composer.fill(text)
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await tile(text).waitFor()
  }

  it('save a text and a link, which gets its title, and ask about a link that is there already', async () => {
    await go('/cards')
    await save('Hedgehogs sleep all winter.')
    await save('Bats sleep all winter, too.')
    await composer.fill(`${elsewhere}/moles`)
    await page.keyboard.press('ControlOrMeta+Enter')
    await tile('Moles and their tunnels').waitFor()
    await composer.fill(`${elsewhere}/moles`)
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await page.getByText('You have this link already.').waitFor()
    await page.getByRole('button', { name: 'Open it' }).click()
    await sheet.getByText('Moles and their tunnels').first().waitFor()
    await page.keyboard.press('Escape')
    await sheet.waitFor({ state: 'detached' })

    await eventually(async () =>
      assert.deepEqual((await cards()).map(({ type, url }) => [type, url]).sort(), [
        ['link', `${elsewhere}/moles`],
        ['text', null],
        ['text', null],
      ]),
    )
  })

  it('make an image card of a pasted picture', async () => {
    await composer.focus()
    await page.evaluate(`${PASTE_PICTURE}(document.activeElement)`)
    await page.locator('article.tile[data-type=image] img').waitFor()

    const [image] = (await cards()).filter(({ type }) => type === 'image')
    assert.deepEqual([image?.fileName, image?.type], ['image.png', 'image'])
  })

  it('change the text and the tags of a card in its sheet, and take that back', async () => {
    await tile('Hedgehogs').getByRole('link').click()
    await sheet.getByRole('button', { name: 'Edit: Text' }).click()
    await sheet.getByRole('textbox', { name: 'Text' }).fill('Hedgehogs sleep from November to March.')
    await sheet.getByRole('button', { name: 'Save', exact: true }).click()
    await eventually(async () => assert.ok(await cardWith('Hedgehogs sleep from November to March.')))
    await sheet.getByLabel('Add a tag').fill('winter')
    await sheet.getByLabel('Add a tag').press('Enter')
    await eventually(async () => assert.deepEqual(await tags(), [['winter', 1]]))
    await sheet.getByLabel('Add a tag').fill('spines')
    await sheet.getByLabel('Add a tag').press('Enter')
    await eventually(async () => assert.equal((await tags()).length, 2))

    await undo('Saved.').click()

    await eventually(async () => assert.deepEqual(await tags(), [['winter', 1]]))
    await sheet.getByRole('button', { name: 'Remove the tag spines' }).waitFor({ state: 'detached' })
    await page.keyboard.press('Escape')
    await sheet.waitFor({ state: 'detached' })
    await tile('from November to March').waitFor()
  })

  it('take nothing from whoever has begun to write when the closed sheet gives its card the focus', async () => {
    await tile('Bats').getByRole('link').click()
    await sheet.waitFor()

    await page.keyboard.press('Escape')
    await sheet.waitFor({ state: 'detached' })
    await mine.search.pressSequentially('bats', { delay: 50 })

    assert.equal(await mine.search.inputValue(), 'bats')
    await tile('Hedgehogs').waitFor({ state: 'detached' })
    await mine.search.fill('')
    await tile('Hedgehogs').waitFor()
  })

  for (const { way, isPhone, page, go, press, button, search, tile } of [mine, phone])
    it(`find by filters that become pills, and by what is left when one is taken out, ${way}`, async () => {
      if (isPhone) await go('/cards')
      await search.pressSequentially('type:text tag:winter ')
      await button('Remove type text').waitFor()
      await button('Remove tag winter').waitFor()
      await tile('Bats').waitFor({ state: 'detached' })
      await tile('Hedgehogs').waitFor()
      assert.match(decodeURIComponent(page.url()), /q=type:text[ +]tag:winter/)
      await assertFits(page)

      await press(button('Remove tag winter'))
      await tile('Bats').waitFor()
      assert.equal(await page.locator('article.tile').count(), 2)
      await search.fill('hedgehog')
      await tile('Bats').waitFor({ state: 'detached' })
      await tile('Hedgehogs').locator('mark').first().waitFor()
      await search.fill('')
      await page.keyboard.press('Backspace')
      await tile('Moles').waitFor()
    })

  it('give several cards a tag and put them into the trash, both with a way back', async () => {
    await tile('Bats').hover()
    await tile('Bats').getByRole('checkbox').check()
    await tile('Hedgehogs').hover()
    await tile('Hedgehogs').getByRole('checkbox').check()
    const bar = page.getByRole('region', { name: 'Selected cards' })
    await bar.getByText('2 selected').waitFor()
    await bar.getByRole('button', { name: 'Tag', exact: true }).click()
    await sheet.getByRole('textbox', { name: 'Add' }).fill('sleepers, small')
    await sheet.getByRole('button', { name: 'Apply' }).click()
    await eventually(async () =>
      assert.deepEqual(await tags(), [
        ['sleepers', 2],
        ['small', 2],
        ['winter', 1],
      ]),
    )
    await undo('The tags of 2 cards have changed.').click()
    await eventually(async () => assert.deepEqual(await tags(), [['winter', 1]]))

    const before = (await cards()).length
    await bar.getByRole('button', { name: 'To the trash' }).click()
    await tile('Bats').waitFor({ state: 'detached' })
    await eventually(async () => assert.equal((await cards()).length, before - 2))
    await save('Saved in between.')
    await page.getByText('2 cards are in the trash.').waitFor()
    await undo('2 cards are in the trash.').click()
    await tile('Bats').waitFor()
    assert.deepEqual([await tile('Hedgehogs').count(), await tile('Saved in between.').count()], [1, 1])
    await eventually(async () => assert.equal((await cards()).length, before + 1))
  })

  it('rename a tag on all cards', async () => {
    await go('/cards/tags')
    await page.getByRole('button', { name: 'Rename: winter' }).click()
    await sheet.getByRole('textbox', { name: 'New name' }).fill('cold season')
    await sheet.getByRole('button', { name: 'Rename' }).click()
    await page.getByRole('listitem').filter({ hasText: 'cold season' }).getByText('1 card').waitFor()

    assert.deepEqual(await tags(), [['cold season', 1]])
    await page.getByRole('button', { name: 'cold season' }).first().click()
    await page.getByRole('button', { name: 'Remove tag cold season' }).waitFor()
    await tile('Hedgehogs').waitFor()
    assert.equal(await page.locator('article.tile').count(), 1)
  })

  it('keep a search under a name', async () => {
    await page.getByRole('button', { name: 'Save this search' }).click()
    await sheet.getByRole('textbox', { name: 'Name' }).fill('Cold')
    await sheet.getByRole('button', { name: 'Save', exact: true }).click()
    const saved = page.getByRole('navigation', { name: 'Saved searches' })
    await saved.getByRole('button', { name: 'Everything' }).click()
    await tile('Bats').waitFor()
    await saved.getByRole('button', { name: 'Cold', exact: true }).click()
    await tile('Bats').waitFor({ state: 'detached' })

    const { items } = await site.client.call(listSavedSearches, {})
    assert.deepEqual(
      items.map(({ name, query }) => [name, query]),
      [['Cold', 'tag:"cold season"']],
    )
    await saved.getByRole('button', { name: 'Everything' }).click()
  })

  for (const { way, page, go, press, button, sheet, tile } of [mine, phone])
    it(`bring a card back from the trash, ${way}`, async () => {
      await press(tile('Bats').getByRole('link'))
      await press(sheet.getByRole('button', { name: 'Move to the trash' }))
      await tile('Bats').waitFor({ state: 'detached' })
      await go('/cards/trash')
      await press(button(/^Restore: Bats/))
      await page.getByText('The card is back.').waitFor()
      await assertFits(page)

      assert.ok(await cardWith('Bats sleep all winter, too.'))
      assert.deepEqual(
        (await site.client.call(listTrash, {})).items.filter(({ type }) => type === 'text'),
        [],
      )
    })

  it('count what is in a file of bookmarks before anything is imported', async () => {
    const before = (await cards()).length
    await go('/cards/import')
    await page.locator('main input[type=file]').setInputFiles({
      name: 'bookmarks.html',
      mimeType: 'text/html',
      buffer: Buffer.from(BOOKMARKS(elsewhere)),
    })
    await page.getByText('1 card would be new.').waitFor()
    await page.getByText('1 is here already.').waitFor()
    assert.equal((await cards()).length, before)
    await page.getByRole('button', { name: 'Import 1 card' }).click()
    await page.getByText('1 card is new.').waitFor()

    const badgers = (await cards()).find(({ url }) => url === `${elsewhere}/badgers`)
    const { tags: given } = await site.client.call(getCard, { params: { id: badgers?.id ?? '' } })
    assert.ok(given.includes('setts'), given.join())
    const { items } = await site.client.call(listCardImports, {})
    assert.deepEqual(
      items.filter(({ dryRun }) => !dryRun).map(({ state, created, duplicates }) => [state, created, duplicates]),
      [['done', 1, 1]],
    )
  })

  it('fit a phone, where a card is saved, opened and selected by touch', async () => {
    for (const path of ['tags', 'trash', 'import']) {
      await phone.go(`/cards/${path}`)
      await phone.page.waitForLoadState('networkidle')
      await assertFits(phone.page)
    }
    await phone.go('/cards')
    await phone.page.getByRole('textbox', { name: 'New card' }).fill('Saved with a thumb.')
    const press = phone.page.getByRole('button', { name: 'Save', exact: true })
    await assertInReach(press)
    await press.tap()
    const fresh = phone.tile('Saved with a thumb.')
    await fresh.waitFor()
    await assertFits(phone.page)
    await fresh.getByRole('link').tap()
    const dialog = phone.sheet
    await dialog.getByText('Saved with a thumb.').waitFor()
    await assertFits(phone.page)
    await assertInReach(dialog.getByRole('button', { name: 'Edit: Text' }))
    await assertInReach(dialog.getByRole('button', { name: 'Move to the trash' }))
    await dialog.getByRole('button', { name: 'Close' }).tap()
    await dialog.waitFor({ state: 'detached' })
    await fresh.getByRole('button', { name: 'More' }).tap()
    await phone.page.getByRole('menuitem', { name: 'Select' }).tap()
    const bar = phone.page.getByRole('region', { name: 'Selected cards' })
    await assertInReach(bar.getByRole('button', { name: 'Tag', exact: true }))
    await assertFits(phone.page)
    await bar.getByRole('button', { name: 'To the trash' }).tap()
    await fresh.waitFor({ state: 'detached' })
    await eventually(async () => assert.equal(await cardWith('Saved with a thumb.'), undefined))
    await phone.undo('in the trash').tap()
    await fresh.waitFor()
    await eventually(async () => assert.ok(await cardWith('Saved with a thumb.')))
    assert.deepEqual(phone.troubles, [])
  })

  it('break nothing', () => {
    assert.deepEqual(troubles, [])
  })
})
