import type { Card, CardListItem, Include } from './contract.ts'
import type { StoredCard } from './repo.ts'

/** @param publicUrl Where people reach this server, with or without a slash at its end. */
export const toAppUrl = (publicUrl: string, cardId: string): string =>
  `${publicUrl.replace(/\/+$/, '')}/?card=${encodeURIComponent(cardId)}`

/** A card as the API shows it, whole. */
export const toCard = (card: StoredCard, publicUrl: string): Card => ({
  ...toCore(card, publicUrl),
  content: card.content,
  notes: card.notes,
  aiSummary: null,
  ...NO_FILE,
})

/** A card as a list shows it, with the groups of fields that were asked for. */
export const toListItem = (card: StoredCard, publicUrl: string, include: readonly Include[]): CardListItem => ({
  ...toCore(card, publicUrl),
  // Clients of the command line print this column in every list, asked for or not.
  content: card.content,
  ...(include.includes('content') ? { aiSummary: null, notes: card.notes } : {}),
  ...(include.includes('metadata') ? NO_FILE : {}),
  ...(include.includes('processing') ? { aiTranscript: null, metadataStatus: null, processingStatus: null } : {}),
})

const toCore = (card: StoredCard, publicUrl: string) => ({
  aiTags: [],
  appUrl: toAppUrl(publicUrl, card.id),
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

const NO_FILE = {
  fileName: null,
  fileSize: null,
  mimeType: null,
  fileExtension: null,
  fileKind: null,
  fileLanguage: null,
  filePreview: null,
  fileUrl: null,
  linkPreviewImageUrl: null,
  screenshotUrl: null,
  thumbnailUrl: null,
}
