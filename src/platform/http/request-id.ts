import type { IncomingMessage } from 'node:http'
import { randomBase62, toBase62 } from '../ids.ts'

const OURS = randomBase62(8)
let count = 0n

/**
 * The id by which a request is found in the log: the caller's own `X-Request-Id` when it is a plain word of 8 to 64
 * characters, else one of ours, unique over all processes.
 */
export const requestIdOf = (raw: IncomingMessage | undefined): string => {
  const given = raw?.headers['x-request-id']
  if (typeof given === 'string' && /^[A-Za-z0-9._-]{8,64}$/.test(given)) return given
  count += 1n
  return `req_${OURS}${toBase62(count, 6)}`
}
