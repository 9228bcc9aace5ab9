import { AppError } from '../../platform/errors.ts'
import { OAuthErrors } from './errors.ts'

// What tokens open, by path: all of it is one resource server, so a token for one of them is a token for each.
const PATHS = ['', '/mcp', '/v1', '/api', '/api/v1']

const normal = (url: string): string => url.replace(/\/+$/, '')

/**
 * The resource that a token is meant for.
 *
 * @throws {AppError} INVALID_TARGET for something that is not on this server, or more than one
 * @see https://www.rfc-editor.org/rfc/rfc8707#section-2
 */
export const parseResource = (given: string | undefined, publicUrl: string): string | null => {
  if (given === undefined) return null
  const own = normal(new URL(publicUrl).href)
  if (!URL.canParse(given)) throw new AppError(OAuthErrors.INVALID_TARGET)
  const asked = normal(new URL(given).href)
  if (!PATHS.some((path) => own + path === asked)) throw new AppError(OAuthErrors.INVALID_TARGET)
  return asked
}
