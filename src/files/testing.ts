import type { TestAccount, TestApp } from '../../test/app.ts'
import { createTeam, type TeamRole } from '../accounts/teams/contract.ts'
import { createFolder, type Folder } from './folders/contract.ts'

/** A new folder, at the top unless told. */
export const makeFolder = (
  ada: TestAccount,
  name: string,
  place: { parent_id?: string; team_id?: string } = {},
): Promise<Folder> => ada.call(createFolder, { body: { name, ...place } })

/** A new team of an account, with others in it. @returns The id. */
export const makeTeam = async (
  app: TestApp,
  owner: TestAccount,
  members: readonly (readonly [TestAccount, TeamRole])[] = [],
): Promise<string> => {
  const { id } = await owner.call(createTeam, { body: { name: 'Design' } })
  for (const [{ id: account_id }, role] of members)
    await app.app.core.database.db
      .insertInto('team_members')
      .values({ team_id: id, account_id, role, joined_at: 1 })
      .execute()
  return id
}

/** Of what was done at once: how often it was done, and with which codes it was refused. */
export const outcomes = async (work: readonly Promise<unknown>[]) => {
  const results = await Promise.allSettled(work)
  const refusals = results.flatMap((result) => (result.status === 'rejected' ? [codeOf(result.reason)] : []))
  return { done: results.length - refusals.length, refusals: [...new Set(refusals)] }
}

const codeOf = (reason: unknown): unknown =>
  typeof reason === 'object' && reason !== null && 'code' in reason ? reason.code : reason
