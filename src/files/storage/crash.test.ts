import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { dialects, type TestPlace, testPlace } from '../../../test/database.ts'
import { openDatabase } from '../../platform/db/index.ts'
import { crashBytes, farAway, STEPS, type Step } from './crash.fixture.ts'
import { storageStack } from './stack.fixture.ts'

const FIXTURE = join(import.meta.dirname, 'crash.fixture.ts')
const Uploaded = z.object({ fileId: z.string(), blobId: z.string() })
const HOUR_MS = 60 * 60_000
/** Each costs a process; what differs between the databases is what a transaction keeps. */
const STEPS_ON: Record<(typeof dialects)[number], readonly Step[]> = { sqlite: STEPS, postgres: STEPS.slice(2, 4) }

/** Runs a process until it kills itself. @returns The file whose upload it acknowledged. */
const crash = async (step: Step, { dataDir, url }: TestPlace, seed: number) => {
  const args = [FIXTURE, step, dataDir, String(seed), ...(url === undefined ? [] : [url])]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const said = text(child.stdout)
  const [, signal] = await once(child, 'exit')
  assert.equal(signal, 'SIGKILL', `it ended before ${step}`)
  return { ...Uploaded.parse(JSON.parse(await said)), bytes: crashBytes(seed) }
}

for (const dialect of dialects)
  describe(`a process that is killed while it copies a file to another storage (${dialect})`, async () => {
    const place = await testPlace(dialect)

    for (const [seed, step] of STEPS_ON[dialect].entries())
      it(`loses nothing that was acknowledged and leaves nothing else, when ${step}`, async (t) => {
        if (step === STEPS_ON[dialect].at(-1)) t.after(() => place.remove())
        const file = await crash(step, place, seed)
        const database = await openDatabase({ ...place, synchronous: 'NORMAL', own: true })
        t.after(() => database.close())
        const far = await farAway(place.dataDir)
        const stack = await storageStack({ database, folder: place.dataDir, far: [far] })

        const atOnce = await stack.read(file)
        // As if the leases of the dead process had run out.
        await database.db.updateTable('leases').set({ held_until: 0 }).execute()
        stack.clock.advance(HOUR_MS)
        await stack.settle()
        stack.clock.advance(HOUR_MS)
        await stack.sweep()
        // What is far away is looked through once a day.
        stack.clock.advance(25 * HOUR_MS)
        await stack.sweep()

        assert.ok(atOnce.equals(file.bytes))
        assert.ok((await stack.read(file)).equals(file.bytes))
        assert.deepEqual([(await stack.blob(file)).state, (await stack.blob(file)).replicas], ['healthy', 1])
        for (const backend of [stack.disk, far]) {
          const objects = await Array.fromAsync(backend.list?.() ?? [])
          const rows = await database.db
            .selectFrom('chunk_copies')
            .select('locator')
            .where('backend', '=', backend.name)
            .execute()
          assert.deepEqual(objects.map(({ locator }) => locator).sort(), rows.map(({ locator }) => locator).sort())
        }
      })
  })
