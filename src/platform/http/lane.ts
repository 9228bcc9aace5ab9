import type { IncomingMessage, ServerResponse } from 'node:http'
import type { EndpointSpec } from './contract.ts'

/** Serves one request whose address is known to be this route's. */
export type Serve = (raw: IncomingMessage, response: ServerResponse) => void

export interface Lane {
  /** Takes in a route, if its requests can be told from all others by their address alone. */
  add(endpoint: EndpointSpec, url: string, serve: Serve): void
  /** @returns undefined for a request that the framework has to look at. */
  find(raw: IncomingMessage): Serve | undefined
  /** From now on everything goes through the framework, which tells clients that their connections end. */
  close(): void
}

/**
 * The short way to what is asked for most: a GET of a fixed address, without a query. There the framework has nothing to
 * decide, and costs a seventh of the answer. Whatever is written in any other way, be it a slash at the end, an escaped
 * letter or another method, takes the long way to the same handler.
 */
export const lane = (): Lane => {
  const routes = new Map<string, Serve>()
  let isOpen = true
  return {
    add({ method, path }, url, serve) {
      if (method === 'GET' && !/[:*]/.test(path + url)) routes.set(url, serve)
    },
    find: ({ method, url }) => (isOpen && method === 'GET' ? routes.get(url ?? '') : undefined),
    close() {
      isOpen = false
    },
  }
}
