import type { Readable } from 'node:stream'
import { defineErrors } from '../../platform/errors.ts'

export const BackendErrors = defineErrors({
  BACKEND_UNAVAILABLE: [503, 'The storage does not answer right now. Try again in a moment.'],
  DISK_FULL: [507, 'The storage is full. Free some space or add a disk, then try again.'],
  LOCATOR_INVALID: [500, 'This storage never gave out such a locator.'],
  OBJECT_MISSING: [500, 'The storage has lost a part of this file. Restore it from another copy or a backup.'],
  OBJECT_SIZE_MISMATCH: [500, 'The bytes did not have the length that was announced. Nothing was stored.'],
  OBJECT_TOO_LARGE: [500, 'The storage takes no object of this size. Cut the file into smaller chunks.'],
})

export interface BackendCapabilities {
  /** Largest object in bytes that `put` takes; Infinity if only space limits it. */
  readonly maxObjectBytes: number
  /** A part of an object costs about its share of the whole. False: the whole is fetched for any part of it. */
  readonly ranged: boolean
  readonly listable: boolean
  /** `delete` of many locators is cheaper than as many deletes of one. */
  readonly batchDelete: boolean
  /** When `put` resolves, the bytes survive a power cut of this machine. */
  readonly durable: boolean
}

export interface ObjectStat {
  readonly sizeBytes: number
}

export interface ListedObject extends ObjectStat {
  readonly locator: string
  /** Milliseconds since 1970. A sweep of orphans must leave young objects alone: their rows may not be committed yet. */
  readonly modifiedAt: number
}

export interface TransferOptions {
  /** Ends the transfer; the call rejects with the signal's reason and leaves nothing visible. */
  readonly signal?: AbortSignal
  /** Nobody is waiting for it, such as for a copy or a check: where there is a queue, others go first. */
  readonly background?: boolean
}

export interface PutOptions extends TransferOptions {
  /**
   * What the object belongs to, for the day on which only the storage is left: a few short values, and no names. A
   * storage that can write such things beside the bytes does.
   */
  readonly about?: Readonly<Record<string, string | number>>
}

/** An object that is read at any place and in any order. Whoever opened it closes it. */
export interface ObjectHandle {
  readonly sizeBytes: number
  /**
   * @param into Memory to use, at least `lengthBytes` long. Without it the bytes come in memory that nobody else holds.
   * @returns Exactly `lengthBytes` bytes from `position` on.
   * @throws {AppError} OBJECT_SIZE_MISMATCH if the object ends earlier, BACKEND_UNAVAILABLE.
   */
  read(position: number, lengthBytes: number, into?: Buffer): Promise<Buffer>
  /** May be called twice; waits for the reads under way. */
  close(): Promise<void>
}

export interface BackendHealth {
  /** `degraded`: some of it does not work, and all objects can still be had. `down`: nothing works. */
  readonly state: 'ok' | 'degraded' | 'down'
  /** What is wrong and what to do about it, a sentence each. */
  readonly problems: readonly string[]
}

/**
 * A place that keeps immutable objects of bytes. It knows no files, accounts or hashes: whoever reads checks the hash.
 *
 * Every method throws `AppError`s of `BackendErrors` and nothing else, apart from the reason of an aborted signal and
 * what the source of a `put` threw.
 */
export interface Backend {
  /** The name that rows of copies carry, such as `disk`. */
  readonly name: string
  readonly capabilities: BackendCapabilities

  /**
   * Stores one object. A `put` that fails leaves nothing that `get`, `stat` or `list` would show. One exception: if the
   * answer of a storage at the other end of a network was lost, the whole object may be there; the sweep finds it.
   *
   * @param id `[A-Za-z0-9_-]{1,128}`; it names these bytes for ever, so a repeated `put` brings the same bytes.
   * @param sizeBytes At least 1, at most `maxObjectBytes`. The source must give exactly this many.
   * @returns The locator: what to pass to the other methods, opaque to the caller.
   * @throws {AppError} OBJECT_SIZE_MISMATCH, OBJECT_TOO_LARGE, DISK_FULL, BACKEND_UNAVAILABLE
   */
  put(id: string, source: AsyncIterable<Buffer>, sizeBytes: number, options?: PutOptions): Promise<string>

  /**
   * @param from First byte, from 0. @param to Last byte, inclusive.
   * @returns A stream, once the object is known to be there. It fails, and never just ends, if bytes are missing.
   * @throws {AppError} OBJECT_MISSING, LOCATOR_INVALID, BACKEND_UNAVAILABLE; the call or the stream OBJECT_SIZE_MISMATCH
   * if the object ends before `to`
   */
  get(locator: string, from: number, to: number, options?: TransferOptions): Promise<Readable>

  /**
   * Random access, where it is cheap. A reader prefers it to `get`.
   * @throws {AppError} OBJECT_MISSING, LOCATOR_INVALID, BACKEND_UNAVAILABLE
   */
  open?(locator: string): Promise<ObjectHandle>

  /** Removes exactly these objects. One that is gone already is no error. */
  delete(locators: readonly string[]): Promise<void>

  /** @returns undefined if there is no such object. */
  stat(locator: string): Promise<ObjectStat | undefined>

  /** All objects, in no order, where `capabilities.listable`. */
  list?(): AsyncIterable<ListedObject>

  /** How the storage is, where it can tell more than a failing call would. Never throws. */
  health?(): BackendHealth

  /** Ends what runs by itself, and drops connections. Nothing else is called afterwards. */
  close?(): void | Promise<void>
}

/** An object that is being written and that nobody can see yet. */
export interface StagedObject {
  /** Writes all pieces at `position`. Calls must not overlap. @throws {AppError} DISK_FULL, BACKEND_UNAVAILABLE */
  write(pieces: readonly Buffer[], position: number): Promise<void>
  /**
   * Makes the object durable, then visible. If it throws, nothing is left.
   * @returns The locator. @throws {AppError} DISK_FULL, BACKEND_UNAVAILABLE
   */
  commit(): Promise<string>
  /** Forgets the object; may be called at any time and twice. After `commit` it does nothing. */
  abort(): Promise<void>
}

/** A backend that takes an object piece by piece while its length is not known. */
export interface StagingBackend extends Backend {
  /** @param id As for `put`. @throws {AppError} DISK_FULL, BACKEND_UNAVAILABLE */
  stage(id: string): Promise<StagedObject>
}
