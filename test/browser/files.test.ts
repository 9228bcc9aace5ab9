import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, describe, it } from 'node:test'
import type { Page, Request } from 'playwright-core'
import { getFile, getFileContent, listFiles, putFileContent } from '../../src/files/files/contract.ts'
import { createFolder } from '../../src/files/folders/contract.ts'
import { listShares } from '../../src/files/shares/contract.ts'
import { listTrash } from '../../src/files/trash/contract.ts'
import { listUploads } from '../../src/files/uploads/contract.ts'
import { newPassword } from '../canary.ts'
import { eventually } from '../services/eventually.ts'
import { tempDir } from '../services/temp-dir.ts'
import { assertFits } from './fits.ts'
import { actsOf, WAYS, type Way } from './hands.ts'
import { startSite } from './page.ts'
import { noiseIn, webmOf } from './webm.ts'

const MIB = 1024 * 1024

const site = await startSite({ after })
const folder = tempDir({ after })

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

const put = (name: string, bytes: Buffer | string, folderId?: string) =>
  site.client.call(putFileContent, {
    query: { name, ...(folderId === undefined ? {} : { folder_id: folderId }) },
    body: new Uint8Array(Buffer.from(bytes)),
  })

/** What lies in a folder, the top unless told, as the server says. */
const filesIn = async (
  folderId = '',
): Promise<{ file_name: string; file_size: number; sha256: string; id: string }[]> =>
  (await site.client.call(listFiles, { query: { folder_id: folderId } })).files

const row = (page: Page, name: string) => page.getByRole('row').filter({ hasText: name })
/** A page of the owner's that is used in one of the ways, at the top of the files unless told. */
const openFiles = async ({ phone, hand }: Way, path = '/files') => {
  const visit = await site.open({ phone })
  const acts = actsOf(visit.page, hand(visit.page))
  await visit.go(path)
  return {
    ...visit,
    ...acts,
    verb: (name: string, verb: RegExp) => acts.fromMenu(acts.button(`Actions for ${name}`), verb),
    /** Nothing is wrong with the page, nor wider than it. */
    async end() {
      await assertFits(visit.page)
      assert.deepEqual(visit.troubles, [])
      await visit.context.close()
    },
  }
}

describe('an upload that the closing of its page has interrupted', () => {
  const path = join(folder, 'holiday.bin')
  const bytes = randomBytes(48 * MIB)
  writeFileSync(path, bytes)
  const whole = sha256(bytes)
  const received = () =>
    eventually(async () => {
      const { uploads } = await site.client.call(listUploads)
      assert.ok((uploads[0]?.received ?? 0) > MIB)
      return uploads[0]?.received ?? 0
    })

  for (const way of WAYS)
    it(`goes on where it was when the page is opened again, and sends nothing twice, ${way.way}`, async () => {
      const { id: folderId } = await site.client.call(createFolder, { body: { name: `Sent ${way.way}` } })
      const first = await openFiles(way, `/files/${folderId}`)
      const network = await first.context.newCDPSession(first.page)
      // It must still be under way when the page is closed, however slow the machine is that looks at it.
      const slow = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 2 * MIB }
      await network.send('Network.enable')
      await network.send('Network.emulateNetworkConditions', slow)
      await first.giveFiles(() => first.press(first.button('Upload files')), path)
      await received()
      await first.page.close()

      const again = await first.context.newPage()
      const { press, button, giveFiles } = actsOf(again, way.hand(again))
      const sent: Request[] = []
      again.on('request', (request) => {
        if (request.method() === 'PATCH') sent.push(request)
      })
      await again.goto(new URL('/files', site.url).href)
      await again.getByText(/^Stopped at \d+/).waitFor()
      await assertFits(again)
      const before = await received()
      await giveFiles(() => press(button('Choose the file again')), path)
      await again.getByText('1 file uploaded').waitFor()

      const [stored] = await filesIn(folderId)
      assert.deepEqual(
        { name: stored?.file_name, size: stored?.file_size, sha256: stored?.sha256 },
        { name: 'holiday.bin', size: bytes.length, sha256: whole },
      )
      const download = await site.client.raw(getFileContent, { params: { id: stored?.id ?? '' } })
      assert.equal(sha256(Buffer.from(await download.arrayBuffer())), whole)
      const lengths = await Promise.all(
        sent.map(async (request) => Number((await request.allHeaders())['content-length'])),
      )
      assert.equal(Number(sent[0]?.headers()['upload-offset']), before)
      assert.equal(
        lengths.reduce((sum, length) => sum + length, 0),
        bytes.length - before,
      )
      assert.deepEqual(first.troubles, [])
      await first.context.close()
    })
})

describe('a video in the preview', async () => {
  const SECONDS = 600
  const MIDDLE = SECONDS / 2
  const webp = await noiseIn(await site.browser.newPage())
  const video = webmOf({ webp, width: 640, height: 360, frames: SECONDS / 5, secondsPerFrame: 5 })
  const { id } = await put('long.webm', video)

  for (const way of WAYS)
    it(`is in its middle at once: the server is asked for that part alone, ${way.way}`, async () => {
      const { page, press, button, end } = await openFiles(way)
      const starts: number[] = []
      page.on('response', (response) => {
        if (!response.url().includes(`/${id}/content`) || response.status() !== 206) return
        starts.push(Number(/^bytes (\d+)-/.exec(response.headers()['content-range'] ?? '')?.[1]))
      })

      await press(button('long.webm'))
      const player = page.getByRole('dialog').locator('video[controls]')
      await player.waitFor()
      const sought = await player.evaluate(seek, MIDDLE)

      assert.deepEqual(sought, { duration: SECONDS, at: MIDDLE })
      assert.ok(video.length > 8 * MIB, `${video.length}`)
      await eventually(() =>
        assert.ok(
          starts.some((start) => start > video.length * 0.45 && start < video.length * 0.55),
          `Asked for: ${starts} of ${video.length}`,
        ),
      )
      assert.equal(await player.evaluate((element) => 'currentTime' in element && element.currentTime), MIDDLE)
      await assertFits(page)
      await press(button('Close'))
      await end()
    })
})

describe('a share link', () => {
  const password = newPassword()
  const content = 'Shared with those who know the password.\n'

  const openLink = async ({ phone, hand }: Way, url: string) => {
    const visit = await site.open({ as: null, phone })
    const { press, write, button } = actsOf(visit.page, hand(visit.page))
    await visit.page.goto(url)
    return {
      ...visit,
      press,
      async say(words: string) {
        await write(visit.page.getByLabel('Password'), words)
        await press(button('Open'))
      },
    }
  }

  for (const way of WAYS)
    it(`with a password and one download lets a stranger in once, and says so to both, ${way.way}`, async () => {
      const name = `shared ${way.way}.txt`
      const { id } = await put(name, content)
      const mine = await openFiles(way)
      await mine.verb(name, /^Share/)
      await mine.write(mine.page.getByLabel('Password (optional)'), password)
      await mine.write(mine.page.getByLabel('Downloads at most (optional)'), '1')
      await mine.press(mine.button('Create link'))
      const url = (await mine.page.locator('.share-new code').textContent()) ?? ''

      const theirs = await openLink(way, url)
      assert.doesNotMatch(await theirs.page.content(), /shared (?:in|on)/)
      await theirs.say('something else')
      await theirs.page.getByRole('alert').waitFor()
      assert.doesNotMatch(await theirs.page.content(), /shared (?:in|on)/)
      await theirs.say(password)
      const link = theirs.page.getByRole('link', { name: 'Download', exact: true })
      await link.waitFor()
      await assertFits(theirs.page)
      const [download] = await Promise.all([theirs.page.waitForEvent('download'), theirs.press(link)])
      const parts: Buffer[] = []
      for await (const part of await download.createReadStream()) parts.push(part)
      assert.equal(download.suggestedFilename(), name)
      assert.equal(Buffer.concat(parts).toString(), content)

      const late = await openLink(way, url)
      await late.say(password)
      await late.page.getByRole('heading', { name: 'This link has been used up' }).waitFor()
      await assertFits(late.page)
      const { shares } = await site.client.call(listShares, { query: { file_id: id } })
      assert.deepEqual(
        shares.map(({ state, downloads }) => ({ state, downloads })),
        [{ state: 'exhausted', downloads: 1 }],
      )
      await mine.go('/files/links')
      await mine.page.getByRole('listitem').filter({ hasText: name }).getByText('Used up').waitFor()
      assert.deepEqual([...theirs.troubles, ...late.troubles], [])
      await mine.end()
      await theirs.context.close()
      await late.context.close()
    })
})

describe('a file', () => {
  const trashed = async () => (await site.client.call(listTrash)).items.map(({ name }) => name)

  for (const way of WAYS)
    it(`is uploaded, read, deleted, comes back with undo and from the trash, and goes for good, ${way.way}`, async () => {
      const { page, go, press, button, verb, fromMenu, giveFiles, end } = await openFiles(way)
      const letter = { name: 'letter.txt', mimeType: 'text/plain', buffer: Buffer.from('Dear Ada,\n') }
      const is = (gone: boolean) => row(page, 'letter.txt').waitFor({ state: gone ? 'detached' : 'visible' })
      const openTrash = async () => {
        if (way.phone) await press(button('Folders and places'))
        await press(page.getByRole('link', { name: 'Trash' }))
        await press(page.locator('label').filter({ has: page.getByRole('checkbox', { name: 'Select letter.txt' }) }))
      }
      await giveFiles(() => fromMenu(button('New'), 'Upload files'), letter)
      await is(false)
      await press(button('Clear what is over'))
      await press(button('letter.txt'))
      await page.getByText('Dear Ada,').waitFor()
      await assertFits(page)
      await press(button('Close'))
      const id = (await filesIn()).find(({ file_name }) => file_name === 'letter.txt')?.id ?? ''

      await verb('letter.txt', /^Move to trash/)
      await page.getByText('“letter.txt” is in the trash.').waitFor()
      await is(true)
      assert.deepEqual(await trashed(), ['letter.txt'])
      await press(button('Undo'))
      await is(false)
      assert.deepEqual(await trashed(), [])
      assert.equal((await site.client.call(getFile, { params: { id } })).file_name, 'letter.txt')

      await verb('letter.txt', /^Move to trash/)
      await is(true)
      await openTrash()
      await assertFits(page)
      await press(button('Restore'))
      await page.getByText('The trash is empty').waitFor()
      assert.ok((await filesIn()).some((file) => file.id === id))

      await go('/files')
      await verb('letter.txt', /^Move to trash/)
      await is(true)
      await openTrash()
      await press(button('Delete for good'))
      await press(page.getByRole('dialog').getByRole('button', { name: 'Delete for good' }))
      await page.getByText('1 file deleted for good.').waitFor()
      assert.deepEqual(await trashed(), [])
      await assert.rejects(site.client.call(getFile, { params: { id } }), { status: 404 })
      await end()
    })
})

describe('a name that was refused', () => {
  it('can be sent again, and put right in the same dialog', async () => {
    await site.client.call(createFolder, { body: { name: 'Taken' } })
    const { context, page, go } = await site.open()
    await go('/files')
    await page.getByRole('button', { name: 'New' }).click()
    await page.getByRole('menuitem', { name: 'New folder' }).click()
    const dialog = page.getByRole('dialog')
    const field = dialog.getByRole('textbox')
    const refused = dialog.getByText('There is a folder of this name already.')
    const asked = () =>
      page.waitForResponse((answer) => answer.request().method() === 'POST' && answer.url().endsWith('/folders'))

    await field.fill('Taken')
    const [first] = await Promise.all([asked(), field.press('Enter')])
    await refused.waitFor()
    const [second] = await Promise.all([asked(), field.press('Enter')])
    await refused.waitFor()
    await field.fill('Free')
    assert.equal(await refused.count(), 0)
    await field.press('Enter')
    await dialog.waitFor({ state: 'detached' })

    assert.deepEqual([first.status(), second.status()], [409, 409])
    await row(page, 'Free').waitFor()
    await context.close()
  })
})

describe('a folder of 100,000 files', () => {
  const COUNT = 100_000
  const MOST_NODES_MORE = 400

  /** Writes rows beside the server: sent as files, they would take an hour. */
  const fill = (folderId: string, like: string): void => {
    const db = new DatabaseSync(join(site.dataDir, 'latchkey.db'), { timeout: 60_000 })
    db.exec('begin immediate')
    db.prepare(`
      with recursive n (n) as (select 1 union all select n + 1 from n where n < ?)
      insert into files (id, account_id, folder_id, blob_id, name, name_key, type, mime_type, size_bytes, created_at, updated_at)
      select printf('file_%022d', n), account_id, ?, blob_id, printf('report %06d.txt', n), printf('report %06d.txt', n),
        type, mime_type, n, created_at + n, updated_at + n
      from n, files where files.id = ?
    `).run(COUNT, folderId, like)
    db.exec('commit')
    db.close()
  }

  it('scrolls from end to end without a longer page, and is sorted and searched', async () => {
    const { id: folderId } = await site.client.call(createFolder, { body: { name: 'Reports' } })
    fill(folderId, (await put('seed.txt', 'x')).id)
    const { context, page, go, troubles } = await site.open()
    const nodes = () => page.evaluate(() => document.querySelectorAll('*').length)
    const list = page.getByRole('grid')
    await go(`/files/${folderId}`)
    await row(page, 'report 000001.txt').waitFor()
    assert.equal(await list.getAttribute('aria-rowcount'), String(COUNT + 1))
    const before = await nodes()
    let most = before

    for (let step = 1; step <= 20; step += 1) {
      await list.evaluate((element, part) => element.scrollTo(0, element.scrollHeight * part), step / 20)
      await page
        .getByRole('row', { name: /^report/ })
        .or(list.locator('.file-row'))
        .first()
        .waitFor()
      most = Math.max(most, await nodes())
    }
    await row(page, 'report 100000.txt').waitFor()
    assert.ok(most < before + MOST_NODES_MORE, `${before} nodes, then ${most}`)

    // The keys are at the first row, which is out of sight.
    await list.press('Shift+F10')
    const [menuBox, listBox] = [await page.getByRole('menu').boundingBox(), await list.boundingBox()]
    assert.ok(menuBox !== null && listBox !== null)
    assert.ok(menuBox.x > listBox.x && menuBox.y >= listBox.y, JSON.stringify({ menuBox, listBox }))
    await page.keyboard.press('Escape')

    await list.getByRole('button', { name: 'Size' }).click()
    await row(page, 'report 100000.txt').waitFor()
    await list.evaluate((element) => element.scrollTo(0, 0))
    assert.match((await list.locator('.file-row').first().textContent()) ?? '', /report 100000\.txt/)

    await page.getByRole('searchbox', { name: 'Search files' }).fill('054321')
    await page.getByText('1 file found').waitFor()
    await row(page, 'report 054321.txt').waitFor()
    assert.deepEqual(troubles, [])
    await context.close()
  })
})

describe('sizes', () => {
  it('below a thousand are written out, in the plural that they have', async () => {
    await put('small.txt', 'x'.repeat(115))
    for (const [locale, text] of [
      ['en-GB', '115 bytes'],
      ['ru-RU', '115 байт'],
    ] as const) {
      const { context, page, go } = await site.open({ context: { locale } })
      await go('/files')
      assert.match((await row(page, 'small.txt').textContent()) ?? '', new RegExp(text))
      await context.close()
    }
  })
})

describe('a PDF in the preview', () => {
  const WORDS = ['Pangolins', 'sleep', 'in', 'burrows']
  const PAGES = 40

  it('is drawn page by page as it comes into view, and can be read aloud', async () => {
    await put('animals.pdf', pdfOf(Array.from({ length: PAGES }, (_, page) => WORDS[page % 4] ?? '')))
    const { context, page, go, troubles } = await site.open()
    await go('/files')
    await page.getByRole('button', { name: 'animals.pdf', exact: true }).click()
    const at = (number: number) => page.getByRole('region', { name: `Page ${number} of ${PAGES}`, exact: true })
    const ink = (number: number) => at(number).locator('canvas').evaluate(inkOf)

    await at(1).getByText('Pangolins').waitFor({ state: 'attached' })
    assert.ok((await ink(1)) > 100, 'the first page is drawn')
    assert.equal(await ink(PAGES), 0)
    await at(PAGES).scrollIntoViewIfNeeded()
    await at(PAGES).getByText('burrows').waitFor({ state: 'attached' })
    assert.ok((await ink(PAGES)) > 100, 'the last page is drawn')
    await eventually(async () => assert.equal(await ink(1), 0, 'what is out of sight takes no room'))
    await page.getByRole('status').getByText(`Page ${PAGES} of ${PAGES}`).waitFor()
    const width = async () => (await at(PAGES).boundingBox())?.width ?? 0
    const before = await width()
    await page.getByRole('button', { name: 'Larger' }).click()
    await eventually(async () => assert.ok((await width()) > before * 1.2))
    assert.deepEqual(troubles, [])
    await context.close()
  })

  it('says in a sentence that it is damaged', async () => {
    await put('broken.pdf', '%PDF-1.4\nnothing of what belongs here')
    const { context, page, go, troubles } = await site.open()
    await go('/files')

    await page.getByRole('button', { name: 'broken.pdf', exact: true }).click()

    await page.getByText('This PDF is damaged, or is none. Download it to try another program.').waitFor()
    assert.deepEqual(troubles, [])
    await context.close()
  })
})

/** Runs in the page. @returns How long the video is, and where it is after it was told to go to `seconds`. */
const seek = (element: Element, seconds: number): Promise<{ duration: number; at: number }> =>
  new Promise((resolve, reject) => {
    if (!(element instanceof HTMLVideoElement)) return reject(new Error('This is no video.'))
    element.addEventListener('error', () => reject(new Error(element.error?.message)))
    element.addEventListener('seeked', () => resolve({ duration: element.duration, at: element.currentTime }))
    const go = (): void => {
      element.currentTime = seconds
    }
    if (element.readyState >= 1) go()
    else element.addEventListener('loadedmetadata', go)
  })

/** Runs in the page. @returns How many points of a picture are dark. */
const inkOf = (canvas: Element): number => {
  if (!(canvas instanceof HTMLCanvasElement) || canvas.width === 0) return 0
  const { data } = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height) ?? { data: [] }
  let count = 0
  for (let at = 0; at < data.length; at += 4) if ((data[at] ?? 255) < 128 && (data[at + 3] ?? 0) > 128) count += 1
  return count
}

/** A PDF with a word on each page, in one of the fonts that every reader has. */
const pdfOf = (words: readonly string[]): string => {
  const kids = words.map((_, index) => `${4 + 2 * index} 0 R`).join(' ')
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Kids [${kids}] /Count ${words.length} >>`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
    ...words.flatMap((word, index) => {
      const drawing = `BT /F1 72 Tf 60 400 Td (${word}) Tj ET`
      const resources = '/Resources << /Font << /F1 3 0 R >> >>'
      return [
        `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] ${resources} /Contents ${5 + 2 * index} 0 R >>`,
        `<< /Length ${drawing.length} >>\nstream\n${drawing}\nendstream`,
      ]
    }),
  ]
  let pdf = '%PDF-1.4\n'
  const places = objects.map((object, index) => {
    const at = pdf.length
    pdf += `${index + 1} 0 obj\n${object}\nendobj\n`
    return `${String(at).padStart(10, '0')} 00000 n \n`
  })
  const table = `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${places.join('')}`
  return `${pdf}${table}trailer << /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${pdf.length}\n%%EOF\n`
}
