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
import { startSite } from './page.ts'
import { webmOf } from './webm.ts'

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
const act = async (page: Page, name: string, verb: string): Promise<void> => {
  await page.getByRole('button', { name: `Actions for ${name}` }).click()
  await page.getByRole('menuitem', { name: verb, exact: false }).click()
}
const chooseFile = async (page: Page, press: string, path: string): Promise<void> => {
  const chooser = page.waitForEvent('filechooser')
  await page.getByRole('button', { name: press }).click()
  await (await chooser).setFiles(path)
}

describe('an upload that the closing of its page has interrupted', async () => {
  const path = join(folder, 'holiday.bin')
  const bytes = randomBytes(96 * MIB)
  writeFileSync(path, bytes)

  it('goes on where it was when the page is opened again, and sends nothing twice', async () => {
    const { context, page, go, troubles } = await site.open()
    await go('/files')
    const network = await context.newCDPSession(page)
    await network.send('Network.enable')
    await network.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 0,
      downloadThroughput: -1,
      // It must still be under way when the page is closed, however slow the machine is that looks at it.
      uploadThroughput: 4 * MIB,
    })
    await chooseFile(page, 'Upload files', path)
    const received = () =>
      eventually(async () => {
        const { uploads } = await site.client.call(listUploads)
        assert.ok((uploads[0]?.received ?? 0) > 4 * MIB)
        return uploads[0]?.received ?? 0
      })
    await received()
    await page.close()

    const again = await context.newPage()
    const sent: Request[] = []
    again.on('request', (request) => {
      if (request.method() === 'PATCH') sent.push(request)
    })
    await again.goto(new URL('/files', site.url).href)
    await again.getByText(/^Stopped at \d+/).waitFor()
    const before = await received()
    await chooseFile(again, 'Choose the file again', path)
    await again.getByText('1 file uploaded').waitFor()

    const [stored] = await filesIn()
    assert.deepEqual(
      { name: stored?.file_name, size: stored?.file_size, sha256: stored?.sha256 },
      { name: 'holiday.bin', size: bytes.length, sha256: sha256(bytes) },
    )
    const download = await site.client.raw(getFileContent, { params: { id: stored?.id ?? '' } })
    assert.equal(sha256(Buffer.from(await download.arrayBuffer())), sha256(bytes))
    const lengths = await Promise.all(
      sent.map(async (request) => Number((await request.allHeaders())['content-length'])),
    )
    assert.equal(Number(sent[0]?.headers()['upload-offset']), before)
    assert.equal(
      lengths.reduce((sum, length) => sum + length, 0),
      bytes.length - before,
    )
    assert.deepEqual(troubles, [])
    await context.close()
  })
})

describe('a video in the preview', () => {
  const SECONDS = 600

  it('is at another place at once: the server is asked for that part alone', async () => {
    const { context, page, go, troubles } = await site.open()
    await go('/')
    const picture = await page.evaluate(() => {
      const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 360 })
      const pen = canvas.getContext('2d')
      const noise = new ImageData(640, 360)
      for (let at = 0; at < noise.data.length; at += 1) noise.data[at] = at % 4 === 3 ? 255 : Math.random() * 256
      pen?.putImageData(noise, 0, 0)
      return canvas.toDataURL('image/webp', 0.9)
    })
    const webp = Buffer.from(picture.slice(picture.indexOf(',') + 1), 'base64')
    const video = webmOf({ webp, width: 640, height: 360, frames: SECONDS / 5, secondsPerFrame: 5 })
    const { id } = await put('long.webm', video)
    const starts: number[] = []
    page.on('response', (response) => {
      if (!response.url().includes(`/${id}/content`) || response.status() !== 206) return
      starts.push(Number(/^bytes (\d+)-/.exec(response.headers()['content-range'] ?? '')?.[1]))
    })

    await go('/files')
    await page.getByRole('button', { name: 'long.webm', exact: true }).click()
    const player = page.locator('video')
    await player.waitFor()
    const at = await player.evaluate(
      (element, seconds) =>
        new Promise<{ duration: number; at: number }>((resolve, reject) => {
          if (!(element instanceof HTMLVideoElement)) return reject(new Error('This is no video.'))
          element.addEventListener('error', () => reject(new Error(element.error?.message)))
          element.addEventListener('seeked', () => resolve({ duration: element.duration, at: element.currentTime }))
          const seek = (): void => {
            element.currentTime = seconds
          }
          if (element.readyState >= 1) seek()
          else element.addEventListener('loadedmetadata', seek)
        }),
      SECONDS * 0.9,
    )

    assert.deepEqual(at, { duration: SECONDS, at: SECONDS * 0.9 })
    assert.ok(video.length > 8 * MIB, `${video.length}`)
    await eventually(() =>
      assert.ok(
        starts.some((start) => start > video.length / 2),
        `Asked for: ${starts}`,
      ),
    )
    assert.deepEqual(troubles, [])
    await context.close()
  })
})

describe('a share link', () => {
  const password = newPassword()
  const content = 'Shared with those who know the password.\n'

  it('with a password and one download lets a stranger in once, and says so to both', async () => {
    const { id } = await put('shared.txt', content)
    const mine = await site.open()
    await mine.go('/files')
    await act(mine.page, 'shared.txt', 'Share')
    await mine.page.getByLabel('Password (optional)').fill(password)
    await mine.page.getByLabel('Downloads at most (optional)').fill('1')
    await mine.page.getByRole('button', { name: 'Create link' }).click()
    const url = (await mine.page.locator('.share-new code').textContent()) ?? ''

    const theirs = await site.open({ as: null })
    await theirs.page.goto(url)
    assert.doesNotMatch(await theirs.page.content(), /shared\.txt/)
    await theirs.page.getByLabel('Password').fill('something else')
    await theirs.page.getByRole('button', { name: 'Open' }).click()
    await theirs.page.getByRole('alert').waitFor()
    assert.doesNotMatch(await theirs.page.content(), /shared\.txt/)
    await theirs.page.getByLabel('Password').fill(password)
    await theirs.page.getByRole('button', { name: 'Open' }).click()
    const arriving = theirs.page.waitForEvent('download')
    await theirs.page.getByRole('link', { name: 'Download', exact: true }).click()
    const download = await arriving
    const got = await download.createReadStream()
    const parts: Buffer[] = []
    for await (const part of got) parts.push(part)
    assert.equal(download.suggestedFilename(), 'shared.txt')
    assert.equal(Buffer.concat(parts).toString(), content)

    const late = await site.open({ as: null })
    await late.page.goto(url)
    await late.page.getByLabel('Password').fill(password)
    await late.page.getByRole('button', { name: 'Open' }).click()
    await late.page.getByRole('heading', { name: 'This link has been used up' }).waitFor()
    const { shares } = await site.client.call(listShares, { query: { file_id: id } })
    assert.deepEqual(
      shares.map(({ state, downloads }) => ({ state, downloads })),
      [{ state: 'exhausted', downloads: 1 }],
    )
    await mine.go('/files/links')
    await mine.page.getByText('Used up').waitFor()
    assert.deepEqual(
      [mine, theirs, late].flatMap(({ troubles }) => troubles),
      [],
    )
    await mine.context.close()
    await theirs.context.close()
    await late.context.close()
  })
})

describe('a file that was deleted', () => {
  const trashed = async () => (await site.client.call(listTrash)).items.map(({ name }) => name)

  it('comes back with undo, and from the trash, until it is deleted for good', async () => {
    const { id } = await put('letter.txt', 'Dear Ada,\n')
    const { context, page, go, troubles } = await site.open()
    await go('/files')

    await act(page, 'letter.txt', 'Move to trash')
    await page.getByText('“letter.txt” is in the trash.').waitFor()
    await row(page, 'letter.txt').waitFor({ state: 'detached' })
    assert.deepEqual(await trashed(), ['letter.txt'])
    await page.getByRole('button', { name: 'Undo' }).click()
    await row(page, 'letter.txt').waitFor()
    assert.deepEqual(await trashed(), [])
    assert.equal((await site.client.call(getFile, { params: { id } })).file_name, 'letter.txt')

    await act(page, 'letter.txt', 'Move to trash')
    await row(page, 'letter.txt').waitFor({ state: 'detached' })
    await page.getByRole('link', { name: 'Trash' }).click()
    await page.getByRole('checkbox', { name: 'Select letter.txt' }).check({ force: true })
    await page.getByRole('button', { name: 'Restore' }).click()
    await page.getByText('The trash is empty').waitFor()
    assert.ok((await filesIn()).some(({ file_name }) => file_name === 'letter.txt'))

    await go('/files')
    await act(page, 'letter.txt', 'Move to trash')
    await row(page, 'letter.txt').waitFor({ state: 'detached' })
    await page.getByRole('link', { name: 'Trash' }).click()
    await page.getByRole('checkbox', { name: 'Select letter.txt' }).check({ force: true })
    await page.getByRole('button', { name: 'Delete for good' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete for good' }).click()
    await page.getByText('1 file deleted for good.').waitFor()
    assert.deepEqual(await trashed(), [])
    await assert.rejects(site.client.call(getFile, { params: { id } }), { status: 404 })
    assert.deepEqual(troubles, [])
    await context.close()
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

describe('files on a phone', () => {
  it('are uploaded, opened, shared, deleted and brought back with a finger', async () => {
    const { context, page, go, troubles } = await site.open({ phone: true })
    const tap = (role: 'button' | 'menuitem', name: string | RegExp) => page.getByRole(role, { name }).tap()
    await go('/files')
    await tap('button', 'New')
    const chooser = page.waitForEvent('filechooser')
    await tap('menuitem', 'Upload files')
    await (await chooser).setFiles({ name: 'note.txt', mimeType: 'text/plain', buffer: Buffer.from('A note.\n') })
    await row(page, 'note.txt').waitFor()
    await tap('button', 'Clear what is over')

    await page.getByRole('button', { name: 'note.txt', exact: true }).tap()
    await page.getByText('A note.').waitFor()
    await tap('button', 'Close')
    await tap('button', 'Actions for note.txt')
    await tap('menuitem', /^Share/)
    await tap('button', 'Create link')
    const url = (await page.locator('.share-new code').textContent()) ?? ''
    await tap('button', 'Close')
    await tap('button', 'Actions for note.txt')
    await tap('menuitem', /^Move to trash/)
    await row(page, 'note.txt').waitFor({ state: 'detached' })
    await tap('button', 'Undo')
    await row(page, 'note.txt').waitFor()

    assert.equal((await fetch(url)).status, 200)
    assert.ok((await filesIn()).some(({ file_name }) => file_name === 'note.txt'))
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390)
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
