import type { Database } from '../../platform/db/index.ts'
import type { Backend, ObjectHandle } from '../backends/backend.ts'
import { LEAF_BYTES } from '../chunks/chunk.ts'
import type { WantedLeaves } from '../chunks/copies.ts'
import type { CopyAccess, StoredCopy } from '../files/blobs.ts'
import type { ChunkCache } from './cache.ts'
import { decryptingHandle, type EncodedObject, plainStream, streamingHandle } from './decode.ts'
import { frameCipher } from './frames.ts'
import type { Keyring } from './keys.ts'

export interface CopyAccessOptions {
  readonly database: Database
  readonly backends: ReadonlyMap<string, Backend>
  readonly keys: Keyring
  readonly cache: ChunkCache
  /** Whether a backend did not answer when it was last asked. */
  readonly isDown: (backend: string) => boolean
  /** Told that a backend answered. */
  readonly onAnswer: (backend: string) => void
  readonly leafBytes?: number | undefined
}

export interface StorageAccess extends CopyAccess {
  /** The object of a copy, past the cache. */
  toObject(copy: StoredCopy, backend: Backend): Promise<EncodedObject>
}

/**
 * How copies are read: plain ones on a disk as they are, encrypted ones frame by frame, and those of backends without
 * random access by way of the cache. A part of a chunk that can be had alone is fetched alone and not kept.
 */
export const copyAccess = (options: CopyAccessOptions): StorageAccess => {
  const { database, backends, keys, cache, isDown, onAnswer, leafBytes = LEAF_BYTES } = options

  const toObject = async (copy: StoredCopy, backend: Backend): Promise<EncodedObject> => {
    const { chunkId, sizeBytes, locator, salt } = copy
    if (salt === null) return { backend, locator, sizeBytes, cipher: undefined }
    const fileKey = await keys.open(database.db, copy.blobId, copy.key)
    return { backend, locator, sizeBytes, cipher: frameCipher({ fileKey, salt, chunkId, sizeBytes }) }
  }

  const fetch = async (object: EncodedObject, from: number, to: number, signal?: AbortSignal) => {
    const bytes = await plainStream(object, from, to, signal)
    onAnswer(object.backend.name)
    return bytes
  }

  const openRemote = async (copy: StoredCopy, backend: Backend, wanted: WantedLeaves): Promise<ObjectHandle> => {
    const { sizeBytes } = copy
    const object = await toObject(copy, backend)
    const isWhole = wanted.firstLeaf === 0 && (wanted.lastLeaf + 1) * wanted.leafBytes >= sizeBytes
    if (backend.capabilities.ranged && !isWhole && !cache.has(copy.chunkId)) {
      const to = Math.min(sizeBytes, (wanted.lastLeaf + 1) * wanted.leafBytes) - 1
      return streamingHandle(sizeBytes, (position) => fetch(object, position, to, wanted.signal))
    }
    const openAt = (position: number, signal?: AbortSignal) => fetch(object, position, sizeBytes - 1, signal)
    return cache.open({ ...copy, id: copy.chunkId, copy: `${backend.name} ${copy.locator}`, leafBytes, openAt })
  }

  return {
    toObject,
    rank: ({ backend: name, state, salt }) => {
      const backend = backends.get(name)
      const isFar = backend?.open === undefined
      return (state === 'good' ? 0 : 8) + (isDown(name) ? 4 : 0) + (isFar ? 2 : 0) + (salt === null ? 0 : 1)
    },
    toCopy(copy) {
      const { locator, salt } = copy
      const backend = backends.get(copy.backend)
      if (backend === undefined) return undefined
      const { open } = backend
      if (open === undefined)
        return { backend, locator, open: (wanted: WantedLeaves) => openRemote(copy, backend, wanted) }
      if (salt === null) return { backend, locator }
      const openEncrypted = async () => {
        const { cipher } = await toObject(copy, backend)
        if (cipher === undefined) throw new Error('An encrypted copy has no cipher.')
        return decryptingHandle(open(locator), cipher)
      }
      return { backend, locator, open: openEncrypted }
    },
  }
}
