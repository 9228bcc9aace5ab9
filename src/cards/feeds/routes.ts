import { type Route, reply, route } from '../../platform/http/index.ts'
import { createFeed, deleteFeed, readFeed } from './contract.ts'
import type { Feeds } from './service.ts'

export const feedRoutes = (feeds: Feeds): Route[] => [
  route(createFeed, ({ caller, params }) => feeds.create(caller.accountId, params.id)),

  route(deleteFeed, async ({ caller, params }) => {
    await feeds.end(caller.accountId, params.id)
    return undefined
  }),

  route(readFeed, async ({ params, request }) => {
    const { etag, mediaType, text } = await feeds.read(params.file, request)
    const headers = { etag, 'cache-control': 'private, no-cache', 'referrer-policy': 'no-referrer' }
    if (text === undefined) return reply(304, null, headers)
    const safe = { 'x-content-type-options': 'nosniff', 'content-security-policy': "default-src 'none'; sandbox" }
    return reply(200, text, { ...headers, ...safe, 'content-type': mediaType })
  }),
]
