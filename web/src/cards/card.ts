import type { z } from 'zod'
import type { Card, CardDetails, CardListItem, CardPreview, searchCards } from '../../../src/cards/cards/contract.ts'

export type { CardType } from '../../../src/cards/cards/contract.ts'

/** A card as the pages keep it: whole, and how much room it takes. */
export interface CardItem extends Card {
  readonly preview: CardPreview
}

/** One that is open: with what the server has found out, once that is there. */
export type ShownCard = CardItem & Partial<Pick<CardDetails, 'reading' | 'aiTranscript' | 'processingStatus'>>

export type Highlight = z.infer<(typeof searchCards)['returns'][1]>['highlights'][string][number]

const NO_PREVIEW: CardPreview = { w: null, h: null, lines: 1, color: null, colors: [], state: null }

/** @param item Of a list that was asked for everything, or one card. */
export const toCardItem = (item: CardListItem): CardItem => ({
  ...item,
  aiSummary: item.aiSummary ?? null,
  notes: item.notes ?? null,
  fileName: item.fileName ?? null,
  fileSize: item.fileSize ?? null,
  mimeType: item.mimeType ?? null,
  fileExtension: item.fileExtension ?? null,
  fileKind: item.fileKind ?? null,
  fileLanguage: item.fileLanguage ?? null,
  filePreview: item.filePreview ?? null,
  fileUrl: item.fileUrl ?? null,
  linkPreviewImageUrl: item.linkPreviewImageUrl ?? null,
  screenshotUrl: item.screenshotUrl ?? null,
  thumbnailUrl: item.thumbnailUrl ?? null,
  preview: item.preview ?? NO_PREVIEW,
})

/**
 * The same address on the host that the page came from. The server prints addresses for people who may be anywhere; this
 * page may have been reached by another name, and shows pictures of its own host only.
 */
export const ownAddress = (address: string): string => {
  const { pathname, search } = new URL(address, 'http://here')
  return pathname + search
}

const pictureAddress = ({ thumbnailUrl, linkPreviewImageUrl, type, fileUrl, mimeType }: CardItem): string | null =>
  thumbnailUrl ?? linkPreviewImageUrl ?? (type === 'image' && isSafePicture(mimeType) ? fileUrl : null)

/** Whether a picture stands on top of a tile; also while it is still being looked for. */
export const hasPicture = (card: CardItem): boolean =>
  pictureAddress(card) !== null || (card.preview.state === 'pending' && (card.type === 'link' || card.type === 'image'))

/** The picture on top of a tile; null without one. */
export const pictureOf = (card: CardItem): string | null => {
  const address = pictureAddress(card)
  return address === null ? null : ownAddress(address)
}

// Of these browsers draw the file itself, where nothing smaller could be made of it.
const isSafePicture = (mimeType: string | null): boolean =>
  /^image\/(?:svg\+xml|gif|png|jpeg|webp|avif)$/.test(mimeType ?? '')

const QUOTES = /^\s*["“”„«»'‘’「『]+|["“”„«»'‘’」』]+\s*$/g

/** What a card is called, in one line. */
export const titleOf = (card: Pick<CardItem, 'metadataTitle' | 'content' | 'url' | 'fileName' | 'type'>): string => {
  const { metadataTitle, content, url, fileName } = card
  if (card.type === 'text' || card.type === 'quote') return firstLine(content).replace(QUOTES, '')
  return metadataTitle ?? fileName ?? (firstLine(content) || siteAndPath(url) || '')
}

const firstLine = (text: string): string => text.slice(0, 400).trim().split('\n', 1)[0]?.slice(0, 200) ?? ''

/** `example.org`, without the www that nobody reads. */
export const siteOf = (url: string | null): string => {
  if (url === null || !URL.canParse(url)) return ''
  return new URL(url).hostname.replace(/^www\./, '')
}

const siteAndPath = (url: string | null): string => {
  if (url === null || !URL.canParse(url)) return ''
  const { pathname } = new URL(url)
  return siteOf(url) + (pathname === '/' ? '' : pathname)
}

/** Only what a browser opens as a page: anything else is shown and not linked. */
export const safeLink = (url: string | null): string | undefined =>
  url !== null && /^https?:\/\//i.test(url) ? url : undefined

/** Each line of a text when every one is an address; else undefined. One alone is no list. */
export const linesOfUrls = (text: string): string[] | undefined => {
  const lines = text.split(/\s+/).filter((line) => line !== '')
  if (lines.length < 2) return undefined
  return lines.every((line) => /^https?:\/\/\S+$/i.test(line) && URL.canParse(line)) ? [...new Set(lines)] : undefined
}

/** A palette as other programs take it. */
export const paletteText = (
  colors: readonly { readonly hex: string; readonly name: string | null }[],
  as: 'hex' | 'css',
): string => {
  if (as === 'hex') return colors.map(({ hex }) => hex).join(', ')
  const lines = colors.map(({ hex, name }, index) => `  --${slugOf(name) || `color-${index + 1}`}: ${hex};`)
  return `:root {\n${lines.join('\n')}\n}`
}

const slugOf = (name: string | null): string =>
  (name ?? '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-+|-+$/g, '')

/** The pieces of a text, those that were found marked. */
export const markedPieces = (
  text: string,
  ranges: readonly (readonly [number, number])[],
): { readonly text: string; readonly isFound: boolean; readonly at: number }[] => {
  const pieces: { text: string; isFound: boolean; at: number }[] = []
  let at = 0
  for (const [start, end] of ranges) {
    if (start > at) pieces.push({ text: text.slice(at, start), isFound: false, at })
    if (end > Math.max(at, start)) pieces.push({ text: text.slice(Math.max(at, start), end), isFound: true, at: start })
    at = Math.max(at, end)
  }
  if (at < text.length) pieces.push({ text: text.slice(at), isFound: false, at })
  return pieces
}

/** What a search has found, if a text shows it: the ranges as they are in that text. */
export const placedIn = (text: string, { text: piece, ranges }: Pick<Highlight, 'text' | 'ranges'>) => {
  const at = text.indexOf(piece.slice(0, 60))
  const placed = at < 0 ? [] : ranges.map(([start, end]): [number, number] => [start + at, end + at])
  return { text, ranges: placed.filter(([, end]) => end <= text.length) }
}

/** As much of a text as a tile can show. */
export const TILE_TEXT = 360

/** Whether a tile shows in its own text what was found. */
export const isShownIn = (card: Pick<CardItem, 'type' | 'content'>, { field, text, ranges }: Highlight): boolean =>
  (card.type === 'text' || card.type === 'quote') &&
  field === 'content' &&
  placedIn(card.content.slice(0, TILE_TEXT), { text, ranges }).ranges.length > 0
