import type * as fsPromises from 'node:fs/promises'
import { dirname } from 'node:path'
import { codeOf } from './faults.ts'

/** The calls that the backend makes, so that a test can let one of them fail. */
export type DiskFs = Pick<
  typeof fsPromises,
  'lstat' | 'mkdir' | 'open' | 'readFile' | 'readdir' | 'readlink' | 'rename' | 'unlink'
>

const DIRECTORY_MODE = 0o700

// A file system that cannot fsync a directory, or a folder above ours that we may not read: nothing better can be done.
const CANNOT_SYNC = new Set(['EINVAL', 'ENOTSUP', 'EISDIR', 'EACCES', 'EPERM'])

export type Directories = ReturnType<typeof directories>

/** Directories that are durable before anything is put into them. */
export const directories = (fs: DiskFs) => {
  const ready = new Map<string, Promise<void>>()

  const sync = async (path: string): Promise<void> => {
    try {
      await using handle = await fs.open(path, 'r')
      await handle.sync()
    } catch (error) {
      if (!CANNOT_SYNC.has(codeOf(error) ?? '')) throw error
    }
  }

  const makeIfMissing = async (path: string): Promise<void> => {
    try {
      await fs.mkdir(path, { mode: DIRECTORY_MODE })
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
    }
  }

  const create = async (path: string): Promise<void> => {
    try {
      await makeIfMissing(path)
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error
      ready.delete(dirname(path))
      await ensure(dirname(path))
      return create(path)
    }
    // Also when it was there: an earlier process may have died between its mkdir and its fsync.
    await sync(dirname(path))
  }

  /** Makes `path` with its parents, once per process; callers at the same time wait for the same fsync. */
  const ensure = (path: string): Promise<void> => {
    const known = ready.get(path)
    if (known !== undefined) return known
    const making = create(path)
    ready.set(path, making)
    making.catch(() => ready.delete(path))
    return making
  }

  /** To be called when a directory turned out to be gone, so that `ensure` makes it again. */
  const forget = (path: string): void => {
    ready.delete(path)
  }

  return { ensure, sync, forget }
}
