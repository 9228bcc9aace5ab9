import { type Route, route } from '../../platform/http/index.ts'
import { listTags } from './contract.ts'
import type { TagRepo } from './repo.ts'

export const tagRoutes = (tags: TagRepo): Route[] => [
  route(listTags, async ({ caller }) => ({ items: await tags.count(caller.accountId) })),
]
