import * as fsPromises from 'node:fs/promises'
import { PassThrough } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import { systemClock } from '../../platform/clock.ts'
import { type Database, openDatabase } from '../../platform/db/index.ts'
import { pieceOf, SIZES, uploadStack, WHOLE } from './stack.fixture.ts'

/** Where a process is killed that uploads `crashBytes`, one request a time. */
export const STEPS = [
  'the session is committed',
  'half a chunk is written',
  'a chunk is full and not renamed',
  'a chunk is renamed and has no row',
  'the row of a chunk is committed',
  'a broken request has been answered',
  'all bytes are there and no file',
  'the file is in an open transaction',
  'the file is committed',
] as const
export type Step = (typeof STEPS)[number]

/** Four chunks and a bit: what each byte is can be told from its place. */
export const crashBytes = (seed: number): Buffer =>
  Buffer.from(
    Uint8Array.from({ length: SIZES.chunkBytes * 4 + 1234 }, (_, at) => (at * 31 + (at >> 8) * 7 + seed) & 255),
  )

const die = (): never => {
  process.kill(process.pid, 'SIGKILL')
  throw new Error('It is dead.')
}

const say = (line: string): Promise<void> =>
  new Promise((resolve) => void process.stdout.write(`${line}\n`, () => resolve()))

/** A database whose process dies once the given transaction is committed. */
const dyingAfter = (database: Database, transactions: number): Database => {
  let left = transactions
  return {
    ...database,
    async transaction(work) {
      const result = await database.transaction(work)
      left -= 1
      if (left === 0) die()
      return result
    },
  }
}

const main = async (step: Step, dataDir: string, accountId: string, seed: number, url: string | undefined) => {
  const opened = await openDatabase({ url, dataDir, synchronous: 'FULL', own: true })
  let renames = 0
  const rename: typeof fsPromises.rename = async (from, to) => {
    renames += 1
    // Counted here: while it waits, the next one may count on.
    const isThird = renames === 3
    if (step === 'a chunk is full and not renamed' && isThird) die()
    await fsPromises.rename(from, to)
    if (step === 'a chunk is renamed and has no row' && isThird) die()
  }
  // One transaction makes the session, and one each chunk.
  const database = step === 'the row of a chunk is committed' ? dyingAfter(opened, 4) : opened
  const { resumable } = await uploadStack({
    database,
    dataDir,
    clock: systemClock,
    fs: { ...fsPromises, rename },
    around: (adopt) => async (account, bytes, draft, after) => {
      if (step === 'all bytes are there and no file') die()
      const made = await adopt(account, bytes, draft, async (tx, file) => {
        await after?.(tx, file)
        if (step === 'the file is in an open transaction') die()
      })
      if (step === 'the file is committed') die()
      return made
    },
  })
  const bytes = crashBytes(seed)
  const { id } = await resumable.create(accountId, { ...WHOLE, sizeBytes: bytes.length })
  await say(`upload ${id}`)
  if (step === 'the session is committed') die()

  const first = new PassThrough()
  const half = SIZES.chunkBytes * 1.5
  first.write(bytes.subarray(0, half))
  const appending = resumable.append(accountId, id, pieceOf(first, 0, bytes.length))
  if (step === 'half a chunk is written') {
    const row = opened.db.selectFrom('file_uploads').select('offset_bytes').where('id', '=', id)
    while ((await row.executeTakeFirstOrThrow()).offset_bytes < SIZES.chunkBytes) await wait(5)
    die()
  }
  if (step === 'a broken request has been answered') {
    await wait(50)
    first.destroy()
    await appending.catch(() => undefined)
    await say(`acknowledged ${(await resumable.look(accountId, id)).offset_bytes}`)
    die()
  }
  first.end(bytes.subarray(half))
  await appending
}

const [step, dataDir, accountId, seed, url] = process.argv.slice(2)
const known = STEPS.find((one) => one === step)
if (import.meta.main && known !== undefined && dataDir !== undefined && accountId !== undefined)
  await main(known, dataDir, accountId, Number(seed), url)
