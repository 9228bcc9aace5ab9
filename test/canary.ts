import { appendFileSync } from 'node:fs'
import { randomBase62 } from '../src/platform/ids.ts'

/**
 * Notes a secret that a test uses. After the run everything that was printed and logged is searched for all of them,
 * so use it for what the server must keep to itself: keys, passwords, cookies, tokens, codes.
 *
 * @returns The secret.
 */
export const canary = (secret: string): string => {
  const file = process.env.TEST_CANARY_FILE
  if (file !== undefined) appendFileSync(file, `${secret}\n`)
  return secret
}

/** A password that nobody else has, so that finding it somewhere means something. */
export const newPassword = (): string => canary(`pw-${randomBase62(20)}`)
