import { queryOptions, useQuery } from '@tanstack/react-query'
import { getAccount } from '../../../src/accounts/users/contract.ts'
import { api, ClientError, queries } from '../api.ts'

export const accountQuery = queryOptions({
  queryKey: ['account'],
  queryFn: async () => {
    try {
      return (await api.call(getAccount)).account
    } catch (error) {
      if (error instanceof ClientError && error.status === 401) return null
      throw error
    }
  },
  staleTime: 60_000,
})

/** Who is signed in; null where nobody is. */
export const currentAccount = () => queries.ensureQueryData(accountQuery)

/** For pages behind the sign-in. */
export const useAccount = () => {
  const { data } = useQuery(accountQuery)
  return data ?? undefined
}
