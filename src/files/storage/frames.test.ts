import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { describe, it } from 'node:test'
import type { ObjectHandle } from '../backends/backend.ts'
import { decryptingHandle } from './decode.ts'
import { decrypted, encrypted, encryptedBytes, FRAME_BYTES, frameCipher } from './frames.ts'

const MIB = 1024 * 1024
const OVERHEAD_BYTES = 20
const SEALED_BYTES = FRAME_BYTES + 16

const secretOf = (sizeBytes: number, chunkId = 'chunk_1') => ({
  fileKey: randomBytes(32),
  salt: randomBytes(16),
  chunkId,
  sizeBytes,
})

const sealAll = async (plain: Buffer, secret: ReturnType<typeof secretOf>, pieceBytes = 10_007): Promise<Buffer> => {
  const pieces: Buffer[] = []
  for (let at = 0; at < plain.length; at += pieceBytes) pieces.push(plain.subarray(at, at + pieceBytes))
  return Buffer.concat(await Array.fromAsync(encrypted(Readable.from(pieces), frameCipher(secret))))
}

/** The frames `first` to `last` of an object. */
const openAll = async (
  object: Buffer,
  secret: ReturnType<typeof secretOf>,
  first = 0,
  last?: number,
): Promise<Buffer> => {
  const cipher = frameCipher(secret)
  const end = last ?? Math.ceil(secret.sizeBytes / FRAME_BYTES) - 1
  const sealed = Readable.from([object.subarray(cipher.placeOf(first).at)])
  return Buffer.concat(await Array.fromAsync(decrypted(sealed, cipher, first, end)))
}

const handleOf = (object: Buffer) => {
  const reads: number[] = []
  const handle: ObjectHandle = {
    sizeBytes: object.length,
    read: async (position, lengthBytes) => {
      reads.push(lengthBytes)
      return object.subarray(position, position + lengthBytes)
    },
    close: async () => {},
  }
  return { handle, reads }
}

describe('frames of encrypted chunks', () => {
  it('give back what was sealed, whatever its length and however it was cut', async () => {
    for (const sizeBytes of [1, 100, FRAME_BYTES - 1, FRAME_BYTES, FRAME_BYTES + 1, 3 * FRAME_BYTES, MIB + 17]) {
      const [plain, secret] = [randomBytes(sizeBytes), secretOf(sizeBytes)]
      for (const pieceBytes of [1000, FRAME_BYTES, MIB]) {
        const object = await sealAll(plain, secret, pieceBytes)

        assert.equal(object.length, encryptedBytes(sizeBytes))
        assert.ok((await openAll(object, secret)).equals(plain))
      }
    }
  })

  it('make a chunk of 16 MiB longer by less than 5 KB', () => {
    assert.ok(encryptedBytes(16 * MIB) - 16 * MIB < 5000)
  })

  it('are other bytes for every copy of the same chunk', async () => {
    const plain = Buffer.alloc(1000)
    const secret = secretOf(1000)

    const [one, other] = [await sealAll(plain, secret), await sealAll(plain, { ...secret, salt: randomBytes(16) })]

    assert.notDeepEqual(one.subarray(OVERHEAD_BYTES), other.subarray(OVERHEAD_BYTES))
  })

  it('do not open when a single bit of them was changed', async () => {
    const [plain, secret] = [randomBytes(2 * FRAME_BYTES), secretOf(2 * FRAME_BYTES)]
    const object = await sealAll(plain, secret)
    for (const at of [OVERHEAD_BYTES, OVERHEAD_BYTES + FRAME_BYTES + 3, object.length - 1]) {
      const changed = Buffer.from(object)
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at)

      await assert.rejects(openAll(changed, secret), { code: 'CHUNK_DAMAGED' })
    }
  })

  it('do not open in another order', async () => {
    const [plain, secret] = [randomBytes(3 * FRAME_BYTES), secretOf(3 * FRAME_BYTES)]
    const object = await sealAll(plain, secret)
    const frame = (index: number) => object.subarray(OVERHEAD_BYTES + index * SEALED_BYTES).subarray(0, SEALED_BYTES)

    const swapped = Buffer.concat([object.subarray(0, OVERHEAD_BYTES), frame(1), frame(0), frame(2)])

    await assert.rejects(openAll(swapped, secret), { code: 'CHUNK_DAMAGED' })
  })

  it('do not open as a shorter chunk that ends between two of them', async () => {
    const [plain, secret] = [randomBytes(3 * FRAME_BYTES), secretOf(3 * FRAME_BYTES)]
    const object = await sealAll(plain, secret)

    const cut = openAll(object.subarray(0, -SEALED_BYTES), { ...secret, sizeBytes: 2 * FRAME_BYTES })

    await assert.rejects(cut, { code: 'CHUNK_DAMAGED' })
    await assert.rejects(openAll(object.subarray(0, -SEALED_BYTES), secret), { code: 'CHUNK_DAMAGED' })
  })

  it('do not open as another chunk of the same file', async () => {
    const [plain, secret] = [randomBytes(1000), secretOf(1000)]
    const object = await sealAll(plain, secret)

    await assert.rejects(openAll(object, { ...secret, chunkId: 'chunk_2' }), { code: 'CHUNK_DAMAGED' })
  })

  it('are opened alone, where only a part is read', async () => {
    const sizeBytes = MIB
    const [plain, secret] = [randomBytes(sizeBytes), secretOf(sizeBytes)]
    const { handle, reads } = handleOf(await sealAll(plain, secret))
    const opened = await decryptingHandle(Promise.resolve(handle), frameCipher(secret))

    const across = await opened.read(FRAME_BYTES - 5, 10)
    const last = await opened.read(sizeBytes - 1, 1, Buffer.alloc(100))

    assert.ok(across.equals(plain.subarray(FRAME_BYTES - 5, FRAME_BYTES + 5)))
    assert.ok(last.equals(plain.subarray(-1)))
    assert.deepEqual(reads, [2 * SEALED_BYTES, SEALED_BYTES])
  })
})
