import { type SearchQuery, wantedWords } from './node.ts'
import { MAX_READ, type Snippet, snippetsOf } from './snippets.ts'

interface HighlightedCard {
  readonly id: string
  readonly title: string | null
  readonly content: string
  readonly notes: string | null
  readonly description: string | null
  readonly file: { readonly name: string } | null
  readonly extracted: string | null
  readonly ai?: { readonly transcript: string | null } | undefined
}

/** How much of what a file says is read to find the words of a search in it, in letters. */
export const readLength = (query: SearchQuery): number => (wantedWords(query.root).length === 0 ? 0 : MAX_READ)

/** Where the words of a search stand in cards, by the id of the card. */
export const highlightsOf = (query: SearchQuery, cards: readonly HighlightedCard[]): Record<string, Snippet[]> => {
  if (wantedWords(query.root).length === 0) return {}
  return Object.fromEntries(
    cards.map((card) => [
      card.id,
      snippetsOf(query, {
        title: card.title ?? card.file?.name ?? '',
        content: card.content,
        notes: card.notes ?? '',
        description: card.description ?? '',
        text: card.extracted ?? card.ai?.transcript ?? '',
      }),
    ]),
  )
}
