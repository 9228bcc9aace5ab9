import { setTimeout as wait } from 'node:timers/promises'
import type { TestAccount } from '../../../test/app.ts'
import { zipWriter } from '../exports/zip-writer.ts'
import { createCardImport, getCardImport } from './contract.ts'

/** Every name leads to this machine, which no card is fetched from: tests ask nobody. */
export const processing = { paceMs: 0, resolve: async () => ['127.0.0.1'] }

/** Starts an import. @returns Its id. */
export const startImport = async (
  ada: TestAccount,
  body: string | Uint8Array<ArrayBuffer>,
  query: { format?: 'teak' | 'bookmarks' | 'raindrop' | 'pocket' | 'karakeep' | 'urls'; dryRun?: 'true' } = {},
): Promise<string> => (await ada.call(createCardImport, { body, query })).id

/** Waits until an import is over. @returns What it says then. */
export const finishedImport = async (ada: TestAccount, id: string) => {
  const deadline = Date.now() + 60_000
  for (;;) {
    const report = await ada.call(getCardImport, { params: { id } })
    if (report.state !== 'queued' && report.state !== 'running') return report
    if (Date.now() > deadline) throw new Error(`The import is still ${report.state} at ${report.processed}.`)
    await wait(20)
  }
}

/** Imports a file, and waits for the end. */
export const importFile = async (...of: Parameters<typeof startImport>) =>
  finishedImport(of[0], await startImport(...of))

/** Names and contents. */
export type ArchiveFiles = readonly (readonly [name: string, content: string | Buffer])[]

/** An archive of these files; what is JSON is packed. */
export const zipOf = async (files: ArchiveFiles, isLarge = false): Promise<Buffer<ArrayBuffer>> => {
  const zip = zipWriter()
  const pieces: Buffer[] = []
  for (const [name, content] of files) {
    const entry = { name, modifiedAt: 0, isCompressed: name.endsWith('.json'), isLarge }
    for await (const piece of zip.add(entry, once(Buffer.from(content)))) pieces.push(piece)
  }
  for await (const piece of zip.end()) pieces.push(piece)
  return Buffer.concat(pieces)
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes
}
