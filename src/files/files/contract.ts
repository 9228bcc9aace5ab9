import { z } from 'zod'
import { defineErrors } from '../../platform/errors.ts'
import { bytes, endpoint, formBody, rawBody } from '../../platform/http/contract.ts'
import { BackendErrors } from '../backends/backend.ts'
import { ChunkErrors } from '../chunks/chunk.ts'
import { SpaceErrors } from '../space-errors.ts'

export const FileErrors = defineErrors({
  FILE_NOT_FOUND: [404, 'There is no such file.'],
  FOLDER_NOT_FOUND: [404, 'There is no such folder.'],
  FILE_EXISTS: [
    409,
    'There is a file of this name already. Choose another name, or say on_conflict=rename or replace.',
  ],
  FOLDER_EXISTS: [409, 'There is a folder of this name already. Choose another name.'],
  OTHER_SPACE: [409, 'This place belongs to another team or account. Copy instead of moving.'],
  ACTIVE_USE: [
    403,
    'What people have uploaded is never a script, a style sheet or a plug-in of a page. Download it instead.',
  ],
  PRECONDITION_FAILED: [412, 'The file is not in the state that the request depends on.'],
  LENGTH_REQUIRED: [411, 'Say how long the body is in Content-Length, or send it chunked.'],
  QUOTA_EXCEEDED: [413, 'There is no room for this file.'],
  DIGEST_MISMATCH: [
    400,
    'The bytes that arrived do not have the announced digest. Nothing was stored; send them again.',
  ],
  RANGE_NOT_SATISFIABLE: [416, 'The file has no bytes in this range.'],
  UPLOAD_LOST: [503, 'The upload was interrupted by the server. Nothing was stored; send it again.'],
})

/** Telegram's words for what a file is, and two more. */
export const FILE_TYPES = ['document', 'photo', 'video', 'audio', 'voice', 'animation', 'archive', 'other'] as const
export type FileType = (typeof FILE_TYPES)[number]

export const ON_CONFLICT = ['rename', 'replace', 'fail'] as const
export type OnConflict = (typeof ON_CONFLICT)[number]

export const MAX_NAME_LENGTH = 255
const MAX_PAGE = 200

// ── Shapes ───────────────────────────────────────────────────────────────────────────────────────

const moment = z.iso.datetime().describe('UTC, whole seconds.').meta({ example: '2026-01-15T10:30:00Z' })

export const File = z.object({
  id: z.string().meta({ example: 'file_0Pk3dY00Hq8ZtVb1cXw5Lm' }),
  file_name: z.string(),
  file_size: z.int().min(0).describe('Bytes.'),
  file_type: z.enum(FILE_TYPES),
  created_at: moment,
  mime_type: z.string(),
  folder_id: z.string().nullable(),
  team_id: z.string().nullable(),
  sha256: z.string().describe('Of all bytes, in hexadecimal; the `ETag` of the content holds the same.'),
  updated_at: moment,
  share: z
    .object({
      url: z.string(),
      expires_at: moment.nullable(),
      max_downloads: z.int().nullable(),
      downloads: z.int(),
      has_password: z.boolean(),
    })
    .nullable()
    .describe('The newest link under which the file is public.'),
  storage: z.object({
    backend: z.string().describe('Where the bytes are. `database` for small files.'),
    state: z.string(),
    replicas: z.int(),
    encrypted: z.boolean(),
  }),
})
export type File = z.infer<typeof File>

const wholeNumber = (name: string, least: number) =>
  z.coerce
    .number<string | number>(`${name} must be a whole number of at least ${least}.`)
    .int(`${name} must be a whole number of at least ${least}.`)
    .min(least, `${name} must be a whole number of at least ${least}.`)

const day = (name: string) =>
  z.iso
    .datetime({ offset: true, error: `${name} takes a moment such as 2026-01-15T10:30:00Z.` })
    .transform((text) => Date.parse(text))
    .optional()

export const FILE_SORTS = ['created_at', 'updated_at', 'file_name', 'file_size'] as const
export type FileSort = (typeof FILE_SORTS)[number]

const id = (about: string) => z.string().max(64).optional().describe(about)

const FilesQuery = z.object({
  limit: wholeNumber('limit', 1)
    .transform((value) => Math.min(value, MAX_PAGE))
    .default(50)
    .describe('1 to 200; more counts as 200.'),
  offset: wholeNumber('offset', 0).default(0).describe('Skips so many files.'),
  search: z.string().max(MAX_NAME_LENGTH).optional().describe('Part of the file name, in any case.'),
  folder_id: id('Files of this folder; empty: those at the top. Absent: wherever they are.'),
  team_id: id('Files of this team instead of your own.'),
  file_type: z.enum(FILE_TYPES, `file_type takes ${FILE_TYPES.join(', ')}.`).optional(),
  mime_type: z.string().max(MAX_NAME_LENGTH).optional().describe('`image/png`, or `image/` for all images.'),
  created_after: day('created_after').describe('Files that came at this moment or later.'),
  created_before: day('created_before').describe('Files that came before this moment.'),
  sort: z.enum(FILE_SORTS, `sort takes ${FILE_SORTS.join(', ')}.`).default('created_at'),
  order: z
    .enum(['asc', 'desc'], 'order takes asc and desc.')
    .optional()
    .describe('Default: `asc` for names, else `desc`.'),
  trashed: z
    .enum(['true', 'false'], 'trashed takes true and false.')
    .default('false')
    .describe('`true` lists what is in the trash.'),
  cursor: z
    .string()
    .max(4000)
    .optional()
    .describe('Pages without counting offsets: empty for the first page, then `pagination.next_cursor`.'),
  total: z.enum(['exact']).optional().describe('Counts every match, also where that takes longer than the search.'),
})
export type FilesQuery = z.infer<typeof FilesQuery>

const Pagination = z.object({
  total: z.int().describe('How many files match.'),
  total_is_estimate: z
    .literal(true)
    .optional()
    .describe('A search has found many of more than 20,000 files; `total` is told by the newest of them.'),
  limit: z.int(),
  offset: z.int(),
  next_cursor: z.string().nullable().optional().describe('Only in answers to a request with `cursor`.'),
})

const FileParams = z.object({ id: z.string() })
const folder_id = id('Empty or absent: the top.')
const team_id = id('Empty or absent: your own drive, or the one that the folder is in.')
const on_conflict = z.enum(ON_CONFLICT, 'on_conflict takes rename, replace and fail.').optional()

// ── Endpoints ────────────────────────────────────────────────────────────────────────────────────

const { FILE_NOT_FOUND, ACTIVE_USE, PRECONDITION_FAILED, LENGTH_REQUIRED, DIGEST_MISMATCH } = FileErrors
const { BACKEND_UNAVAILABLE, DISK_FULL } = BackendErrors
const { CHUNK_DAMAGED, CHUNK_MISSING } = ChunkErrors
const { FOLDER_NOT_FOUND, FILE_EXISTS, FOLDER_EXISTS, OTHER_SPACE, QUOTA_EXCEEDED, UPLOAD_LOST } = FileErrors
const { TEAM_NOT_FOUND, ROLE_TOO_SMALL } = SpaceErrors
const placeErrors = { FOLDER_NOT_FOUND, TEAM_NOT_FOUND, ROLE_TOO_SMALL, FILE_EXISTS, FOLDER_EXISTS }
const uploadErrors = { ...placeErrors, QUOTA_EXCEEDED, UPLOAD_LOST, BACKEND_UNAVAILABLE, DISK_FULL }

export const listFiles = endpoint({
  method: 'GET',
  path: '/api/v1/files',
  scope: 'files:read',
  summary: 'List files, the newest first',
  query: FilesQuery,
  returns: [200, z.object({ files: z.array(File), pagination: Pagination })],
  errors: { FOLDER_NOT_FOUND, TEAM_NOT_FOUND },
})

export const uploadFile = endpoint({
  method: 'POST',
  path: '/api/v1/files',
  scope: 'files:write',
  summary: 'Upload a file as a form',
  description: 'A name that is taken gets a number, unless `on_conflict` says `replace` or `fail`.',
  body: formBody('file', z.strictObject({ folder_id, team_id, on_conflict })),
  returns: [201, File],
  also: [200],
  errors: uploadErrors,
})

export const putFileContent = endpoint({
  method: 'PUT',
  path: '/api/v1/files/content',
  scope: 'files:write',
  summary: 'Upload a file as the body of the request',
  description:
    'The fastest way. A file of this name gets the new content (200), unless `on_conflict` says `rename` or `fail`. `Repr-Digest` (sha-256), `If-None-Match` and `If-Match` are honoured.',
  query: z.object({ name: z.string(), folder_id, team_id, on_conflict }),
  body: rawBody(),
  returns: [201, File],
  also: [200],
  errors: { ...uploadErrors, PRECONDITION_FAILED, LENGTH_REQUIRED, DIGEST_MISMATCH },
})

export const getFile = endpoint({
  method: 'GET',
  path: '/api/v1/files/:id',
  scope: 'files:read',
  summary: 'What is known of a file',
  params: FileParams,
  returns: [200, File],
  errors: { FILE_NOT_FOUND },
})

export const getFileContent = endpoint({
  method: 'GET',
  path: '/api/v1/files/:id/content',
  budget: 'transfers',
  scope: 'files:read',
  summary: 'Download a file, or a range of its bytes',
  description: 'Conditions and `Range` work as HTTP says; of several ranges none is served but the whole file.',
  params: FileParams,
  query: z.object({ download: z.enum(['0', '1']).optional().describe('1 makes browsers save it.') }),
  returns: [200, bytes('application/octet-stream')],
  also: [206, 304, 416],
  errors: { FILE_NOT_FOUND, ACTIVE_USE, PRECONDITION_FAILED, BACKEND_UNAVAILABLE, CHUNK_DAMAGED, CHUNK_MISSING },
})

export const deactivateShares = endpoint({
  method: 'DELETE',
  path: '/api/v1/files/:id',
  scope: 'files:delete',
  summary: "Disable a file's share links",
  description: 'The file itself stays.',
  params: FileParams,
  returns: [
    200,
    z.object({
      success: z.literal(true),
      message: z.literal('Share link deactivated'),
      deactivated: z.int().describe('How many links this has disabled.'),
    }),
  ],
  errors: { FILE_NOT_FOUND, ROLE_TOO_SMALL },
})

export const updateFile = endpoint({
  method: 'PATCH',
  path: '/api/v1/files/:id',
  scope: 'files:write',
  summary: 'Rename or move a file',
  description:
    'A name that is taken is refused, unless `on_conflict` says `rename`, or `replace`: then the other file goes to the trash.',
  params: FileParams,
  body: z.strictObject({
    file_name: z.string().optional(),
    folder_id: z.string().max(64).nullable().optional().describe('Null or empty: the top.'),
    on_conflict,
  }),
  returns: [200, File],
  errors: { FILE_NOT_FOUND, OTHER_SPACE, ...placeErrors },
})

export const copyFile = endpoint({
  method: 'POST',
  path: '/api/v1/files/:id/copy',
  scope: 'files:write',
  summary: 'Copy a file',
  description: 'No bytes move, but they count again. A name that is taken gets a number.',
  params: FileParams,
  body: z.strictObject({
    folder_id: z.string().max(64).nullable().optional().describe('Null or empty: the top. Absent: where the file is.'),
    team_id: z.string().max(64).nullable().optional().describe('Null or empty: your own drive.'),
    file_name: z.string().optional(),
  }),
  returns: [201, File],
  errors: { FILE_NOT_FOUND, FOLDER_NOT_FOUND, TEAM_NOT_FOUND, ROLE_TOO_SMALL, QUOTA_EXCEEDED },
})

export const fileContracts = [
  listFiles,
  uploadFile,
  putFileContent,
  getFile,
  getFileContent,
  updateFile,
  copyFile,
  deactivateShares,
] as const
