import { queryOptions } from '@tanstack/react-query'
import { listTeams } from '../../../src/accounts/teams/contract.ts'
import { api } from '../api.ts'

/** The teams that one is in, with one's role in each. */
export const teamsQuery = queryOptions({
  queryKey: ['account', 'teams'],
  queryFn: async ({ signal }) => (await api.call(listTeams, { signal })).teams,
  staleTime: 60_000,
})
