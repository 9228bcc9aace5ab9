import { createHash } from 'node:crypto'
import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db/index.ts'
import { AppError, type ErrorEntry } from '../../platform/errors.ts'
import { newId, randomBase62 } from '../../platform/ids.ts'
import { newKeyValue } from '../api-keys/grammar.ts'
import { type Pepper, sameDigest } from '../api-keys/pepper.ts'
import { keyRepo } from '../api-keys/repo.ts'
import type { AuditLog } from '../audit/log.ts'
import type { Revocations } from '../gate/revocations.ts'
import type { ClientService } from './clients.ts'
import type { TokenRequest, Tokens } from './contract.ts'
import { OAuthErrors } from './errors.ts'
import type { GrantService } from './grants.ts'
import { type CodeRow, type GrantEnd, type GrantRow, oauthRepo, type RefreshRow } from './repo.ts'
import { parseResource } from './resources.ts'
import { keyScopes, narrowedScopes, type OAuthScope, parseScopes, scopeText } from './scopes.ts'

export interface TokenServiceOptions {
  readonly database: Database
  readonly clock: Clock
  readonly pepper: Pepper
  readonly audit: AuditLog
  readonly clients: ClientService
  readonly grants: GrantService
  readonly revocations: Revocations
  readonly publicUrl: () => string
}

export type TokenService = ReturnType<typeof tokenService>

const ACCESS_SECONDS = 3600
const GRANT_MS = 30 * 86_400_000
const SECRET_LENGTH = 43
const VERIFIER = /^[A-Za-z0-9._~-]{43,128}$/

/** What is stored of a code. */
export const codeHash = (pepper: Pepper, code: string): Buffer => pepper.hash(`oauth-code:${code}`)
const refreshHash = (pepper: Pepper, token: string): Buffer => pepper.hash(`oauth-refresh:${token}`)
/** As long as an access token's value is secret, and in the same alphabet. */
export const newSecret = (): string => randomBase62(SECRET_LENGTH)

/** What came of a request for tokens. A failure is an outcome, because what it ends has to be committed. */
type Outcome = { readonly tokens: Tokens } | { readonly failure: ErrorEntry; readonly ended?: readonly string[] }

const INVALID: Outcome = { failure: OAuthErrors.INVALID_GRANT }

/** Codes and refresh tokens, for what they were issued. */
export const tokenService = (options: TokenServiceOptions) => {
  const { database, clock, pepper, audit, clients, grants, revocations, publicUrl } = options
  const nowMs = (): number => clock.now().getTime()

  /** @throws {AppError} INVALID_CLIENT */
  const clientIdOf = async ({ client_id }: { client_id?: string | undefined }): Promise<string> => {
    if (client_id === undefined || (await clients.find(client_id)) === undefined)
      throw new AppError(OAuthErrors.INVALID_CLIENT)
    return client_id
  }

  /** Somebody has a code or a token that was used: nobody can tell who of the two is the thief. */
  const endReused = async (tx: Db, grant: GrantRow, reason: GrantEnd): Promise<Outcome> => {
    const { account_id: accountId, id: grantId, client_id } = grant
    const ended = await grants.end(tx, { accountId, grantId, actor: `client:${client_id}` }, reason)
    return { failure: OAuthErrors.INVALID_GRANT, ended: ended ?? [] }
  }

  const issue = async (tx: Db, grant: GrantRow, scopes: readonly OAuthScope[], refreshes: boolean): Promise<Tokens> => {
    const at = nowMs()
    const key = newKeyValue('oauth')
    const refreshToken = refreshes ? newSecret() : undefined
    const expiresAt = Math.min(at + ACCESS_SECONDS * 1000, grant.expires_at)
    await keyRepo(tx).insert(grant.account_id, {
      id: newId('key'),
      kind: 'oauth',
      grant: { id: grant.id, scopes: scopeText(scopes) },
      hash: pepper.hash(key),
      // Nobody sees these tokens, so nobody has to tell them apart.
      prefix: '',
      last4: '',
      name: grant.client_name,
      scopes: keyScopes(scopes),
      rateLimit: null,
      createdAt: at,
      createdVia: `client:${grant.client_id}`,
      expiresAt,
    })
    if (refreshToken !== undefined) await oauthRepo(tx).insertRefresh(refreshHash(pepper, refreshToken), grant.id, at)
    return {
      access_token: key,
      token_type: 'Bearer',
      expires_in: Math.max(1, Math.floor((expiresAt - at) / 1000)),
      ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
      scope: scopeText(scopes),
    }
  }

  const redeem = async (tx: Db, code: CodeRow): Promise<Outcome> => {
    const grant = {
      id: newId('grant'),
      account_id: code.account_id,
      client_id: code.client_id,
      client_name: code.client_name,
      redirect_uri: code.redirect_uri,
      scopes: code.scopes,
      resource: code.resource,
      created_at: nowMs(),
      expires_at: nowMs() + (code.can_refresh === 1 ? GRANT_MS : ACCESS_SECONDS * 1000),
      last_used_at: nowMs(),
    }
    if (!(await oauthRepo(tx).claimCode(code.hash, grant.id, nowMs()))) return endOfCode(tx, code.hash)
    await oauthRepo(tx).insertGrant(grant)
    await audit.append(tx, {
      accountId: code.account_id,
      actor: `session:${code.session_id}`,
      action: 'app.connected',
      target: grant.id,
      data: { client_id: code.client_id, name: code.client_name, scopes: code.scopes },
    })
    return { tokens: await issue(tx, grant, parseScopes(code.scopes), code.can_refresh === 1) }
  }

  const endOfCode = async (tx: Db, hash: Buffer): Promise<Outcome> => {
    const used = await oauthRepo(tx).findCode(hash)
    if (used?.grant_id == null) return INVALID
    return endReused(tx, { ...used, id: used.grant_id, created_at: 0, last_used_at: 0 }, 'code-reused')
  }

  const isRedeemable = (code: CodeRow, request: TokenRequest): boolean =>
    code.expires_at > nowMs() &&
    code.status === 'active' &&
    code.session_ended_at === null &&
    (request.redirect_uri === undefined || request.redirect_uri === code.redirect_uri) &&
    isProof(request.code_verifier ?? '', code.challenge)

  const exchange = async (tx: Db, clientId: string, request: TokenRequest): Promise<Outcome> => {
    const { code: given } = request
    if (given === undefined || request.code_verifier === undefined) return { failure: OAuthErrors.INVALID_REQUEST }
    const code = await oauthRepo(tx).findCode(codeHash(pepper, given))
    if (code === undefined || code.client_id !== clientId) return INVALID
    if (code.used_at !== null) return endOfCode(tx, code.hash)
    if (!isRedeemable(code, request)) return INVALID
    if (!isGrantedResource(request.resource, code.resource)) return { failure: OAuthErrors.INVALID_TARGET }
    return redeem(tx, code)
  }

  /** @throws {AppError} INVALID_TARGET */
  const isGrantedResource = (given: string | undefined, granted: string | null): boolean => {
    const asked = parseResource(given, publicUrl())
    return asked === null || granted === null || asked === granted
  }

  const isLive = (grant: RefreshRow): boolean =>
    grant.revoked_at === null && grant.expires_at > nowMs() && grant.status === 'active'

  const refresh = async (tx: Db, clientId: string, request: TokenRequest): Promise<Outcome> => {
    if (request.refresh_token === undefined) return { failure: OAuthErrors.INVALID_REQUEST }
    const repo = oauthRepo(tx)
    const hash = refreshHash(pepper, request.refresh_token)
    const grant = await repo.findRefresh(hash)
    if (grant === undefined || grant.client_id !== clientId || !isLive(grant)) return INVALID
    if (grant.used_at !== null) return endReused(tx, grant, 'refresh-reused')
    if (!isGrantedResource(request.resource, grant.resource)) return { failure: OAuthErrors.INVALID_TARGET }
    const scopes = narrowedScopes(grant.scopes, request.scope)
    // In turn with whoever ends the grant: no token comes to life behind its end.
    if (!(await repo.touchGrant(grant.id, nowMs()))) return INVALID
    if (!(await repo.claimRefresh(hash, nowMs()))) return endReused(tx, grant, 'refresh-reused')
    return { tokens: await issue(tx, grant, scopes, true) }
  }

  const GRANT_TYPES = { authorization_code: exchange, refresh_token: refresh } as const

  return {
    /** @throws {AppError} What `issueTokens` lists */
    async issue(request: TokenRequest): Promise<Tokens> {
      const { grant_type: type } = request
      if (type !== 'authorization_code' && type !== 'refresh_token')
        throw new AppError(OAuthErrors.UNSUPPORTED_GRANT_TYPE)
      const clientId = await clientIdOf(request)
      const outcome = await database.transaction((tx) => GRANT_TYPES[type](tx, clientId, request))
      if ('tokens' in outcome) return outcome.tokens
      await revocations.announce(outcome.ended ?? [])
      throw new AppError(outcome.failure)
    },

    /** @throws {AppError} INVALID_CLIENT, UNAUTHORIZED_CLIENT */
    async revoke(token: string, given: { client_id?: string | undefined }): Promise<void> {
      const clientId = await clientIdOf(given)
      const ended = await database.transaction(async (tx): Promise<string[]> => {
        const repo = oauthRepo(tx)
        const grant = await repo.findRefresh(refreshHash(pepper, token))
        const access = grant === undefined ? await repo.findToken(pepper.hash(token)) : undefined
        const holder = grant ?? access
        if (holder === undefined) return []
        if (holder.client_id !== clientId) throw new AppError(OAuthErrors.UNAUTHORIZED_CLIENT)
        const { account_id: accountId, id } = holder
        if (grant === undefined) return keyRepo(tx).revoke(accountId, { id }, 'revoked', nowMs())
        return (await grants.end(tx, { accountId, grantId: id, actor: `client:${clientId}` }, 'revoked')) ?? []
      })
      await revocations.announce(ended)
    },
  }
}

/** @see https://www.rfc-editor.org/rfc/rfc7636#section-4.6 */
const isProof = (verifier: string, challenge: string): boolean =>
  VERIFIER.test(verifier) &&
  sameDigest(createHash('sha256').update(verifier).digest(), Buffer.from(challenge, 'base64url'))
