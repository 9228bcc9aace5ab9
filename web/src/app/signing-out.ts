import { signOut as signOutCall } from '../../../src/accounts/sessions/contract.ts'
import { api, queries } from '../api.ts'
import { forgetRecent } from './recent.ts'
import { forgetKeptAccount } from './session.ts'

/** Ends the session, and forgets here what it had seen. What waits to be sent stays, for whoever wrote it. */
export const signOut = async (done: () => void): Promise<void> => {
  await api.call(signOutCall)
  queries.clear()
  forgetRecent()
  forgetKeptAccount()
  done()
}
