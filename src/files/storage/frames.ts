import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto'
import { AppError } from '../../platform/errors.ts'
import { ChunkErrors } from '../chunks/chunk.ts'

/** Plain bytes of a frame; the last one of a chunk may have fewer. */
export const FRAME_BYTES = 64 * 1024
export const SALT_BYTES = 16

const MAGIC = Buffer.from('LKE1')
const HEADER_BYTES = MAGIC.length + SALT_BYTES
const TAG_BYTES = 16
const NONCE_BYTES = 12

/** @returns How long `sizeBytes` plain bytes are when they are encrypted: 0.03 % longer. */
export const encryptedBytes = (sizeBytes: number): number =>
  HEADER_BYTES + sizeBytes + TAG_BYTES * Math.ceil(sizeBytes / FRAME_BYTES)

export interface ChunkSecret {
  /** Of the file, 32 random bytes. */
  readonly fileKey: Buffer
  /** Of this copy, 16 random bytes. */
  readonly salt: Buffer
  /** It names the file's chunk and no other, for ever; frames of another chunk do not open under it. */
  readonly chunkId: string
  /** Plain. */
  readonly sizeBytes: number
}

export type FrameCipher = ReturnType<typeof frameCipher>

/**
 * One copy of a chunk, encrypted: `LKE1`, the salt, then frames of 64 KiB, each AES-256-GCM with its tag behind it. The
 * key is HKDF-SHA-256 of the file's key and the salt, so that no two copies share one and a nonce can count: the number
 * of the frame, and whether it is the last. So a frame that was changed, moved, or taken from elsewhere does not open,
 * nor does a chunk that was cut off between two frames.
 *
 * @see https://www.rfc-editor.org/rfc/rfc5869 and https://eprint.iacr.org/2015/189 (on the last frame's mark)
 */
export const frameCipher = ({ fileKey, salt, chunkId, sizeBytes }: ChunkSecret) => {
  const key = Buffer.from(hkdfSync('sha256', fileKey, salt, 'latchkey chunk', 32))
  const aad = Buffer.from(chunkId)
  const count = Math.ceil(sizeBytes / FRAME_BYTES)

  const nonceOf = (frame: number): Buffer => {
    const nonce = Buffer.alloc(NONCE_BYTES)
    nonce.writeUInt32BE(frame, 0)
    nonce.writeUInt8(frame === count - 1 ? 1 : 0, NONCE_BYTES - 1)
    return nonce
  }
  const plainBytesOf = (frame: number): number => Math.min(FRAME_BYTES, sizeBytes - frame * FRAME_BYTES)

  const seal = (frame: number, pieces: readonly Buffer[]): Buffer[] => {
    const cipher = createCipheriv('aes-256-gcm', key, nonceOf(frame)).setAAD(aad)
    const sealed = pieces.map((piece) => cipher.update(piece))
    cipher.final()
    sealed.push(cipher.getAuthTag())
    return sealed
  }

  /** @throws {AppError} CHUNK_DAMAGED */
  const open = (frame: number, sealed: Buffer): Buffer => {
    try {
      const decipher = createDecipheriv('aes-256-gcm', key, nonceOf(frame)).setAAD(aad)
      decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
      const plain = decipher.update(sealed.subarray(0, -TAG_BYTES))
      decipher.final()
      return plain
    } catch (cause) {
      throw new AppError(ChunkErrors.CHUNK_DAMAGED, { cause })
    }
  }

  return {
    sizeBytes,
    storedBytes: encryptedBytes(sizeBytes),
    header: Buffer.concat([MAGIC, salt]),
    seal,
    open,
    plainBytesOf,
    /** Where the frame is in the object: its first byte, and how many it has with its tag. */
    placeOf: (frame: number) => ({
      at: HEADER_BYTES + frame * (FRAME_BYTES + TAG_BYTES),
      lengthBytes: plainBytesOf(frame) + TAG_BYTES,
    }),
  }
}

/** The object that `plain` becomes; it must have the cipher's `sizeBytes`. */
export async function* encrypted(plain: AsyncIterable<Buffer>, cipher: FrameCipher): AsyncIterable<Buffer> {
  yield cipher.header
  let [frame, have]: [number, Buffer[]] = [0, []]
  let missingBytes = cipher.plainBytesOf(0)
  for await (const piece of plain) {
    let rest = piece
    while (rest.length >= missingBytes && missingBytes > 0) {
      have.push(rest.subarray(0, missingBytes))
      rest = rest.subarray(missingBytes)
      yield* cipher.seal(frame, have)
      frame += 1
      have = []
      missingBytes = Math.max(0, cipher.plainBytesOf(frame))
    }
    if (rest.length === 0) continue
    have.push(rest)
    missingBytes -= rest.length
  }
}

/** The plain bytes of the frames `first` to `last`, of a stream that has them one behind the other. */
export async function* decrypted(
  sealed: AsyncIterable<Buffer>,
  cipher: FrameCipher,
  first: number,
  last: number,
): AsyncIterable<Buffer> {
  let have: Buffer[] = []
  let haveBytes = 0
  let frame = first
  for await (const piece of sealed) {
    have.push(piece)
    haveBytes += piece.length
    let { lengthBytes } = cipher.placeOf(frame)
    while (frame <= last && haveBytes >= lengthBytes) {
      const bytes = have.length === 1 && have[0] !== undefined ? have[0] : Buffer.concat(have, haveBytes)
      yield cipher.open(frame, bytes.subarray(0, lengthBytes))
      have = [bytes.subarray(lengthBytes)]
      haveBytes -= lengthBytes
      frame += 1
      lengthBytes = cipher.placeOf(frame).lengthBytes
    }
  }
  if (frame <= last) throw new AppError(ChunkErrors.CHUNK_DAMAGED)
}
