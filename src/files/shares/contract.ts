import { z } from 'zod'
import { defineErrors } from '../../platform/errors.ts'
import { endpoint } from '../../platform/http/contract.ts'
import { FileErrors } from '../files/contract.ts'

export const ShareErrors = defineErrors({
  SHARE_NOT_FOUND: [404, 'There is no such link.'],
  SHARE_DISABLED: [410, 'This link was switched off.'],
  SHARE_EXPIRED: [410, 'This link has expired. Ask whoever sent it for a new one.'],
  SHARE_EXHAUSTED: [410, 'This link has been used as often as it may be. Ask whoever sent it for a new one.'],
  SHARE_GONE: [410, 'What this link led to is no longer there.'],
  SHARE_FILE_NOT_FOUND: [404, 'There is no such file under this link.'],
  ARCHIVE_TOO_LARGE: [413, 'There are too many files in this folder for one archive. Download its folders one by one.'],
  SHARE_PASSWORD_REQUIRED: [401, 'This link has a password.'],
  SHARE_PASSWORD_WRONG: [401, 'The password is wrong.'],
  SHARE_LOCKED: [429, 'Too many wrong passwords. Try again after the time in Retry-After.'],
  SHARE_BUSY: [503, 'Too many passwords are being checked right now. Try again in a few seconds.'],
  LINK_LIMIT_REACHED: [403, 'Your plan has no room for another link. Disable one first.'],
  EXPIRY_PASSED: [400, 'expires_at must be in the future.'],
  UPLOAD_TOO_LARGE: [413, 'This file is larger than the link takes.'],
})

const SHARE_KINDS = ['file', 'folder', 'request'] as const
export type ShareKind = (typeof SHARE_KINDS)[number]

const DISPOSITIONS = ['inline', 'attachment'] as const

/** What a link is now. Only `active` ones work, and only they count as active. */
const SHARE_STATES = ['active', 'disabled', 'expired', 'exhausted'] as const
export type ShareState = (typeof SHARE_STATES)[number]

const MAX_COUNT = 1_000_000_000
const MAX_EXPIRY_SECONDS = 10 * 366 * 86_400
const MAX_NAME_LENGTH = 120
const MAX_PASSWORD_LENGTH = 256
const MAX_PAGE = 200

// ── Shapes ───────────────────────────────────────────────────────────────────────────────────────

const moment = z.iso.datetime().describe('UTC, whole seconds.').meta({ example: '2026-01-15T10:30:00Z' })

export const Share = z.object({
  id: z.string().meta({ example: 'share_0Pk3dY00Hq8ZtVb1cXw5Lm' }),
  kind: z.enum(SHARE_KINDS).describe('`request` takes uploads and shows nothing.'),
  state: z.enum(SHARE_STATES),
  url: z.string().describe('What to send. Who has it needs no account.'),
  token: z.string(),
  name: z.string().nullable().describe('Shown to people who open the link, instead of the name of the folder.'),
  file_id: z.string().nullable(),
  folder_id: z.string().nullable(),
  disposition: z.enum(DISPOSITIONS),
  has_password: z.boolean(),
  expires_at: moment.nullable(),
  max_downloads: z.int().nullable(),
  downloads: z.int().describe('One for each visitor, file and six hours, however many ranges it is resumed with.'),
  max_file_bytes: z.int().nullable().describe('Of a request: the largest file it takes.'),
  max_files: z.int().nullable().describe('Of a request: how many files it takes.'),
  files_received: z.int().describe('Of a request.'),
  created_at: moment,
  disabled_at: moment.nullable(),
})
export type Share = z.infer<typeof Share>

const count = (name: string) =>
  z
    .int(`${name} must be a whole number from 1 to ${MAX_COUNT}.`)
    .min(1, `${name} must be a whole number from 1 to ${MAX_COUNT}.`)
    .max(MAX_COUNT, `${name} must be a whole number from 1 to ${MAX_COUNT}.`)

const password = z
  .string()
  .min(1, 'A password needs at least one character.')
  .max(MAX_PASSWORD_LENGTH, `A password can have at most ${MAX_PASSWORD_LENGTH} characters.`)
const name = z.string().trim().min(1, 'A name needs at least one character.').max(MAX_NAME_LENGTH)
const disposition = z.enum(DISPOSITIONS, 'disposition takes inline and attachment.')
const expires_at = z.iso.datetime({ offset: true, error: 'expires_at must look like 2026-01-15T10:30:00Z.' })
const expires_in = z
  .int('expires_in must be a whole number of seconds.')
  .min(1, 'expires_in must be at least 1 second.')
  .max(MAX_EXPIRY_SECONDS, 'expires_in can be at most ten years.')
  .describe('Seconds from now, instead of `expires_at`.')
const max_file_bytes = z.int().min(1).max(Number.MAX_SAFE_INTEGER)

const ONE_EXPIRY = { message: 'Send expires_at or expires_in, not both.' }
const hasOneExpiry = (body: { expires_at?: unknown; expires_in?: unknown }): boolean =>
  body.expires_at === undefined || body.expires_at === null || body.expires_in === undefined

const NewShare = z
  .object({
    password: password.nullable().optional(),
    expires_at: expires_at.nullable().optional(),
    expires_in: expires_in.optional(),
    max_downloads: count('max_downloads').nullable().optional(),
    disposition: disposition.optional(),
    name: name.nullable().optional(),
  })
  .refine(hasOneExpiry, ONE_EXPIRY)
export type NewShare = z.infer<typeof NewShare>

const NewRequest = z
  .object({
    password: password.nullable().optional(),
    expires_at: expires_at.nullable().optional(),
    expires_in: expires_in.optional(),
    max_file_bytes: max_file_bytes.nullable().optional(),
    max_files: count('max_files').nullable().optional(),
    name: name.nullable().optional(),
  })
  .refine(hasOneExpiry, ONE_EXPIRY)
export type NewRequest = z.infer<typeof NewRequest>

const ShareChange = z
  .object({
    password: password.nullable().optional().describe('null takes it away. Who knew the old one has to know the new.'),
    expires_at: expires_at.nullable().optional(),
    expires_in: expires_in.optional(),
    max_downloads: count('max_downloads').nullable().optional(),
    disposition: disposition.optional(),
    name: name.nullable().optional(),
    max_file_bytes: max_file_bytes.nullable().optional(),
    max_files: count('max_files').nullable().optional(),
  })
  .refine(hasOneExpiry, ONE_EXPIRY)
export type ShareChange = z.infer<typeof ShareChange>

const limitText = `limit must be a whole number from 1 to ${MAX_PAGE}.`
const SharesQuery = z.object({
  limit: z.coerce
    .number<string | number>(limitText)
    .int(limitText)
    .min(1, limitText)
    .transform((value) => Math.min(value, MAX_PAGE))
    .default(50)
    .describe('1 to 200; more counts as 200.'),
  cursor: z.string().max(500).optional().describe('`next_cursor` of the page before.'),
  file_id: z.string().max(64).optional(),
  folder_id: z.string().max(64).optional(),
})
export type SharesQuery = z.infer<typeof SharesQuery>

const SharesPage = z.object({ shares: z.array(Share), next_cursor: z.string().nullable() })
export type SharesPage = z.infer<typeof SharesPage>

const IdParams = z.object({ id: z.string() })

// ── Endpoints ────────────────────────────────────────────────────────────────────────────────────

const { FILE_NOT_FOUND, FOLDER_NOT_FOUND } = FileErrors
const { SHARE_NOT_FOUND, SHARE_DISABLED, SHARE_BUSY, LINK_LIMIT_REACHED, EXPIRY_PASSED } = ShareErrors

export const shareFile = endpoint({
  method: 'POST',
  path: '/api/v1/files/:id/share',
  scope: 'files:write',
  summary: 'Make a link under which anybody can download a file',
  params: IdParams,
  body: NewShare,
  returns: [201, Share],
  errors: { FILE_NOT_FOUND, LINK_LIMIT_REACHED, EXPIRY_PASSED, SHARE_BUSY },
})

export const shareFolder = endpoint({
  method: 'POST',
  path: '/api/v1/folders/:id/share',
  scope: 'files:write',
  summary: 'Make a link under which anybody can download the files of a folder',
  description: 'Also of the folders in it, and of what is put there later.',
  params: IdParams,
  body: NewShare,
  returns: [201, Share],
  errors: { FOLDER_NOT_FOUND, LINK_LIMIT_REACHED, EXPIRY_PASSED, SHARE_BUSY },
})

export const requestFiles = endpoint({
  method: 'POST',
  path: '/api/v1/folders/:id/request',
  scope: 'files:write',
  summary: 'Make a link under which anybody can upload files into a folder',
  description: 'Nobody sees through it what the folder holds. What arrives is charged to the account of the link.',
  params: IdParams,
  body: NewRequest,
  returns: [201, Share],
  errors: { FOLDER_NOT_FOUND, LINK_LIMIT_REACHED, EXPIRY_PASSED, SHARE_BUSY },
})

export const listShares = endpoint({
  method: 'GET',
  path: '/api/v1/shares',
  scope: 'files:read',
  summary: 'List links, the newest first',
  description: 'Also those that work no longer; see `state`.',
  query: SharesQuery,
  returns: [200, SharesPage],
})

export const getShare = endpoint({
  method: 'GET',
  path: '/api/v1/shares/:id',
  scope: 'files:read',
  summary: 'What is known of a link',
  params: IdParams,
  returns: [200, Share],
  errors: { SHARE_NOT_FOUND },
})

export const changeShare = endpoint({
  method: 'PATCH',
  path: '/api/v1/shares/:id',
  scope: 'files:write',
  summary: 'Change how long, how often and with which password a link works',
  description:
    'What is absent stays as it is; null takes a limit away. A link that has expired or is exhausted works again when its limit is moved; a disabled one never does.',
  params: IdParams,
  body: ShareChange,
  returns: [200, Share],
  errors: { SHARE_NOT_FOUND, SHARE_DISABLED, LINK_LIMIT_REACHED, EXPIRY_PASSED, SHARE_BUSY },
})

export const disableShare = endpoint({
  method: 'DELETE',
  path: '/api/v1/shares/:id',
  scope: 'files:delete',
  summary: 'Disable a link',
  description: 'The next request through it is refused; downloads that are under way may end. What it led to stays.',
  params: IdParams,
  returns: [200, Share],
  errors: { SHARE_NOT_FOUND },
})

export const shareContracts = [
  shareFile,
  shareFolder,
  requestFiles,
  listShares,
  getShare,
  changeShare,
  disableShare,
] as const
