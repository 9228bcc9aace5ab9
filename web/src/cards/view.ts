import { prefer, usePreference } from '../app/preferences.ts'
import type { CardView } from './grid/shapes.ts'

/** How cards are laid out; kept for the account. */
export const useCardView = (): [CardView, (view: CardView) => void] => [
  usePreference('cards_view') ?? 'masonry',
  (cards_view) => prefer({ cards_view }),
]
