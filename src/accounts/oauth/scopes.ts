import { AppError } from '../../platform/errors.ts'
import { type Scope, scopeBits } from '../../platform/http/index.ts'
import { OAuthErrors } from './errors.ts'

/** What an access token opens. */
const API_SCOPES = ['cards:read', 'cards:write'] as const satisfies readonly Scope[]

/** Every word that a client may ask for; `profile`, `email` and `offline_access` are the published ones. */
export const OAUTH_SCOPES = [...API_SCOPES, 'profile', 'email', 'offline_access'] as const
export type OAuthScope = (typeof OAUTH_SCOPES)[number]

const isScope = (word: string): word is OAuthScope => OAUTH_SCOPES.some((scope) => scope === word)
const isApiScope = (word: string): word is (typeof API_SCOPES)[number] => API_SCOPES.some((scope) => scope === word)

/** @throws {AppError} INVALID_SCOPE for a word that we do not know */
export const parseScopes = (text: string): readonly OAuthScope[] => {
  const words = text.split(' ').filter((word) => word !== '')
  if (!words.every(isScope)) throw new AppError(OAuthErrors.INVALID_SCOPE)
  return OAUTH_SCOPES.filter((scope) => words.includes(scope))
}

/**
 * What somebody is asked to agree to. Published clients ask for `profile email offline_access` and expect their token to
 * open the cards: who names no scope of cards asks for both.
 *
 * @throws {AppError} INVALID_SCOPE
 */
export const requestedScopes = (text: string | undefined): readonly OAuthScope[] => {
  const scopes = parseScopes(text ?? '')
  return scopes.some(isApiScope) ? scopes : [...API_SCOPES, ...scopes]
}

/**
 * What a refreshed token may do: less than was granted if it is asked for, and never more.
 *
 * @throws {AppError} INVALID_SCOPE
 */
export const narrowedScopes = (granted: string, text: string | undefined): readonly OAuthScope[] => {
  const all = parseScopes(granted)
  if (text === undefined) return all
  const wanted = parseScopes(text)
  if (wanted.length === 0 || !wanted.every((scope) => all.includes(scope)))
    throw new AppError(OAuthErrors.INVALID_SCOPE)
  return wanted
}

/** Scopes of the API among them, as a key has them. */
export const keyScopes = (scopes: readonly OAuthScope[]): number => scopeBits(scopes.filter(isApiScope))

export const scopeText = (scopes: readonly string[]): string => scopes.join(' ')
