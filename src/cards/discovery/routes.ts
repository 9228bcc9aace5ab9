import { type EndpointSpec, type Route, route } from '../../platform/http/index.ts'
import { discoverCards } from './contract.ts'

/** @param endpoints Everything that the area answers; the ones under `/v1` are told. */
export const discoveryRoutes = (endpoints: readonly EndpointSpec[]): Route[] => {
  const told = endpoints.filter(({ path }) => path.startsWith('/v1/')).map(({ method, path }) => `${method} ${path}`)
  return [route(discoverCards, () => ({ version: 'v1', endpoints: told, auth: 'Authorization: Bearer <API key>' }))]
}
