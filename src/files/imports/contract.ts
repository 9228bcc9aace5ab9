import { z } from 'zod'
import { defineErrors } from '../../platform/errors.ts'
import { endpoint } from '../../platform/http/contract.ts'
import { FetchErrors } from '../../platform/http-client/index.ts'
import { FileErrors, MAX_NAME_LENGTH } from '../files/contract.ts'

export const ImportErrors = defineErrors({
  IMPORT_NOT_FOUND: [404, 'There is no such import.'],
  IMPORT_STATUS: [502, 'The other server does not give this file.'],
  IMPORT_CHANGED: [502, 'The file changed on the other server while it was fetched.'],
  IMPORT_FAILED: [500, 'The import failed. Start it again.'],
  TOO_MANY_IMPORTS: [403, 'This account has too many imports that are not finished. Wait for some, or cancel them.'],
})

const moment = z.iso.datetime().describe('UTC, whole seconds.')

export const Import = z.object({
  id: z.string().meta({ example: 'import_0Pk3dY00Hq8ZtVb1cXw5Lm' }),
  state: z.enum(['queued', 'running', 'done', 'failed', 'cancelled']),
  url: z.string(),
  file_name: z.string().nullable().describe('Null until it is known.'),
  bytes: z.int().describe('Those that are here.'),
  total: z.int().nullable().describe('Null while it is not known.'),
  file_id: z.string().nullable().describe('Once it is done.'),
  error: z.object({ code: z.string(), message: z.string() }).nullable().describe('Why it failed.'),
  created_at: moment,
  updated_at: moment,
})
export type Import = z.infer<typeof Import>

const ImportParams = z.object({ id: z.string() })
const { IMPORT_NOT_FOUND, TOO_MANY_IMPORTS } = ImportErrors
const { FETCH_URL, FETCH_REFUSED } = FetchErrors
const { FOLDER_NOT_FOUND } = FileErrors

export const createImport = endpoint({
  method: 'POST',
  path: '/api/v1/files/import',
  scope: 'files:write',
  summary: 'Fetch a file from an address',
  description:
    'Only http and https, and only public addresses. The name comes from the answer or the address unless it is given. What breaks is tried again, from where it broke where the other server allows that.',
  body: z.strictObject({
    url: z.string().max(4096),
    file_name: z
      .string()
      .max(MAX_NAME_LENGTH * 4)
      .optional(),
    folder_id: z.string().max(64).nullable().optional(),
    team_id: z.string().max(64).nullable().optional(),
  }),
  returns: [202, Import],
  errors: { FETCH_URL, FETCH_REFUSED, FOLDER_NOT_FOUND, TOO_MANY_IMPORTS },
})

export const listImports = endpoint({
  method: 'GET',
  path: '/api/v1/files/imports',
  scope: 'files:write',
  summary: 'List imports, the newest first',
  description: 'Those that are over are told for a week.',
  query: z.object({
    limit: z.coerce
      .number<string | number>()
      .int()
      .min(1)
      .transform((value) => Math.min(value, 200))
      .default(50),
    cursor: z.string().max(500).optional().describe('`next_cursor` of the page before.'),
  }),
  returns: [200, z.object({ imports: z.array(Import), next_cursor: z.string().nullable() })],
})

export const getImport = endpoint({
  method: 'GET',
  path: '/api/v1/files/imports/:id',
  scope: 'files:write',
  summary: 'How far an import has come',
  params: ImportParams,
  returns: [200, Import],
  errors: { IMPORT_NOT_FOUND },
})

export const cancelImport = endpoint({
  method: 'DELETE',
  path: '/api/v1/files/imports/:id',
  scope: 'files:write',
  summary: 'Cancel an import',
  description: 'What has come of it is deleted. One that is over stays as it is.',
  params: ImportParams,
  returns: [200, Import],
  errors: { IMPORT_NOT_FOUND },
})

export const importContracts = [createImport, listImports, getImport, cancelImport] as const
