import { QueryClient } from '@tanstack/react-query'
import { ClientError, createClient } from '../../src/client/index.ts'

export { ClientError } from '../../src/client/index.ts'

/** The same client as everybody's: nothing here can do what a key could not. The session's cookie goes along by itself. */
export const api = createClient({ baseUrl: '', credentials: 'same-origin' })

const isFinal = (error: unknown): boolean => error instanceof ClientError && error.status >= 400 && error.status < 500

/** What the server said, kept while it is looked at. A refusal is not asked again; a broken connection is. */
export const queries = new QueryClient({
  defaultOptions: {
    queries: { staleTime: 10_000, retry: (count, error) => !isFinal(error) && count < 2 },
    mutations: { retry: false },
  },
})

/** What to show of a failure: the server's own sentence. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
