/** A part of a text that Telegram shows in another way; offsets in UTF-16. @see https://core.telegram.org/bots/api#messageentity */
export interface Entity {
  readonly type: string
  readonly offset: number
  readonly length: number
  readonly url?: string
}

/** A piece of a text under the same entities, the outermost first. */
export interface Piece {
  readonly at: number
  readonly text: string
  readonly inside: readonly Entity[]
}

/** Cuts a text where an entity begins or ends. */
export const piecesOf = (text: string, entities: readonly Entity[]): Piece[] => {
  const known = entities.filter(({ offset, length }) => offset >= 0 && length > 0 && offset + length <= text.length)
  const cuts = new Set([0, text.length, ...known.flatMap(({ offset, length }) => [offset, offset + length])])
  const places = [...cuts].sort((a, b) => a - b)
  return places.slice(0, -1).map((at, n) => ({
    at,
    text: text.slice(at, places[n + 1]),
    inside: known
      .filter(({ offset, length }) => offset <= at && at < offset + length)
      .sort((a, b) => b.length - a.length),
  }))
}

/** Where a piece leads; only to the web. */
export const linkOf = ({ text, inside }: Piece): string | undefined => {
  const link = inside.find(({ type }) => type === 'text_link' || type === 'url')
  if (link === undefined) return undefined
  const address = link.type === 'url' ? (/^https?:/i.test(text) ? text : `https://${text}`) : (link.url ?? '')
  return /^https?:\/\//i.test(address) ? address : undefined
}
