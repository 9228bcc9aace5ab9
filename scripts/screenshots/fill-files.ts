import type { Client } from '../../src/client/index.ts'
import { putFileContent } from '../../src/files/files/contract.ts'
import { createFolder } from '../../src/files/folders/contract.ts'
import { requestFiles, shareFile, shareFolder } from '../../src/files/shares/contract.ts'
import { trashFile } from '../../src/files/trash/contract.ts'
import { BACKUP_SCRIPT, EXPENSES, NOTES } from './content.ts'
import { soundOf } from './pictures.ts'

export interface DemoFiles {
  readonly folderId: string
  readonly pictureId: string
  readonly textId: string
  readonly tableId: string
  readonly soundId: string
  readonly pdfId: string
  /** Of a link to a folder, of one to a file that asks for a password, and of one that takes uploads. */
  readonly folderLink: string
  readonly lockedLink: string
  readonly requestLink: string
}

/** Folders with pictures, papers and a recording, links to some of them, and something in the trash. */
export const fillFiles = async (
  client: Client,
  pictures: ReadonlyMap<string, Buffer>,
  pdf: Buffer,
): Promise<DemoFiles> => {
  const folder = async (name: string, parent_id?: string): Promise<string> =>
    (await client.call(createFolder, { body: { name, ...(parent_id === undefined ? {} : { parent_id }) } })).id
  const put = async (name: string, bytes: Buffer | string, folder_id?: string): Promise<string> => {
    const query = { name, ...(folder_id === undefined ? {} : { folder_id }) }
    return (await client.call(putFileContent, { query, body: new Uint8Array(Buffer.from(bytes)) })).id
  }
  const painted = (name: string): Buffer => pictures.get(name) ?? Buffer.alloc(0)

  const photos = await folder('Photos')
  const lisbon = await folder('Lisbon, October', photos)
  const papers = await folder('Papers')
  await folder('Invoices', papers)
  await folder('Backups')
  await folder('Music')
  const pictureId = await put('rooftops-from-the-castle.jpg', painted('town'), lisbon)
  for (const [name, picture] of [
    ['morning-by-the-river.jpg', 'dusk'],
    ['tram-hill.jpg', 'dunes'],
    ['market-lemons.jpg', 'lemons'],
    ['coast-path-day-3.jpg', 'coast'],
    ['ash-glazes.jpg', 'bowls'],
    ['botanical-garden.jpg', 'herbarium2'],
  ] as const)
    await put(name, painted(picture), lisbon)
  for (const [name, picture] of [
    ['garden-in-november.jpg', 'herbarium'],
    ['second-lake.jpg', 'dusk'],
    ['north-sheet.jpg', 'map'],
  ] as const)
    await put(name, painted(picture), photos)
  const pdfId = await put('lease-2026.pdf', pdf, papers)
  const tableId = await put('flat-expenses.csv', EXPENSES)
  const textId = await put('kitchen-shelf.md', NOTES)
  const soundId = await put('rehearsal-tuesday.wav', soundOf(20))
  await put('nightly-backup.sh', BACKUP_SCRIPT)
  await put('tiles.svg', '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path d="M0 0h8v8z"/></svg>')
  const old = await put('shelf-first-idea.txt', 'Pine, painted white.')

  const link = await client.call(shareFolder, { params: { id: lisbon }, body: { name: 'Lisbon, for everybody' } })
  const locked = await client.call(shareFile, {
    params: { id: textId },
    body: { password: 'under the mat', expires_in: 86_400 * 7, max_downloads: 5 },
  })
  const request = await client.call(requestFiles, {
    params: { id: papers },
    body: { name: 'Send me your invoices', max_files: 20 },
  })
  await client.call(trashFile, { params: { id: old } })
  const links = { folderLink: link.url, lockedLink: locked.url, requestLink: request.url }
  return { folderId: lisbon, pictureId, textId, tableId, soundId, pdfId, ...links }
}
