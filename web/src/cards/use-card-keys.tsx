import type { RefObject } from 'react'
import { useActions } from '../app/actions.ts'
import type { CardItem } from './card.ts'
import { setFavorite, trashCards } from './changes.ts'
import type { GridHandle } from './grid/grid.tsx'
import { keyTexts } from './key-texts.ts'
import { undoLast } from './undo.ts'

interface Keyed {
  /** The card that is open, or has the focus. */
  readonly active: () => CardItem | undefined
  readonly chosen: readonly CardItem[]
  readonly grid: RefObject<GridHandle | null>
  readonly isOpen: boolean
  readonly walk: (step: number) => void
  readonly open: (id: string) => void
  readonly write: () => void
  readonly search: () => void
  readonly select: (id: string) => void
  readonly clear: () => void
}

/** Everything that can be done on the page with a key, and from the command palette. */
export const useCardKeys = (page: Keyed): void => {
  const t = keyTexts.use()
  /** What is selected, or else the card that one is at. */
  const meant = (): readonly CardItem[] => {
    if (page.chosen.length > 0 && !page.isOpen) return page.chosen
    const card = page.active()
    return card === undefined ? [] : [card]
  }
  const withActive = (work: (card: CardItem) => void) => (): void => {
    const card = page.active()
    if (card !== undefined) work(card)
  }
  const step = (by: number) => (): void => {
    if (page.isOpen) page.walk(by)
    else page.grid.current?.move(by)
  }
  const trash = (): void => {
    const cards = meant()
    if (cards.length === 0) return
    if (page.isOpen) page.walk(1)
    void trashCards(cards)
    page.clear()
  }
  const favorite = (): void => {
    const cards = meant()
    if (cards.length > 0) void setFavorite(cards, !cards.every(({ isFavorited }) => isFavorited))
  }
  const area = 'cards' as const
  // In the sheet, and in no other dialog: a key must not delete what a question is about.
  const inSheet = (run: () => void) => ({
    inDialogs: true,
    run(): void {
      const dialogs = document.querySelectorAll('[role=dialog], [role=alertdialog]:not(.toast)').length
      if (dialogs <= (page.isOpen ? 1 : 0)) run()
    },
  })
  const quiet = { area, inPalette: false } as const
  useActions([
    { id: 'cards.add', name: t.add, keys: 'n', area, run: page.write },
    { id: 'cards.search', name: t.search, keys: '/', area, run: page.search },
    { id: 'cards.next', name: t.next, keys: 'j', ...quiet, ...inSheet(step(1)) },
    { id: 'cards.previous', name: t.previous, keys: 'k', ...quiet, ...inSheet(step(-1)) },
    { id: 'cards.select', name: t.select, keys: 'x', ...quiet, run: withActive(({ id }) => page.select(id)) },
    { id: 'cards.edit', name: t.edit, keys: 'e', ...quiet, run: withActive(({ id }) => page.open(id)) },
    { id: 'cards.favorite', name: t.favorite, keys: 'f', area, ...inSheet(favorite) },
    { id: 'cards.rm', name: t.trash, keys: '#', area, ...inSheet(trash) },
    { id: 'cards.undo', name: t.undo, keys: 'z', area, ...inSheet(() => void undoLast()) },
    {
      id: 'cards.clear',
      name: t.clear,
      keys: 'escape',
      ...quiet,
      isDisabled: page.chosen.length === 0,
      run: page.clear,
    },
  ])
}
