import { randomBytes, type ScryptOptions, timingSafeEqual } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { AppError } from '../../platform/errors.ts'
import { hashing } from '../../platform/hashing/index.ts'
import { ShareErrors } from './contract.ts'

// 32 MiB and about a tenth of a second: what OWASP asks of scrypt, and little enough for a link that many people open.
const COST: ScryptOptions = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 }
const KEY_BYTES = 32
const SALT_BYTES = 16
const MAX_WAITING = 32

export interface SharePasswords {
  /** @returns `scrypt$<salt>$<key>`. @throws {AppError} SHARE_BUSY */
  hash(password: string): Promise<string>
  /** @throws {AppError} SHARE_BUSY */
  verify(password: string, stored: string): Promise<boolean>
}

/** Passwords of links: half as many at once as there are cores, because links are opened by anybody. */
export const sharePasswords = (): SharePasswords => {
  const { derive } = hashing({
    threads: Math.max(1, Math.floor(availableParallelism() / 2)),
    waiting: MAX_WAITING,
    busy: () => new AppError(ShareErrors.SHARE_BUSY, { retryAfterSeconds: 2 }),
  })
  const keyOf = (password: string, salt: Buffer): Promise<Buffer> =>
    derive({ algorithm: 'scrypt', password: password.normalize('NFC'), salt, keyBytes: KEY_BYTES, cost: COST })
  return {
    async hash(password) {
      const salt = randomBytes(SALT_BYTES)
      const key = await keyOf(password, salt)
      return `scrypt$${salt.toString('base64url')}$${key.toString('base64url')}`
    },
    async verify(password, stored) {
      const [, salt = '', key = ''] = stored.split('$')
      const expected = Buffer.from(key, 'base64url')
      if (expected.length !== KEY_BYTES) throw new Error('A stored password of a link has an unknown form.')
      return timingSafeEqual(await keyOf(password, Buffer.from(salt, 'base64url')), expected)
    },
  }
}
