import { AppError } from '../../platform/errors.ts'
import { Failures, type RequestInfo, type Route, reply, route } from '../../platform/http/index.ts'
import { type Limiter, type Policy, windowPolicy } from '../../platform/limits/index.ts'
import { networkOf } from '../gate/addresses.ts'
import type { Authorization } from './authorization.ts'
import type { ClientService } from './clients.ts'
import {
  authorize,
  consentForm,
  describeAuthorization,
  describeProvider,
  disconnectApp,
  getJwks,
  getUserInfo,
  issueTokens,
  listApps,
  PATHS,
  registerClient,
  revokeToken,
  signInForm,
} from './contract.ts'
import { OAuthErrors } from './errors.ts'
import type { GrantService } from './grants.ts'
import { OAUTH_SCOPES } from './scopes.ts'
import type { TokenService } from './tokens.ts'

export interface OAuthRouteParts {
  readonly authorization: Authorization
  readonly clients: ClientService
  readonly tokens: TokenService
  readonly grants: GrantService
  readonly limiter: Limiter
  readonly tokensPerMinute: number
  readonly registrationsPerHour: number
  readonly publicUrl: () => string
}

export const oauthRoutes = (parts: OAuthRouteParts): Route[] => {
  const { authorization, clients, tokens, grants, limiter } = parts
  const tokenPolicy = windowPolicy('oauth-token', parts.tokensPerMinute, 60_000)
  const registrationPolicy = windowPolicy('oauth-register', parts.registrationsPerHour, 3_600_000)

  /** Who asks has no account, so the address pays. @throws {AppError} RATE_LIMITED */
  const charge = async ({ ip }: RequestInfo, policy: Policy): Promise<void> => {
    const decision = await limiter.take([{ subject: `ip:${networkOf(ip)}`, policy }])
    if (!decision.allowed) throw new AppError(Failures.RATE_LIMITED, { retryAfterSeconds: decision.retryAfterSeconds })
  }

  return [
    ...metadataRoutes(parts.publicUrl),
    route(authorize, ({ query, request }) => authorization.authorize(query, request)),
    route(signInForm, ({ body, request }) => authorization.signIn(body, request)),
    route(consentForm, ({ body, request }) => authorization.consent(body, request)),
    route(registerClient, async ({ body, request }) => {
      await charge(request, registrationPolicy)
      return clients.register(body)
    }),
    route(issueTokens, async ({ body, request }) => {
      await charge(request, tokenPolicy)
      assertPublicClient(request)
      return reply(200, await tokens.issue(body), { pragma: 'no-cache' })
    }),
    route(revokeToken, async ({ body, request }) => {
      await charge(request, tokenPolicy)
      assertPublicClient(request)
      await tokens.revoke(body.token, body)
      return reply(200, undefined, { 'cache-control': 'no-store' })
    }),
    route(getUserInfo, ({ caller }) => grants.userInfo(caller.accountId, caller.credentialId)),
    route(listApps, async ({ caller }) => ({ apps: await grants.list(caller.accountId) })),
    route(disconnectApp, async ({ caller, params }) => {
      await grants.disconnect(caller.accountId, `session:${caller.credentialId}`, params.id)
      return { success: true as const }
    }),
  ]
}

// No client has a secret: what comes here as one belongs somewhere else.
const assertPublicClient = ({ headers }: RequestInfo): void => {
  if (headers.authorization !== undefined) throw new AppError(OAuthErrors.INVALID_CLIENT)
}

const metadataRoutes = (publicUrl: () => string): Route[] => {
  const describe = () => {
    const issuer = publicUrl()
    return {
      issuer,
      authorization_endpoint: issuer + PATHS.authorize,
      token_endpoint: issuer + PATHS.token,
      registration_endpoint: issuer + PATHS.register,
      revocation_endpoint: issuer + PATHS.revoke,
      userinfo_endpoint: issuer + PATHS.userinfo,
      jwks_uri: issuer + PATHS.jwks,
      scopes_supported: [...OAUTH_SCOPES],
      response_types_supported: ['code'],
      response_modes_supported: ['query'],
      grant_types_supported: ['authorization_code', 'refresh_token'],
      token_endpoint_auth_methods_supported: ['none'],
      revocation_endpoint_auth_methods_supported: ['none'],
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: true as const,
      service_documentation: `${issuer}/docs`,
    }
  }
  return [
    route(describeAuthorization, describe),
    route(describeProvider, () => ({
      ...describe(),
      subject_types_supported: ['public'],
      // Clients insist on the member, and nothing is signed.
      id_token_signing_alg_values_supported: [],
      claims_supported: ['sub', 'email'],
    })),
    route(getJwks, () => ({ keys: [] })),
  ]
}
