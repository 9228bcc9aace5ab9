import { type Route, reply, route } from '../../platform/http/index.ts'
import { answerRange } from '../chunks/range.ts'
import type { FileService } from '../files/service.ts'
import { getThumbnail } from './contract.ts'
import { edgeFor, type ThumbnailService } from './service.ts'

// To be raised when the same image gets another picture.
const VERSION = 1

export const thumbnailRoutes = (files: Pick<FileService, 'find'>, thumbnails: ThumbnailService): Route[] => [
  route(getThumbnail, async ({ caller: { accountId }, params, query, request }) => {
    const file = await files.find(accountId, params.id)
    const edge = edgeFor(query.size)
    const etag = `"${file.sha256.toString('hex').slice(0, 32)}-${edge}-${VERSION}"`
    const headers = {
      etag,
      'cache-control': query.v === undefined ? 'private, no-cache' : 'private, max-age=31536000, immutable',
    }
    // Who has a tag has had the picture.
    const condition = { 'if-none-match': request.headers['if-none-match'] }
    const representation = { etag, lastModified: new Date(file.stored_at), sizeBytes: 1 }
    if (answerRange(condition, representation, 'GET').status === 304) return reply(304, null, headers)
    const picture = await thumbnails.get(file, edge)
    return reply(200, picture, {
      ...headers,
      'content-type': 'image/webp',
      'content-length': String(picture.length),
      'content-disposition': 'inline',
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
    })
  }),
]
