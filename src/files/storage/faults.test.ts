import { once } from 'node:events'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { Worker } from 'node:worker_threads'
import { dialects, type TestPlace, testPlace } from '../../../test/database.ts'
import { seedsOf } from './faulty.fixture.ts'

const FIXTURE = join(import.meta.dirname, 'faults.fixture.ts')

/** Together more than two hundred, however slow the machine is. */
const RUNS = { sqlite: 184, postgres: 20 }
/** Runs that failed once: what they showed stays mended. */
const FOUND: readonly (readonly [seed: number, fact: string])[] = [
  [295522099, 'a reader whose copy is damaged gets the bytes of another copy, not the failure of the first once more'],
]

const faultRunner = ({ url, dataDir }: TestPlace) => {
  const worker = new Worker(FIXTURE, { workerData: { url, dataDir } })
  return {
    /** @throws what the run shows, with its seed */
    async run(seed: number): Promise<void> {
      worker.postMessage(seed)
      const [failure] = await once(worker, 'message')
      if (failure !== null) throw failure
    },
    async close(): Promise<void> {
      worker.postMessage('close')
      await once(worker, 'exit')
    },
  }
}

describe('copies under faults', { concurrency: dialects.length }, () => {
  for (const dialect of dialects)
    it(`lose nothing (${dialect})`, async (t) => {
      const seeds = seedsOf(process.env.STORAGE_SEED, RUNS[dialect])
      const place = await testPlace(dialect)
      const runner = faultRunner(place)
      t.after(async () => {
        await runner.close()
        await place.remove()
      })

      for (const [seed, fact] of FOUND) await t.test(`${fact} (${seed})`, () => runner.run(seed))
      await t.test('no acknowledged byte is lost, whatever backends do and whenever a process ends', async () => {
        for (const seed of seeds) await runner.run(seed)
      })

      t.diagnostic(`${seeds.length} runs from seed ${seeds[0]}`)
    })
})
