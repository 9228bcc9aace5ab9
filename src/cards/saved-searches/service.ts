import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import { nextMoment } from '../cards/moments.ts'
import { type SavedSearch, SavedSearchErrors } from './contract.ts'
import { type StoredSearch, savedSearchRepo } from './repo.ts'

export type SavedSearches = ReturnType<typeof savedSearchService>

export const savedSearchService = ({ database, clock }: { database: Database; clock: Clock }) => {
  const searches = savedSearchRepo(database.db)

  // Names are compared and then written: two that do so at once take turns.
  const change = <T>(accountId: string, work: (tx: Db, at: number) => Promise<T>): Promise<T> =>
    database.transaction(async (tx) => work(tx, await nextMoment(tx, accountId, clock.now().getTime())))

  return {
    /** By name. */
    list: async (accountId: string): Promise<SavedSearch[]> => (await searches.list(accountId)).map(toSavedSearch),

    /** @throws {AppError} NOT_FOUND */
    get: async (accountId: string, id: string): Promise<SavedSearch> =>
      toSavedSearch(found(await searches.find(accountId, id))),

    /** @throws {AppError} CONFLICT */
    async create(accountId: string, { name, query }: { name: string; query: string }): Promise<SavedSearch> {
      const row = { id: newId('search'), name, query, created_at: clock.now().getTime() }
      if (!(await searches.insert(accountId, row))) throw new AppError(SavedSearchErrors.CONFLICT)
      return toSavedSearch({ ...row, account_id: accountId, feed_hash: null, updated_at: row.created_at })
    },

    /** @throws {AppError} NOT_FOUND, CONFLICT */
    update: (
      accountId: string,
      id: string,
      changes: { name?: string | undefined; query?: string | undefined },
    ): Promise<SavedSearch> =>
      change(accountId, async (tx, at) => {
        const repo = savedSearchRepo(tx)
        if (changes.name !== undefined && (await repo.isTaken(accountId, changes.name, id)))
          throw new AppError(SavedSearchErrors.CONFLICT)
        return toSavedSearch(found(await repo.update(accountId, id, changes, at)))
      }),

    /** @throws {AppError} NOT_FOUND */
    async delete(accountId: string, id: string): Promise<void> {
      if (!(await searches.delete(accountId, id))) throw new AppError(SavedSearchErrors.NOT_FOUND)
    },
  }
}

const found = (search: StoredSearch | undefined): StoredSearch => {
  if (search === undefined) throw new AppError(SavedSearchErrors.NOT_FOUND)
  return search
}

const toSavedSearch = (search: StoredSearch): SavedSearch => ({
  id: search.id,
  name: search.name,
  query: search.query,
  hasFeed: search.feed_hash !== null,
  createdAt: search.created_at,
  updatedAt: search.updated_at,
})
