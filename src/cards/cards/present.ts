import type { Card, CardListItem, Include } from './contract.ts'
import { describeFile } from './file-kinds.ts'
import type { StoredCard } from './repo.ts'

/** What addresses in answers are made of. */
export interface Addresses {
  /** Where people reach this server, with or without a slash at its end. */
  readonly publicUrl: () => string
  /** Under which anybody can read the file of a card for a while. */
  readonly fileUrl: (fileId: string) => string
}

export type Presenter = ReturnType<typeof cardPresenter>

/** Cards as the API shows them. */
export const cardPresenter = ({ publicUrl, fileUrl }: Addresses) => {
  const appUrl = (cardId: string): string => `${publicUrl().replace(/\/+$/, '')}/?card=${encodeURIComponent(cardId)}`

  const core = (card: StoredCard) => ({
    aiTags: [],
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

  const file = ({ file }: StoredCard) => ({
    ...(file === null ? NO_FILE : { fileName: file.name, fileSize: file.sizeBytes, mimeType: file.mimeType }),
    ...(file === null ? {} : describeFile(file)),
    filePreview: null,
    fileUrl: file === null || file.id === null ? null : fileUrl(file.id),
    linkPreviewImageUrl: null,
    screenshotUrl: null,
    thumbnailUrl: null,
  })

  return {
    appUrl,

    /** Whole. */
    card: (card: StoredCard): Card => ({
      ...core(card),
      content: card.content,
      notes: card.notes,
      aiSummary: null,
      ...NO_FILE,
      ...file(card),
    }),

    /** In a list, with the groups of fields that were asked for. */
    listItem: (card: StoredCard, include: readonly Include[]): CardListItem => ({
      ...core(card),
      // Clients of the command line print this column in every list, asked for or not.
      content: card.content,
      ...(include.includes('content') ? { aiSummary: null, notes: card.notes } : {}),
      ...(include.includes('metadata') ? { ...NO_FILE, ...file(card) } : {}),
      ...(include.includes('processing') ? { aiTranscript: null, metadataStatus: null, processingStatus: null } : {}),
    }),
  }
}

const NO_FILE = {
  fileName: null,
  fileSize: null,
  mimeType: null,
  fileExtension: null,
  fileKind: null,
  fileLanguage: null,
}
