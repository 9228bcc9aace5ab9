import { useState } from 'react'
import { type CardView, VIEWS } from './grid/shapes.ts'

const KEPT = 'latchkey.cards-view'

/** How cards are laid out; kept in this browser. */
export const useCardView = (): [CardView, (view: CardView) => void] => {
  const [view, setView] = useState(() => VIEWS.find((name) => name === localStorage.getItem(KEPT)) ?? 'masonry')
  return [
    view,
    (wanted) => {
      localStorage.setItem(KEPT, wanted)
      setView(wanted)
    },
  ]
}
