import type { Db } from '../../platform/db/index.ts'

/** What a bot has saved for its owner, as one thing that is undone at once. */
export interface Save {
  /** `part`: a file of a card, which is undone with that. */
  readonly kind: 'card' | 'file' | 'part'
  /** Of the card, or of the only file. */
  readonly id: string
  /** Further files that belong to a card. */
  readonly files: readonly string[]
}

/** Whose doing it was. */
export interface SavePlace {
  readonly accountId: string
  readonly botId: string
  /** The Telegram user of the run; '' for none. */
  readonly owner: string
}

export interface KeptSave extends Save {
  readonly key: string
}

/** Beside what commands keep, in a scope of its own, which no command and no export reads. */
const scopeOf = (botId: string): string => `saves:${botId}`

/**
 * What bots saved, by a key of what made them do it: so that an update which is handled twice saves once, and the last
 * thing can be undone.
 */
export const saveRepo = (db: Db) => {
  const of = ({ accountId, botId, owner }: SavePlace) =>
    db
      .selectFrom('bot_values')
      .select(['name', 'value'])
      .where('scope', '=', scopeOf(botId))
      .where('account_id', '=', accountId)
      .where('owner', '=', owner)

  return {
    async find(place: SavePlace, key: string): Promise<Save | undefined> {
      const row = await of(place).where('name', '=', key).executeTakeFirst()
      return row && toSave(row.value)
    },

    /** In the place of what was saved under the key before, and is gone. */
    async put(place: SavePlace, key: string, save: Save, nowMs: number): Promise<void> {
      const value = JSON.stringify(save)
      const fields = { value, size_bytes: Buffer.byteLength(value), updated_at: nowMs }
      const { accountId: account_id, botId: bot_id, owner } = place
      await db
        .insertInto('bot_values')
        .values({ scope: scopeOf(bot_id), owner, name: key, account_id, bot_id, ...fields })
        .onConflict((oc) => oc.columns(['scope', 'owner', 'name']).doUpdateSet({ ...fields, account_id }))
        .execute()
    },

    /** What was saved last. */
    async latest(place: SavePlace): Promise<KeptSave | undefined> {
      const row = await of(place)
        .where('value', 'not like', '{"kind":"part"%')
        .orderBy('updated_at', 'desc')
        .orderBy('name', 'desc')
        .limit(1)
        .executeTakeFirst()
      return row && { key: row.name, ...toSave(row.value) }
    },

    async delete({ accountId, botId, owner }: SavePlace, key: string): Promise<void> {
      await db
        .deleteFrom('bot_values')
        .where('scope', '=', scopeOf(botId))
        .where('account_id', '=', accountId)
        .where('owner', '=', owner)
        .where('name', '=', key)
        .execute()
    },

    /** For a bot that gets another owner. */
    async deleteAll(botId: string): Promise<void> {
      await db.deleteFrom('bot_values').where('scope', '=', scopeOf(botId)).execute()
    },

    /** Forgets what is older, of all bots. */
    async deleteBefore(beforeMs: number): Promise<void> {
      await db
        .deleteFrom('bot_values')
        .where('scope', '>=', scopeOf(''))
        .where('scope', '<', 'saves;')
        .where('updated_at', '<', beforeMs)
        .execute()
    },
  }
}

// Written by `insert` only.
const toSave = (json: string): Save => JSON.parse(json) as Save
