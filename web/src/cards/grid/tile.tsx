import { Ellipsis, Star } from 'lucide-react'
import { type MouseEvent, memo, useState } from 'react'
import {
  type CardItem,
  type Highlight,
  hasPicture,
  markedPieces,
  pictureOf,
  placedIn,
  siteOf,
  titleOf,
} from '../card.ts'
import { cardsTexts } from '../texts.ts'
import { pictureHeight, shownLines } from './heights.ts'
import type { CardView } from './shapes.ts'
import { TypeIcon } from './type-icon.tsx'
import './tile.css'

/** What can be done with a tile. The functions stay the same, so that a tile is drawn again only when it changes. */
export interface TileActions {
  readonly open: (card: CardItem, event: MouseEvent) => void
  readonly favorite: (card: CardItem) => void
  readonly select: (card: CardItem, withShift: boolean) => void
  readonly menu: (card: CardItem, at: { readonly x: number; readonly y: number }) => void
  /** A picture could not be shown: its address has run out. */
  readonly pictureLost: (card: CardItem) => void
}

export interface TileProps {
  readonly card: CardItem
  readonly view: CardView
  readonly width: number
  readonly isActive: boolean
  readonly isSelected: boolean
  readonly isSelecting: boolean
  /** Found where the tile does not show it, and found in the text that it shows. */
  readonly snippet?: Highlight | undefined
  readonly inText?: Highlight | undefined
  readonly actions: TileActions
}

const MOST_TAGS = 3
/** Letters: more than twelve lines have. The whole text would be read aloud as the name of the link. */
const MOST_SHOWN = 500

/** A card among others. Plain elements only: dozens of them are made while one scrolls. */
export const Tile = memo((props: TileProps) => {
  const { card, view, width, isActive, isSelected, isSelecting, actions } = props
  const t = cardsTexts.use()
  const title = titleOf(card) || t.types(card.type)
  const [isNear, setNear] = useState(isTouch)
  // They double what a tile costs while one scrolls, so they come when somebody does.
  const hasTools = isNear || isActive || isSelecting
  return (
    <article
      className="tile"
      data-view={view}
      data-type={card.type}
      data-selected={isSelected ? '' : undefined}
      data-selecting={isSelecting ? '' : undefined}
      onPointerEnter={() => setNear(true)}
      onContextMenu={(event) => {
        event.preventDefault()
        actions.menu(card, { x: event.clientX, y: event.clientY })
      }}
    >
      {view === 'masonry' ? (
        <TileTop card={card} width={width} actions={actions} />
      ) : (
        <RowMark card={card} actions={actions} />
      )}
      <div className="tile-words">
        <a
          className="tile-main"
          data-main
          href={`/cards/?card=${encodeURIComponent(card.id)}`}
          tabIndex={isActive ? 0 : -1}
          onClick={(event) => actions.open(card, event)}
        >
          <span className="visually-hidden">{t.types(card.type)}: </span>
          <TileText card={card} view={view} title={title} found={props.inText} />
        </a>
        <p className="tile-muted">
          <TypeIcon type={card.type} size={14} />
          <span>{mutedLine(card, t)}</span>
          {card.isFavorited && <Star role="img" aria-label={t.isFavorite} size={12} fill="currentColor" />}
        </p>
        {props.snippet !== undefined && view !== 'compact' && <Snippet snippet={props.snippet} />}
        {card.tags.length > 0 && <TileTags tags={card.tags} />}
      </div>
      {hasTools && <TileTools {...props} title={title} />}
    </article>
  )
})

const isTouch = typeof matchMedia === 'function' && matchMedia('(hover: none)').matches

/** What is done with a tile without opening it. */
const TileTools = ({ card, isActive, isSelected, actions, title }: TileProps & { readonly title: string }) => {
  const t = cardsTexts.use()
  const tabIndex = isActive ? 0 : -1
  return (
    <>
      <input
        type="checkbox"
        className="tile-check"
        aria-label={t.selects(title)}
        tabIndex={tabIndex}
        checked={isSelected}
        onChange={({ nativeEvent }) => actions.select(card, 'shiftKey' in nativeEvent && nativeEvent.shiftKey === true)}
      />
      <div className="tile-actions">
        <button
          type="button"
          aria-label={card.isFavorited ? t.unfavorite : t.favorite}
          aria-pressed={card.isFavorited}
          tabIndex={tabIndex}
          onClick={() => actions.favorite(card)}
        >
          <Star aria-hidden size={16} {...(card.isFavorited ? { fill: 'currentColor' } : {})} />
        </button>
        <button
          type="button"
          aria-label={t.more}
          aria-haspopup="menu"
          tabIndex={tabIndex}
          onClick={(event) => {
            const box = event.currentTarget.getBoundingClientRect()
            actions.menu(card, { x: box.left, y: box.bottom })
          }}
        >
          <Ellipsis aria-hidden size={16} />
        </button>
      </div>
    </>
  )
}

const mutedLine = (card: CardItem, t: ReturnType<typeof cardsTexts.use>): string => {
  if (card.preview.state === 'pending') return t.reading
  if (card.preview.state === 'failed' && card.type === 'link') return `${siteOf(card.url)}, ${t.unreadable}`
  if (card.url !== null) return siteOf(card.url)
  const kind = card.fileExtension ?? t.types(card.type)
  return card.fileName === null ? t.types(card.type) : kind.toUpperCase()
}

const TileText = ({
  card,
  view,
  title,
  found,
}: Pick<TileProps, 'card' | 'view'> & { readonly title: string; readonly found: Highlight | undefined }) => {
  if (view !== 'masonry') return <span className="tile-title">{title}</span>
  const clamp = { WebkitLineClamp: shownLines(card) }
  if (card.type !== 'text' && card.type !== 'quote')
    return (
      <span className="tile-title" style={clamp}>
        {title}
      </span>
    )
  // What is cut anyway need not be laid out.
  const text = card.content.slice(0, MOST_SHOWN)
  return (
    <span className="tile-text" style={clamp}>
      {found === undefined ? text || title : <Marked {...placedIn(text, found)} />}
    </span>
  )
}

const TileTop = ({ card, width, actions }: Pick<TileProps, 'card' | 'width' | 'actions'>) => {
  if (hasPicture(card)) {
    const height = pictureHeight(card.preview, width)
    return <Picture card={card} height={height} actions={actions} />
  }
  if (card.type === 'palette' && card.preview.colors.length > 0) return <Swatches colors={card.preview.colors} />
  if (card.type === 'audio') return <div className="tile-sound" aria-hidden />
  return null
}

const RowMark = ({ card, actions }: Pick<TileProps, 'card' | 'actions'>) => {
  if (pictureOf(card) !== null) return <Picture card={card} actions={actions} />
  if (card.type === 'palette' && card.preview.colors.length > 0) return <Swatches colors={card.preview.colors} />
  return (
    <div className="tile-glyph">
      <TypeIcon type={card.type} size={18} />
    </div>
  )
}

const Picture = ({ card, height, actions }: Pick<TileProps, 'card' | 'actions'> & { readonly height?: number }) => {
  const address = pictureOf(card)
  const background = card.preview.color
  return (
    <div
      className="tile-picture"
      data-reading={address === null ? '' : undefined}
      style={{
        ...(height === undefined ? {} : { blockSize: height }),
        ...(background === null ? {} : { backgroundColor: background }),
      }}
    >
      {address !== null && (
        <img
          src={address}
          alt=""
          loading="lazy"
          decoding="async"
          draggable={false}
          onError={() => actions.pictureLost(card)}
        />
      )}
    </div>
  )
}

const Swatches = ({ colors }: { readonly colors: CardItem['preview']['colors'] }) => (
  <div className="tile-swatches" aria-hidden>
    {colors.slice(0, 8).map(({ hex }) => (
      <span key={hex} style={{ backgroundColor: hex }} />
    ))}
  </div>
)

const TileTags = ({ tags }: { readonly tags: readonly string[] }) => (
  <p className="tile-tags">
    {tags.slice(0, MOST_TAGS).map((tag) => (
      <span key={tag} className="chip" data-area="cards">
        {tag}
      </span>
    ))}
    {tags.length > MOST_TAGS && <span className="chip">+{tags.length - MOST_TAGS}</span>}
  </p>
)

const Snippet = ({ snippet }: { readonly snippet: Highlight }) => (
  <p className="tile-snippet">
    <Marked {...snippet} />
  </p>
)

const Marked = ({ text, ranges }: Pick<Highlight, 'text' | 'ranges'>) =>
  markedPieces(text, ranges).map((piece) =>
    piece.isFound ? <mark key={piece.at}>{piece.text}</mark> : <span key={piece.at}>{piece.text}</span>,
  )
