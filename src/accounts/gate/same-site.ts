import { AppError } from '../../platform/errors.ts'
import { Failures, type GateRequest } from '../../platform/http/index.ts'

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS'])
// A page of another site can send these without asking first.
const SIMPLE = new Set(['POST'])

/**
 * Lets a cookie authenticate a change only when the request comes from our own page. Browsers say so themselves
 * (`Sec-Fetch-Site`, else `Origin`); what says neither is no browser and must send JSON, which no form can.
 *
 * @throws {AppError} CROSS_SITE
 */
export const assertSameSite = ({ raw }: Pick<GateRequest, 'raw'>, ownOrigin: string): void => {
  const { method = 'GET', headers } = raw
  if (SAFE.has(method)) return
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
