import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { parentPort, workerData } from 'node:worker_threads'
import { z } from 'zod'
import { type Database, openDatabase } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { type FaultyBackend, faultyBackend, harm, seeded, withSeed } from './faulty.fixture.ts'
import {
  clearStorage,
  movableClock,
  type StorageStack,
  type StoredTestFile,
  storageStack,
  tempFolder,
} from './stack.fixture.ts'

const STEPS = 14
const HOUR_MS = 60 * 60_000

const LAYOUTS: readonly (readonly string[])[] = [['far'], ['disk', 'far'], ['far', 'mirror'], ['mirror', 'far', 'disk']]

interface World {
  readonly database: Database
  readonly folder: string
  readonly random: () => number
  readonly clock: ReturnType<typeof movableClock>
  readonly far: FaultyBackend
  readonly mirror: FaultyBackend
  readonly files: StoredTestFile[]
  /** What may be harmed: one backend at a time, and only where there is another copy. */
  victim: FaultyBackend | undefined
  stack: StorageStack
}

const openStack = ({ database, folder, random, clock, far, mirror }: Omit<World, 'stack'>): Promise<StorageStack> =>
  storageStack({
    database,
    folder,
    random,
    clock,
    far: [far.backend, mirror.backend],
    hasty: true,
    // Few calls hang so long; a machine that has much to do must not look as if it did.
    copyTimeoutMs: 1000,
    cacheBytes: random() < 0.5 ? 4000 : 100_000,
  })

const setFaults = ({ far, mirror, random }: World): void => {
  for (const { faults } of [far, mirror])
    Object.assign(faults, {
      fails: random() < 0.5 ? 0.2 : 0,
      hangs: random() < 0.05 ? 0.02 : 0,
      flips: random() < 0.5 ? 0.15 : 0,
      forgets: random() < 0.3 ? 0.15 : 0,
      isDown: random() < 0.15,
      capacityBytes: random() < 0.1 ? 6000 : Infinity,
    })
}

const heal = ({ far, mirror }: World): void => {
  for (const { faults } of [far, mirror])
    Object.assign(faults, { fails: 0, hangs: 0, flips: 0, forgets: 0, isDown: false, capacityBytes: Infinity })
}

const step: Record<string, (world: World) => Promise<void>> = {
  async upload(world) {
    const { random, stack, files } = world
    const bytes = randomBytes(Math.floor(random() ** 2 * 9000))
    // What is refused was not acknowledged.
    const file = await stack.upload(bytes).catch((error: unknown) => {
      assert.ok(error instanceof AppError, String(error))
      return undefined
    })
    if (file !== undefined) files.push(file)
  },

  async work({ stack, clock, random }) {
    const kill = new AbortController()
    if (random() < 0.3) setTimeout(() => kill.abort(new Error('killed')), random() * 20)
    await stack.work(kill.signal).catch((error: unknown) => {
      if (!kill.signal.aborted) throw error
    })
    clock.advance(random() * 2 * HOUR_MS)
  },

  async harm({ victim, random }) {
    if (victim !== undefined) harm(victim.objects, random)
  },

  async scrub({ stack }) {
    await stack.storage.inspector.scrub(1)
  },

  async sweep({ stack, clock, random }) {
    await stack.sweep()
    clock.advance(random() * HOUR_MS)
  },

  async restart(world) {
    await world.stack.storage.stop()
    world.stack = await openStack(world)
  },

  async delete(world) {
    const [file] = world.files.splice(Math.floor(world.random() * world.files.length), 1)
    if (file !== undefined) await world.stack.delete(file)
  },

  async rotate({ stack }) {
    await stack.storage.keys.rotate()
  },

  async read({ stack, files, random, far, mirror }) {
    // A reader waits a minute for a backend that hangs; that is too long for two hundred runs.
    for (const { faults } of [far, mirror]) faults.hangs = 0
    const file = files[Math.floor(random() * files.length)]
    if (file === undefined || file.bytes.length === 0) return
    const from = Math.floor(random() * file.bytes.length)
    try {
      assert.ok((await stack.read(file, from)).equals(file.bytes.subarray(from)), 'wrong bytes were served')
    } catch (error) {
      // Backends that are away are an answer; a copy that is bad and not repaired yet leaves only those.
      if (!(error instanceof AppError) || error.code !== 'BACKEND_UNAVAILABLE') throw error
    }
  },
}

/** How often each step is taken. */
const WEIGHTS = { upload: 4, work: 5, harm: 3, scrub: 1, sweep: 2, restart: 1, delete: 1, rotate: 0.3, read: 3 }

const pick = (random: () => number): keyof typeof WEIGHTS => {
  let at = random() * Object.values(WEIGHTS).reduce((sum, weight) => sum + weight)
  for (const name of Object.keys(WEIGHTS) as (keyof typeof WEIGHTS)[]) {
    at -= WEIGHTS[name]
    if (at < 0) return name
  }
  return 'work'
}

/** Without faults and with time, everything becomes as it should be. */
const recover = async (world: World): Promise<void> => {
  heal(world)
  let flaw: string | undefined
  for (let round = 0; round < 6; round += 1) {
    world.clock.advance(2 * HOUR_MS)
    await world.stack.settle()
    flaw = await world.stack.findFlaw()
    if (flaw === undefined) return
  }
  assert.fail(`it does not recover: ${flaw}`)
}

const assertNothingLost = async ({ stack, files, database, clock, far, mirror }: World): Promise<void> => {
  for (const file of files) {
    assert.ok((await stack.read(file)).equals(file.bytes), 'an acknowledged file has other bytes')
    const { state } = await stack.blob(file)
    assert.ok(['healthy', 'stored'].includes(state), `a file is ${state}`)
  }
  clock.advance(1000 * HOUR_MS)
  await stack.sweep()
  await stack.sweep()
  for (const { backend, objects } of [far, mirror]) {
    const rows = await database.db
      .selectFrom('chunk_copies')
      .select('locator')
      .where('backend', '=', backend.name)
      .execute()
    assert.deepEqual([...objects.keys()].sort(), rows.map(({ locator }) => locator).sort(), 'objects and rows differ')
  }
}

const runOnce = async (database: Database, folder: string, seed: number): Promise<void> => {
  await clearStorage(database)
  const random = seeded(seed)
  const [far, mirror] = [faultyBackend('far', random, { ranged: random() < 0.5 }), faultyBackend('mirror', random)]
  const base = { database, folder, random, clock: movableClock(), far, mirror, files: [] as StoredTestFile[] }
  const layout = LAYOUTS[Math.floor(random() * LAYOUTS.length)] ?? ['far']
  const world: World = { ...base, victim: undefined, stack: await openStack({ ...base, victim: undefined }) }
  const { policies } = world.stack.storage
  await policies.replace([{ backends: [...layout] }])
  if (random() < 0.3) await policies.change('far', { encrypt: false })
  if (random() < 0.3) await policies.change('mirror', { mode: 'write-through' })
  for (let taken = 0; taken < STEPS; taken += 1) {
    setFaults(world)
    // Whoever harms the only copy, or one and then the other, does lose bytes.
    if (random() < 0.2 && layout.length > 1) {
      await recover(world)
      world.victim = layout.includes('mirror') && random() < 0.5 ? mirror : far
      setFaults(world)
    }
    await step[pick(random)]?.(world)
  }
  await recover(world)
  await assertNothingLost(world)
  await world.stack.storage.stop()
}

const runSeed = async (database: Database, seed: number): Promise<void> => {
  // A folder of its own, or each sweep would look through the folders of all runs before.
  const folder = await tempFolder()
  try {
    await withSeed('STORAGE_SEED', seed, () => runOnce(database, folder.path, seed))
  } finally {
    await folder.remove()
  }
}

/**
 * A worker thread that runs whatever seeds it is told, and answers each with null or an Error. In the thread of the test
 * the runner follows every promise, which took two fifths of the time of all runs.
 */
const answerSeeds = async (port: NonNullable<typeof parentPort>): Promise<void> => {
  const place = z.object({ url: z.string().optional(), dataDir: z.string() }).parse(workerData)
  const database = await openDatabase({ url: place.url, dataDir: place.dataDir, synchronous: 'NORMAL', own: false })
  port.on('message', (seed: unknown) => {
    if (seed === 'close') return void database.close().then(() => port.close())
    runSeed(database, z.int().parse(seed)).then(
      () => port.postMessage(null),
      (error: unknown) => port.postMessage(error),
    )
  })
}

if (parentPort !== null) await answerSeeds(parentPort)
