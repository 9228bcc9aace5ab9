import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { AppError } from '../../platform/errors.ts'
import { type Backend, BackendErrors, type ListedObject, type TransferOptions } from '../backends/backend.ts'

/** Numbers that look random and come again for the same seed. */
export const seeded = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/**
 * The seeds of a test's runs: `runs` in a row from one that nobody chose, or the only one that was asked for.
 *
 * @param asked What the environment says.
 */
export const seedsOf = (asked: string | undefined, runs: number): readonly number[] => {
  if (asked !== undefined) return [z.coerce.number().int().parse(asked)]
  const first = Math.floor(Math.random() * 2 ** 31)
  return Array.from({ length: runs }, (_, at) => first + at)
}

/** Says by which seed a run that failed is done again. @param variable Of the environment. */
export const withSeed = async (variable: string, seed: number, run: () => Promise<void>): Promise<void> => {
  try {
    await run()
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`${variable}=${seed} fails: ${text}`, { cause })
  }
}

export interface Faults {
  /** Chance of a call to fail as if the backend were away. */
  fails: number
  /** Chance of a call to hang until it is aborted, or the backend gives it up. */
  hangs: number
  /** Chance of a stored object to have a wrong byte from the start. */
  flips: number
  /** Chance that the answer to a `put` is lost, and the object is there. */
  forgets: number
  isDown: boolean
  /** What it asks for while it is down. */
  retryAfterSeconds: number | undefined
  capacityBytes: number
}

/** Every backend ends by itself what it was given no signal for. Here it does so soon: nobody waits for anything else. */
const OWN_LIMIT_MS = 50

/** A backend in memory that does all that a storage far away may do. */
export const faultyBackend = (name: string, random: () => number, { ranged = true } = {}) => {
  const objects = new Map<string, Buffer>()
  const faults: Faults = {
    fails: 0,
    hangs: 0,
    flips: 0,
    forgets: 0,
    isDown: false,
    retryAfterSeconds: undefined,
    capacityBytes: Infinity,
  }
  const counts = { puts: 0, gets: 0, deletes: 0 }

  const away = (): AppError => {
    const { retryAfterSeconds } = faults
    return new AppError(BackendErrors.BACKEND_UNAVAILABLE, retryAfterSeconds === undefined ? {} : { retryAfterSeconds })
  }
  const answer = async (signal?: AbortSignal): Promise<void> => {
    signal?.throwIfAborted()
    if (faults.isDown || random() < faults.fails) throw away()
    if (random() < faults.hangs) {
      const ms = signal === undefined ? OWN_LIMIT_MS : 60_000
      await sleep(ms, undefined, { ref: false, ...(signal && { signal }) }).catch(() => {})
      throw signal?.reason ?? away()
    }
  }
  const usedBytes = (): number => [...objects.values()].reduce((sum, { length }) => sum + length, 0)
  const get = (locator: string): Buffer => {
    const bytes = objects.get(locator)
    if (bytes === undefined) throw new AppError(BackendErrors.OBJECT_MISSING)
    return bytes
  }

  const backend: Backend = {
    name,
    capabilities: { maxObjectBytes: Infinity, ranged, listable: true, batchDelete: true, durable: true },
    async put(id, source, sizeBytes, { signal }: TransferOptions = {}) {
      counts.puts += 1
      await answer(signal)
      const pieces: Buffer[] = []
      for await (const piece of source) pieces.push(Buffer.from(piece))
      const bytes = Buffer.concat(pieces)
      if (bytes.length !== sizeBytes) throw new AppError(BackendErrors.OBJECT_SIZE_MISMATCH)
      if (usedBytes() + sizeBytes > faults.capacityBytes) throw new AppError(BackendErrors.DISK_FULL)
      if (random() < faults.flips) flip(bytes, random)
      objects.set(id, bytes)
      if (random() < faults.forgets) throw away()
      return id
    },
    async get(locator, from, to, { signal }: TransferOptions = {}) {
      counts.gets += 1
      await answer(signal)
      const bytes = get(locator)
      if (to >= bytes.length) throw new AppError(BackendErrors.OBJECT_SIZE_MISMATCH)
      return Readable.from(cutUp(bytes.subarray(from, to + 1)))
    },
    async delete(locators) {
      counts.deletes += 1
      await answer()
      for (const locator of locators) objects.delete(locator)
    },
    async stat(locator) {
      await answer()
      const bytes = objects.get(locator)
      return bytes && { sizeBytes: bytes.length }
    },
    async *list(): AsyncIterable<ListedObject> {
      await answer()
      for (const [locator, { length }] of objects) yield { locator, sizeBytes: length, modifiedAt: Date.now() }
    },
  }
  return { backend, objects, faults, counts }
}

export type FaultyBackend = ReturnType<typeof faultyBackend>

const flip = (bytes: Buffer, random: () => number): void => {
  const at = Math.floor(random() * bytes.length)
  bytes.writeUInt8(bytes.readUInt8(at) ^ 0x10, at)
}

/** Damages or loses one of the objects. */
export const harm = (objects: Map<string, Buffer>, random: () => number): void => {
  const names = [...objects.keys()]
  const name = names[Math.floor(random() * names.length)]
  const bytes = name === undefined ? undefined : objects.get(name)
  if (name === undefined || bytes === undefined) return
  if (random() < 0.5) objects.delete(name)
  else {
    const damaged = Buffer.from(bytes)
    flip(damaged, random)
    objects.set(name, damaged)
  }
}

function* cutUp(bytes: Buffer): Iterable<Buffer> {
  for (let at = 0; at < bytes.length; at += 700) yield bytes.subarray(at, at + 700)
}
