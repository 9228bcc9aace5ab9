import { z } from 'zod'
import { endpoint, type Route, route } from '../../platform/http/index.ts'

// With what it takes to stay connected: clients ask for all that stands here.
const SCOPES = ['cards:read', 'cards:write', 'offline_access'] as const

const ProtectedResource = z.object({
  resource: z.string(),
  authorization_servers: z.array(z.string()),
  resource_name: z.string(),
  bearer_methods_supported: z.array(z.string()),
  scopes_supported: z.array(z.string()),
})

const describe = <const P extends string>(path: P, summary: string) =>
  endpoint({ method: 'GET', path, scope: 'public', summary, returns: [200, ProtectedResource] })

const describeServer = describe('/.well-known/oauth-protected-resource', 'How a client gets in (RFC 9728)')
const describeMcp = describe('/.well-known/oauth-protected-resource/mcp', 'How a client of /mcp gets in (RFC 9728)')

export const metadataContracts = [describeServer, describeMcp] as const

/** What a refusal of `/mcp` points at. @see https://www.rfc-editor.org/rfc/rfc9728 */
export const metadataRoutes = (publicUrl: () => string): Route[] => {
  const about = (path: string) => ({
    resource: publicUrl() + path,
    authorization_servers: [publicUrl()],
    resource_name: 'Latchkey',
    bearer_methods_supported: ['header'],
    scopes_supported: [...SCOPES],
  })
  return [route(describeServer, () => about('')), route(describeMcp, () => about('/mcp'))]
}
