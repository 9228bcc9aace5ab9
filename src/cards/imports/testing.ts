import { setTimeout as wait } from 'node:timers/promises'
import type { TestAccount } from '../../../test/app.ts'
import { createCardImport, getCardImport } from './contract.ts'

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
