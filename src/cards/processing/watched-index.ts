import type { Db } from '../../platform/db/index.ts'
import type { CardIndex } from '../search/index.ts'

/**
 * The same index, which tells of every card that enters it. All changes of cards pass it, each in its own transaction and
 * whichever way it came, so no card is forgotten.
 */
export const watchedIndex = (index: CardIndex, notice: (tx: Db, number: number) => Promise<void>): CardIndex => ({
  ...index,
  async refresh(tx, accountId, number) {
    await notice(tx, number)
    await index.refresh(tx, accountId, number)
  },
})
