import { constants } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Clock } from '../../../platform/clock.ts'
import { randomBase62 } from '../../../platform/ids.ts'
import { isDead, parseTag, thisProcess, toTag } from '../../../platform/process-owner.ts'
import type { StagedObject } from '../backend.ts'
import type { Directories, DiskFs } from './directories.ts'
import { codeOf, isAbsent, translated } from './faults.ts'

/** A file of a process that cannot be asked (another container, another boot) is stale when this long untouched. */
export const STALE_AFTER_MS = 60 * 60 * 1000

const FILE_MODE = 0o600

// Linux takes memory for what is written in runs as long as the write, if they are powers of two. Free runs of 1 MiB are
// the ones that a virtual machine has given back to its host: writing into them costs five times as much CPU. Shorter
// runs are what was freed a moment ago.
const WRITE_BYTES = 512 * 1024
const NEW_FILE = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_NOFOLLOW

export type Staging = Awaited<ReturnType<typeof openStaging>>

interface StagingOptions {
  readonly fs: DiskFs
  readonly dirs: Directories
  readonly folder: string
  readonly clock: Clock
}

/**
 * The folder of files that are being written. Opening it removes what dead processes left: at once where the owner is
 * known to be dead, else what nobody touched for `STALE_AFTER_MS`.
 */
export const openStaging = async ({ fs, dirs, folder, clock }: StagingOptions) => {
  await dirs.ensure(folder)
  await removeStale(fs, folder, clock.now().getTime() - STALE_AFTER_MS)

  const openNew = async (path: string): Promise<FileHandle> => {
    try {
      return await fs.open(path, NEW_FILE, FILE_MODE)
    } catch (error) {
      if (!isAbsent(error)) throw error
      // Somebody emptied the data folder under a running server.
      dirs.forget(folder)
      await dirs.ensure(folder)
      return fs.open(path, NEW_FILE, FILE_MODE)
    }
  }

  /** @param target Where `commit` puts the file. @param locator What `commit` returns. */
  const create = async (target: string, locator: string): Promise<StagedObject> => {
    const path = join(folder, `${toTag(thisProcess())}.${randomBase62(22)}`)
    const handle = await openNew(path)
    return stagedFile({ fs, dirs, handle, path, target, locator })
  }

  return { create }
}

const removeStale = async (fs: DiskFs, folder: string, untouchedSinceMs: number): Promise<void> => {
  for (const name of await fs.readdir(folder)) {
    const owner = parseTag(name)
    const path = join(folder, name)
    if ((owner !== undefined && isDead(owner)) || (await isOlder(fs, path, untouchedSinceMs))) {
      await unlinkIfThere(fs, path)
    }
  }
}

const isOlder = async (fs: DiskFs, path: string, thanMs: number): Promise<boolean> => {
  try {
    return (await fs.lstat(path)).mtimeMs < thanMs
  } catch (error) {
    if (isAbsent(error)) return false
    throw error
  }
}

export const unlinkIfThere = async (fs: DiskFs, path: string): Promise<void> => {
  try {
    await fs.unlink(path)
  } catch (error) {
    if (!isAbsent(error)) throw error
  }
}

interface StagedFile {
  readonly fs: DiskFs
  readonly dirs: Directories
  readonly handle: FileHandle
  readonly path: string
  readonly target: string
  readonly locator: string
}

const stagedFile = ({ fs, dirs, handle, path, target, locator }: StagedFile): StagedObject => {
  let done = false

  const abort = async (): Promise<void> => {
    if (done) return
    done = true
    await translated(async () => {
      // The name goes first: should closing fail, the space is freed with the descriptor at the latest.
      await unlinkIfThere(fs, path)
      await handle.close()
    })
  }

  const publish = async (): Promise<void> => {
    await handle.datasync()
    await moveInto(fs, dirs, path, target)
    done = true
    await handle.close()
    await dirs.sync(dirname(target))
  }

  const commit = async (): Promise<string> => {
    try {
      await translated(publish)
      return locator
    } catch (error) {
      // After the rename the file is visible, yet its name may not survive a power cut: then it must not be seen at all.
      await Promise.allSettled([done ? unlinkIfThere(fs, target) : abort()])
      throw error
    }
  }

  return { write: (pieces, position) => translated(() => writeAll(handle, pieces, position)), commit, abort }
}

const moveInto = async (fs: DiskFs, dirs: Directories, path: string, target: string): Promise<void> => {
  await dirs.ensure(dirname(target))
  try {
    await fs.rename(path, target)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
    // Somebody removed the empty directory since it was made.
    dirs.forget(dirname(target))
    await dirs.ensure(dirname(target))
    await fs.rename(path, target)
  }
}

const writeAll = async (handle: FileHandle, pieces: readonly Buffer[], position: number): Promise<void> => {
  let rest = pieces
  let at = position
  while (rest.length > 0) {
    const { bytesWritten } = await handle.writev(headOf(rest), at)
    at += bytesWritten
    // A disk that fills up takes a part first and says ENOSPC only when asked again.
    rest = withoutFirst(rest, bytesWritten)
  }
}

/** The pieces for one write: at least one, of `WRITE_BYTES` together at most if that leaves any. */
const headOf = (pieces: readonly Buffer[]): Buffer[] => {
  let sizeBytes = 0
  const tooMany = pieces.findIndex((piece, index) => {
    sizeBytes += piece.length
    return index > 0 && sizeBytes > WRITE_BYTES
  })
  return pieces.slice(0, tooMany === -1 ? pieces.length : tooMany)
}

const withoutFirst = (pieces: readonly Buffer[], countBytes: number): readonly Buffer[] => {
  let skip = countBytes
  let index = 0
  for (let piece = pieces[index]; piece !== undefined && skip >= piece.length; piece = pieces[index]) {
    skip -= piece.length
    index += 1
  }
  const [head, ...tail] = pieces.slice(index)
  return head === undefined ? [] : [head.subarray(skip), ...tail]
}
