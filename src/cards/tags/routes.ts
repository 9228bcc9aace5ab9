import { type Route, route } from '../../platform/http/index.ts'
import { deleteTag, listTags, mergeTags, renameTag } from './contract.ts'
import type { TagService } from './service.ts'

export const tagRoutes = (tags: TagService): Route[] => [
  route(listTags, async ({ caller }) => ({ items: await tags.list(caller.accountId) })),

  route(renameTag, async ({ caller, params, body: { name } }) => ({
    name,
    changed: await tags.rename(caller.accountId, params.name, name),
  })),

  route(mergeTags, async ({ caller, body: { from, into } }) => ({
    name: into,
    changed: await tags.merge(caller.accountId, from, into),
  })),

  route(deleteTag, async ({ caller, params: { name } }) => ({
    name,
    changed: await tags.remove(caller.accountId, name),
  })),
]
