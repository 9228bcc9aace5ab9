import type { Database } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { CardErrors } from '../cards/contract.ts'
import type { CardService } from '../cards/service.ts'
import { tagRepo } from './repo.ts'

// So many cards change in one transaction: whoever saves a card meanwhile waits no longer than that.
const BATCH = 200

export type TagService = ReturnType<typeof tagService>

/** Tags are names on cards and nothing else: what happens to a tag happens to every card that has it. */
export const tagService = ({ database, cards }: { database: Database; cards: CardService }) => {
  /**
   * @param from Exact spellings.
   * @param into What stands in their place; undefined takes them off.
   * @returns How many cards changed.
   */
  const replace = async (accountId: string, from: readonly string[], into: string | undefined): Promise<number> => {
    const names = from.filter((name) => name !== into)
    let changed = 0
    if (names.length === 0) return changed
    for (;;) {
      const done = await cards.change(accountId, async ({ tx, cards: repo, at }) => {
        const ids = await tagRepo(tx).cardsWith(accountId, names, BATCH)
        for (const card of await repo.findAll(accountId, ids))
          await repo.retag(accountId, card, renamed(card.tags, names, into), at)
        return ids.length
      })
      changed += done
      if (done < BATCH) return changed
    }
  }

  const assertChanged = (changed: number): void => {
    if (changed === 0) throw new AppError(CardErrors.NOT_FOUND, { message: 'Tag not found' })
  }

  return {
    /** The most used first. */
    list: (accountId: string) => tagRepo(database.db).count(accountId),

    /** @returns How many cards changed. @throws {AppError} NOT_FOUND */
    async rename(accountId: string, name: string, into: string): Promise<number> {
      if (name === into) {
        assertChanged((await tagRepo(database.db).cardsWith(accountId, [name], 1)).length)
        return 0
      }
      const changed = await replace(accountId, [name], into)
      assertChanged(changed)
      return changed
    },

    /** @returns How many cards changed. @throws {AppError} NOT_FOUND if none of them is in use */
    async merge(accountId: string, from: readonly string[], into: string): Promise<number> {
      assertChanged((await tagRepo(database.db).cardsWith(accountId, from, 1)).length)
      return replace(accountId, from, into)
    },

    /** @returns How many cards changed. @throws {AppError} NOT_FOUND */
    async remove(accountId: string, name: string): Promise<number> {
      const changed = await replace(accountId, [name], undefined)
      assertChanged(changed)
      return changed
    },
  }
}

const renamed = (tags: readonly string[], from: readonly string[], into: string | undefined): string[] => [
  ...new Set(tags.flatMap((name) => (from.includes(name) ? (into === undefined ? [] : [into]) : [name]))),
]
