import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { type ApiKey, listKeys, readKeyUsage } from '../../../src/accounts/api-keys/contract.ts'
import { listDevices } from '../../../src/accounts/devices/contract.ts'
import { listApps } from '../../../src/accounts/oauth/contract.ts'
import { listSessions } from '../../../src/accounts/sessions/contract.ts'
import { listTeamInvites, listTeamMembers } from '../../../src/accounts/teams/contract.ts'
import { listAudit } from '../../../src/accounts/users/contract.ts'
import { api } from '../api.ts'
import type { AuditSearch } from './audit-search.ts'

export type { ApiKey }

// Every key begins with the area, so that the account's live events refresh what is in sight.

export const keysQuery = queryOptions({
  queryKey: ['account', 'keys'],
  queryFn: async ({ signal }) => (await api.call(listKeys, { signal })).keys,
})

/** How often each key was used on each of the last 14 days. */
export const keyUsageQuery = queryOptions({
  queryKey: ['account', 'keys', 'usage'],
  queryFn: ({ signal }) => api.call(readKeyUsage, { signal }),
})

export const sessionsQuery = queryOptions({
  queryKey: ['account', 'sessions'],
  queryFn: async ({ signal }) => (await api.call(listSessions, { signal })).sessions,
})

export const devicesQuery = queryOptions({
  queryKey: ['account', 'devices'],
  queryFn: async ({ signal }) => (await api.call(listDevices, { signal })).devices,
})

export const appsQuery = queryOptions({
  queryKey: ['account', 'apps'],
  queryFn: async ({ signal }) => (await api.call(listApps, { signal })).apps,
})

export const membersQuery = (id: string) =>
  queryOptions({
    queryKey: ['account', 'teams', id, 'members'],
    queryFn: async ({ signal }) => (await api.call(listTeamMembers, { params: { id }, signal })).members,
  })

export const teamInvitesQuery = (id: string) =>
  queryOptions({
    queryKey: ['account', 'teams', id, 'invites'],
    queryFn: async ({ signal }) => (await api.call(listTeamInvites, { params: { id }, signal })).invites,
  })

const AUDIT_PAGE = 100

export const auditPage = (search: AuditSearch, before: number | undefined, signal?: AbortSignal) => {
  const { action, actor, since, until } = search
  const query = {
    limit: String(AUDIT_PAGE),
    ...(before === undefined ? {} : { before: String(before) }),
    ...(action === undefined ? {} : { action }),
    ...(actor === undefined ? {} : { actor }),
    ...(since === undefined ? {} : { since: new Date(since).toISOString() }),
    // The day itself counts.
    ...(until === undefined ? {} : { until: new Date(Date.parse(until) + 86_400_000).toISOString() }),
  }
  return api.call(listAudit, { query, signal })
}

export const auditQuery = (search: AuditSearch) =>
  infiniteQueryOptions({
    queryKey: ['account', 'audit', search],
    queryFn: ({ pageParam, signal }) => auditPage(search, pageParam, signal),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: ({ next_before }) => next_before ?? undefined,
  })
