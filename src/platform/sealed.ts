import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

const NONCE_BYTES = 12
const TAG_BYTES = 16

/** Encrypts what must not lie readable in the database: AES-256-GCM under a key of this installation. */
export interface Sealer {
  /** @param context What the text belongs to; a sealed text opens for the same context only. */
  seal(text: string, context: string): Buffer
  /** @throws when it was sealed under another key, for another context, or was changed */
  open(sealed: Buffer, context: string): string
}

/** @param purpose Separates the keys of different uses, all derived from the one secret. */
export const createSealer = (secret: string, purpose: string): Sealer => {
  const key = Buffer.from(hkdfSync('sha256', secret, '', `latchkey:${purpose}`, 32))
  return {
    seal(text, context) {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context))
      return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
    },
    open(sealed, context) {
      const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES)).setAAD(
        Buffer.from(context),
      )
      decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
      const body = sealed.subarray(NONCE_BYTES, -TAG_BYTES)
      return decipher.update(body, undefined, 'utf8') + decipher.final('utf8')
    },
  }
}
