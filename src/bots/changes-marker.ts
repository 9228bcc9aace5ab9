import type { Db } from '../platform/db/index.ts'

/** @returns What is another text after any bot of the account has changed, or one of its commands. Runs have a log. */
export const botsMarker =
  (db: Db) =>
  async (accountId: string): Promise<string> => {
    const bots = await db
      .selectFrom('bots')
      .select(['id', 'updated_at', 'status', 'problem', 'revision', 'deleted_at'])
      .where('account_id', '=', accountId)
      .orderBy('id')
      .execute()
    const commands = await db
      .selectFrom('commands')
      .select(({ fn }) => ['bot_id', fn.countAll<number>().as('count'), fn.max('updated_at').as('newest')])
      .where('bot_id', 'in', ['', ...bots.map(({ id }) => id)])
      .where('deleted_at', 'is', null)
      .groupBy('bot_id')
      .orderBy('bot_id')
      .execute()
    return JSON.stringify([bots, commands.map(({ bot_id, count, newest }) => [bot_id, Number(count), newest])])
  }
