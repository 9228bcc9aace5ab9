import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { listPlans } from '../../../src/accounts/plans/contract.ts'
import { getServer, listJobs } from '../../../src/accounts/server/contract.ts'
import { listAccounts } from '../../../src/accounts/users/admin-contract.ts'
import { api } from '../api.ts'

export const serverQuery = queryOptions({
  queryKey: ['admin', 'server'],
  queryFn: ({ signal }) => api.call(getServer, { signal }),
})

const fetchJobs = (signal: AbortSignal) => api.call(listJobs, { signal })
export type Jobs = Awaited<ReturnType<typeof fetchJobs>>

export const jobsQuery = queryOptions({
  queryKey: ['admin', 'jobs'],
  queryFn: ({ signal }) => fetchJobs(signal),
  refetchInterval: 5_000,
})

export const plansQuery = queryOptions({
  queryKey: ['admin', 'plans'],
  queryFn: async ({ signal }) => (await api.call(listPlans, { signal })).plans,
})

export const accountsQuery = infiniteQueryOptions({
  queryKey: ['admin', 'accounts'],
  queryFn: ({ pageParam, signal }) =>
    api.call(listAccounts, { query: pageParam === '' ? {} : { cursor: pageParam }, signal }),
  initialPageParam: '',
  getNextPageParam: ({ next_cursor }) => next_cursor ?? undefined,
})
