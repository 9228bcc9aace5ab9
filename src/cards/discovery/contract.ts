import { z } from 'zod'
import { endpoint } from '../../platform/http/contract.ts'

export const discoverCards = endpoint({
  method: 'GET',
  path: '/v1',
  scope: 'public',
  summary: 'What this API offers',
  returns: [
    200,
    z.object({
      version: z.string(),
      endpoints: z.array(z.string()).describe('Method and path of each.'),
      auth: z.string().describe('How a request says who sends it.'),
      mcp: z.object({ endpoint: z.string(), transport: z.literal('streamable-http'), auth: z.string() }),
    }),
  ],
})
