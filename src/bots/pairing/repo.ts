import type { Db } from '../../platform/db/index.ts'

/** Codes of one bot, beside what its commands keep, in a scope that no command and no export reads. */
export const pairingRepo = (db: Db) => ({
  async insert(
    { accountId, botId }: { accountId: string; botId: string },
    hash: string,
    expiresAt: number,
  ): Promise<void> {
    await db
      .insertInto('bot_values')
      .values({
        scope: scopeOf(botId),
        owner: '',
        name: hash,
        account_id: accountId,
        bot_id: botId,
        value: String(expiresAt),
        size_bytes: 0,
        updated_at: expiresAt,
      })
      .execute()
  },

  /** @returns Whether there was one that still worked; there is none any more. */
  async take(
    { accountId, botId }: { accountId: string; botId: string },
    hash: string,
    nowMs: number,
  ): Promise<boolean> {
    const row = await db
      .deleteFrom('bot_values')
      .where('scope', '=', scopeOf(botId))
      .where('account_id', '=', accountId)
      .where('owner', '=', '')
      .where('name', '=', hash)
      .returning('updated_at')
      .executeTakeFirst()
    return row !== undefined && row.updated_at > nowMs
  },

  /** For a bot that gets another owner. */
  async deleteAll(botId: string): Promise<void> {
    await db.deleteFrom('bot_values').where('scope', '=', scopeOf(botId)).execute()
  },

  /** Forgets those that have run out. */
  async deleteBefore(nowMs: number): Promise<void> {
    await db
      .deleteFrom('bot_values')
      .where('scope', '>=', scopeOf(''))
      .where('scope', '<', 'pairing;')
      .where('updated_at', '<', nowMs)
      .execute()
  },
})

const scopeOf = (botId: string): string => `pairing:${botId}`
