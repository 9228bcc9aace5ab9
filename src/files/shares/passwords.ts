import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { AppError } from '../../platform/errors.ts'
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
  const inTurn = turns(Math.max(1, Math.floor(availableParallelism() / 2)))
  const derive = (password: string, salt: Buffer): Promise<Buffer> =>
    inTurn(
      () =>
        new Promise((resolve, reject) => {
          scrypt(password.normalize('NFC'), salt, KEY_BYTES, COST, (error, key) =>
            error === null ? resolve(key) : reject(error),
          )
        }),
    )
  return {
    async hash(password) {
      const salt = randomBytes(SALT_BYTES)
      const key = await derive(password, salt)
      return `scrypt$${salt.toString('base64url')}$${key.toString('base64url')}`
    },
    async verify(password, stored) {
      const [, salt = '', key = ''] = stored.split('$')
      const expected = Buffer.from(key, 'base64url')
      if (expected.length !== KEY_BYTES) throw new Error('A stored password of a link has an unknown form.')
      return timingSafeEqual(await derive(password, Buffer.from(salt, 'base64url')), expected)
    },
  }
}

/** @throws {AppError} SHARE_BUSY to who would be too far back in the line. */
const turns = (places: number) => {
  let free = places
  const line: PromiseWithResolvers<void>[] = []
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (free > 0) free -= 1
    else {
      if (line.length >= MAX_WAITING) throw new AppError(ShareErrors.SHARE_BUSY, { retryAfterSeconds: 2 })
      const turn = Promise.withResolvers<void>()
      line.push(turn)
      await turn.promise
    }
    try {
      return await work()
    } finally {
      const next = line.shift()
      // The place is handed over and never free in between, so nobody can take it past the line.
      if (next === undefined) free += 1
      else next.resolve()
    }
  }
}
