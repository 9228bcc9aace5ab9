import { randomBytes } from 'node:crypto'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { type BackendCapabilities, BackendErrors } from '../backends/backend.ts'
import { checkedInline } from '../chunks/reader.ts'
import { blobRepo, DATABASE_BACKEND } from '../files/blobs.ts'
import type { ObjectWriters } from '../files/object-writers.ts'
import { toMoment } from '../files/present.ts'
import type { StoredFile } from '../files/repo.ts'
import type { Move, Sending, StorageBackend } from './contract.ts'
import { StorageErrors } from './errors.ts'
import type { BackendHealth, HealthBook } from './health.ts'
import { MoveFilter, type MoveProgress } from './moves.ts'
import type { BackendSettings, Policies, PolicyRule } from './policies.ts'
import type { RegisteredBackend } from './registry.ts'
import type { Finding, Inspector } from './scrub.ts'
import { type Backlog, taskRepo } from './tasks.ts'
import { unlessAborted } from './waiting.ts'

const TEST_BYTES = 1024
const TEST_MS = 30_000
/** Sums over all copies are made at most so often. */
const SUMS_MS = 30_000

export interface StorageServiceOptions {
  readonly database: Database
  readonly registered: ReadonlyMap<string, RegisteredBackend>
  readonly defaultBackend: string
  readonly policies: Policies
  readonly health: HealthBook
  readonly inspector: Inspector
  readonly writers: ObjectWriters
  readonly clock: Clock
}

const STATES = ['ok', 'degraded', 'down'] as const
type State = (typeof STATES)[number]

const worse = (a: State, b: State): State => (STATES.indexOf(a) > STATES.indexOf(b) ? a : b)

interface Sum {
  readonly objects: number
  readonly bytes: number
}

export type StorageService = ReturnType<typeof storageService>

/** What people see of the storages, and what administrators do with them. */
export const storageService = (options: StorageServiceOptions) => {
  const { database, registered, defaultBackend, policies, health, inspector, writers, clock } = options
  let sums: { readonly of: Promise<Map<string, Sum>>; readonly untilMs: number } | undefined

  const readSums = async (): Promise<Map<string, Sum>> => {
    const rows = await database.reader
      .selectFrom('chunk_copies')
      .select(({ fn }) => ['backend', fn.countAll<number>().as('objects'), fn.sum<number>('stored_bytes').as('bytes')])
      .groupBy('backend')
      .execute()
    return new Map(rows.map(({ backend, objects, bytes }) => [backend, { objects, bytes: Number(bytes) }]))
  }

  const currentSums = (): Promise<Map<string, Sum>> => {
    if (sums === undefined || clock.monotonicMs() >= sums.untilMs) {
      const of = readSums()
      of.catch(() => {
        sums = undefined
      })
      sums = { of, untilMs: clock.monotonicMs() + SUMS_MS }
    }
    return sums.of
  }

  const troubled = async (): Promise<Record<'replicating' | 'degraded' | 'lost', number>> => {
    const rows = await database.db
      .selectFrom('blobs')
      .select(({ fn }) => ['state', fn.countAll<number>().as('blobs')])
      .where('state', 'in', ['replicating', 'degraded', 'lost'])
      .groupBy('state')
      .execute()
    const of = (state: string): number => rows.find((row) => row.state === state)?.blobs ?? 0
    return { replicating: of('replicating'), degraded: of('degraded'), lost: of('lost') }
  }

  const getBackend = (name: string): RegisteredBackend => {
    const found = registered.get(name)
    if (found === undefined) throw new AppError(StorageErrors.BACKEND_UNKNOWN)
    return found
  }

  const present = (
    name: string,
    facts: {
      health: BackendHealth | undefined
      sum: Sum | undefined
      backlog: Backlog | undefined
      settings: BackendSettings
      sending: Sending | undefined
    },
  ): StorageBackend => {
    const known = registered.get(name)
    const { lastError = null, failedAt = null, state = 'ok' } = facts.health ?? {}
    // What it says of itself without being asked for anything, such as that a bot has been thrown out.
    const own = known?.backend.health?.() ?? { state: 'ok', problems: [] }
    return {
      name,
      kind: known?.kind ?? 'unknown',
      health: {
        state: known === undefined ? 'down' : worse(state, own.state),
        last_error: own.problems.length > 0 ? own.problems.join(' ') : lastError,
        failed_at: failedAt === null ? null : toMoment(failedAt),
      },
      objects: facts.sum?.objects ?? 0,
      bytes: facts.sum?.bytes ?? 0,
      backlog: facts.backlog ?? { objects: 0, bytes: 0 },
      capabilities: known === undefined ? null : toCapabilities(known.backend.capabilities),
      settings: facts.settings,
      sending: facts.sending ?? null,
    }
  }

  const overview = async () => {
    const [byName, backlog, states] = [await currentSums(), await taskRepo(database.db).backlog(), await health.all()]
    const rules = await policies.rules()
    const names = new Set([...registered.keys(), ...byName.keys(), ...backlog.keys()])
    const backends = await Promise.all(
      [...names].map(async (name) =>
        present(name, {
          health: states.get(name),
          sum: byName.get(name),
          backlog: backlog.get(name),
          settings: rules.settingsOf(name),
          sending: await registered.get(name)?.sending?.(),
        }),
      ),
    )
    return { backends, default_backend: defaultBackend, files: await troubled() }
  }

  const tryOut = async (name: string): Promise<void> => {
    const { backend } = getBackend(name)
    const bytes = randomBytes(TEST_BYTES)
    const signal = AbortSignal.timeout(TEST_MS)
    const writer = writers.create()
    try {
      const source = (async function* () {
        yield bytes
      })()
      const id = await writer.newObjectId()
      const locator = await unlessAborted(backend.put(id, source, bytes.length, { signal }), signal)
      const pieces: Buffer[] = []
      const reading = async () => {
        for await (const piece of await backend.get(locator, 0, bytes.length - 1, { signal })) pieces.push(piece)
      }
      await unlessAborted(reading(), signal)
      await backend.delete([locator])
      if (!Buffer.concat(pieces).equals(bytes)) throw new AppError(BackendErrors.OBJECT_SIZE_MISMATCH)
    } finally {
      await writer.finish()
    }
  }

  return {
    overview,

    /** @throws {AppError} ADMIN_ONLY */
    async assertAdmin(accountId: string): Promise<void> {
      const row = await database.db
        .selectFrom('accounts')
        .select('id')
        .where('id', '=', accountId)
        .where('is_admin', '=', 1)
        .where('status', '=', 'active')
        .executeTakeFirst()
      if (row === undefined) throw new AppError(StorageErrors.ADMIN_ONLY)
    },

    /** @throws {AppError} BACKEND_UNKNOWN */
    assertKnown: (names: readonly string[]): void => {
      for (const name of names) getBackend(name)
    },

    /** @throws {AppError} BACKEND_UNKNOWN */
    async change(name: string, wish: Parameters<Policies['change']>[1]): Promise<BackendSettings> {
      getBackend(name)
      await policies.change(name, wish)
      return (await policies.rules()).settingsOf(name)
    },

    /** @throws {AppError} BACKEND_UNKNOWN */
    async replacePolicies(rules: readonly PolicyRule[]) {
      for (const { backends } of rules) for (const name of backends) getBackend(name)
      await policies.replace(rules)
      return (await policies.rules()).policies
    },

    /** @throws {AppError} BACKEND_UNKNOWN */
    async test(name: string): Promise<{ ok: boolean; duration_ms: number; error: string | null }> {
      getBackend(name)
      const startedMs = clock.monotonicMs()
      const took = (): number => Math.round(clock.monotonicMs() - startedMs)
      try {
        await tryOut(name)
        health.succeeded(name)
        return { ok: true, duration_ms: took(), error: null }
      } catch (error) {
        health.failed(name, error)
        const text = error instanceof AppError ? error.message : 'The storage did not do what it should.'
        return { ok: false, duration_ms: took(), error: text }
      }
    },

    /** Looks at every copy of a file now. */
    async verify(file: StoredFile, signal: AbortSignal) {
      const looked = await inspector.verify(file.blob_id, signal)
      const inline = file.backend === DATABASE_BACKEND ? await inlineFinding(file) : undefined
      const chunks = looked.map(({ index, offset, sizeBytes, copies }) => ({
        index,
        offset,
        size: sizeBytes,
        copies: copies.map(({ backend, finding }) => ({ backend, state: finding })),
      }))
      if (inline !== undefined) {
        const copy = { backend: DATABASE_BACKEND, state: inline }
        if (chunks[0] === undefined) chunks.push({ index: 0, offset: 0, size: file.size_bytes, copies: [copy] })
        else chunks[0].copies.unshift(copy)
      }
      const row = await database.db
        .selectFrom('blobs')
        .select('state')
        .where('id', '=', file.blob_id)
        .executeTakeFirst()
      const ok = chunks.every(({ copies }) => copies.some(({ state }) => state === 'good'))
      return { ok, state: row?.state ?? file.state, chunks }
    },
  }

  async function inlineFinding(file: StoredFile): Promise<Finding | undefined> {
    if (file.size_bytes === 0) return undefined
    const bytes = await blobRepo(database.db, new Map()).inlineBytes(file.blob_id)
    if (bytes === undefined) return 'missing'
    try {
      checkedInline(bytes, file.sha256, 0, bytes.length - 1)
      return 'good'
    } catch {
      return 'damaged'
    }
  }
}

const toCapabilities = (given: BackendCapabilities): NonNullable<StorageBackend['capabilities']> => ({
  max_object_bytes: given.maxObjectBytes === Infinity ? null : given.maxObjectBytes,
  ranged: given.ranged,
  listable: given.listable,
  batch_delete: given.batchDelete,
  durable: given.durable,
})

export const toMove = (move: MoveProgress): Move => ({
  id: move.id,
  from: move.from_backend,
  to: move.to_backend,
  filter: MoveFilter.parse(JSON.parse(move.filter)),
  state: move.state,
  total: { contents: move.total_blobs, bytes: move.total_bytes },
  moved: { contents: move.moved_blobs, bytes: move.moved_bytes },
  created_at: toMoment(move.created_at),
  updated_at: toMoment(move.updated_at),
})
