import { z } from 'zod'
import { defineErrors } from '../../platform/errors.ts'
import { bytes, endpoint, rawBody } from '../../platform/http/contract.ts'
import { AttachmentErrors, CardErrors, FileName, MimeType, UploadConflict } from '../cards/contract.ts'

export const AddressErrors = defineErrors({
  FORBIDDEN: [403, 'This address has expired or was changed. Ask for a new one.'],
})

const signed = {
  expires: z.coerce.number<string | number>().int().describe('Milliseconds since 1970.'),
  signature: z.string().max(100),
}

export const createUpload = endpoint({
  method: 'POST',
  path: '/v1/uploads',
  aliases: ['/api/v1/uploads'],
  scope: 'cards:write',
  summary: 'Announce a file for a card',
  description:
    'Put the bytes to `uploadUrl` with the announced `Content-Type` and without a key, keep the `ETag` of the answer, and create a card with `fileKey`. A file that has become no card after 24 hours is deleted.',
  body: z.strictObject({ fileName: FileName, fileSize: z.int().min(0), mimeType: MimeType }),
  returns: [
    200,
    z.object({
      uploadUrl: z.string().describe('Absolute, signed.'),
      fileKey: z.string(),
      method: z.literal('PUT'),
      maxFileSize: z.int().describe('Bytes of the largest file that there is room for.'),
      expiresIn: z.int().describe('Seconds for which the address works.'),
    }),
  ],
  errors: { FILE_TOO_LARGE: AttachmentErrors.FILE_TOO_LARGE, CONTENT_TOO_LARGE: CardErrors.CONTENT_TOO_LARGE },
})

export const putUpload = endpoint({
  method: 'PUT',
  path: '/v1/uploads/:key',
  aliases: ['/api/v1/uploads/:key'],
  scope: 'public',
  summary: 'Send the bytes of an announced file',
  description: 'The address comes from `POST /v1/uploads`. Until the file is a card, it may be sent again.',
  params: z.object({ key: z.string() }),
  query: z.object(signed),
  body: rawBody(),
  returns: [200, null],
  errors: {
    ...AddressErrors,
    TYPE_MISMATCH: AttachmentErrors.TYPE_MISMATCH,
    FILE_TOO_LARGE: AttachmentErrors.FILE_TOO_LARGE,
    CONFLICT: UploadConflict.CONFLICT,
  },
})

export const getCardFile = endpoint({
  method: 'GET',
  path: '/v1/files/:id',
  scope: 'public',
  summary: 'Download the file of a card, or a range of its bytes',
  description: 'The address is the `fileUrl` of a card. It works for a quarter of an hour.',
  params: z.object({ id: z.string() }),
  query: z.object({ ...signed, download: z.enum(['0', '1']).optional().describe('1 makes browsers save it.') }),
  returns: [200, bytes('application/octet-stream')],
  also: [206, 304, 416],
  errors: { ...AddressErrors, NOT_FOUND: CardErrors.NOT_FOUND },
})
