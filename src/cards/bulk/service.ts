import { AppError } from '../../platform/errors.ts'
import { parseInput } from '../../platform/http/parse.ts'
import { type Change, createIn, deleteIn, setFavoriteIn, updateIn } from '../cards/changing.ts'
import { cardsDialect } from '../dialect.ts'
import { BulkItems, type BulkOperation, type BulkResult } from './contract.ts'

type Success = Pick<BulkResult, 'cardId' | 'duplicateOf'>

/**
 * Does each item in one transaction. What refuses an item has written nothing of it, so the others stand; anything
 * else that goes wrong undoes them all.
 *
 * @param change Open; all cards change at its moment.
 */
export const performBulk = async (
  change: Change,
  operation: BulkOperation,
  items: readonly unknown[],
): Promise<BulkResult[]> => {
  const results: BulkResult[] = []
  for (const [index, item] of items.entries()) results.push(await performItem(change, operation, item, index))
  return results
}

const performItem = async (
  change: Change,
  operation: BulkOperation,
  item: unknown,
  index: number,
): Promise<BulkResult> => {
  try {
    return { index, status: 'success', ...(await PERFORM[operation](change, item)) }
  } catch (error) {
    if (!(error instanceof AppError) || error.status >= 500) throw error
    return { index, status: 'error', error: error.message, code: cardsDialect.code(error) }
  }
}

const PERFORM: Readonly<Record<BulkOperation, (change: Change, item: unknown) => Promise<Success>>> = {
  async create(change, item) {
    const { card, duplicateOf } = await createIn(change, parse('create', item))
    return { cardId: card.id, ...(duplicateOf === undefined ? {} : { duplicateOf }) }
  },
  async update(change, item) {
    const { cardId, ...changes } = parse('update', item)
    await updateIn(change, cardId, changes)
    return { cardId }
  },
  async favorite(change, item) {
    const { cardId, isFavorited } = parse('favorite', item)
    await setFavoriteIn(change, cardId, isFavorited)
    return { cardId }
  },
  async delete(change, item) {
    const { cardId } = parse('delete', item)
    await deleteIn(change, cardId)
    return { cardId }
  },
}

const parse = <O extends BulkOperation>(operation: O, item: unknown): ReturnType<(typeof BulkItems)[O]['parse']> =>
  parseInput(BulkItems[operation], item, 'items') as ReturnType<(typeof BulkItems)[O]['parse']>
