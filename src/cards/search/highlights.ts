import type { Db } from '../../platform/db/index.ts'
import { type SearchQuery, wantedWords } from './node.ts'
import { MAX_READ, type Snippet, snippetsOf } from './snippets.ts'

interface HighlightedCard {
  readonly number: number
  readonly id: string
  readonly title: string | null
  readonly content: string
  readonly notes: string | null
  readonly description: string | null
  readonly file: { readonly name: string } | null
  readonly ai?: { readonly transcript: string | null } | undefined
}

/** Where the words of a search stand in cards, by the id of the card. */
export const highlightsOf = async (
  db: Db,
  query: SearchQuery,
  cards: readonly HighlightedCard[],
): Promise<Record<string, Snippet[]>> => {
  if (cards.length === 0 || wantedWords(query.root).length === 0) return {}
  const numbers = cards.map(({ number }) => number)
  const rows = await db
    .selectFrom('card_texts')
    .select(['card_number', (eb) => eb.fn<string>('substr', ['extracted', eb.lit(1), eb.lit(MAX_READ)]).as('text')])
    .where('card_number', 'in', numbers)
    .where('extracted', 'is not', null)
    .execute()
  const texts = new Map(rows.map(({ card_number, text }) => [card_number, text]))
  return Object.fromEntries(
    cards.map((card) => [
      card.id,
      snippetsOf(query, {
        title: card.title ?? card.file?.name ?? '',
        content: card.content,
        notes: card.notes ?? '',
        description: card.description ?? '',
        text: texts.get(card.number) ?? card.ai?.transcript ?? '',
      }),
    ]),
  )
}
