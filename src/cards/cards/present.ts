import type { PaletteColor } from '../palettes/palette.ts'
import type { Card, CardDetails, CardListItem, CardPreview, CardReading, Detail, Include } from './contract.ts'
import { describeFile } from './file-kinds.ts'
import { previewLines } from './preview-lines.ts'
import type { StoredCard } from './repo.ts'

/** What addresses in answers are made of. */
export interface Addresses {
  /** Where people reach this server, with or without a slash at its end. */
  readonly publicUrl: () => string
  /** Under which anybody can read the file of a card for a while. */
  readonly fileUrl: (fileId: string) => string
  /** Under which anybody can see a picture of a card for a while. */
  readonly previewUrl: (previewId: string) => string
}

export type Presenter = ReturnType<typeof cardPresenter>

/** Cards as the API shows them. */
export const cardPresenter = ({ publicUrl, fileUrl, previewUrl }: Addresses) => {
  const appUrl = (cardId: string): string => `${publicUrl().replace(/\/+$/, '')}/?card=${encodeURIComponent(cardId)}`

  const core = (card: StoredCard) => ({
    aiTags: [...(card.ai?.tags ?? [])],
    appUrl: appUrl(card.id),
    createdAt: card.createdAt,
    id: card.id,
    isFavorited: card.isFavorited,
    metadataDescription: card.description,
    metadataTitle: card.title,
    tags: [...card.tags],
    type: card.type,
    updatedAt: card.updatedAt,
    url: card.url,
  })

  const picture = (id: string | null | undefined): string | null => (id == null ? null : previewUrl(id))

  const file = ({ file, processed }: StoredCard) => ({
    ...(file === null ? NO_FILE : { fileName: file.name, fileSize: file.sizeBytes, mimeType: file.mimeType }),
    ...(file === null ? {} : describeFile(file)),
    filePreview: processed?.found.slideCount == null ? null : { slideCount: processed.found.slideCount },
    fileUrl: file === null || file.id === null ? null : fileUrl(file.id),
    linkPreviewImageUrl: file === null ? picture(processed?.found.imageId) : null,
    screenshotUrl: null,
    thumbnailUrl: file === null ? null : picture(processed?.found.imageId),
  })

  const whole = (card: StoredCard): Card => ({
    ...core(card),
    content: card.content,
    notes: card.notes,
    aiSummary: card.ai?.summary ?? null,
    ...NO_FILE,
    ...file(card),
  })

  return {
    appUrl,

    /** Whole. */
    card: whole,

    /** As a search finds it. */
    found: (card: StoredCard, colors: ColorsOf | undefined): Card & { preview?: CardPreview } =>
      colors === undefined ? whole(card) : { ...whole(card), preview: preview(card, colors) },

    /** Whole, with the groups of fields that were asked for. */
    details: (card: StoredCard, include: readonly Detail[], { colors, text }: DetailParts): CardDetails => ({
      ...whole(card),
      ...(include.includes('processing') ? processing(card) : {}),
      ...(include.includes('preview') ? { preview: preview(card, colors) } : {}),
      ...(include.includes('reading') ? { reading: reading(card, text) } : {}),
    }),

    /** In a list, with the groups of fields that were asked for. */
    listItem: (card: StoredCard, include: readonly Include[], colors: ColorsOf): CardListItem => ({
      ...core(card),
      // Clients of the command line print this column in every list, asked for or not.
      content: card.content,
      ...(include.includes('content') ? { aiSummary: card.ai?.summary ?? null, notes: card.notes } : {}),
      ...(include.includes('metadata') ? { ...NO_FILE, ...file(card) } : {}),
      ...(include.includes('processing') ? processing(card) : {}),
      ...(include.includes('preview') ? { preview: preview(card, colors) } : {}),
    }),
  }
}

/** The colours of cards, by their numbers. */
export type ColorsOf = ReadonlyMap<number, readonly PaletteColor[]>

interface DetailParts {
  readonly colors: ColorsOf
  /** Of the page or the file. */
  readonly text: string | null
}

const preview = (card: StoredCard, colorsOf: ColorsOf): CardPreview => {
  const { width = null, height = null } = card.processed?.found ?? {}
  const colors = (colorsOf.get(card.number) ?? []).map(({ hex, name }) => ({ hex, name }))
  const state = card.processed?.state ?? null
  return { w: width, h: height, lines: previewLines(card), color: colors[0]?.hex ?? null, colors, state }
}

const reading = ({ processed }: StoredCard, text: string | null): CardReading => {
  const { siteName = null, author = null, publisher = null, publishedAt = null } = processed?.found ?? {}
  return { siteName, author, publisher, publishedAt, text }
}

const processing = ({ processed, ai }: StoredCard) => ({
  aiTranscript: ai?.transcript ?? null,
  metadataStatus: processed?.state ?? null,
  processingStatus: processed?.stages ?? null,
})

const NO_FILE = {
  fileName: null,
  fileSize: null,
  mimeType: null,
  fileExtension: null,
  fileKind: null,
  fileLanguage: null,
}
