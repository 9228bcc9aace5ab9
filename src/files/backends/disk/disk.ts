import { hash } from 'node:crypto'
import { constants } from 'node:fs'
import * as fsPromises from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { type Clock, systemClock } from '../../../platform/clock.ts'
import { AppError } from '../../../platform/errors.ts'
import { BackendErrors, type ListedObject, type ObjectHandle, type StagingBackend } from '../backend.ts'
import { untilAborted } from '../source.ts'
import { type DiskFs, directories } from './directories.ts'
import { isAbsent, translated } from './faults.ts'
import { openStaging, unlinkIfThere } from './staging.ts'

// 16 x 16 folders, made when needed. Making one costs an upload two more fsyncs, so they are few and soon all there;
// 40,000 names in each at ten million objects are nothing to a file system.
const FAN_OUT = '[0-9a-f]'
const ID = /^[A-Za-z0-9_-]{1,128}$/
const LOCATOR = new RegExp(`^${FAN_OUT}/${FAN_OUT}/[A-Za-z0-9_-]{1,128}$`)
const FAN_OUT_FOLDER = new RegExp(`^${FAN_OUT}$`)

const READ_BYTES = 1024 * 1024
const READ_ONLY = constants.O_RDONLY | constants.O_NOFOLLOW

export interface DiskBackendOptions {
  /** Where everything goes: `objects/` and `staging/`, made if missing, on one file system. Nobody else writes there. */
  readonly root: string
  readonly clock?: Clock
  /** For tests that let a system call fail. */
  readonly fs?: DiskFs
}

/**
 * Keeps each object as one file, 0600 in folders 0700: `objects/<0-f>/<0-f>/<id>`, spread by the hash of the id.
 *
 * When `put` or `commit` resolves, the bytes, the name and every folder above it are fsynced. A staged file is invisible
 * until then: it lives in `staging/` under a name that cannot be guessed. Several processes may share the folder.
 *
 * @returns The backend, after staging files of dead processes were removed.
 * @throws {AppError} BACKEND_UNAVAILABLE, DISK_FULL
 */
export const openDiskBackend = async ({
  root,
  clock = systemClock,
  fs = fsPromises,
}: DiskBackendOptions): Promise<StagingBackend> => {
  const dirs = directories(fs)
  const objects = join(root, 'objects')
  await translated(() => dirs.ensure(objects))
  const staging = await translated(() => openStaging({ fs, dirs, folder: join(root, 'staging'), clock }))

  const stage = (id: string) => {
    const locator = toLocator(id)
    return translated(() => staging.create(join(objects, locator), locator))
  }

  const open = (locator: string): Promise<ObjectHandle> =>
    translated(() => openObject(fs, join(objects, parseLocator(locator))))

  return {
    name: 'disk',
    capabilities: { maxObjectBytes: Infinity, ranged: true, listable: true, batchDelete: false, durable: true },
    stage,
    open,

    async put(id, source, sizeBytes, { signal } = {}) {
      const staged = await stage(id)
      try {
        let position = 0
        for await (const piece of signal === undefined ? source : untilAborted(source, signal)) {
          if (position + piece.length > sizeBytes) throw new AppError(BackendErrors.OBJECT_SIZE_MISMATCH)
          await staged.write([piece], position)
          position += piece.length
        }
        if (position !== sizeBytes) throw new AppError(BackendErrors.OBJECT_SIZE_MISMATCH)
        return await staged.commit()
      } catch (error) {
        // What made the upload fail is the answer, also if cleaning up fails too: the next start removes the file.
        await Promise.allSettled([staged.abort()])
        throw error
      }
    },

    async get(locator, from, to, { signal } = {}) {
      signal?.throwIfAborted()
      return streamOf(await open(locator), from, to, signal)
    },

    async delete(locators) {
      const paths = locators.map((locator) => join(objects, parseLocator(locator)))
      // No fsync: a name that comes back after a power cut is an orphan, which the sweep finds again.
      for (const path of paths) await translated(() => unlinkIfThere(fs, path))
    },

    async stat(locator) {
      const path = join(objects, parseLocator(locator))
      try {
        return { sizeBytes: (await fs.lstat(path)).size }
      } catch (error) {
        if (isAbsent(error)) return undefined
        return translated(() => Promise.reject(error))
      }
    },

    list: () => listObjects(fs, objects),
  }
}

const toLocator = (id: string): string => {
  if (!ID.test(id)) throw new AppError(BackendErrors.LOCATOR_INVALID)
  const [first, second] = hash('sha256', id)
  return `${first}/${second}/${id}`
}

const parseLocator = (locator: string): string => {
  if (!LOCATOR.test(locator)) throw new AppError(BackendErrors.LOCATOR_INVALID)
  return locator
}

const openFile = async (fs: DiskFs, path: string): Promise<fsPromises.FileHandle> => {
  try {
    return await fs.open(path, READ_ONLY)
  } catch (error) {
    throw isAbsent(error) ? new AppError(BackendErrors.OBJECT_MISSING, { cause: error }) : error
  }
}

const openObject = async (fs: DiskFs, path: string): Promise<ObjectHandle> => {
  const handle = await openFile(fs, path)
  try {
    const { size } = await handle.stat()
    return {
      sizeBytes: size,
      read: (position, lengthBytes, into = Buffer.allocUnsafeSlow(lengthBytes)) =>
        translated(() => readExactly(handle, position, into.subarray(0, lengthBytes))),
      close: () => translated(() => handle.close()),
    }
  } catch (error) {
    await handle.close()
    throw error
  }
}

const readExactly = async (handle: fsPromises.FileHandle, position: number, into: Buffer): Promise<Buffer> => {
  let have = 0
  while (have < into.length) {
    const { bytesRead } = await handle.read(into, have, into.length - have, position + have)
    if (bytesRead === 0) throw new AppError(BackendErrors.OBJECT_SIZE_MISMATCH)
    have += bytesRead
  }
  return into
}

const streamOf = (handle: ObjectHandle, from: number, to: number, signal: AbortSignal | undefined): Readable => {
  let position = from
  const readNext = async (stream: Readable): Promise<void> => {
    const lengthBytes = Math.min(READ_BYTES, to + 1 - position)
    if (lengthBytes <= 0) {
      stream.push(null)
      return
    }
    const bytes = await handle.read(position, lengthBytes)
    position += lengthBytes
    stream.push(bytes)
  }
  return new Readable({
    highWaterMark: READ_BYTES,
    ...(signal === undefined ? {} : { signal }),
    read() {
      readNext(this).catch((error: unknown) => this.destroy(toError(error)))
    },
    destroy(error, done) {
      handle.close().then(() => done(error), done)
    },
  })
}

const toError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))

async function* listObjects(fs: DiskFs, objects: string): AsyncIterable<ListedObject> {
  const namesIn = (path: string) => translated(() => fs.readdir(path))
  for (const first of (await namesIn(objects)).filter((name) => FAN_OUT_FOLDER.test(name))) {
    for (const second of (await namesIn(join(objects, first))).filter((name) => FAN_OUT_FOLDER.test(name))) {
      for (const id of (await namesIn(join(objects, first, second))).filter((name) => ID.test(name))) {
        const found = await statIfThere(fs, join(objects, first, second, id))
        if (found !== undefined) yield { locator: `${first}/${second}/${id}`, ...found }
      }
    }
  }
}

const statIfThere = async (fs: DiskFs, path: string) => {
  try {
    const { size, mtimeMs } = await fs.lstat(path)
    return { sizeBytes: size, modifiedAt: Math.floor(mtimeMs) }
  } catch (error) {
    // It was deleted while we listed.
    if (isAbsent(error)) return undefined
    return translated(() => Promise.reject(error))
  }
}
