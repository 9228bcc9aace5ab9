import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { AppError, defineErrors } from '../platform/errors.ts'

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
  /** For the door: who would find the line full is told so before anything is looked up. @throws {AppError} PASSWORDS_BUSY */
  assertRoom(): void
  /** @returns argon2id in PHC string form. @throws {AppError} PASSWORDS_BUSY */
  hash(password: string): Promise<string>
  /**
   * @param stored undefined for an account that does not exist: the same work is done against a hash of its own, so
   * that the time tells nothing. @throws {AppError} PASSWORDS_BUSY
   */
  verify(password: string, stored: string | undefined): Promise<boolean>
}

/**
 * Password hashing on all cores but one: each hash takes 46 MiB and a whole core, and a flood of sign-ins must not take
 * the server with it.
 *
 * @param secret Mixed into every hash, so that a stolen database is no use for guessing.
 */
export const createPasswords = (secret: string): Passwords => {
  const turns = turnstile(Math.max(1, availableParallelism() - 1), MAX_WAITING)
  const derive = (password: string, salt: Buffer, memory: number, passes: number): Promise<Buffer> =>
    turns.take(
      () =>
        new Promise((resolve, reject) => {
          argon2(
            'argon2id',
            {
              message: password.normalize('NFC'),
              nonce: salt,
              parallelism: 1,
              tagLength: TAG_BYTES,
              memory,
              passes,
              secret: Buffer.from(secret),
            },
            (error, tag) => (error === null ? resolve(tag) : reject(error)),
          )
        }),
    )
  const dummy = `$argon2id$v=19$m=${MEMORY_KIB},t=${PASSES},p=1$${encode(randomBytes(SALT_BYTES))}$${encode(randomBytes(TAG_BYTES))}`

  return {
    assertRoom: turns.assertRoom,
    async hash(password) {
      const salt = randomBytes(SALT_BYTES)
      const tag = await derive(password, salt, MEMORY_KIB, PASSES)
      return `$argon2id$v=19$m=${MEMORY_KIB},t=${PASSES},p=1$${encode(salt)}$${encode(tag)}`
    },
    async verify(password, stored) {
      const { memory, passes, salt, tag } = parsePhc(stored ?? dummy)
      const given = await derive(password, salt, memory, passes)
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

// At most `places` run at once and `waiting` stand in line; who finds the line full is told to come back.
const turnstile = (places: number, waiting: number) => {
  const line: (() => void)[] = []
  let running = 0
  const assertRoom = (): void => {
    if (line.length >= waiting) throw new AppError(PasswordErrors.PASSWORDS_BUSY, { retryAfterSeconds: 2 })
  }
  const take = async <T>(work: () => Promise<T>): Promise<T> => {
    if (running < places) running += 1
    else {
      assertRoom()
      await new Promise<void>((resolve) => line.push(resolve))
    }
    try {
      return await work()
    } finally {
      // The place is handed over: were it free for a moment, a newcomer could take it beside the one who waited.
      const next = line.shift()
      if (next === undefined) running -= 1
      else next()
    }
  }
  return { assertRoom, take }
}
