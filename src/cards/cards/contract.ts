import { z } from 'zod'
import { defineErrors } from '../../platform/errors.ts'
import { endpoint } from '../../platform/http/contract.ts'
import { IdempotencyErrors } from '../idempotency/errors.ts'
import { Stages } from '../processing/tables.ts'
import { ConditionErrors } from './etag.ts'

export const CARD_TYPES = ['text', 'link', 'image', 'video', 'audio', 'document', 'palette', 'quote'] as const
export type CardType = (typeof CARD_TYPES)[number]

/** Of a card's text, in bytes of UTF-8. */
export const MAX_CONTENT_BYTES = 512 * 1024

const MAX_NOTES_LENGTH = 512 * 1024
const MAX_URL_LENGTH = 8192
const MAX_TAGS = 200
const MAX_TAG_LENGTH = 200
export const MAX_QUERY_LENGTH = 1000
const MAX_MOMENT_MS = 8_640_000_000_000_000

export const CardErrors = defineErrors({
  NOT_FOUND: [404, 'Card not found'],
  CONTENT_TOO_LARGE: [400, 'The content is larger than 512 KiB. Split it into several cards.'],
})

export const AttachmentErrors = defineErrors({
  INVALID_UTF8: [400, 'The Markdown file is not UTF-8. Convert it, or upload it under another name.'],
  TYPE_MISMATCH: [400, 'The file is of another type than was announced for it.'],
  INVALID_STORAGE_KEY: [400, 'There is no upload with this fileKey, or it is a card already.'],
  FILE_TOO_LARGE: [400, 'The file is too large, or there is no room for it.'],
})

/** Not of the idempotency key: this one is told as a bad request. */
export const UploadConflict = defineErrors({
  CONFLICT: [400, 'The upload is not what this card says of it.'],
})

/** True for an absolute http or https URL, without spaces around or in it. */
export const isHttpUrl = (text: string): boolean => /^https?:\/\/\S+$/i.test(text) && URL.canParse(text)

// ── Shapes ───────────────────────────────────────────────────────────────────────────────────────

const text = z.string().nullable()
const moment = z.number().int().describe('Milliseconds since 1970, UTC.')

const FilePreview = z.object({
  animated: z.boolean().optional(),
  archiveDirectoryCount: z.number().int().optional(),
  archiveFileCount: z.number().int().optional(),
  colorVariableCount: z.number().int().optional(),
  inspectedEntryCount: z.number().int().optional(),
  slideCount: z.number().int().optional(),
})

/** What every answer says of a card. */
const core = {
  aiTags: z.array(z.string()),
  appUrl: z.string().describe('The card in the web app of this server.'),
  createdAt: moment,
  id: z.string().meta({ example: 'card_0Pk3dY00Hq8ZtVb1cXw5Lm' }),
  isFavorited: z.boolean(),
  metadataDescription: text,
  metadataTitle: text,
  tags: z.array(z.string()),
  type: z.enum(CARD_TYPES),
  updatedAt: moment,
  url: text,
}

const words = { aiSummary: text, content: z.string(), notes: text }

const file = {
  fileName: text,
  fileSize: z.number().int().nullable().describe('Bytes.'),
  mimeType: text,
  fileExtension: text,
  fileKind: text,
  fileLanguage: text,
  filePreview: FilePreview.nullable(),
  fileUrl: text,
  linkPreviewImageUrl: text,
  screenshotUrl: text,
  thumbnailUrl: text,
}

/** A whole card: every field is always there, null where nothing is known. */
export const Card = z.object({ ...core, ...words, ...file }).meta({ id: 'Card' })
export type Card = z.infer<typeof Card>

const processing = {
  aiTranscript: text,
  metadataStatus: z.enum(['pending', 'completed', 'failed']).nullable(),
  processingStatus: Stages.nullable(),
}

/** What a card takes of a page, known before it is drawn. */
const CardPreview = z
  .object({
    w: z.int().nullable().describe('Width of its picture in pixels; null without one, or where nobody measured it.'),
    h: z.int().nullable().describe('Height of its picture in pixels.'),
    lines: z
      .int()
      .describe('Lines of about 34 letters (26 in a quote) that its text takes, or else its title; 12 at most.'),
    color: text.describe('The main colour of its picture or palette.'),
    colors: z.array(z.object({ hex: z.string(), name: text })).describe('All of them, the main one first; 12 at most.'),
    state: z.enum(['pending', 'completed', 'failed']).nullable().describe('Of what the server finds out about it.'),
  })
  .meta({ id: 'CardPreview' })
export type CardPreview = z.infer<typeof CardPreview>

/** A card in a list. The text is always there; what `include` names comes on top. */
export const CardListItem = z
  .object({
    ...core,
    content: z.string(),
    ...z.object({ aiSummary: text, notes: text, ...file, ...processing, preview: CardPreview }).partial().shape,
  })
  .meta({ id: 'CardListItem' })
export type CardListItem = z.infer<typeof CardListItem>

/** What the server read in the page or the file of a card. */
const CardReading = z.object({
  siteName: text,
  author: text,
  publisher: text,
  publishedAt: z.number().nullable().describe('Milliseconds since 1970, UTC.'),
  text: text.describe('Of the article or the document.'),
})
export type CardReading = z.infer<typeof CardReading>

/** A whole card, and what `include` names. */
const CardDetails = z
  .object({
    ...Card.shape,
    ...z.object({ ...processing, preview: CardPreview, reading: CardReading }).partial().shape,
  })
  .meta({ id: 'CardDetails' })
export type CardDetails = z.infer<typeof CardDetails>

/** What a file is called, without a path. */
export const FileName = z
  .string()
  .trim()
  .min(1, 'fileName must not be empty.')
  .max(240, 'fileName can have at most 240 characters.')
  .refine(
    (name) => !/[/\\\p{Cc}]/u.test(name) && name !== '.' && name !== '..',
    'fileName must be a name without a path.',
  )

/** A media type; its parameters are dropped. */
export const MimeType = z
  .string()
  .transform((type) => type.split(';', 1)[0]?.trim().toLowerCase() ?? '')
  .refine(
    (type) => /^[a-z0-9][\w!#$&^.+-]{0,126}\/[a-z0-9][\w!#$&^.+-]{0,126}$/.test(type),
    'mimeType must be a media type.',
  )

const content = z.string().describe('Kept byte for byte; at most 512 KiB. May be blank only in a card of type `text`.')
const url = z
  .string()
  .trim()
  .max(MAX_URL_LENGTH)
  .refine(isHttpUrl, 'url must be an absolute http or https URL.')
  .meta({ example: 'https://example.org/soup' })
const notes = z.string().max(MAX_NOTES_LENGTH).nullable()

/** The name of one tag. */
export const TagName = z.string().trim().min(1, 'A tag needs a name.').max(MAX_TAG_LENGTH)

const tags = z
  .array(z.string().trim().max(MAX_TAG_LENGTH))
  .max(MAX_TAGS)
  .transform((names) => [...new Set(names)].filter((name) => name !== ''))

/** The body of a new card. Any other key is refused, so that a misspelt one does not lose its value. */
export const NewCard = z
  .strictObject({
    cardType: z.enum(CARD_TYPES).optional().describe('Found out from the content when it is left out.'),
    content: content.optional(),
    url: url.optional(),
    notes: notes.optional(),
    tags: tags.optional(),
    source: z.string().max(200).optional().describe('Which program sent it. Kept, never returned.'),
    fileKey: z.string().max(200).optional().describe('Of the upload. With it go fileName and mimeType.'),
    fileEtag: z
      .string()
      .regex(/^"[A-Za-z0-9+/=_-]{1,128}"$/, 'fileEtag must be the ETag of the upload, with its quotes.')
      .optional(),
    fileName: FileName.optional(),
    fileSize: z.int().min(0).optional(),
    mimeType: MimeType.optional(),
  })
  .superRefine((card, context) => {
    const refusal = refuseNewCard(card)
    if (refusal !== undefined) context.addIssue({ code: 'custom', message: refusal })
  })
export type NewCard = z.infer<typeof NewCard>

const FILE_DETAILS = ['fileEtag', 'fileName', 'fileSize', 'mimeType'] as const

type Draft = { content?: string | undefined; url?: string | undefined; cardType?: CardType | undefined } & {
  [K in 'fileKey' | (typeof FILE_DETAILS)[number]]?: unknown
}

/** @returns What is wrong with it. */
export const refuseNewCard = (card: Draft): string | undefined => {
  if (card.fileKey !== undefined) {
    if (card.fileName === undefined || card.mimeType === undefined) return 'fileKey needs fileName and mimeType.'
    return card.url === undefined ? undefined : 'A card holds a file or a url, not both.'
  }
  const stray = FILE_DETAILS.find((key) => card[key] !== undefined)
  if (stray !== undefined) return `${stray} needs fileKey.`
  if (card.url !== undefined) return undefined
  if (card.content === undefined) return 'Send content or url.'
  if (card.content.trim() === '' && card.cardType !== 'text')
    return 'content must not be blank unless cardType is text.'
  return undefined
}

const CardParams = z.object({ id: z.string() })

// A limit that is no number counts as none, and one out of range as the nearest: clients depend on it.
const limit = z.coerce
  .number<string | number>()
  .int()
  .catch(50)
  .default(50)
  .transform((count) => Math.min(Math.max(count, 1), 100))
  .describe('1 to 100, 50 if it is left out.')

const queryMoment = (name: string) =>
  z.coerce
    .string<string | number>()
    .regex(/^\d{1,16}$/, `${name} must be a moment in milliseconds since 1970.`)
    .transform(Number)
    .refine((ms) => ms <= MAX_MOMENT_MS, `${name} is too far in the future.`)
    .optional()

const filters = {
  q: z
    .string()
    .max(MAX_QUERY_LENGTH)
    .optional()
    .describe(
      'Words that must all occur, `"a phrase"`, `-without`, `this OR that`, `( )`, `begin*`, and filters: `type: tag: is: in: has: before: after: on: size: color: title: notes: content: url:`. The last word may be the beginning of one.',
    ),
  tz: z.string().max(64).optional().describe('The time zone of days in `q`, as `Europe/Rome`; UTC if it is left out.'),
  type: z.enum(CARD_TYPES).optional(),
  tag: z
    .string()
    .max(MAX_TAG_LENGTH)
    .optional()
    .describe('One whole tag, in any case; also of those that models gave.'),
  sort: z.enum(['newest', 'oldest']).optional(),
  favorited: z
    .enum(['true', 'false'])
    .transform((word) => word === 'true')
    .optional(),
  createdAfter: queryMoment('createdAfter').describe('Milliseconds since 1970; the moment itself counts.'),
  createdBefore: queryMoment('createdBefore').describe('Milliseconds since 1970; the moment itself counts.'),
}

type Range = { createdAfter?: number | undefined; createdBefore?: number | undefined }
const isRange = ({ createdAfter, createdBefore }: Range): boolean =>
  createdAfter === undefined || createdBefore === undefined || createdAfter <= createdBefore
const NO_RANGE = 'createdAfter must not be later than createdBefore.'

const INCLUDES = ['content', 'metadata', 'processing', 'preview'] as const
export type Include = (typeof INCLUDES)[number]
const DETAILS = ['processing', 'preview', 'reading'] as const
export type Detail = (typeof DETAILS)[number]

const includes = <const Names extends readonly string[]>(names: Names) =>
  z
    .string()
    .transform((list) => list.split(',').map((name) => name.trim()))
    .pipe(
      z.array(
        z.enum(names, `include takes ${names.slice(0, -1).join(', ')} and ${names.at(-1)}, with commas between them.`),
      ),
    )
    .optional()

const include = includes(INCLUDES)

const ranked = z.enum(['relevance', 'newest', 'oldest']).optional()

// Clients send to a search what they send to a list, so a word that means nothing here is passed over.
export const previewed = z
  .string()
  .transform((list) => list.split(',').some((name) => name.trim() === 'preview'))
  .optional()
  .describe('`preview` adds the `preview` of each card; other words are passed over.')

const CardsQuery = z.object({ ...filters, sort: ranked, limit }).refine(isRange, NO_RANGE)
const SearchQuery = z.object({ ...filters, sort: ranked, limit, include: previewed }).refine(isRange, NO_RANGE)
export type CardsQuery = z.infer<typeof CardsQuery>

const CardsPageQuery = z
  .object({ ...filters, limit, include, cursor: z.string().max(500).optional() })
  .refine(isRange, NO_RANGE)
export type CardsPageQuery = z.infer<typeof CardsPageQuery>

/** The fields of a card that callers write. */
export const CardFields = { content, url, notes, tags } as const

const CreatedCard = z.object({
  appUrl: z.string(),
  card: Card,
  cardId: z.string(),
  status: z.literal('created'),
  duplicateOf: z.string().optional().describe('Another card that has the same url.'),
})
const ifMatch =
  '`If-Match` with the `ETag` of the card refuses the change if somebody else has changed the card meanwhile.'
const Highlight = z.object({
  field: z.enum(['title', 'content', 'notes', 'description', 'text']).describe('`text` is what a file or a page says.'),
  text: z.string().describe('A piece of the field, as it was written.'),
  ranges: z.array(z.tuple([z.int(), z.int()])).describe('Begin and end of each match in `text`, in UTF-16 units.'),
})

/** A whole card, and how much room it takes where that was asked for. */
export const FoundCard = z.object({ ...Card.shape, preview: CardPreview.optional() }).meta({ id: 'FoundCard' })

const FoundCards = z.object({
  items: z.array(FoundCard),
  total: z.int().describe('How many cards match; counted up to 2000.'),
  totalIsExact: z.boolean().describe('False when more than `total` match.'),
  highlights: z.record(z.string(), z.array(Highlight)).describe('Where the words stand, by the id of the card.'),
  corrections: z
    .array(z.object({ word: z.string(), instead: z.array(z.string()) }))
    .describe('Words that nothing had, and what was looked for instead.'),
})

// ── Endpoints ────────────────────────────────────────────────────────────────────────────────────

export const createCard = endpoint({
  method: 'POST',
  path: '/v1/cards',
  aliases: ['/api/v1/cards'],
  scope: 'cards:write',
  summary: 'Save a card',
  description:
    'Without `cardType`, content that is nothing but one URL becomes a link, content in one pair of quotes a quote, a list of colours a palette, and everything else text. With `fileKey` of an upload the card holds a file; a Markdown file becomes a card of its text. With `Idempotency-Key` the same request is done once in 24 hours, and answered the same way each time.',
  body: NewCard,
  returns: [200, CreatedCard],
  errors: {
    CONTENT_TOO_LARGE: CardErrors.CONTENT_TOO_LARGE,
    ...AttachmentErrors,
    UPLOAD_CONFLICT: UploadConflict.CONFLICT,
    CONFLICT: IdempotencyErrors.CONFLICT,
  },
})

export const listCards = endpoint({
  method: 'GET',
  path: '/v1/cards',
  aliases: ['/api/v1/cards'],
  scope: 'cards:read',
  summary: 'List cards',
  description: 'In the order of creation. `nextCursor` continues the list under the same filters.',
  query: CardsPageQuery,
  returns: [
    200,
    z.object({
      items: z.array(CardListItem),
      pageInfo: z.object({ hasMore: z.boolean(), nextCursor: z.string().nullable() }),
    }),
  ],
})

export const searchCards = endpoint({
  method: 'GET',
  path: '/v1/cards/search',
  aliases: ['/api/v1/cards/search', '/api/raycast/search'],
  scope: 'cards:read',
  summary: 'Search cards',
  description:
    'The best match first, then the newest; the best of the 300 newest matches and of the 300 newest with a word in their title or tags. With `sort`, or without `q`, in the order of creation. Filters come before all that.',
  query: SearchQuery,
  returns: [200, FoundCards],
})

export const listFavorites = endpoint({
  method: 'GET',
  path: '/v1/cards/favorites',
  aliases: ['/api/v1/cards/favorites', '/api/raycast/favorites'],
  scope: 'cards:read',
  summary: 'Search favourite cards',
  query: SearchQuery,
  returns: [200, FoundCards],
})

export const getCard = endpoint({
  method: 'GET',
  path: '/v1/cards/:id',
  aliases: ['/api/v1/cards/:id'],
  scope: 'cards:read',
  summary: 'Read a card',
  description:
    '`If-None-Match` answers 304, but for cards with a file or a picture, whose addresses change, and where `include` asks for what the server finds out meanwhile.',
  params: CardParams,
  query: z.object({ include: includes(DETAILS) }),
  returns: [200, CardDetails],
  also: [304],
  errors: { NOT_FOUND: CardErrors.NOT_FOUND },
})

export const updateCard = endpoint({
  method: 'PATCH',
  path: '/v1/cards/:id',
  aliases: ['/api/v1/cards/:id'],
  scope: 'cards:write',
  summary: 'Change a card',
  description: `Only the given fields change. \`"notes": null\` and \`"tags": []\` clear. A new url drops the old preview. ${ifMatch}`,
  params: CardParams,
  body: z
    .strictObject({ content, notes, tags, url, type: z.enum(CARD_TYPES) })
    .partial()
    .refine((changes) => Object.keys(changes).length > 0, 'Send at least one of content, notes, tags, url, type.'),
  returns: [200, Card],
  errors: { ...CardErrors, ...ConditionErrors },
})

export const favoriteCard = endpoint({
  method: 'PATCH',
  path: '/v1/cards/:id/favorite',
  aliases: ['/api/v1/cards/:id/favorite'],
  scope: 'cards:write',
  summary: 'Mark a card as favourite, or not',
  description: ifMatch,
  params: CardParams,
  body: z.strictObject({ isFavorited: z.boolean() }),
  returns: [200, Card],
  errors: { NOT_FOUND: CardErrors.NOT_FOUND, ...ConditionErrors },
})

export const deleteCard = endpoint({
  method: 'DELETE',
  path: '/v1/cards/:id',
  aliases: ['/api/v1/cards/:id'],
  scope: 'cards:write',
  summary: 'Move a card to the trash',
  description: ifMatch,
  params: CardParams,
  returns: [204, null],
  errors: { NOT_FOUND: CardErrors.NOT_FOUND, ...ConditionErrors },
})

export const quickSave = endpoint({
  method: 'POST',
  path: '/api/raycast/quick-save',
  scope: 'cards:write',
  summary: 'Save a text or a link, each link once',
  description: 'A link that is among the cards already is not saved again: the answer names the card that has it.',
  body: z.strictObject({ content: z.string().refine((value) => value.trim() !== '', 'content must not be blank.') }),
  returns: [200, CreatedCard.extend({ status: z.enum(['created', 'duplicate']) })],
  errors: { CONTENT_TOO_LARGE: CardErrors.CONTENT_TOO_LARGE },
})
