import { AppError, type ErrorEntry } from '../../platform/errors.ts'
import { type Client, redirectOf } from './clients.ts'
import type { AuthorizeQuery } from './contract.ts'
import { OAuthErrors } from './errors.ts'
import { parseResource } from './resources.ts'
import { type OAuthScope, requestedScopes } from './scopes.ts'

/** A client, and where its answer goes: before both are certain nobody is sent anywhere. */
export interface Asker {
  readonly client: Client
  readonly redirectUri: string
  readonly state: string | undefined
}

/** What somebody is asked to agree to. */
export interface Wish {
  readonly scopes: readonly OAuthScope[]
  readonly challenge: string
  readonly resource: string | null
}

// A SHA-256 in base64url.
const CHALLENGE = /^[A-Za-z0-9_-]{43}$/
const MAX_LENGTHS: Partial<Record<keyof AuthorizeQuery, number>> = { scope: 1000, resource: 2000, state: 8192 }

/** A parameter that came once. @throws {AppError} INVALID_REQUEST for one that came more often, or is too long */
export const once = (query: AuthorizeQuery, name: keyof AuthorizeQuery): string | undefined => {
  const value = query[name]
  if (value === undefined || value === '') return undefined
  if (typeof value !== 'string' || value.length > (MAX_LENGTHS[name] ?? 2048))
    throw new AppError(OAuthErrors.INVALID_REQUEST, { message: `The parameter ${name} is too long or came twice.` })
  return value
}

/** @throws {AppError} INVALID_CLIENT, INVALID_REDIRECT_URI, INVALID_REQUEST: nothing that may be told to an address */
export const parseAsker = async (
  query: AuthorizeQuery,
  find: (id: string) => Promise<Client | undefined>,
): Promise<Asker> => {
  const id = once(query, 'client_id')
  const client = id === undefined ? undefined : await find(id)
  if (client === undefined)
    throw new AppError(OAuthErrors.INVALID_CLIENT, {
      message: 'The program that sent you here is not registered on this server. Connect it anew there.',
    })
  const redirectUri = redirectOf(client, once(query, 'redirect_uri'))
  if (redirectUri === undefined)
    throw new AppError(OAuthErrors.INVALID_REDIRECT_URI, {
      message: 'The address to go back to is not the one that the program has registered.',
    })
  return { client, redirectUri, state: once(query, 'state') }
}

const refuse = (entry: ErrorEntry, message: string): never => {
  throw new AppError(entry, { message })
}

/** @throws {AppError} What is told to the client: INVALID_REQUEST and its kin */
export const parseWish = (query: AuthorizeQuery, publicUrl: string): Wish => {
  if (once(query, 'response_type') === undefined) refuse(OAuthErrors.INVALID_REQUEST, 'response_type is missing.')
  if (once(query, 'response_type') !== 'code') throw new AppError(OAuthErrors.UNSUPPORTED_RESPONSE_TYPE)
  if ((once(query, 'response_mode') ?? 'query') !== 'query')
    refuse(OAuthErrors.INVALID_REQUEST, 'The only response_mode is query.')
  if (once(query, 'code_challenge_method') !== 'S256')
    refuse(OAuthErrors.INVALID_REQUEST, 'PKCE is mandatory: code_challenge_method must be S256.')
  const challenge = once(query, 'code_challenge') ?? ''
  if (!CHALLENGE.test(challenge))
    refuse(OAuthErrors.INVALID_REQUEST, 'PKCE is mandatory: code_challenge must be a SHA-256 in base64url.')
  const resource = parseResource(once({ ...query, resource: single(query.resource) }, 'resource'), publicUrl)
  return { scopes: requestedScopes(once(query, 'scope')), challenge, resource }
}

// RFC 8707 lets a client name several; a token of ours is for one server.
const single = (resource: AuthorizeQuery['resource']): string | undefined => {
  if (Array.isArray(resource)) throw new AppError(OAuthErrors.INVALID_TARGET)
  return resource
}

/** A request as a query, in one order and with what we know alone: it is carried through the forms of our pages. */
export const toQueryText = (query: AuthorizeQuery): string => {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [value].flat().map((one): [string, string] => [name, one]),
  )
  return new URLSearchParams(pairs).toString()
}

/** What a client is told, added to its address. @see https://www.rfc-editor.org/rfc/rfc9207 */
export const answerUrl = (
  { redirectUri, state }: Asker,
  issuer: string,
  answer: Readonly<Record<string, string>>,
): string => {
  const members = new URLSearchParams({ ...answer, ...(state === undefined ? {} : { state }), iss: issuer })
  // The address stays as it was registered, byte by byte.
  return `${redirectUri}${redirectUri.includes('?') ? '&' : '?'}${members}`
}
