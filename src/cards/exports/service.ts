import { sql } from 'kysely'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import type { Log } from '../../platform/log/index.ts'
import { cardRepo, type StoredCard } from '../cards/repo.ts'
import { colorsRepo } from '../palettes/repo.ts'
import { previewRepo } from '../processing/previews.ts'
import { savedSearchRepo } from '../saved-searches/repo.ts'
import type { CardIndex } from '../search/index.ts'
import type { CardFiles } from '../uploads/releases.ts'
import {
  type ArchiveRecord,
  CARDS_NAME,
  filePath,
  MANIFEST_NAME,
  previewPath,
  SEARCHES_NAME,
  TRASH_NAME,
  toMoment,
} from './record.ts'
import { type CardDetails, exportRepo, type PreviewRow } from './repo.ts'
import { zipWriter } from './zip-writer.ts'

/** Each may hold half a MiB of text: so many are in memory at once. */
const PAGE = 25
const FOUR_GIB = 4 * 1024 ** 3
/** A character may take six in JSON, and one of those three bytes. */
const MOST_BYTES_OF_A_CHARACTER = 6

export interface CardExportParts {
  readonly database: Database
  readonly index: CardIndex
  readonly files: Pick<CardFiles, 'files' | 'content'>
  readonly clock: Clock
  readonly log: Log
}

interface Page {
  readonly cards: readonly StoredCard[]
  readonly previews: ReadonlyMap<number, readonly PreviewRow[]>
}

export type CardExports = ReturnType<typeof cardExports>

/**
 * All cards of an account as one archive, made while it is sent: only a page of cards, and the names of the files that
 * are in it, are ever in memory.
 */
export const cardExports = ({ database, index, files, clock, log }: CardExportParts) => {
  const repo = exportRepo(database.reader)
  const cards = cardRepo(database.reader, index)

  async function* pages(accountId: string, upTo: number, place: 'live' | 'trash'): AsyncGenerator<Page> {
    const where = place === 'live' ? sql<boolean>`deleted_at is null` : sql<boolean>`deleted_at is not null`
    let after: { createdAt: number; id: string } | undefined
    for (;;) {
      const found = await cards.list(accountId, [where, sql<boolean>`number <= ${upTo}`], {
        sort: 'oldest',
        after,
        limit: PAGE,
      })
      if (found.length > 0) {
        const rows = await repo.previews(found.map(({ number }) => number))
        yield { cards: found, previews: Map.groupBy(rows, ({ card_number }) => card_number) }
      }
      after = found.at(-1)
      if (found.length < PAGE) return
    }
  }

  /** @returns Undefined when its bytes cannot be had; the cards are more than worth having without. */
  const openFile = async (accountId: string, fileId: string, signal: AbortSignal) => {
    try {
      const file = await files.files.find(accountId, fileId)
      return { sizeBytes: file.size_bytes, stream: await files.content.read(file, { signal }) }
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      log.warn({ err: error, fileId }, 'a file of a card is not in its export')
      return undefined
    }
  }

  return {
    /** @param signal Ends it. */
    async *archive(accountId: string, signal: AbortSignal): AsyncGenerator<Buffer> {
      const zip = zipWriter()
      const { upTo, textLength } = await repo.extent(accountId)
      const isLarge = textLength * MOST_BYTES_OF_A_CHARACTER >= FOUR_GIB
      const added = new Set<string>()
      const counts = { cards: 0, filesIncluded: 0, filesOmitted: 0 }

      const attachment = async function* (card: StoredCard): AsyncGenerator<Buffer> {
        if (card.file === null) return
        const name = filePath(card.id, card.file.name)
        const file = card.file.id === null ? undefined : await openFile(accountId, card.file.id, signal)
        const entry = { name, modifiedAt: card.createdAt, isCompressed: false }
        const left = file && (yield* zip.add({ ...entry, isLarge: file.sizeBytes >= FOUR_GIB }, file.stream))
        signal.throwIfAborted()
        if (left !== undefined) log.warn({ err: left.cause, card: card.id }, 'a file of a card is not in its export')
        const isIn = file !== undefined && left === undefined
        counts[isIn ? 'filesIncluded' : 'filesOmitted'] += 1
        if (isIn) added.add(name)
      }

      const picture = async function* (card: StoredCard, { id, kind }: PreviewRow): AsyncGenerator<Buffer> {
        const name = previewPath(card.id, kind)
        const found = added.has(name) ? undefined : await previewRepo(database.reader).find(id)
        if (found === undefined) return
        const entry = { name, modifiedAt: card.createdAt, isCompressed: false, isLarge: false }
        yield* zip.add(entry, once(found.bytes))
        added.add(name)
      }

      const records = async function* (place: 'live' | 'trash'): AsyncGenerator<Buffer> {
        let separator = '[\n'
        for await (const page of pages(accountId, upTo, place)) {
          signal.throwIfAborted()
          for (const record of await recordsOf(accountId, page, added)) {
            yield Buffer.from(separator + JSON.stringify(record))
            separator = ',\n'
            if (place === 'live') counts.cards += 1
          }
        }
        yield Buffer.from(separator === '[\n' ? '[]\n' : '\n]\n')
      }

      for (const place of ['live', 'trash'] as const)
        for await (const { cards: page, previews } of pages(accountId, upTo, place))
          for (const card of page) {
            yield* attachment(card)
            for (const row of previews.get(card.number) ?? []) yield* picture(card, row)
          }
      for (const [name, place] of [[CARDS_NAME, 'live'] as const, [TRASH_NAME, 'trash'] as const]) {
        const left = yield* zip.add({ name, modifiedAt: 0, isCompressed: true, isLarge }, records(place))
        // Without its cards it is no export: a connection that breaks says so.
        if (left !== undefined) throw left.cause
      }
      const plain = { modifiedAt: 0, isCompressed: false, isLarge: false }
      yield* zip.add({ name: SEARCHES_NAME, ...plain }, once(await searchesOf(accountId)))
      const manifest = Buffer.from(`${JSON.stringify(manifestOf(counts, clock.now().getTime()), null, 2)}\n`)
      yield* zip.add({ name: MANIFEST_NAME, ...plain }, once(manifest))
      yield* zip.end()
    },
  }

  async function searchesOf(accountId: string): Promise<Buffer> {
    const searches = await savedSearchRepo(database.reader).list(accountId)
    const shown = searches.map(({ name, query, created_at }) => ({ name, query, createdAt: toMoment(created_at) }))
    return Buffer.from(`${JSON.stringify(shown, null, 2)}\n`)
  }

  async function recordsOf(accountId: string, page: Page, added: ReadonlySet<string>): Promise<ArchiveRecord[]> {
    const numbers = page.cards.map(({ number }) => number)
    const [details, colors] = [await repo.details(numbers), await colorsRepo(database.reader).of(accountId, numbers)]
    return page.cards.map((card) => {
      const pictures = (page.previews.get(card.number) ?? []).filter(({ kind }) =>
        added.has(previewPath(card.id, kind)),
      )
      return toRecord(card, details.get(card.number), colors.get(card.number) ?? [], pictures, added)
    })
  }
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes
}

const manifestOf = (counts: object, nowMs: number) => ({
  exportVersion: 1,
  schemaVersion: 1,
  appName: 'Latchkey',
  createdAt: toMoment(nowMs),
  // It is made for who asks for it, and kept nowhere.
  expiresAt: toMoment(nowMs),
  retentionMs: 0,
  counts,
})

const toRecord = (
  card: StoredCard,
  details: CardDetails | undefined,
  colors: readonly { readonly hex: string; readonly name: string | null }[],
  previews: readonly PreviewRow[],
  added: ReadonlySet<string>,
): ArchiveRecord => {
  const { id, type, content, tags, isFavorited, url, notes, file } = card
  const origin = details?.origin?.importedAt === card.updatedAt ? details.origin : undefined
  const path = file === null ? '' : filePath(id, file.name)
  const known = file && { fileName: file.name, mimeType: file.mimeType, fileSize: file.sizeBytes }
  const { width, height } = card.processed?.found ?? {}
  const deletedAt = card.deletedAt === null ? null : (origin?.deletedAt ?? card.deletedAt)
  const own = withoutNothing({
    title: card.title,
    description: card.description,
    source: details?.source,
    deletedAt: deletedAt === null ? null : toMoment(deletedAt),
    file: added.has(path) ? null : known,
    text: details?.text,
    processing: processingOf(card, previews),
    ai: card.ai,
    previews: previews.length === 0 ? null : previews.map((row) => toPreview(id, row)),
  })
  return {
    id,
    type,
    content,
    tags,
    isFavorited,
    createdAt: toMoment(card.createdAt),
    updatedAt: toMoment(origin?.updatedAt ?? card.updatedAt),
    ...withoutNothing({
      url,
      notes,
      colors: colors.length === 0 ? null : colors.map(({ hex, name }) => withoutNothing({ hex, name })),
      file: known && added.has(path) ? withoutNothing({ path, ...known, width, height }) : null,
      latchkey: Object.keys(own).length === 0 ? null : own,
    }),
  }
}

const toPreview = (cardId: string, { kind, media_type: mediaType }: PreviewRow) => ({
  kind,
  mediaType,
  path: previewPath(cardId, kind),
})

/** What is not settled yet is found out again. */
const processingOf = ({ processed }: StoredCard, previews: readonly PreviewRow[]) => {
  if (processed === undefined || processed.state === 'pending') return null
  const { imageId, iconId, ...facts } = processed.found
  const kindOf = (id: string | null) => previews.find((row) => row.id === id)?.kind ?? null
  return {
    state: processed.state,
    stages: processed.stages,
    found: { ...facts, image: kindOf(imageId), icon: kindOf(iconId) },
  }
}

/** Without the members that say nothing. */
const withoutNothing = (members: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null && value !== undefined))
