import { AppError } from '../../platform/errors.ts'
import { type Backend, BackendErrors, type ObjectHandle } from '../backends/backend.ts'
import { ChunkErrors } from '../chunks/chunk.ts'
import { decrypted, FRAME_BYTES, type FrameCipher } from './frames.ts'

/** An object and what is in it. */
export interface EncodedObject {
  readonly backend: Backend
  readonly locator: string
  /** Plain. */
  readonly sizeBytes: number
  /** Undefined for plain bytes. */
  readonly cipher: FrameCipher | undefined
}

/**
 * The plain bytes `from` to `to` of an object; of an encrypted one only the frames that have them are fetched.
 *
 * @throws {AppError} What the backend throws; CHUNK_DAMAGED, also later.
 */
export const plainStream = async (
  { backend, locator, cipher }: EncodedObject,
  from: number,
  to: number,
  signal?: AbortSignal,
): Promise<AsyncIterable<Buffer>> => {
  const options = signal === undefined ? {} : { signal }
  if (cipher === undefined) return backend.get(locator, from, to, options)
  const [first, last] = [Math.floor(from / FRAME_BYTES), Math.floor(to / FRAME_BYTES)]
  const end = cipher.placeOf(last)
  const sealed = await backend.get(locator, cipher.placeOf(first).at, end.at + end.lengthBytes - 1, options)
  // Until somebody reads, nobody listens; the reader then gets the error.
  sealed.on('error', () => {})
  return cut(decrypted(sealed, cipher, first, last), from - first * FRAME_BYTES, to - from + 1)
}

async function* cut(source: AsyncIterable<Buffer>, skipBytes: number, lengthBytes: number): AsyncIterable<Buffer> {
  let [skip, rest] = [skipBytes, lengthBytes]
  for await (const piece of source) {
    const wanted = piece.subarray(skip, skip + rest)
    skip = Math.max(0, skip - piece.length)
    rest -= wanted.length
    if (wanted.length > 0) yield wanted
    if (rest === 0) return
  }
}

/** Random access to an encrypted object by that to the object itself. Each read opens the frames that it needs. */
export const decryptingHandle = async (opening: Promise<ObjectHandle>, cipher: FrameCipher): Promise<ObjectHandle> => {
  const handle = await opening
  if (handle.sizeBytes !== cipher.storedBytes) {
    await handle.close()
    throw new AppError(ChunkErrors.CHUNK_DAMAGED)
  }
  return {
    sizeBytes: cipher.sizeBytes,
    async read(position, lengthBytes, into) {
      const first = Math.floor(position / FRAME_BYTES)
      const last = Math.floor((position + lengthBytes - 1) / FRAME_BYTES)
      const [start, end] = [cipher.placeOf(first), cipher.placeOf(last)]
      const sealed = await handle.read(start.at, end.at + end.lengthBytes - start.at)
      const plain = into?.subarray(0, lengthBytes) ?? Buffer.allocUnsafeSlow(lengthBytes)
      for (let frame = first; frame <= last; frame += 1) {
        const { at, lengthBytes: length } = cipher.placeOf(frame)
        const bytes = cipher.open(frame, sealed.subarray(at - start.at, at - start.at + length))
        const offset = frame * FRAME_BYTES - position
        bytes.copy(plain, Math.max(0, offset), Math.max(0, -offset))
      }
      return plain
    },
    close: () => handle.close(),
  }
}

/**
 * Reads in order from a stream; a read from elsewhere starts another one there.
 *
 * @param openAt Gives the bytes from a position to the end of what is wanted.
 */
export const streamingHandle = (
  sizeBytes: number,
  openAt: (position: number) => Promise<AsyncIterable<Buffer>>,
): ObjectHandle => {
  let pieces: AsyncIterator<Buffer> | undefined
  let next = -1
  let rest: Buffer = Buffer.alloc(0)
  let turn: Promise<unknown> = Promise.resolve()

  const end = async (): Promise<void> => {
    const open = pieces
    pieces = undefined
    await open?.return?.().catch(() => {})
  }

  const readInTurn = async (position: number, lengthBytes: number): Promise<Buffer> => {
    if (pieces === undefined || position !== next) {
      await end()
      rest = Buffer.alloc(0)
      pieces = (await openAt(position))[Symbol.asyncIterator]()
      next = position
    }
    const have = [rest]
    let haveBytes = rest.length
    while (haveBytes < lengthBytes) {
      const piece = await pieces.next()
      if (piece.done === true) throw new AppError(BackendErrors.OBJECT_SIZE_MISMATCH)
      have.push(piece.value)
      haveBytes += piece.value.length
    }
    const bytes = Buffer.concat(have, haveBytes)
    rest = bytes.subarray(lengthBytes)
    next = position + lengthBytes
    return bytes.subarray(0, lengthBytes)
  }

  return {
    sizeBytes,
    read(position, lengthBytes) {
      const mine = turn.then(() => readInTurn(position, lengthBytes))
      turn = mine.catch(() => {})
      return mine
    },
    async close() {
      await turn
      await end()
    },
  }
}
