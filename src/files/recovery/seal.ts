import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto'

const TAG_BYTES = 16
const NONCE_BYTES = 12

/**
 * Encrypts the pieces of one index: AES-256-GCM under a key of this index alone, which is derived from the secret of the
 * installation and the index's id. A piece opens in its own place only.
 *
 * @param secret `ENCRYPTION_KEY`: the recovery key. @param id Of the index; used once.
 * @see https://www.rfc-editor.org/rfc/rfc5869
 */
export const pieceSealer = (secret: string, id: string) => {
  const key = Buffer.from(hkdfSync('sha256', secret, id, 'latchkey drive index', 32))
  const nonceOf = (position: number): Buffer => {
    const nonce = Buffer.alloc(NONCE_BYTES)
    nonce.writeUInt32BE(position, 0)
    return nonce
  }
  return {
    seal(bytes: Buffer, position: number): Buffer {
      const cipher = createCipheriv('aes-256-gcm', key, nonceOf(position)).setAAD(Buffer.from(`${id}:${position}`))
      return Buffer.concat([cipher.update(bytes), cipher.final(), cipher.getAuthTag()])
    },
    /** @throws if it was sealed with another secret or for another place, or was changed */
    open(sealed: Buffer, position: number): Buffer {
      const decipher = createDecipheriv('aes-256-gcm', key, nonceOf(position)).setAAD(Buffer.from(`${id}:${position}`))
      decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
      return Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()])
    },
  }
}
