import * as fsPromises from 'node:fs/promises'
import { join } from 'node:path'
import { type Database, openDatabase } from '../../platform/db/index.ts'
import type { Backend } from '../backends/backend.ts'
import type { DiskFs } from '../backends/disk/directories.ts'
import { openDiskBackend } from '../backends/disk/disk.ts'
import { storageStack } from './stack.fixture.ts'

/** Where a process is killed that uploads `crashBytes` and copies them to a storage that is far away. */
export const STEPS = [
  'the file is committed and nothing is copied',
  'a copy is on its way there',
  'a copy is there and has no row',
  'the row of a copy is committed',
  'all copies are there and those here are to go',
  'one of those here is deleted',
] as const
export type Step = (typeof STEPS)[number]

const BYTES = 8000

/** Three chunks: what each byte is can be told from its place. */
export const crashBytes = (seed: number): Buffer =>
  Buffer.from(Uint8Array.from({ length: BYTES }, (_, at) => (at * 31 + (at >> 8) * 7 + seed) & 255))

/** A folder of its own stands for what is far away, and is there for the next process as it was left. */
export const farAway = async (folder: string, fs: DiskFs = fsPromises): Promise<Backend> => {
  const { open: _, stage: __, ...backend } = await openDiskBackend({ root: join(folder, 'far'), fs })
  return { ...backend, name: 'far' }
}

const die = (): never => {
  process.kill(process.pid, 'SIGKILL')
  throw new Error('It is dead.')
}

/** A database whose process dies once the given transaction from now on is committed. */
const mortal = (database: Database) => {
  let left = Infinity
  return {
    dieAfter: (transactions: number) => {
      left = transactions
    },
    database: {
      ...database,
      async transaction(work) {
        const result = await database.transaction(work)
        left -= 1
        if (left === 0) die()
        return result
      },
    } satisfies Database,
  }
}

const main = async (step: Step, folder: string, seed: number, url: string | undefined): Promise<void> => {
  const { database, dieAfter } = mortal(await openDatabase({ url, dataDir: folder, synchronous: 'FULL', own: true }))
  const fs: DiskFs = {
    ...fsPromises,
    async rename(from, to) {
      if (step === 'a copy is on its way there') die()
      await fsPromises.rename(from, to)
      if (step === 'a copy is there and has no row') die()
    },
  }
  let deletions = 0
  const stack = await storageStack({
    database,
    folder,
    far: [await farAway(folder, fs)],
    around: (disk) => ({
      ...disk,
      async delete(locators) {
        for (const locator of locators) {
          await disk.delete([locator])
          deletions += 1
          if (deletions === 1 && step === 'one of those here is deleted') die()
        }
      },
    }),
  })
  const file = await stack.upload(crashBytes(seed))
  process.stdout.write(`${JSON.stringify({ fileId: file.fileId, blobId: file.blobId })}\n`, () => {
    work().catch((error: unknown) => {
      throw error
    })
  })

  const work = async (): Promise<void> => {
    if (step === 'the file is committed and nothing is copied') die()
    if (step === 'the row of a copy is committed') dieAfter(1)
    await stack.settle()
    if (step === 'all copies are there and those here are to go') die()
    stack.clock.advance(60 * 60_000)
    await stack.sweep()
  }
}

const [step, folder, seed, url] = process.argv.slice(2)
const known = STEPS.find((one) => one === step)
if (import.meta.main && known !== undefined && folder !== undefined) await main(known, folder, Number(seed), url)
