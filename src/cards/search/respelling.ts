import type { Db } from '../../platform/db/index.ts'
import { type Node, type SearchQuery, type Words, wantedWords } from './node.ts'
import { suggestions } from './spelling.ts'

const MAX_WORDS = 8

export interface Correction {
  readonly word: string
  readonly instead: readonly string[]
}

/**
 * Takes words that no card has for the nearest ones that the account has.
 *
 * @param has Whether a card that may be found has the word.
 * @returns undefined when there is nothing to correct.
 */
export const respell = async (
  db: Db,
  accountId: string,
  query: SearchQuery,
  has: (term: Words) => Promise<boolean>,
): Promise<[SearchQuery, Correction[]] | undefined> => {
  const corrections: Correction[] = []
  for (const term of wantedWords(query.root).slice(0, MAX_WORDS)) {
    const [word = ''] = term.words
    if (term.words.length > 1 || (await has(term))) continue
    const instead: string[] = []
    for (const known of await suggestions(db, accountId, word)) {
      if (await has({ ...term, words: [known], prefix: false })) instead.push(known)
    }
    if (instead.length > 0) corrections.push({ word, instead })
  }
  if (corrections.length === 0) return undefined
  return [{ ...query, root: replaceWords(query.root, corrections) }, corrections]
}

const replaceWords = (node: Node, corrections: readonly Correction[]): Node => {
  if (node.is === 'filter' || node.is === 'not') return node
  if (node.is !== 'words') return { is: node.is, of: node.of.map((one) => replaceWords(one, corrections)) }
  const instead = node.words.length === 1 ? corrections.find(({ word }) => word === node.words[0])?.instead : undefined
  if (instead === undefined) return node
  return { is: 'any', of: instead.map((word): Words => ({ ...node, words: [word], prefix: false })) }
}
