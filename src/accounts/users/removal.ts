import type { Db } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { keyRepo } from '../api-keys/repo.ts'
import { AccountErrors } from '../errors.ts'
import { oauthRepo } from '../oauth/repo.ts'
import { codeRepo } from '../one-time-codes.ts'
import { forgetPreferences } from '../preferences/repo.ts'
import { sessionRepo } from '../sessions/repo.ts'
import { type Leaving, leaveTeams } from '../teams/owners.ts'
import { userRepo } from './repo.ts'

/**
 * @param admins The active administrators, read in a transaction that holds their lock.
 * @throws {AppError} LAST_ADMIN when nobody would be left to administer the server
 */
export const assertAnotherAdmin = (admins: readonly string[], accountId: string): void => {
  if (admins.includes(accountId) && admins.length === 1) throw new AppError(AccountErrors.LAST_ADMIN)
}

/**
 * Ends an account with all by which somebody could act for it.
 *
 * @param admins See `assertAnotherAdmin`.
 * @throws {AppError} LAST_ADMIN, LAST_OWNER
 */
export const removeAccount = async (
  tx: Db,
  accountId: string,
  admins: readonly string[],
  nowMs: number,
  leaving: Leaving,
): Promise<void> => {
  assertAnotherAdmin(admins, accountId)
  await leaveTeams(tx, accountId, leaving)
  await keyRepo(tx).revoke(accountId, 'all', 'account-deleted', nowMs)
  await oauthRepo(tx).revokeGrants(accountId, 'all', 'account-deleted', nowMs)
  await sessionRepo(tx).revoke(accountId, 'all', nowMs)
  await codeRepo(tx).expireOf(accountId, 'all', nowMs)
  await forgetPreferences(tx, accountId, 'all')
  await userRepo(tx).markDeleted(accountId)
}
