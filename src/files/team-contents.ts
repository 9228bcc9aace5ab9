import type { Db } from '../platform/db/index.ts'

/** Whether a team has files or folders, also in its trash. */
export const hasTeamContents = async (tx: Db, teamId: string): Promise<boolean> => {
  const inPlace = async (table: 'files' | 'folders') =>
    tx
      .selectFrom(table)
      .select('id')
      .where('space_id', '=', teamId)
      .where('trashed_at', 'is', null)
      .limit(1)
      .executeTakeFirst()
  if ((await inPlace('files')) !== undefined || (await inPlace('folders')) !== undefined) return true
  const entry = await tx.selectFrom('trash').select('id').where('space_id', '=', teamId).limit(1).executeTakeFirst()
  return entry !== undefined
}
