import { Readable } from 'node:stream'
import { z } from 'zod'
import { mediaTypeOf } from '../files/index.ts'
import type { Database, Db } from '../platform/db/index.ts'
import { AppError } from '../platform/errors.ts'
import { Failures } from '../platform/http/index.ts'
import { type CardDraft, createIn, deleteIn, found, updateIn } from './cards/changing.ts'
import { CARD_TYPES, FileName, NewCard } from './cards/contract.ts'
import type { Presenter } from './cards/present.ts'
import type { StoredCard } from './cards/repo.ts'
import type { CardService } from './cards/service.ts'
import type { CardUploads, PreparedFile } from './uploads/service.ts'

export interface CardsBridgeParts {
  readonly database: Database
  readonly cards: CardService
  readonly uploads: CardUploads
  readonly present: Presenter
}

/** A card for the programs of its account within this server. */
export interface BridgedCard extends Pick<StoredCard, 'id' | 'content' | 'url' | 'notes' | 'title' | 'createdAt'> {
  readonly type: string
  readonly tags: readonly string[]
  readonly fileName: string | null
  readonly appUrl: string
}

/** What a program wants to be a card. */
export interface BridgedDraft {
  readonly type: string | undefined
  readonly content: string | undefined
  readonly url: string | undefined
  readonly notes: string | null
  readonly tags: readonly string[]
  readonly source: string
  readonly file: { readonly name: string; readonly mediaType: string | undefined; readonly bytes: Buffer } | undefined
}

/** Keeps a card from being made twice; asked in the transaction that makes it. */
export interface BridgedOnce {
  find(tx: Db): Promise<string | undefined>
  put(tx: Db, id: string): Promise<void>
}

export interface BridgedChange {
  readonly tags?: readonly string[] | undefined
  readonly notes?: string | null | undefined
  readonly appendedNote?: string | undefined
}

export type CardsBridge = ReturnType<typeof cardsBridge>

const MAX_NAME_LENGTH = 240

/** Cards for other areas of this server, which act for the account: the same rules as over HTTP, without a key. */
export const cardsBridge = ({ database, cards, uploads, present }: CardsBridgeParts) => {
  const shown = ({ id, type, content, url, notes, title, tags, createdAt, file }: StoredCard): BridgedCard => ({
    ...{ id, type, content, url, notes, title, tags, createdAt },
    fileName: file?.name ?? null,
    appUrl: present.appUrl(id),
  })

  const bring = async (
    accountId: string,
    { name, mediaType, bytes }: NonNullable<BridgedDraft['file']>,
    signal: AbortSignal,
  ): Promise<PreparedFile | undefined> => {
    const fileName = FileName.safeParse(name).data ?? cleanName(name)
    const mimeType = mediaTypeOf(mediaType, fileName)
    const announced = { fileName, fileSize: bytes.length, mimeType }
    const fileKey = await uploads.bring(accountId, announced, Readable.from([Buffer.from(bytes)]), signal)
    return uploads.prepare(accountId, { fileKey, fileName, mimeType })
  }

  return {
    /** @throws {AppError} INVALID_INPUT, CONTENT_TOO_LARGE, and what an upload throws */
    async save(accountId: string, wanted: BridgedDraft, once: BridgedOnce, signal: AbortSignal) {
      const draft = parseDraft(wanted)
      const file = wanted.file && (await bring(accountId, wanted.file, signal))
      const { card, isNew, duplicateOf } = await database.transaction(async (tx) => {
        const change = await cards.within(tx, accountId)
        const done = await once.find(tx)
        // One that is gone by now is made anew.
        const known = done === undefined ? undefined : await change.cards.find(accountId, done)
        if (known !== undefined) return { card: known, isNew: false, duplicateOf: undefined }
        const attached = file && (await uploads.claim(tx, accountId, file))
        const created = await createIn(change, draft, attached)
        await once.put(tx, created.card.id)
        return { ...created, isNew: true }
      })
      uploads.releaseSoon()
      return { card: shown(card), isNew, duplicateOf }
    },

    async find(accountId: string, words: string, limit: number) {
      const { items, total } = await cards.find(accountId, { q: words, limit })
      return { cards: items.map(shown), total }
    },

    /** @throws {AppError} NOT_FOUND */
    get: async (accountId: string, id: string): Promise<BridgedCard> => shown(await cards.get(accountId, id)),

    /** @throws {AppError} NOT_FOUND, INVALID_INPUT */
    update: (accountId: string, id: string, change: BridgedChange, also: (tx: Db) => Promise<void>) =>
      cards.change(accountId, async (open): Promise<BridgedCard> => {
        const before = found(await open.cards.find(accountId, id))
        const { appendedNote, ...rest } = change
        const notes =
          appendedNote === undefined ? rest.notes : [before.notes, appendedNote].filter(Boolean).join('\n\n')
        const { tags } = checked(Fields.safeParse({ notes, tags: rest.tags }))
        const changes = { ...(notes === undefined ? {} : { notes }), ...(tags === undefined ? {} : { tags }) }
        const card = await updateIn(open, id, changes)
        await also(open.tx)
        return shown(card)
      }),

    /** Into the trash. @throws {AppError} NOT_FOUND */
    delete: (accountId: string, id: string, also: (tx: Db) => Promise<void>): Promise<void> =>
      cards.change(accountId, async (open) => {
        await deleteIn(open, id)
        await also(open.tx)
      }),
  }
}

const { notes, tags } = NewCard.shape
const Fields = z.object({ notes, tags })

const parseDraft = ({ type, content, url, notes, tags, source, file }: BridgedDraft): CardDraft => {
  const cardType = checked(z.enum(CARD_TYPES).optional().safeParse(type))
  const fields = { cardType, content, url, notes, tags: [...tags], source }
  // A card with a file needs no words of its own.
  return file === undefined
    ? checked(NewCard.safeParse(fields))
    : { ...fields, ...checked(Fields.safeParse({ notes, tags: [...tags] })) }
}

/** @throws {AppError} INVALID_INPUT */
const checked = <T>(parsed: z.ZodSafeParseResult<T>): T => {
  if (parsed.success) return parsed.data
  throw new AppError(Failures.INVALID_INPUT, { message: parsed.error.issues[0]?.message ?? 'This cannot be a card.' })
}

/** What is left of a name that no file can have. */
const cleanName = (name: string): string =>
  name
    .replace(/[/\\\p{Cc}]+/gu, '_')
    .trim()
    .slice(-MAX_NAME_LENGTH)
    .replace(/^\.{1,2}$/, '') || 'file'
