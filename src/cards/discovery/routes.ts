import { type EndpointSpec, type Route, route } from '../../platform/http/index.ts'
import { discoverCards } from './contract.ts'

const AUTH = 'Authorization: Bearer <API key>'

/** @param endpoints Everything that the area answers; the ones under `/v1` are told. */
export const discoveryRoutes = (endpoints: readonly EndpointSpec[], publicUrl: () => string): Route[] => {
  const told = endpoints.filter(({ path }) => path.startsWith('/v1/')).map(({ method, path }) => `${method} ${path}`)
  return [
    route(discoverCards, () => ({
      version: 'v1',
      endpoints: told,
      auth: AUTH,
      mcp: { endpoint: `${publicUrl()}/mcp`, transport: 'streamable-http' as const, auth: AUTH },
    })),
  ]
}
