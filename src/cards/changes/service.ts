import type { Database } from '../../platform/db/index.ts'
import { parseCursor, toCursor } from '../../platform/http/cursor.ts'
import { cardRepo, type StoredCard } from '../cards/repo.ts'
import { colorsRepo } from '../palettes/repo.ts'
import type { CardIndex } from '../search/index.ts'
import { changesRepo } from './repo.ts'

export interface ChangesPage {
  readonly items: readonly StoredCard[]
  readonly deletedIds: readonly string[]
  readonly nextCursor: string | null
  readonly nextSince: number
}

export type CardChangesFeed = ReturnType<typeof changesService>

export const changesService = ({ database, index }: { database: Database; index: CardIndex }) => ({
  /** @throws {AppError} INVALID_INPUT for a cursor that does not continue this list */
  async list(
    accountId: string,
    { since, limit, cursor = '' }: { since: number; limit: number; cursor?: string | undefined },
  ): Promise<ChangesPage> {
    const list = [accountId, 'changes', since]
    const after = cursor === '' ? undefined : parseCursor(cursor, list)
    const rows = await changesRepo(database.db).list(accountId, since, after, limit + 1)
    const page = rows.slice(0, limit)
    const last = page.at(-1)
    const alive = page.filter(({ isDeleted }) => !isDeleted)
    const ids = alive.map(({ id }) => id)
    const cards = new Map(
      (await cardRepo(database.db, index).findAll(accountId, ids)).map((card) => [card.id, card] as const),
    )
    return {
      // What has changed again between the two questions comes later in the list, and is told there.
      items: alive.flatMap(({ id, at }) => {
        const card = cards.get(id)
        return card?.updatedAt === at ? [card] : []
      }),
      deletedIds: [...new Set(page.filter(({ isDeleted }) => isDeleted).map(({ id }) => id))],
      nextCursor:
        rows.length > limit && last !== undefined ? toCursor({ createdAt: last.at, id: last.id }, list) : null,
      nextSince: last?.at ?? after?.createdAt ?? since,
    }
  },

  /** The colours of palettes and pictures among these cards. */
  colorsOf: (accountId: string, cards: readonly StoredCard[]) =>
    colorsRepo(database.db).of(
      accountId,
      cards.map(({ number }) => number),
    ),
})
