import { z } from 'zod'
import { CARD_TYPES, CardFields, FileName, MAX_CONTENT_BYTES, MimeType } from '../cards/contract.ts'
import { Found, Stages } from '../processing/tables.ts'
import { createSavedSearch } from '../saved-searches/contract.ts'

/** Where things lie in an archive. */
export const CARDS_NAME = 'cards.json'
export const TRASH_NAME = 'latchkey/trash.json'
export const SEARCHES_NAME = 'latchkey/saved-searches.json'
export const MANIFEST_NAME = 'manifest.json'

const MAX_MOMENT_MS = 8_640_000_000_000_000
const MAX_TEXT_LENGTH = 1_048_576
const MAX_FINDINGS_LENGTH = 262_144

/** As it is written: both spellings of one moment. */
export const toMoment = (ms: number): { iso: string; epochMs: number } => ({
  iso: new Date(ms).toISOString(),
  epochMs: ms,
})

/** As it is read: either spelling, or a number or text alone. */
const moment = z
  .union([z.object({ epochMs: z.number() }).transform(({ epochMs }) => epochMs), z.number(), z.iso.datetime()])
  .transform((value) => Math.floor(typeof value === 'string' ? Date.parse(value) : value))
  .refine((ms) => ms >= 0 && ms <= MAX_MOMENT_MS, 'A moment is out of range.')

const size = z.int().min(0)
const text = z.string().max(MAX_TEXT_LENGTH)
const hex = z.string().regex(/^#[0-9a-f]{6}$/i, 'A color must be # and six digits.')
const path = z.string().min(1).max(1024)

const PREVIEWS = ['image', 'icon', 'thumbnail'] as const

const preview = z.object({
  kind: z.enum(PREVIEWS),
  mediaType: z.string().max(100),
  path,
})

/** What was found out about a card: pictures are named by their kind, because their ids are of one server only. */
const processing = z
  .object({
    state: z.enum(['completed', 'failed']),
    stages: Stages,
    found: Found.omit({ imageId: true, iconId: true }).extend({
      image: z.enum(PREVIEWS).nullable().default(null),
      icon: z.enum(PREVIEWS).nullable().default(null),
    }),
  })
  .refine((value) => JSON.stringify(value).length <= MAX_FINDINGS_LENGTH, 'It is too long.')

const file = z.object({
  path: path.optional(),
  fileName: FileName,
  mimeType: MimeType.optional(),
  fileSize: size.optional(),
})

/** What models said of a card. */
const said = z.object({
  tags: z.array(z.string().max(200)).max(200).default([]),
  summary: text.nullable().default(null),
  transcript: text.nullable().default(null),
})

/** What only this server knows of a card. Other programs pass it over. */
const own = z
  .object({
    title: text.nullable(),
    description: text.nullable(),
    source: z.string().max(200).nullable(),
    deletedAt: moment,
    /** What its file or page says. */
    text,
    /** Of a file whose bytes are gone. */
    file: file.omit({ path: true }),
    processing,
    ai: said,
    previews: z.array(preview).max(10),
  })
  .partial()

/** One card in an archive. What is not named here is passed over. */
export const ArchivedCard = z.object({
  id: z.string().max(200).optional(),
  type: z.enum(CARD_TYPES),
  content: z
    .string()
    .refine((value) => Buffer.byteLength(value) <= MAX_CONTENT_BYTES, 'The content is larger than 512 KiB.')
    .default(''),
  url: CardFields.url.nullable().optional(),
  notes: CardFields.notes.optional(),
  tags: CardFields.tags.default([]),
  isFavorited: z.boolean().default(false),
  colors: z
    .array(z.object({ hex: hex.toLowerCase(), name: z.string().max(200).nullable().optional() }))
    .max(200)
    .optional(),
  file: file.optional(),
  createdAt: moment.optional(),
  updatedAt: moment.optional(),
  latchkey: own.optional(),
})
export type ArchivedCard = z.infer<typeof ArchivedCard>

/** A saved search in an archive. Its feed has a secret, which is not taken along. */
export const ArchivedSearch = createSavedSearch.body.extend({ createdAt: moment })

/** A card as it is written: what is undefined is not. */
export type ArchiveRecord = { readonly id: string } & { readonly [K in keyof z.input<typeof ArchivedCard>]: unknown }

/** `files/<card>-<name>`: the name in letters that every file system takes. */
export const filePath = (cardId: string, name: string): string => `files/${cardId}-${plainName(name)}`

export const previewPath = (cardId: string, kind: string): string => `latchkey/previews/${cardId}-${kind}`

const plainName = (name: string): string => {
  const plain = name
    .normalize('NFKD')
    .replace(/[^\w.-]+/g, '-')
    .replace(/^[.-]+|-+$/g, '')
  // The extension is what programs know a file by, so it is the beginning that is cut.
  return plain.slice(-120).replace(/^[.-]+/, '') || 'file'
}
