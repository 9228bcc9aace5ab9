import { randomBytes, timingSafeEqual } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { AppError, defineErrors } from '../platform/errors.ts'
import { hashing } from '../platform/hashing/index.ts'

export const PasswordErrors = defineErrors({
  PASSWORDS_BUSY: [503, 'Too many people are signing in right now. Try again in a few seconds.'],
})

// 46 MiB and one pass: the stronger of the two lowest settings that OWASP ASVS accepts for argon2id.
const MEMORY_KIB = 47_104
const PASSES = 1
const TAG_BYTES = 32
const SALT_BYTES = 16
const MAX_WAITING = 32

export interface Passwords {
  /** The door of those who sign in, before anything is looked up for them. @throws {AppError} PASSWORDS_BUSY */
  enter(): Promise<void>
  /** @returns argon2id in PHC string form. @throws {AppError} PASSWORDS_BUSY */
  hash(password: string): Promise<string>
  /**
   * @param stored undefined for an account that does not exist: the same work is done against a hash of its own, so
   * that the time tells nothing. @throws {AppError} PASSWORDS_BUSY
   */
  verify(password: string, stored: string | undefined): Promise<boolean>
}

/**
 * Password hashing on all cores but one: each hash takes 46 MiB and a whole core.
 *
 * @param secret Mixed into every hash, so that a stolen database is no use for guessing.
 */
export const createPasswords = (secret: string): Passwords => {
  const { enter, derive } = hashing({
    threads: Math.max(1, availableParallelism() - 1),
    waiting: MAX_WAITING,
    busy: () => new AppError(PasswordErrors.PASSWORDS_BUSY, { retryAfterSeconds: 2 }),
  })
  const tagOf = (password: string, salt: Buffer, memory: number, passes: number): Promise<Buffer> =>
    derive({
      algorithm: 'argon2id',
      message: password.normalize('NFC'),
      nonce: salt,
      parallelism: 1,
      tagLength: TAG_BYTES,
      memory,
      passes,
      secret: Buffer.from(secret),
    })
  const dummy = `$argon2id$v=19$m=${MEMORY_KIB},t=${PASSES},p=1$${encode(randomBytes(SALT_BYTES))}$${encode(randomBytes(TAG_BYTES))}`

  return {
    enter,
    async hash(password) {
      const salt = randomBytes(SALT_BYTES)
      const tag = await tagOf(password, salt, MEMORY_KIB, PASSES)
      return `$argon2id$v=19$m=${MEMORY_KIB},t=${PASSES},p=1$${encode(salt)}$${encode(tag)}`
    },
    async verify(password, stored) {
      const { memory, passes, salt, tag } = parsePhc(stored ?? dummy)
      const given = await tagOf(password, salt, memory, passes)
      return timingSafeEqual(given, tag) && stored !== undefined
    },
  }
}

/** Whether a password may be chosen: 8 to 256 characters, and not one of those that guessing tries first. */
export const isAcceptablePassword = (password: string): boolean => {
  const plain = password.toLowerCase()
  return !COMMON.some((word) => plain === word || plain === `${word}1` || plain === `${word}!`)
}

const COMMON = [
  'password', 'passw0rd', 'password123', '12345678', '123456789', '1234567890', 'qwertyuiop', 'qwerty123', '11111111',
  '00000000', 'iloveyou', 'sunshine', 'princess', 'football', 'baseball', 'letmein1', 'welcome1', 'admin123', 'abc12345',
  'trustno1', 'superman', 'changeme', 'latchkey',
] // biome-ignore format: a word list

const parsePhc = (phc: string): { memory: number; passes: number; salt: Buffer; tag: Buffer } => {
  const match = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=1\$([^$]+)\$([^$]+)$/.exec(phc)
  if (match === null) throw new Error('A stored password hash has an unknown form.')
  return {
    memory: Number(match[1]),
    passes: Number(match[2]),
    salt: Buffer.from(match[3] ?? '', 'base64'),
    tag: Buffer.from(match[4] ?? '', 'base64'),
  }
}

const encode = (data: Buffer): string => data.toString('base64').replaceAll('=', '')
