import { createHash } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { mediaTypeOf } from '../../files/index.ts'
import type { Db } from '../../platform/db/index.ts'
import { newId, toBase62 } from '../../platform/ids.ts'
import type { JobQueue } from '../../platform/jobs/index.ts'
import { fingerprintOf as aiFingerprintOf, processedState } from '../ai/reading.ts'
import { aiRepo } from '../ai/repo.ts'
import { readCardWithAi } from '../ai/service.ts'
import type { Change } from '../cards/changing.ts'
import { cardRepo } from '../cards/repo.ts'
import type { ArchivedCard } from '../exports/record.ts'
import { exportRepo } from '../exports/repo.ts'
import { colorsRepo } from '../palettes/repo.ts'
import { imageTypeOf } from '../processing/images.ts'
import { type Preview, previewRepo } from '../processing/previews.ts'
import { fingerprintOf, processingRepo } from '../processing/repo.ts'
import { processCard } from '../processing/service.ts'
import { Found } from '../processing/tables.ts'
import type { CardIndex } from '../search/index.ts'
import { tagRepo } from '../tags/repo.ts'
import { savingRepo } from './saving-repo.ts'
import type { Archive, ImportFormat } from './sources/index.ts'

/** Behind the cards that people save meanwhile. */
const LATER = -10
const MAX_PREVIEW_BYTES = 4 * 1024 * 1024
const OUR_ID = /^card_[0-9A-Za-z]{22}$/

/** What a card of an import will be called, and whether it is here already. */
export interface Identity {
  readonly id: string
  readonly isKnown: boolean
  /** The same for entries of which only the first becomes a card; of one length, however long they are. */
  readonly key: string
}

/** The file of a card, as it is kept here. */
export interface SavedFile {
  readonly id: string
  readonly sizeBytes: number
}

export type CardSaver = ReturnType<typeof cardSaver>

/** Writes cards that come from elsewhere as what they were. */
export const cardSaver = ({ index, jobs }: { index: CardIndex; jobs: Pick<JobQueue, 'enqueue' | 'cancel'> }) => {
  const restoreFindings = async (
    { tx, accountId, at }: Change,
    number: number,
    { latchkey }: ArchivedCard,
    pictures: readonly Preview[],
  ): Promise<void> => {
    const subject = await processingRepo(tx).subject(number)
    if (latchkey?.processing === undefined || subject === undefined) return
    const { state, stages, found } = latchkey.processing
    const { image, icon, ...facts } = found
    const ids: Partial<Record<Preview['kind'], string>> = {}
    for (const picture of pictures) ids[picture.kind] = await previewRepo(tx).insert(number, picture, at)
    const restored = Found.parse({
      ...facts,
      imageId: (image && ids[image]) ?? null,
      iconId: (icon && ids[icon]) ?? null,
    })
    const outcome = { state, stages: JSON.stringify(stages), found: JSON.stringify(restored) }
    const fingerprint = fingerprintOf(subject, false)
    await savingRepo(tx).insertFindings({ number, accountId, fingerprint, ...outcome }, at)
  }

  /** Under what they would be asked for again, so that they are not. */
  const restoreAi = async (
    { tx, accountId, at }: Change,
    number: number,
    { latchkey }: ArchivedCard,
  ): Promise<void> => {
    const [subject, processed] = [await processingRepo(tx).subject(number), await processedState(tx, number)]
    if (latchkey?.ai === undefined || subject === undefined || processed === undefined) return
    const work = { accountId, fingerprint: aiFingerprintOf(subject, processed) }
    await aiRepo(tx).want(number, work, { grantedAt: 0, now: at })
    await aiRepo(tx).settle(number, work, latchkey.ai, at)
  }

  /** What is to be found out waits for its turn behind everything else, and makes nobody else wait. */
  const stepBack = async (tx: Db, number: number, isTrashed: boolean): Promise<void> => {
    const [cardNumber, options] = [number, { key: String(number), priority: LATER }]
    if ((await savingRepo(tx).postpone(number)) && !isTrashed) {
      await jobs.cancel(tx, processCard, options.key)
      await jobs.enqueue(tx, processCard, { cardNumber }, options)
    }
    if ((await aiRepo(tx).find(number))?.state !== 'pending') return
    await jobs.cancel(tx, readCardWithAi, options.key)
    await jobs.enqueue(tx, readCardWithAi, { cardNumber }, options)
  }

  return {
    /**
     * A card of an archive of ours keeps its id if nobody has it; any other card gets the same one each time it comes, so
     * that it is known then. A link of another program is known by its address.
     */
    async identify(db: Db, accountId: string, format: ImportFormat, card: ArchivedCard): Promise<Identity> {
      const { url, id = '' } = card
      const isOurs = OUR_ID.test(id)
      if (!isOurs && typeof url === 'string') {
        const known = await cardRepo(db, index).findByUrl(accountId, url)
        return { id: newId('card'), isKnown: known !== undefined, key: hashOf(['url', url]).toString('base64') }
      }
      const origin = id === '' ? JSON.stringify([card.type, card.content, card.createdAt ?? null]) : id
      const derived = derivedId([accountId, format === 'teak' ? format : 'other', origin])
      const taken = await savingRepo(db).holders(isOurs ? [id, derived] : [derived])
      const isFree = isOurs && !taken.some((row) => row.id === id)
      const isKnown = taken.some((row) => row.account_id === accountId)
      return { id: isFree ? id : derived, isKnown, key: hashOf(['card', origin]).toString('base64') }
    },

    /** Pictures of a card that are in its archive. @throws {AppError} UNREADABLE_IMPORT */
    async picturesOf({ latchkey }: ArchivedCard, archive: Archive | undefined): Promise<Preview[]> {
      const pictures: Preview[] = []
      for (const { kind, path } of latchkey?.previews ?? []) {
        const entry = archive?.entries.get(path)
        if (archive === undefined || entry === undefined || entry.sizeBytes > MAX_PREVIEW_BYTES) continue
        const bytes = await buffer(archive.open(entry))
        // What it is decides how browsers treat it, so the archive is not asked.
        const mediaType = imageTypeOf(bytes)
        if (mediaType !== undefined) pictures.push({ kind, mediaType, bytes })
      }
      return pictures
    },

    /** @param file Of a card that has one. */
    async save(
      change: Change,
      id: string,
      card: ArchivedCard,
      { file, pictures = [] }: { file?: SavedFile | undefined; pictures?: readonly Preview[] } = {},
    ): Promise<void> {
      const { tx, accountId, at } = change
      const { latchkey, createdAt = at, updatedAt } = card
      const deletedAt = latchkey?.deletedAt
      const number = await savingRepo(tx).insertCard(accountId, {
        id,
        type: card.type,
        content: card.content,
        url: card.url ?? null,
        notes: card.notes ?? null,
        source: latchkey?.source ?? null,
        title: latchkey?.title ?? card.file?.fileName ?? null,
        description: latchkey?.description ?? null,
        is_favorited: card.isFavorited ? 1 : 0,
        created_at: createdAt,
        updated_at: at,
        // From now on it has its days in the trash, however long ago it came into another one.
        deleted_at: deletedAt === undefined ? null : at,
        ...attachmentOf(card, file),
      })
      await tagRepo(tx).replace(accountId, number, card.tags)
      if (updatedAt !== undefined || deletedAt !== undefined) {
        const before = { updatedAt: updatedAt ?? at, deletedAt: deletedAt ?? null }
        await exportRepo(tx).putOrigin(number, { importedAt: at, ...before })
      }
      const colors = (card.colors ?? []).map(({ hex, name }) => ({ hex: hex as `#${string}`, name: name ?? null }))
      if (colors.length > 0) await colorsRepo(tx).replace(accountId, number, colors)
      await restoreFindings(change, number, card, pictures)
      await restoreAi(change, number, card)
      if (latchkey?.text !== undefined) await index.setExtracted(tx, id, latchkey.text)
      await index.refresh(tx, accountId, number)
      await stepBack(tx, number, deletedAt !== undefined)
    },
  }
}

const attachmentOf = ({ file, latchkey }: ArchivedCard, saved: SavedFile | undefined) => {
  const known = file ?? latchkey?.file
  if (known === undefined) return {}
  return {
    file_id: saved?.id ?? null,
    file_name: known.fileName,
    file_size: saved?.sizeBytes ?? known.fileSize ?? 0,
    mime_type: mediaTypeOf(known.mimeType ?? '', known.fileName),
  }
}

const hashOf = (words: readonly string[]): Buffer => createHash('sha256').update(JSON.stringify(words)).digest()

/** In the form of every other id; the same for the same words. */
const derivedId = (words: readonly string[]): string => {
  const hash = hashOf(words)
  return `card_${toBase62(hash.readBigUInt64BE(0), 11)}${toBase62(hash.readBigUInt64BE(8), 11)}`
}
