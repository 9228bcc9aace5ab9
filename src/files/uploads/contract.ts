import { z } from 'zod'
import { defineErrors } from '../../platform/errors.ts'
import { bytes, endpoint, rawBody } from '../../platform/http/contract.ts'
import { Failures } from '../../platform/http/index.ts'
import { BackendErrors } from '../backends/backend.ts'
import { ChunkErrors } from '../chunks/chunk.ts'
import { FileErrors } from '../files/contract.ts'

export const UploadErrors = defineErrors({
  UPLOAD_NOT_FOUND: [404, 'There is no such upload.'],
  UPLOAD_EXPIRED: [410, 'This upload was left alone for too long and is gone. Start it again.'],
  UPLOAD_OFFSET: [409, 'The upload is not at this offset. Ask for its offset with HEAD and go on from there.'],
  UPLOAD_INCOMPLETE: [409, 'A part of this upload is not complete yet, or not there.'],
  UPLOAD_LOCKED: [423, 'Another request is sending bytes of this upload. Try again in a moment.'],
  UPLOAD_FINAL: [403, 'This upload is made of other uploads and takes no bytes of its own.'],
  CHECKSUM_MISMATCH: [
    460,
    'The bytes that arrived do not have the announced checksum. None were kept; send them again.',
  ],
  TUS_VERSION: [412, 'This server speaks tus 1.0.0: send Tus-Resumable: 1.0.0.'],
  TOO_MANY_UPLOADS: [403, 'This account has too many unfinished uploads. Finish or cancel some of them.'],
})

const moment = z.iso.datetime().describe('UTC, whole seconds.')

export const Upload = z.object({
  id: z.string().meta({ example: 'upload_0Pk3dY00Hq8ZtVb1cXw5Lm' }),
  url: z.string().describe('Where its bytes are sent to, with the tus protocol.'),
  state: z.enum(['open', 'done']),
  file_name: z.string(),
  file_size: z.int().nullable().describe('Bytes; null while the sender has not said.'),
  received: z.int().describe('Bytes that arrived and are durable.'),
  mime_type: z.string(),
  folder_id: z.string().nullable(),
  team_id: z.string().nullable(),
  partial: z.boolean().describe('To be joined with others.'),
  file_id: z.string().nullable().describe('Once it is done.'),
  created_at: moment,
  expires_at: moment.describe('Moves on with every byte that arrives. Of a finished one: until when it is told here.'),
})
export type Upload = z.infer<typeof Upload>

const UploadParams = z.object({ id: z.string() })
const JSON_OR_NOTHING = bytes('application/json')

const { UNSUPPORTED_MEDIA_TYPE, INVALID_INPUT } = Failures
const { UPLOAD_NOT_FOUND, UPLOAD_EXPIRED, UPLOAD_LOCKED, TUS_VERSION } = UploadErrors
const { FOLDER_NOT_FOUND, FILE_EXISTS, QUOTA_EXCEEDED, DIGEST_MISMATCH } = FileErrors
const protocol = { TUS_VERSION, UNSUPPORTED_MEDIA_TYPE, INVALID_INPUT }
const { CHUNK_DAMAGED, CHUNK_MISSING, UPLOAD_TRUNCATED, FILE_TOO_LARGE } = ChunkErrors
const storing = {
  FOLDER_NOT_FOUND,
  FILE_EXISTS,
  QUOTA_EXCEEDED,
  DIGEST_MISMATCH,
  ...BackendErrors,
  CHUNK_DAMAGED,
  CHUNK_MISSING,
}

export const describeUploads = endpoint({
  method: 'OPTIONS',
  path: '/api/v1/files/uploads',
  scope: 'public',
  summary: 'What the server can do with resumable uploads',
  description: 'In the headers `Tus-Version`, `Tus-Extension`, `Tus-Max-Size` and `Tus-Checksum-Algorithm`.',
  returns: [204, JSON_OR_NOTHING],
})

export const listUploads = endpoint({
  method: 'GET',
  path: '/api/v1/files/uploads',
  scope: 'files:write',
  summary: 'List unfinished uploads, the newest first',
  query: z.object({
    limit: z.coerce
      .number<string | number>()
      .int()
      .min(1)
      .transform((value) => Math.min(value, 200))
      .default(50),
    cursor: z.string().max(500).optional().describe('`next_cursor` of the page before.'),
  }),
  returns: [200, z.object({ uploads: z.array(Upload), next_cursor: z.string().nullable() })],
})

export const createUpload = endpoint({
  method: 'POST',
  path: '/api/v1/files/uploads',
  scope: 'files:write',
  summary: 'Start a resumable upload',
  description:
    'tus 1.0.0. `Upload-Length` or `Upload-Defer-Length: 1`; `Upload-Metadata` may have filename, filetype, folder_id, team_id, on_conflict (rename, replace, fail) and sha256 (in hexadecimal, of the whole file). The first bytes may be in the body. `Upload-Concat` makes parts, and a file of parts. Where the file is complete with this request, `X-File-Id` names it.',
  body: rawBody(),
  returns: [201, JSON_OR_NOTHING],
  errors: { ...UploadErrors, ...storing, ...protocol, FILE_TOO_LARGE, UPLOAD_TRUNCATED },
})

export const getUpload = endpoint({
  method: 'GET',
  path: '/api/v1/files/uploads/:id',
  budget: 'transfers',
  scope: 'files:write',
  summary: 'How far an upload has come',
  description: '`HEAD` gives the same in the headers of tus. A finished upload is told for a day.',
  params: UploadParams,
  returns: [200, Upload],
  errors: { UPLOAD_NOT_FOUND, UPLOAD_EXPIRED, UPLOAD_LOCKED, TUS_VERSION, ...storing },
})

export const appendUpload = endpoint({
  method: 'PATCH',
  path: '/api/v1/files/uploads/:id',
  budget: 'transfers',
  scope: 'files:write',
  summary: 'Send bytes of an upload',
  description:
    '`Content-Type: application/offset+octet-stream`, `Upload-Offset`, and perhaps `Upload-Checksum` (sha256, sha1). With the last bytes the file is there: `X-File-Id` and `Content-Location` name it. While another request sends bytes the answer is 423; one on which nothing arrives any more is cut off instead.',
  params: UploadParams,
  body: rawBody(),
  returns: [204, JSON_OR_NOTHING],
  errors: { ...UploadErrors, ...storing, ...protocol, FILE_TOO_LARGE, UPLOAD_TRUNCATED },
})

export const deleteUpload = endpoint({
  method: 'DELETE',
  path: '/api/v1/files/uploads/:id',
  scope: 'files:write',
  summary: 'Cancel an upload',
  description: 'Its bytes are deleted. Of a finished upload only the record goes; the file stays.',
  params: UploadParams,
  returns: [204, JSON_OR_NOTHING],
  errors: { UPLOAD_NOT_FOUND, TUS_VERSION },
})

export const uploadContracts = [
  describeUploads,
  listUploads,
  createUpload,
  getUpload,
  appendUpload,
  deleteUpload,
] as const
