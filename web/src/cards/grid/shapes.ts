import { CARD_VIEWS } from '../../../../src/accounts/preferences/contract.ts'
import { type CardItem, hasPicture } from '../card.ts'
import type { GridShape } from './grid.tsx'
import { tileHeight } from './heights.ts'

export const VIEWS = CARD_VIEWS
/** How cards are laid out. */
export type CardView = (typeof VIEWS)[number]

const WHOLE_WIDTH = 100_000
const ROW = 76
const COMPACT_ROW = 40
const TOUCH_ROW = 48

const rows = (height: number): GridShape<CardItem> => ({
  ...{ least: WHOLE_WIDTH, most: 1, gap: 0 },
  heightOf: (_card, _width, scale) => Math.ceil(height * scale),
})

/** @param hasSnippet Whether a card shows a piece of what was found in it. */
export const shapeOf = (
  view: CardView,
  { hasSnippet, isTouch }: { readonly hasSnippet: (card: CardItem) => boolean; readonly isTouch: boolean },
): GridShape<CardItem> => {
  if (view === 'list') return rows(ROW)
  if (view === 'compact') return rows(isTouch ? TOUCH_ROW : COMPACT_ROW)
  return {
    ...{ least: 232, most: 8, gap: 16 },
    heightOf: (card, width, scale) =>
      tileHeight({ ...card, hasPicture: hasPicture(card), hasSnippet: hasSnippet(card) }, width, scale),
  }
}
