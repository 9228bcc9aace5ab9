import { accountContracts, oauthDialect, providerDialect, registrationDialect, tokenDialect } from './accounts/index.ts'
import { botsContracts, botsDialect } from './bots/index.ts'
import { cardsContracts, cardsDialect, mcpDialect } from './cards/index.ts'
import { davDialect, filesContracts, filesDialect, sharesDialect } from './files/index.ts'
import { healthContracts } from './platform/health.ts'
import type { Dialect, Endpoint, EndpointSpec } from './platform/http/index.ts'
import type { Area } from './platform/http/openapi.ts'
import { getOpenApi, getReferencePage } from './platform/http/reference.ts'

/** Every endpoint of the server. `/openapi.json` and `docs/openapi.json` describe what is listed here. */
export const contracts: readonly Endpoint<EndpointSpec>[] = [
  ...accountContracts,
  ...filesContracts,
  ...botsContracts,
  ...cardsContracts,
  ...healthContracts,
  getOpenApi,
  getReferencePage,
]

/** The published APIs that the server speaks. The first one also answers for addresses that nobody owns. */
export const dialects: readonly Dialect[] = [
  filesDialect,
  sharesDialect,
  davDialect,
  botsDialect,
  cardsDialect,
  mcpDialect,
  oauthDialect,
  tokenDialect,
  registrationDialect,
  providerDialect,
]

/** The chapters of the reference page, in its order. */
export const areas: readonly Area[] = [
  {
    name: 'accounts',
    about: 'Who you are: sign-in, keys, devices.',
    prefixes: [
      '/api/auth',
      '/api/account',
      '/api/accounts',
      '/api/sessions',
      '/api/invites',
      '/api/connected-apps',
      '/.well-known/oauth-authorization-server',
      '/.well-known/openid-configuration',
      '/api/keys',
      '/api/apikeys',
      '/api/v1/apikeys',
      '/api/devices',
      '/api/audit-log',
      '/api/plans',
      '/api/events',
      '/api/server',
    ],
  },
  { name: 'files', about: 'What you keep: files, folders, uploads, shares, teams.', prefixes: ['/api', '/s'] },
  {
    name: 'bots',
    about: 'What you run: Telegram bots, their commands and runs.',
    prefixes: ['/v2', '/simulator', '/bot-webhook', '/new-webhook'],
  },
  {
    name: 'cards',
    about: 'What you know: cards, tags, search.',
    prefixes: ['/v1', '/api/v1/cards', '/api/v1/tags', '/api/v1/uploads', '/api/raycast', '/mcp'],
  },
  { name: 'server', about: 'The server itself: its health and its description.', prefixes: ['/'] },
]

/** Paths under these work for the clients that have them; nothing new should use them. */
export const deprecatedPrefixes: readonly string[] = ['/api/raycast']
