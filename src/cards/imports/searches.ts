import type { Db } from '../../platform/db/index.ts'
import { newId } from '../../platform/ids.ts'
import { ArchivedSearch, SEARCHES_NAME } from '../exports/record.ts'
import { savedSearchRepo } from '../saved-searches/repo.ts'
import type { Archive } from './sources/index.ts'
import { elementsIn } from './sources/teak.ts'

const MAX_SEARCHES = 1000

/** Brings the saved searches of an archive. One whose name is taken stays as it is here. */
export const restoreSearches = async (db: Db, accountId: string, archive: Archive): Promise<void> => {
  for await (const { value, number } of elementsIn(archive, SEARCHES_NAME)) {
    if (number > MAX_SEARCHES) return
    const search = ArchivedSearch.safeParse(value)
    if (!search.success) continue
    const { name, query, createdAt } = search.data
    await savedSearchRepo(db).insert(accountId, { id: newId('search'), name, query, created_at: createdAt })
  }
}
