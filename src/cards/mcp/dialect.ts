import type { Dialect } from '../../platform/http/index.ts'
import { cardsDialect } from '../dialect.ts'

// Of JSON-RPC's range for servers. Which failure it was is in `data`.
const REFUSED = -32000

/**
 * The Model Context Protocol: cards' keys and limits, and failures that JSON-RPC clients understand. No cookie counts
 * here, so a page of another site has nothing to call with, whatever `Origin` it comes from.
 */
export const mcpDialect: Dialect = {
  ...cardsDialect,
  name: 'mcp',
  surface: cardsDialect.name,
  prefixes: ['/mcp', '/.well-known/oauth-protected-resource'],
  carriers: ['bearer', 'x-api-key'],
  resourceMetadata: '/.well-known/oauth-protected-resource/mcp',
  failure(error, context) {
    const data = { status: error.status, ...toToolFailure(cardsDialect.failure(error, context)) }
    return { jsonrpc: '2.0', id: null, error: { code: REFUSED, message: data.error, data } }
  },
}

/** A failure in the words of the cards API, for whoever needs its sentence apart. */
export const toToolFailure = (failure: unknown): { readonly error: string } =>
  typeof failure === 'object' && failure !== null && 'error' in failure && typeof failure.error === 'string'
    ? { ...failure, error: failure.error }
    : { error: '' }
