import type { Database, Db } from '../../platform/db/index.ts'
import { Preferences, type PreferencesChange } from './contract.ts'

declare module '../../platform/db/tables.ts' {
  interface Tables {
    /** A row for each choice, so that two browsers that choose at once take nothing back from each other. */
    account_preferences: { account_id: string; name: string; value: string }
  }
}

export type PreferenceRepo = ReturnType<typeof preferenceRepo>

export const preferenceRepo = ({ db, transaction }: Database) => ({
  get: (accountId: string): Promise<Preferences> => read(db, accountId),
  /** @returns All of them, as they are then. */
  change: (accountId: string, change: PreferencesChange): Promise<Preferences> =>
    transaction(async (tx) => {
      const given = Object.entries(change).filter(([, value]) => value !== undefined)
      const forgotten = given.flatMap(([name, value]) => (value === null ? [name] : []))
      const chosen = given.flatMap(([name, value]) =>
        value === null ? [] : [{ account_id: accountId, name, value: JSON.stringify(value) }],
      )
      if (forgotten.length > 0) await forgetPreferences(tx, accountId, forgotten)
      if (chosen.length > 0)
        await tx
          .insertInto('account_preferences')
          .values(chosen)
          .onConflict((oc) =>
            oc.columns(['account_id', 'name']).doUpdateSet((eb) => ({ value: eb.ref('excluded.value') })),
          )
          .execute()
      return read(tx, accountId)
    }),
})

export const forgetPreferences = async (db: Db, accountId: string, names: readonly string[] | 'all'): Promise<void> => {
  const ofAccount = db.deleteFrom('account_preferences').where('account_id', '=', accountId)
  await (names === 'all' ? ofAccount : ofAccount.where('name', 'in', names)).execute()
}

const read = async (db: Db, accountId: string): Promise<Preferences> => {
  const rows = await db
    .selectFrom('account_preferences')
    .select(['name', 'value'])
    .where('account_id', '=', accountId)
    .execute()
  const stored = new Map(rows.map(({ name, value }) => [name, value]))
  // What another version has written, and this one does not know, counts as never chosen.
  return Preferences.parse(
    Object.fromEntries(
      Object.entries(Preferences.shape).map(([name, schema]) => {
        const known = schema.safeParse(JSON.parse(stored.get(name) ?? 'null'))
        return [name, known.success ? known.data : null]
      }),
    ),
  )
}
