import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { parseCursor, toCursor } from '../../platform/http/cursor.ts'
import { found } from '../cards/changing.ts'
import { CardErrors } from '../cards/contract.ts'
import { cardRepo, type StoredCard } from '../cards/repo.ts'
import type { CardService } from '../cards/service.ts'
import type { CardIndex } from '../search/index.ts'
import type { FileReleases } from '../uploads/releases.ts'
import { uploadRepo } from '../uploads/repo.ts'
import { trashRepo } from './repo.ts'

const BATCH = 100

export interface CardTrashParts {
  readonly database: Database
  readonly index: CardIndex
  readonly cards: CardService
  readonly releases: FileReleases
  readonly clock: Clock
  /** How long cards stay in the trash. */
  readonly keptMs: number
}

export type CardTrash = ReturnType<typeof cardTrash>

/** Deleted cards: out of every list and search until they come back or are purged. */
export const cardTrash = ({ database, index, cards, releases, clock, keptMs }: CardTrashParts) => {
  const trash = trashRepo(database.db)

  const purge = async (accountId: string, ids: readonly string[]): Promise<number> => {
    const { purged } = await cards.change(accountId, async ({ tx, at }) => {
      const gone = await trashRepo(tx).purge(accountId, ids, at)
      for (const fileId of gone.fileIds) await uploadRepo(tx).release(accountId, fileId)
      return gone
    })
    releases.soon()
    return purged
  }

  const purgeUntil = async (accountId: string, until: number, signal?: AbortSignal): Promise<number> => {
    let total = 0
    for (;;) {
      signal?.throwIfAborted()
      const ids = await trash.ids(accountId, until, BATCH)
      if (ids.length === 0) return total
      total += await purge(accountId, ids)
    }
  }

  return {
    /** From when on a card in the trash may be deleted for good. */
    purgedAfter: (deletedAt: number): number => deletedAt + keptMs,

    /** @throws {AppError} INVALID_INPUT for a cursor that does not continue this list */
    async list(
      accountId: string,
      limit: number,
      cursor = '',
    ): Promise<{ items: StoredCard[]; nextCursor: string | null }> {
      const list = [accountId, 'trash']
      const after = cursor === '' ? undefined : parseCursor(cursor, list)
      const found = await cardRepo(database.db, index).trashed(accountId, after, limit + 1)
      const items = found.slice(0, limit)
      const last = found.length > limit ? items.at(-1) : undefined
      const nextCursor = last && toCursor({ createdAt: last.deletedAt ?? 0, id: last.id }, list)
      return { items, nextCursor: nextCursor ?? null }
    },

    /** @throws {AppError} NOT_FOUND if it is not in the trash */
    restore: (accountId: string, id: string): Promise<StoredCard> =>
      cards.change(accountId, async (change) => found(await change.cards.restore(accountId, id, change.at))),

    /** @throws {AppError} NOT_FOUND if it is not in the trash */
    async purge(accountId: string, id: string): Promise<void> {
      if ((await purge(accountId, [id])) === 0) throw new AppError(CardErrors.NOT_FOUND)
    },

    /** What was in the trash when this began. @returns How many cards. */
    async empty(accountId: string): Promise<number> {
      // The clock of the account may be ahead of ours by as many milliseconds as it had changes in the last one.
      return purgeUntil(accountId, await cards.change(accountId, async ({ at }) => at))
    },

    /** Purges what has been in the trash for longer than it stays there. @returns How many cards. */
    async sweep(signal?: AbortSignal): Promise<number> {
      const before = clock.now().getTime() - keptMs
      let total = 0
      for (;;) {
        const accounts = await trash.accountsBefore(before, BATCH)
        for (const accountId of accounts) total += await purgeUntil(accountId, before - 1, signal)
        if (accounts.length < BATCH) return total
      }
    },
  }
}
