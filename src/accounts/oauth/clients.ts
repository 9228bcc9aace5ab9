import type { Clock } from '../../platform/clock.ts'
import { AppError } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import { OAuthErrors } from './errors.ts'
import { isRedirectUri, isSameRedirect, redirectHost } from './redirects.ts'
import type { ClientRow, OAuthRepo } from './repo.ts'

/** A program that may ask people to be let in. None has a secret: what it is told, everybody could read. */
export interface Client {
  readonly id: string
  /** As it calls itself. */
  readonly name: string
  readonly redirectUris: readonly string[]
  readonly canRefresh: boolean
  /** Known to come from us, so that people are not asked again what they have asked for by starting it. */
  readonly isFirstParty: boolean
}

/** What a program says of itself. @see https://www.rfc-editor.org/rfc/rfc7591#section-2 */
export interface ClientWish {
  readonly redirect_uris: readonly string[]
  readonly client_name?: string | undefined
  readonly client_uri?: string | undefined
  readonly grant_types?: readonly string[] | undefined
  readonly response_types?: readonly string[] | undefined
}

const GRANT_TYPES = ['authorization_code', 'refresh_token'] as const

const firstParty = (id: string, name: string, redirectUris: readonly string[]): Client => ({
  id,
  name,
  redirectUris,
  canRefresh: true,
  isFirstParty: true,
})

/** Published clients have these ids from the start, and register nowhere. Any port of the own computer will do. */
const FIRST_PARTY: ReadonlyMap<string, Client> = new Map(
  [
    firstParty('teak-cli', 'Teak CLI', ['http://127.0.0.1:14210/oauth/callback']),
    firstParty('teak-desktop', 'Teak for desktop', ['http://127.0.0.1:14210/oauth/callback']),
    firstParty('teak-raycast', 'Teak for Raycast', [
      'https://raycast.com/redirect?packageName=Extension',
      'raycast://oauth?package_name=Extension',
      'com.raycast:/oauth?package_name=Extension',
    ]),
  ].map((client) => [client.id, client]),
)

export type ClientService = ReturnType<typeof clientService>

export const clientService = ({ repo, clock }: { repo: OAuthRepo; clock: Clock }) => ({
  async find(id: string): Promise<Client | undefined> {
    const known = FIRST_PARTY.get(id)
    if (known !== undefined) return known
    const row = await repo.findClient(id)
    return row === undefined ? undefined : toClient(row)
  },

  /** @throws {AppError} INVALID_REDIRECT_URI, INVALID_CLIENT_METADATA */
  async register(wish: ClientWish) {
    if (!wish.redirect_uris.every(isRedirectUri)) throw new AppError(OAuthErrors.INVALID_REDIRECT_URI)
    const grants = wish.grant_types ?? GRANT_TYPES
    if (!grants.includes('authorization_code') || !(wish.response_types ?? ['code']).includes('code'))
      throw new AppError(OAuthErrors.INVALID_CLIENT_METADATA)
    const client = {
      id: newId('client'),
      name: wish.client_name ?? null,
      uri: wish.client_uri ?? null,
      redirect_uris: JSON.stringify(wish.redirect_uris),
      can_refresh: grants.includes('refresh_token') ? 1 : 0,
      created_at: clock.now().getTime(),
    }
    await repo.insertClient(client)
    return {
      client_id: client.id,
      client_id_issued_at: Math.floor(client.created_at / 1000),
      redirect_uris: [...wish.redirect_uris],
      ...(client.name === null ? {} : { client_name: client.name }),
      ...(client.uri === null ? {} : { client_uri: client.uri }),
      grant_types: GRANT_TYPES.filter((type) => grants.includes(type)),
      response_types: ['code' as const],
      token_endpoint_auth_method: 'none' as const,
    }
  },
})

/** @returns The address to send people back to, or undefined where the client has not said it. */
export const redirectOf = ({ redirectUris }: Client, given: string | undefined): string | undefined => {
  if (given === undefined) return redirectUris.length === 1 ? redirectUris[0] : undefined
  return redirectUris.some((registered) => isSameRedirect(registered, given)) ? given : undefined
}

const toClient = ({ id, name, redirect_uris, can_refresh }: ClientRow): Client => {
  const redirectUris: readonly string[] = JSON.parse(redirect_uris)
  return {
    id,
    name: name ?? redirectHost(redirectUris[0] ?? 'unknown:'),
    redirectUris,
    canRefresh: can_refresh === 1,
    isFirstParty: false,
  }
}
