import type { IncomingMessage } from 'node:http'
import { randomBase62, toBase62 } from '../ids.ts'

const OURS = randomBase62(8)
// Every two-letter ending, because most requests then only need one of them and no arithmetic.
const ENDINGS = Array.from({ length: 62 * 62 }, (_, index) => toBase62(BigInt(index), 2))
let rounds = 0n
let beginning = `req_${OURS}${toBase62(rounds, 4)}`
let next = 0

/**
 * The id by which a request is found in the log: the caller's own `X-Request-Id` when it is a plain word of 8 to 64
 * characters, else one of ours, unique over all processes.
 */
export const requestIdOf = (raw: IncomingMessage | undefined): string => {
  const given = raw?.headers['x-request-id']
  if (typeof given === 'string' && /^[A-Za-z0-9._-]{8,64}$/.test(given)) return given
  if (next === ENDINGS.length) {
    next = 0
    rounds += 1n
    beginning = `req_${OURS}${toBase62(rounds, 4)}`
  }
  return beginning + ENDINGS[next++]
}
