import { z } from 'zod'
import { endpoint, rawBody } from '../../platform/http/contract.ts'
import { AttachmentErrors, FileName } from '../cards/contract.ts'
import { ImportErrors } from './errors.ts'
import { FORMATS } from './sources/index.ts'

/** How many of the entries that could not be read are told of, the first ones. */
export const MAX_PROBLEMS = 1000

const moment = z.int().describe('Milliseconds since 1970, UTC.')

const CardImport = z
  .object({
    id: z.string().meta({ example: 'cimport_0Pk3dY00Hq8ZtVb1cXw5Lm' }),
    state: z.enum(['queued', 'running', 'done', 'failed', 'cancelled']),
    format: z.enum(FORMATS),
    dryRun: z.boolean(),
    fileName: z.string(),
    fileSize: z.int().describe('Bytes.'),
    total: z.int().nullable().describe('Entries of the file; null until they are counted.'),
    processed: z.int().describe('Entries that were looked at: created, duplicates and invalid together.'),
    created: z.int().describe('New cards; in a dry run, cards that would be new.'),
    duplicates: z.int().describe('Entries that are cards already.'),
    invalid: z.int().describe('Entries that cannot become cards.'),
    error: z.object({ code: z.string(), message: z.string() }).nullable().describe('Why it failed.'),
    createdAt: moment,
    updatedAt: moment,
  })
  .meta({ id: 'CardImport' })
export type CardImport = z.infer<typeof CardImport>

const ImportReport = CardImport.extend({
  problems: z
    .array(
      z.object({
        entry: z.int().describe('1 for the first entry of the file.'),
        line: z.int().nullable().describe('On which the entry begins, in files of lines.'),
        message: z.string(),
      }),
    )
    .describe(`What is wrong with the invalid entries; of the first ${MAX_PROBLEMS}.`),
}).meta({ id: 'CardImportReport' })

const ImportParams = z.object({ id: z.string() })
const { NOT_FOUND, UNREADABLE_IMPORT, TOO_MANY_IMPORTS } = ImportErrors

export const createCardImport = endpoint({
  method: 'POST',
  path: '/v1/imports',
  aliases: ['/api/v1/cards/imports'],
  scope: 'cards:write',
  summary: 'Import cards from a file',
  description:
    'The body is the file, of whatever `Content-Type`: the archive of `GET /v1/export` or of Teak (`teak`), bookmarks of a browser or the old HTML of Pocket (`bookmarks`), the tables of Raindrop.io (`raindrop`) and Pocket (`pocket`), the JSON of Karakeep (`karakeep`), or an address in each line (`urls`). It is found out which one unless `format` says so. The answer comes when the file has arrived; the cards come in a job that survives a restart, and `GET /v1/imports/{id}` tells how far it is. Nothing is imported twice: not a link whose address is a card already, nor a card of an archive that is here.',
  query: z.object({
    format: z.enum(FORMATS).optional(),
    dryRun: z.enum(['true', 'false']).optional().describe('`true` only counts, and changes nothing.'),
    fileName: FileName.optional().describe('What the file is called, to be told in lists.'),
  }),
  body: rawBody(),
  returns: [202, CardImport],
  errors: { UNREADABLE_IMPORT, TOO_MANY_IMPORTS, FILE_TOO_LARGE: AttachmentErrors.FILE_TOO_LARGE },
})

export const listCardImports = endpoint({
  method: 'GET',
  path: '/v1/imports',
  aliases: ['/api/v1/cards/imports'],
  scope: 'cards:read',
  summary: 'List imports of cards, the newest first',
  description: 'Those that are over are told for a week.',
  query: z.object({
    limit: z.coerce
      .number<string | number>()
      .int()
      .min(1)
      .transform((count) => Math.min(count, 100))
      .default(50),
    cursor: z.string().max(500).optional().describe('`nextCursor` of the page before.'),
  }),
  returns: [
    200,
    z.object({
      items: z.array(CardImport),
      pageInfo: z.object({ hasMore: z.boolean(), nextCursor: z.string().nullable() }),
    }),
  ],
})

export const getCardImport = endpoint({
  method: 'GET',
  path: '/v1/imports/:id',
  aliases: ['/api/v1/cards/imports/:id'],
  scope: 'cards:read',
  summary: 'How far an import is, and what was wrong with its file',
  params: ImportParams,
  returns: [200, ImportReport],
  errors: { NOT_FOUND },
})

export const cancelCardImport = endpoint({
  method: 'DELETE',
  path: '/v1/imports/:id',
  aliases: ['/api/v1/cards/imports/:id'],
  scope: 'cards:write',
  summary: 'Cancel an import of cards',
  description: 'Cards that it has created stay. One that is over stays as it is.',
  params: ImportParams,
  returns: [200, CardImport],
  errors: { NOT_FOUND },
})

export const importContracts = [createCardImport, listCardImports, getCardImport, cancelCardImport] as const
