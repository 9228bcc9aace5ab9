import { type RawBuilder, sql } from 'kysely'

/**
 * True of an account's rows among those that are looked up by their numbers or ids. A plain comparison is an offer to
 * SQLite to read all rows of the account instead, which it takes for any list of more than a few.
 */
export const isOwn = (accountId: string, column = 'account_id'): RawBuilder<boolean> =>
  sql<boolean>`(${sql.ref(column)} = ${accountId}) is true`
