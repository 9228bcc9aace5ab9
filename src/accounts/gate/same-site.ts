import { AppError } from '../../platform/errors.ts'
import { Failures, type GateRequest } from '../../platform/http/index.ts'

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS'])
// A page of another site can send these without asking first.
const SIMPLE = new Set(['POST'])

/**
 * Lets a cookie authenticate only what our own page asks for: every change, and every answer that a script would read.
 * Browsers say whose page it is (`Sec-Fetch-Site`, else `Origin`); what says neither is no browser, and changes things
 * with JSON, which no form can send.
 *
 * @throws {AppError} CROSS_SITE
 */
export const assertSameSite = ({ raw }: Pick<GateRequest, 'raw'>, ownOrigin: string): void => {
  const { method = 'GET', headers } = raw
  // A script of another site that wants to read the answer comes with its origin; a link and an image come without.
  if (SAFE.has(method) && headers.origin === undefined) return
  const site = headers['sec-fetch-site']
  if (site !== undefined) {
    if (site === 'same-origin' || site === 'none') return
    throw new AppError(Failures.CROSS_SITE)
  }
  const { origin } = headers
  if (origin !== undefined) {
    if (origin === ownOrigin || isHost(origin, headers.host)) return
    throw new AppError(Failures.CROSS_SITE)
  }
  if (!SIMPLE.has(method) || /^application\/json\b/i.test(headers['content-type'] ?? '')) return
  throw new AppError(Failures.CROSS_SITE)
}

const isHost = (origin: string, host: string | undefined): boolean =>
  host !== undefined && (origin === `http://${host}` || origin === `https://${host}`)
