import type { Selectable } from 'kysely'
import type { Db, Tables } from '../src/platform/db/index.ts'
import { newId } from '../src/platform/ids.ts'

type AccountRow = Selectable<Tables['accounts']>

/** An account that nobody signs in to: for tests below HTTP, and for many at once without as many hashes. */
export const accountRow = (changes: Partial<AccountRow> = {}): AccountRow => {
  const { id = newId('account') } = changes
  return {
    id,
    email: `${id}@example.org`,
    email_key: `${id.toLowerCase()}@example.org`,
    password_hash: '',
    token_version: 0,
    plan_id: 'selfhost',
    is_admin: 0,
    status: 'active',
    created_at: 0,
    ...changes,
  }
}

/** @returns Its id. */
export const addAccount = async (db: Db, changes: Partial<AccountRow> = {}): Promise<string> => {
  const row = accountRow(changes)
  await db.insertInto('accounts').values(row).execute()
  return row.id
}
