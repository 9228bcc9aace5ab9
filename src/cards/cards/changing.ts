import type { Db } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { namesEtag } from '../../platform/http/etag.ts'
import { Failures } from '../../platform/http/index.ts'
import { newId } from '../../platform/ids.ts'
import type { CardIndex } from '../search/index.ts'
import { CardErrors, type CardType, MAX_CONTENT_BYTES } from './contract.ts'
import { detectType } from './detect.ts'
import { ConditionErrors, etagOf } from './etag.ts'
import { nextMoment } from './moments.ts'
import { type Attachment, type CardChanges, type CardRepo, cardRepo, type StoredCard } from './repo.ts'

/** A transaction in which cards of one account change, all at one moment. */
export interface Change {
  readonly tx: Db
  readonly accountId: string
  readonly cards: CardRepo
  /** What is written as `updated_at`. */
  readonly at: number
}

/** What a new card is made of. */
export interface CardDraft {
  readonly cardType?: CardType | undefined
  readonly content?: string | undefined
  readonly url?: string | undefined
  readonly notes?: string | null | undefined
  readonly tags?: readonly string[] | undefined
  readonly source?: string | undefined
}

/** A file that becomes a card. */
export interface AttachedFile {
  readonly type: CardType
  readonly name: string
  /** What the card says, where the file is nothing but text; there is no attachment then. */
  readonly text: string | undefined
  readonly file: (Attachment & { readonly id: string }) | undefined
}

export interface CreatedCard {
  readonly card: StoredCard
  /** The newest other card with the same url. */
  readonly duplicateOf: string | undefined
}

/** @param tx Nobody else changes cards of this account from here to its end. */
export const openChange = async (tx: Db, index: CardIndex, accountId: string, nowMs: number): Promise<Change> => ({
  tx,
  accountId,
  at: await nextMoment(tx, accountId, nowMs),
  cards: cardRepo(tx, index),
})

/** @throws {AppError} CONTENT_TOO_LARGE, with nothing written */
export const createIn = async (
  { accountId, cards, at }: Change,
  draft: CardDraft,
  attached?: AttachedFile,
): Promise<CreatedCard> => {
  const contents = attached === undefined ? toContents(draft) : toFileContents(draft, attached)
  const known = contents.url === null ? undefined : await cards.findByUrl(accountId, contents.url)
  const card = await cards.insert(accountId, { ...contents, id: newId('card'), createdAt: at })
  return { card, duplicateOf: known?.id }
}

/**
 * @param ifMatch The value of `If-Match`.
 * @throws {AppError} NOT_FOUND; PRECONDITION_FAILED; CONTENT_TOO_LARGE; INVALID_INPUT for blank content in a card that is
 * not text, and for a link without a url. Nothing is written then.
 */
export const updateIn = async (change: Change, id: string, changes: CardChanges, ifMatch?: string) => {
  const card = await wantedIn(change, id, ifMatch)
  assertFits(changes.content)
  assertMakesSense(card, changes)
  const moved = changes.url !== undefined && changes.url !== card.url
  const preview = moved ? { title: null, description: null } : {}
  return found(await change.cards.update(change.accountId, id, { ...changes, ...preview }, change.at))
}

/** @throws {AppError} NOT_FOUND, PRECONDITION_FAILED */
export const setFavoriteIn = async (change: Change, id: string, favorited: boolean, ifMatch?: string) => {
  await wantedIn(change, id, ifMatch)
  return found(await change.cards.setFavorite(change.accountId, id, favorited, change.at))
}

/** Into the trash. @throws {AppError} NOT_FOUND, PRECONDITION_FAILED */
export const deleteIn = async (change: Change, id: string, ifMatch?: string): Promise<void> => {
  await wantedIn(change, id, ifMatch)
  if (!(await change.cards.delete(change.accountId, id, change.at))) throw new AppError(CardErrors.NOT_FOUND)
}

const wantedIn = async ({ accountId, cards }: Change, id: string, ifMatch: string | undefined): Promise<StoredCard> => {
  const card = found(await cards.find(accountId, id))
  if (ifMatch !== undefined && !namesEtag(ifMatch, etagOf(card), false))
    throw new AppError(ConditionErrors.PRECONDITION_FAILED)
  return card
}

export const found = (card: StoredCard | undefined): StoredCard => {
  if (card === undefined) throw new AppError(CardErrors.NOT_FOUND)
  return card
}

const toContents = (draft: CardDraft) => {
  const { content = '', url, notes = null, source = null, tags = [] } = draft
  assertFits(content)
  const detected = url === undefined ? detectType(content) : { type: 'link' as const, url }
  const type = draft.cardType ?? detected.type
  // A type that was given is kept; only a link takes its address from the text.
  return { type, url: url ?? (type === 'link' ? detected.url : null), content, notes, source, tags }
}

const toFileContents = (draft: CardDraft, { type, name, text, file }: AttachedFile) => {
  const { notes = null, source = null, tags = [] } = draft
  const content = text ?? draft.content ?? ''
  assertFits(content)
  return { type: draft.cardType ?? type, url: null, content, notes, source, tags, title: name, file }
}

const assertFits = (content: string | undefined): void => {
  if (content !== undefined && Buffer.byteLength(content) > MAX_CONTENT_BYTES)
    throw new AppError(CardErrors.CONTENT_TOO_LARGE)
}

const assertMakesSense = (card: StoredCard, changes: CardChanges): void => {
  const type = changes.type ?? card.type
  const url = changes.url ?? card.url
  const isBlank = (changes.content ?? card.content).trim() === ''
  if (changes.content !== undefined && isBlank && type !== 'text')
    throw new AppError(Failures.INVALID_INPUT, { message: 'content may be blank only in a card of type text.' })
  if (changes.type === undefined) return
  if (type === 'link' && url === null) throw new AppError(Failures.INVALID_INPUT, { message: 'A link needs a url.' })
  if (isBlank && type !== 'text' && url === null && card.file === null)
    throw new AppError(Failures.INVALID_INPUT, { message: 'A card with nothing in it can only be of type text.' })
}
