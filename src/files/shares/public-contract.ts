import { z } from 'zod'
import { bytes, endpoint, rawBody } from '../../platform/http/contract.ts'
import { BackendErrors } from '../backends/backend.ts'
import { ChunkErrors } from '../chunks/chunk.ts'
import { FileErrors } from '../files/contract.ts'
import { ShareErrors } from './contract.ts'

const { SHARE_NOT_FOUND, SHARE_DISABLED, SHARE_EXPIRED, SHARE_EXHAUSTED, SHARE_GONE } = ShareErrors
const { SHARE_PASSWORD_REQUIRED, SHARE_PASSWORD_WRONG, SHARE_LOCKED, SHARE_BUSY } = ShareErrors
const { ACTIVE_USE, PRECONDITION_FAILED, QUOTA_EXCEEDED, UPLOAD_LOST } = FileErrors
const { BACKEND_UNAVAILABLE, DISK_FULL } = BackendErrors
const { CHUNK_DAMAGED, CHUNK_MISSING } = ChunkErrors

const ends = { SHARE_NOT_FOUND, SHARE_DISABLED, SHARE_EXPIRED, SHARE_EXHAUSTED, SHARE_GONE }
const locks = { SHARE_PASSWORD_REQUIRED, SHARE_PASSWORD_WRONG, SHARE_LOCKED, SHARE_BUSY }
const reads = { ACTIVE_USE, PRECONDITION_FAILED, BACKEND_UNAVAILABLE, CHUNK_DAMAGED, CHUNK_MISSING }

const TokenParams = z.object({ token: z.string() })
const download = z.enum(['0', '1']).optional().describe('1 makes browsers save it.')
const after = z.string().max(500).optional().describe('`next` of the page before.')

const PASSWORDS =
  'A password can be sent as `X-Share-Password`, as the password of `Authorization: Basic` with any user name, or once to `/unlock`.'

export const openShare = endpoint({
  method: 'GET',
  path: '/s/:token',
  scope: 'public',
  summary: 'Open a link',
  description: `Browsers get a page. Programs get the file itself, or JSON of a folder and of a request for files. ${PASSWORDS}`,
  params: TokenParams,
  query: z.object({ download, after }),
  returns: [200, bytes('text/html')],
  also: [206, 304, 416],
  errors: { ...ends, ...locks, ...reads },
})

export const getShareContent = endpoint({
  method: 'GET',
  path: '/s/:token/content',
  scope: 'public',
  summary: 'Download the file of a link, or a range of its bytes',
  description: `Conditions and \`Range\` work as for files of one's own. A visitor, known by a cookie, may come back for six hours without being counted again. A program that keeps no cookies may do so from the same address with the same \`User-Agent\`, for a range that does not start at 0. ${PASSWORDS}`,
  params: TokenParams,
  query: z.object({ download }),
  returns: [200, bytes('application/octet-stream')],
  also: [206, 304, 416],
  errors: { ...ends, ...locks, ...reads },
})

export const getSharedFolder = endpoint({
  method: 'GET',
  path: '/s/:token/folders/:id',
  scope: 'public',
  summary: 'Look into a folder of a shared folder',
  params: TokenParams.extend({ id: z.string() }),
  query: z.object({ after }),
  returns: [200, bytes('text/html')],
  errors: { ...ends, ...locks },
})

export const getSharedFileContent = endpoint({
  method: 'GET',
  path: '/s/:token/files/:id/content',
  scope: 'public',
  summary: 'Download a file of a shared folder, or a range of its bytes',
  params: TokenParams.extend({ id: z.string() }),
  query: z.object({ download }),
  returns: [200, bytes('application/octet-stream')],
  also: [206, 304, 416],
  errors: { ...ends, SHARE_FILE_NOT_FOUND: ShareErrors.SHARE_FILE_NOT_FOUND, ...locks, ...reads },
})

export const getSharedArchive = endpoint({
  method: 'GET',
  path: '/s/:token/zip',
  scope: 'public',
  summary: 'Download a shared folder, with all that is below it, as one ZIP archive',
  description: `Counts as one download, however many files are in it. The archive is made while it is sent, without compression, and its length is known before; it cannot be resumed. Names are changed where a file system could not have them. If a file cannot be read to its end the connection is cut: what arrived in full is complete. ${PASSWORDS}`,
  params: TokenParams,
  query: z.object({ folder: z.string().optional().describe('A folder below the shared one; all of it unless told.') }),
  returns: [200, bytes('application/zip')],
  errors: {
    ...ends,
    SHARE_FILE_NOT_FOUND: ShareErrors.SHARE_FILE_NOT_FOUND,
    ARCHIVE_TOO_LARGE: ShareErrors.ARCHIVE_TOO_LARGE,
    ...locks,
    ...reads,
  },
})

export const unlockShare = endpoint({
  method: 'POST',
  path: '/s/:token/unlock',
  scope: 'public',
  summary: 'Say the password of a link, once for twelve hours',
  description:
    'Sets a cookie. Programs get `unlock_token`, for `Authorization: Bearer`. Both end when the password changes. Forms of browsers are sent back to the link (303).',
  params: TokenParams,
  body: z.object({ password: z.string().max(1024) }),
  returns: [200, bytes('application/json')],
  also: [303],
  errors: { ...ends, ...locks },
})

export const uploadToShare = endpoint({
  method: 'POST',
  path: '/s/:token/files',
  scope: 'public',
  summary: 'Upload files through a link that asks for them',
  description:
    'A form (`multipart/form-data`) with any number of files. Each one is kept as soon as it is complete, under a numbered name if its own is taken. Says how many arrived, and nothing of what was there before.',
  params: TokenParams,
  body: rawBody(),
  returns: [201, bytes('application/json')],
  errors: {
    ...ends,
    ...locks,
    UPLOAD_TOO_LARGE: ShareErrors.UPLOAD_TOO_LARGE,
    QUOTA_EXCEEDED,
    UPLOAD_LOST,
    BACKEND_UNAVAILABLE,
    DISK_FULL,
  },
})

export const publicShareContracts = [
  openShare,
  getShareContent,
  getSharedFolder,
  getSharedFileContent,
  getSharedArchive,
  unlockShare,
  uploadToShare,
] as const
