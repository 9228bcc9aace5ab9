import { zipSync } from 'fflate'
import { CARDS_NAME, filePath, previewPath, toMoment } from '../../src/cards/exports/record.ts'
import { createCardImport, getCardImport } from '../../src/cards/imports/contract.ts'
import { createSavedSearch } from '../../src/cards/saved-searches/contract.ts'
import type { Client } from '../../src/client/index.ts'
import { eventually } from '../../test/services/eventually.ts'
import { DEMO_CARDS, type DemoCard, momentOf } from './content.ts'
import { sizeOf } from './pictures.ts'

/** Something that lies in an archive beside the cards: its path and its bytes. */
type Entries = Record<string, Uint8Array>

const MEDIA_TYPES: Readonly<Record<string, string>> = { jpg: 'image/jpeg', pdf: 'application/pdf' }
const DONE = { status: 'completed' } as const

/** Takes a list of cards in as an archive, with what was found out about them: nothing is asked of any other server. */
export const importCards = async (
  client: Client,
  cards: readonly object[],
  { trash = [], entries = {} }: { readonly trash?: readonly object[]; readonly entries?: Entries } = {},
): Promise<void> => {
  const json = (list: readonly object[]) => new TextEncoder().encode(JSON.stringify({ cards: list }))
  const archive = zipSync({ [CARDS_NAME]: json(cards), 'latchkey/trash.json': json(trash), ...entries }, { level: 0 })
  const { id } = await client.call(createCardImport, {
    query: { format: 'teak', fileName: 'library.zip' },
    body: new Uint8Array(archive),
    timeoutMs: 120_000,
  })
  await eventually(
    async () => {
      const { state } = await client.call(getCardImport, { params: { id } })
      if (state !== 'done') throw new Error(`The import is ${state}.`)
    },
    { deadlineMs: 300_000 },
  )
}

/** The cards of the demo, spread over the last weeks, and two searches. */
export const fillCards = async (
  client: Client,
  pictures: ReadonlyMap<string, Buffer>,
  pdf: Buffer,
  now: number,
): Promise<void> => {
  const entries: Entries = {}
  const records = DEMO_CARDS.map((card, at) => recordOf(card, at, now, { pictures, pdf, entries }))
  await importCards(
    client,
    records.filter((_, at) => DEMO_CARDS[at]?.isDeleted !== true),
    { trash: records.filter((_, at) => DEMO_CARDS[at]?.isDeleted === true), entries },
  )
  for (const search of [
    { name: 'Walks', query: 'tag:walking -is:untagged' },
    { name: 'For the kitchen', query: 'tag:kitchen OR tag:recipes' },
  ])
    await client.call(createSavedSearch, { body: search })
}

const recordOf = (
  card: DemoCard,
  at: number,
  now: number,
  { pictures, pdf, entries }: { pictures: ReadonlyMap<string, Buffer>; pdf: Buffer; entries: Entries },
): object => {
  const { type, content = '', url, notes, tags = [], isFavorited = false, colors, picture, fileName } = card
  const id = `card_${String(at).padStart(22, '0')}`
  const moment = toMoment(momentOf(card, now))
  const path = fileName && filePath(id, fileName)
  if (path !== undefined) entries[path] = pictures.get(picture ?? '') ?? pdf
  return {
    id,
    type,
    content,
    tags,
    isFavorited,
    createdAt: moment,
    ...(url === undefined ? {} : { url, latchkey: pageOf(card, id, pictures, entries) }),
    ...(notes === undefined ? {} : { notes }),
    ...(colors === undefined ? {} : { colors: colors.map(([hex, name]) => ({ hex, name })) }),
    ...(path === undefined
      ? {}
      : { file: { path, fileName, mimeType: MEDIA_TYPES[fileName?.split('.').at(-1) ?? ''] } }),
    ...(card.isDeleted === true ? { latchkey: { deletedAt: moment } } : {}),
  }
}

const pageOf = (
  { title, description, site, picture = '' }: DemoCard,
  id: string,
  pictures: ReadonlyMap<string, Buffer>,
  entries: Entries,
): object => {
  const path = previewPath(id, 'image')
  const bytes = pictures.get(picture)
  if (bytes !== undefined) entries[path] = bytes
  const { w, h } = sizeOf(picture)
  const found = { siteName: site, width: w, height: h, image: bytes === undefined ? null : 'image' }
  return {
    title,
    description,
    text: description,
    processing: { state: 'completed', stages: { classify: DONE, metadata: DONE, renderables: DONE }, found },
    ...(bytes === undefined ? {} : { previews: [{ kind: 'image', mediaType: 'image/jpeg', path }] }),
  }
}
