import { type Ref, useMemo, useRef } from 'react'
import { type CardItem, type Highlight, isShownIn } from '../card.ts'
import { setFavorite } from '../changes.ts'
import { refreshPicture } from '../pictures.ts'
import { cardsTexts } from '../texts.ts'
import { Grid, type GridHandle } from './grid.tsx'
import { type CardView, shapeOf } from './shapes.ts'
import { Tile, type TileActions } from './tile.tsx'

export interface CardGridProps {
  /** Scroll position and focus are kept under it. */
  readonly name: string
  readonly items: readonly CardItem[]
  readonly view: CardView
  readonly total?: number | undefined
  readonly highlights?: Readonly<Record<string, readonly Highlight[]>>
  readonly selected?: ReadonlySet<string>
  readonly onOpen: (card: CardItem) => void
  readonly onSelect: (card: CardItem, stretch: boolean) => void
  readonly onMenu: (card: CardItem, at: { readonly x: number; readonly y: number }) => void
  readonly onEnd?: () => void
  readonly handle?: Ref<GridHandle>
}

const NONE: ReadonlySet<string> = new Set()
const NO_HIGHLIGHTS = {}

/** Cards in a masonry or in rows. It needs nothing of the server: the cards may be made up. */
export const CardGrid = (props: CardGridProps) => {
  const { name, items, view, total, highlights = NO_HIGHLIGHTS, selected = NONE, onEnd, handle } = props
  const t = cardsTexts.use()
  const isTouch = matchMedia('(pointer: coarse)').matches
  // The same functions for good, so that tiles are drawn again only when their card changes.
  const newest = useRef(props)
  newest.current = props
  const actions = useMemo(
    (): TileActions => ({
      open(card, event) {
        const { selected: now = NONE, onSelect, onOpen } = newest.current
        if (event.metaKey || event.ctrlKey || event.altKey || event.button !== 0) return
        event.preventDefault()
        if (event.shiftKey || now.size > 0) onSelect(card, event.shiftKey)
        else onOpen(card)
      },
      favorite: (card) => void setFavorite([card], !card.isFavorited),
      select: (card, stretch) => newest.current.onSelect(card, stretch),
      menu: (card, at) => newest.current.onMenu(card, at),
      pictureLost: refreshPicture,
    }),
    [],
  )
  const shape = useMemo(
    () => shapeOf(view, { hasSnippet: (card) => foundIn(highlights, card).snippet !== undefined, isTouch }),
    [view, highlights, isTouch],
  )
  return (
    <Grid
      name={name}
      label={t.cards}
      items={items}
      keyOf={idOf}
      shape={shape}
      total={total}
      {...(onEnd === undefined ? {} : { onEnd })}
      {...(handle === undefined ? {} : { handle })}
      render={(card, { isActive, width }) => (
        <Tile
          card={card}
          view={view}
          width={width}
          isActive={isActive}
          isSelected={selected.has(card.id)}
          isSelecting={selected.size > 0}
          {...foundIn(highlights, card)}
          actions={actions}
        />
      )}
    />
  )
}

const idOf = ({ id }: CardItem): string => id

/** The title shows itself; of the rest the first piece is enough for a tile. */
const foundIn = (
  highlights: NonNullable<CardGridProps['highlights']>,
  card: CardItem,
): { readonly snippet?: Highlight; readonly inText?: Highlight } => {
  const found = highlights[card.id]?.find(({ field }) => field !== 'title')
  if (found === undefined) return {}
  return isShownIn(card, found) ? { inText: found } : { snippet: found }
}
