import type { Db } from '../platform/db/index.ts'

// More than one, because a transaction that began earlier may end later, with an earlier moment.
const NEWEST = 20

/** @returns What is another text after any file, folder or trash that the account sees has changed, in its teams too. */
export const filesMarker =
  (db: Db) =>
  async (accountId: string): Promise<string> => {
    const teams = await db.selectFrom('team_members').select('team_id').where('account_id', '=', accountId).execute()
    const marks: unknown[] = []
    for (const space of [accountId, ...teams.map(({ team_id }) => team_id)]) marks.push(await ofSpace(db, space))
    return JSON.stringify(marks)
  }

const ofSpace = async (db: Db, space: string): Promise<unknown[]> => {
  const files = await db
    .selectFrom('files')
    .select(['id', 'updated_at'])
    .where('space_id', '=', space)
    .where('trashed_at', 'is', null)
    .orderBy('updated_at', 'desc')
    .orderBy('id', 'desc')
    .limit(NEWEST)
    .execute()
  const folders = await db
    .selectFrom('folders')
    .select(({ fn }) => [fn.countAll<number>().as('count'), fn.max('updated_at').as('newest')])
    .where('space_id', '=', space)
    .where('trashed_at', 'is', null)
    .executeTakeFirstOrThrow()
  const trash = await db
    .selectFrom('trash')
    .select('id')
    .where('space_id', '=', space)
    .orderBy('trashed_at', 'desc')
    .limit(NEWEST)
    .execute()
  const moved = files.map(({ id, updated_at }) => [id, updated_at])
  return [moved, Number(folders.count), folders.newest, trash.map(({ id }) => id)]
}
