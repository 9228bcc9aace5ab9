import { z } from 'zod'
import { bytes, endpoint } from '../../platform/http/contract.ts'
import { AppErrors, OAuthErrors } from './errors.ts'
import { OAUTH_SCOPES } from './scopes.ts'

const {
  INVALID_REQUEST,
  INVALID_CLIENT,
  INVALID_GRANT,
  UNAUTHORIZED_CLIENT,
  UNSUPPORTED_GRANT_TYPE,
  INVALID_SCOPE,
  INVALID_TARGET,
  INVALID_REDIRECT_URI,
  INVALID_CLIENT_METADATA,
} = OAuthErrors

export const PATHS = {
  authorize: '/api/auth/mcp/authorize',
  signIn: '/api/auth/mcp/sign-in',
  consent: '/api/auth/mcp/consent',
  token: '/api/auth/mcp/token',
  register: '/api/auth/mcp/register',
  revoke: '/api/auth/mcp/revoke',
  userinfo: '/api/auth/mcp/userinfo',
  jwks: '/api/auth/mcp/jwks',
} as const

const ServerMetadata = z
  .object({
    issuer: z.string(),
    authorization_endpoint: z.string(),
    token_endpoint: z.string(),
    registration_endpoint: z.string(),
    revocation_endpoint: z.string(),
    userinfo_endpoint: z.string(),
    jwks_uri: z.string(),
    scopes_supported: z.array(z.string()),
    response_types_supported: z.array(z.string()),
    response_modes_supported: z.array(z.string()),
    grant_types_supported: z.array(z.string()),
    token_endpoint_auth_methods_supported: z.array(z.string()),
    revocation_endpoint_auth_methods_supported: z.array(z.string()),
    code_challenge_methods_supported: z.array(z.string()),
    authorization_response_iss_parameter_supported: z.literal(true),
    service_documentation: z.string(),
  })
  .meta({ id: 'AuthorizationServer' })

export const describeAuthorization = endpoint({
  method: 'GET',
  path: '/.well-known/oauth-authorization-server',
  scope: 'public',
  summary: 'Where programs are let in (RFC 8414)',
  returns: [200, ServerMetadata],
})

export const describeProvider = endpoint({
  method: 'GET',
  path: '/.well-known/openid-configuration',
  scope: 'public',
  summary: 'The same for clients that look for it here',
  description: 'There are no ID tokens: who somebody is says `userinfo`.',
  returns: [
    200,
    ServerMetadata.extend({
      subject_types_supported: z.array(z.string()),
      id_token_signing_alg_values_supported: z.array(z.string()),
      claims_supported: z.array(z.string()),
    }),
  ],
})

export const getJwks = endpoint({
  method: 'GET',
  path: PATHS.jwks,
  scope: 'public',
  summary: 'The keys that sign tokens: none, because tokens mean something to this server only',
  returns: [200, z.object({ keys: z.array(z.never()) })],
})

/** A parameter that may come once; who sends it twice is told so in the words of OAuth. */
const Param = z.union([z.string(), z.array(z.string())]).optional()

export const AuthorizeQuery = z.object({
  client_id: Param,
  redirect_uri: Param,
  response_type: Param.describe('`code`.'),
  response_mode: Param.describe('`query`, if anything.'),
  scope: Param.describe(`Of ${OAUTH_SCOPES.join(', ')}; both scopes of cards if none of them is named.`),
  state: Param,
  code_challenge: Param,
  code_challenge_method: Param.describe('`S256`.'),
  resource: Param.describe('Address of this server, or of its `/mcp` (RFC 8707).'),
  prompt: Param.describe('`none`, `login`, `consent` or `select_account`.'),
})
export type AuthorizeQuery = z.infer<typeof AuthorizeQuery>

export const authorize = endpoint({
  method: 'GET',
  path: PATHS.authorize,
  scope: 'public',
  summary: 'Ask somebody to let a program in',
  description:
    'For browsers. Answers with a page, or sends the browser back to `redirect_uri` with `code`, or with `error`, and with `state` and `iss`. PKCE with S256 is mandatory. Who is not signed in does that first.',
  query: AuthorizeQuery,
  returns: [200, bytes('text/html')],
  also: [303, 400, 401],
})

const FormText = z.string().max(16_384)

export const signInForm = endpoint({
  method: 'POST',
  path: PATHS.signIn,
  scope: 'public',
  summary: 'The form of the sign-in page',
  body: z.object({ email: z.string().max(320), password: z.string().max(256), request: FormText }),
  returns: [303, bytes('text/html')],
  also: [400, 401, 429],
})

export const consentForm = endpoint({
  method: 'POST',
  path: PATHS.consent,
  scope: 'public',
  summary: 'The form of the page that asks whether a program is let in',
  body: z.object({ request: FormText, proof: z.string().max(128), decision: z.enum(['allow', 'deny']) }),
  returns: [303, bytes('text/html')],
  also: [200, 400],
})

const Text = z.string().max(2048).optional()

export const TokenRequest = z.object({
  grant_type: z.string().max(64).describe('`authorization_code` or `refresh_token`.'),
  client_id: Text,
  code: Text,
  redirect_uri: Text,
  code_verifier: Text,
  refresh_token: Text,
  scope: Text.describe('With a refresh token: less than was granted.'),
  resource: Text,
})
export type TokenRequest = z.infer<typeof TokenRequest>

export const Tokens = z
  .object({
    access_token: z.string(),
    token_type: z.literal('Bearer'),
    expires_in: z.int().describe('Seconds.'),
    refresh_token: z.string().optional(),
    scope: z.string(),
  })
  .meta({ id: 'OAuthTokens' })
export type Tokens = z.infer<typeof Tokens>

export const issueTokens = endpoint({
  method: 'POST',
  path: PATHS.token,
  scope: 'public',
  summary: 'Exchange a code or a refresh token for tokens',
  description:
    'Form-encoded. Clients have no secret. An access token lasts an hour, what it came from 30 days at most, however often it is refreshed. Each refresh token works once: sending one twice, or a code twice, ends everything that came from it.',
  body: TokenRequest,
  returns: [200, Tokens],
  errors: {
    INVALID_REQUEST,
    INVALID_CLIENT,
    INVALID_GRANT,
    UNAUTHORIZED_CLIENT,
    UNSUPPORTED_GRANT_TYPE,
    INVALID_SCOPE,
    INVALID_TARGET,
  },
})

export const revokeToken = endpoint({
  method: 'POST',
  path: PATHS.revoke,
  scope: 'public',
  summary: 'Give a token back (RFC 7009)',
  description: 'A refresh token takes everything along that came with it. An unknown token is no error.',
  body: z.object({ token: z.string().max(2048), token_type_hint: Text, client_id: Text }),
  returns: [200, null],
  errors: { INVALID_REQUEST, INVALID_CLIENT, UNAUTHORIZED_CLIENT },
})

const Strings = z.array(z.string().max(64)).max(16)

export const registerClient = endpoint({
  method: 'POST',
  path: PATHS.register,
  scope: 'public',
  summary: 'Register a client (RFC 7591)',
  description:
    'Every client is public: whatever `token_endpoint_auth_method` is asked for, it is `none`. Other members are ignored. A client without a grant is forgotten after 30 days.',
  body: z.object({
    redirect_uris: z.array(z.string().max(2000)).min(1).max(10),
    client_name: z
      .string()
      .trim()
      .normalize('NFC')
      .min(1)
      .max(100)
      .regex(/^\P{Cc}*$/u)
      .optional(),
    client_uri: z
      .url({ protocol: /^https?$/ })
      .max(2000)
      .optional(),
    grant_types: Strings.optional(),
    response_types: Strings.optional(),
  }),
  returns: [
    201,
    z.object({
      client_id: z.string(),
      client_id_issued_at: z.int(),
      redirect_uris: z.array(z.string()),
      client_name: z.string().optional(),
      client_uri: z.string().optional(),
      grant_types: z.array(z.string()),
      response_types: z.array(z.string()),
      token_endpoint_auth_method: z.literal('none'),
    }),
  ],
  errors: { INVALID_REDIRECT_URI, INVALID_CLIENT_METADATA },
})

export const getUserInfo = endpoint({
  method: 'GET',
  path: PATHS.userinfo,
  scope: 'any',
  by: ['key'],
  summary: 'Whose access token it is',
  description: 'Needs `profile` or `email`; the address is there with `email`.',
  returns: [200, z.object({ sub: z.string(), email: z.string().optional() })],
})

export const ConnectedApp = z
  .object({
    id: z.string().meta({ example: 'grant_0PkQ2x' }),
    client_id: z.string(),
    name: z.string().describe('As the program calls itself; nobody has checked it.'),
    redirect_host: z.string().describe('Where people were sent back to: a host, or the scheme of an app.'),
    scopes: z.array(z.enum(OAUTH_SCOPES)),
    connected_at: z.iso.datetime(),
    last_used_at: z.iso.datetime(),
    expires_at: z.iso.datetime(),
  })
  .meta({ id: 'ConnectedApp' })
export type ConnectedApp = z.infer<typeof ConnectedApp>

export const listApps = endpoint({
  method: 'GET',
  path: '/api/connected-apps',
  scope: 'any',
  by: ['session'],
  summary: 'List the programs that were let in by signing in',
  returns: [200, z.object({ apps: z.array(ConnectedApp) })],
})

export const disconnectApp = endpoint({
  method: 'DELETE',
  path: '/api/connected-apps/:id',
  scope: 'any',
  by: ['session'],
  summary: 'Disconnect a program: its tokens fail on the next request',
  params: z.object({ id: z.string().max(64) }),
  returns: [200, z.object({ success: z.literal(true) })],
  errors: { APP_NOT_FOUND: AppErrors.APP_NOT_FOUND },
})

export const oauthContracts = [
  describeAuthorization,
  describeProvider,
  getJwks,
  authorize,
  signInForm,
  consentForm,
  issueTokens,
  revokeToken,
  registerClient,
  getUserInfo,
  listApps,
  disconnectApp,
] as const
