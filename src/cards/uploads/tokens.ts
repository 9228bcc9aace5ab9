import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'

export type Signer = ReturnType<typeof urlSigner>

/**
 * Signs addresses that work without a key until they expire.
 *
 * @param secret Of this installation, the same in all processes.
 */
export const urlSigner = (secret: string) => {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'latchkey:card-addresses', 32))
  const digest = (parts: readonly (string | number)[]): Buffer =>
    createHmac('sha256', key).update(JSON.stringify(parts)).digest()
  return {
    /** @param parts Everything that the address stands for, its expiry too. */
    sign: (parts: readonly (string | number)[]): string => digest(parts).toString('base64url'),

    isSigned(parts: readonly (string | number)[], signature: string): boolean {
      const [given, wanted] = [Buffer.from(signature, 'base64url'), digest(parts)]
      return given.length === wanted.length && timingSafeEqual(given, wanted)
    },
  }
}
