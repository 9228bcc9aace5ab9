import { queryOptions, useQuery } from '@tanstack/react-query'
import { type Account, getAccount } from '../../../src/accounts/users/contract.ts'
import { api, ClientError, queries } from '../api.ts'

const KEPT = 'latchkey.account'

/** So that the pages open without a network for whoever was signed in last; the server asks again for everything else. */
const keep = (account: Account): void => localStorage.setItem(KEPT, JSON.stringify(account))

const kept = (): Account | null => {
  try {
    // Written by `keep` alone, and used for nothing but what is shown.
    return JSON.parse(localStorage.getItem(KEPT) ?? 'null')
  } catch {
    return null
  }
}

export const forgetKeptAccount = (): void => localStorage.removeItem(KEPT)

export const accountQuery = queryOptions({
  queryKey: ['account'],
  queryFn: async () => {
    try {
      const { account } = await api.call(getAccount)
      keep(account)
      return account
    } catch (error) {
      if (!(error instanceof ClientError)) throw error
      const isAway = error.status === 0 || error.status >= 502
      if (error.status === 401) return null
      const last = isAway ? kept() : null
      if (last === null) throw error
      return last
    }
  },
  staleTime: 60_000,
  // Without a network it answers from here instead of waiting for one.
  networkMode: 'always',
})

/** Who is signed in; null where nobody is. */
export const currentAccount = () => queries.ensureQueryData(accountQuery)

/** For pages behind the sign-in. */
export const useAccount = () => {
  const { data } = useQuery(accountQuery)
  return data ?? undefined
}
