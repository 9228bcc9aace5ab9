import { z } from 'zod'
import { defineErrors } from '../../platform/errors.ts'
import { bytes, endpoint } from '../../platform/http/contract.ts'
import { BackendErrors } from '../backends/backend.ts'
import { ChunkErrors } from '../chunks/chunk.ts'
import { FileErrors } from '../files/contract.ts'

export const ThumbnailErrors = defineErrors({
  THUMBNAIL_NONE: [404, 'There is no thumbnail of this file.'],
  THUMBNAIL_BUSY: [503, 'Too many thumbnails are being made. Try again in a moment.'],
})

/** What is made: the longer side of a thumbnail in pixels. */
export const THUMBNAIL_EDGES = [128, 256, 512, 1024] as const
export type ThumbnailEdge = (typeof THUMBNAIL_EDGES)[number]

export const getThumbnail = endpoint({
  method: 'GET',
  path: '/api/v1/files/:id/thumbnail',
  scope: 'files:read',
  summary: 'A small picture of an image',
  description:
    'Of JPEG, PNG, GIF, WebP, AVIF, BMP and TIFF up to 64 MiB and 100 megapixels, as WebP: upright, of the first frame, without metadata. It is made when it is first asked for. It fits into a square of 128, 256, 512 or 1024 pixels, the next that is not smaller than `size`; an image is never made larger.',
  params: z.object({ id: z.string() }),
  query: z.object({
    size: z.coerce.number<string>().int().min(64).max(1024).default(256),
    v: z
      .string()
      .max(100)
      .optional()
      .describe(
        'Anything that is another with another content, such as its sha256: then the answer may be kept for good.',
      ),
  }),
  returns: [200, bytes('image/webp')],
  also: [304],
  errors: {
    FILE_NOT_FOUND: FileErrors.FILE_NOT_FOUND,
    CHUNK_DAMAGED: ChunkErrors.CHUNK_DAMAGED,
    CHUNK_MISSING: ChunkErrors.CHUNK_MISSING,
    BACKEND_UNAVAILABLE: BackendErrors.BACKEND_UNAVAILABLE,
    ...ThumbnailErrors,
  },
})

export const thumbnailContracts = [getThumbnail] as const
