import type { ReactNode } from 'react'
import { type Entity, linkOf, type Piece, piecesOf } from './entities.ts'

const WRAPS: Readonly<Record<string, (inside: ReactNode) => ReactNode>> = {
  bold: (inside) => <strong>{inside}</strong>,
  italic: (inside) => <em>{inside}</em>,
  underline: (inside) => <u>{inside}</u>,
  strikethrough: (inside) => <s>{inside}</s>,
  spoiler: (inside) => <span className="sim-spoiler">{inside}</span>,
  code: (inside) => <code>{inside}</code>,
  pre: (inside) => <code className="sim-pre">{inside}</code>,
  blockquote: (inside) => <q className="sim-quote">{inside}</q>,
  expandable_blockquote: (inside) => <q className="sim-quote">{inside}</q>,
}

const drawn = (piece: Piece): ReactNode => {
  const link = linkOf(piece)
  const text: ReactNode =
    link === undefined ? (
      piece.text
    ) : (
      <a href={link} rel="noreferrer" target="_blank">
        {piece.text}
      </a>
    )
  return piece.inside.reduceRight<ReactNode>((inside, { type }) => WRAPS[type]?.(inside) ?? inside, text)
}

/** A text of Telegram with its entities, as elements and never as HTML. */
export const RichText = ({ text, entities }: { readonly text: string; readonly entities: readonly Entity[] }) =>
  piecesOf(text, entities).map((piece) => <span key={piece.at}>{drawn(piece)}</span>)
