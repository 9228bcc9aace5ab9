import type { Clock } from '../../platform/clock.ts'
import { AppError } from '../../platform/errors.ts'
import { type Route, reply, route } from '../../platform/http/index.ts'
import { cardsDialect } from '../dialect.ts'
import { createUpload, getCardFile, putUpload } from './contract.ts'
import type { CardFiles } from './releases.ts'
import type { CardUploads } from './service.ts'

export interface UploadRoutesParts {
  readonly uploads: CardUploads
  readonly content: CardFiles['content']
  readonly clock: Clock
}

const RANGE = { code: 'INVALID_INPUT', status: 416, message: 'The file has no bytes in this range.' }

export const uploadRoutes = ({ uploads, content, clock }: UploadRoutesParts): Route[] => [
  route(createUpload, ({ caller, body }) => uploads.announce(caller.accountId, body)),

  route(putUpload, async ({ params, query, request }) => {
    const etag = await uploads.receive(params.key, query, request)
    return reply(200, undefined, { etag, 'cache-control': 'no-store' })
  }),

  route(getCardFile, async ({ params, query, request }) => {
    const file = await uploads.fileOf(params.id, query)
    const method = request.method === 'HEAD' ? 'HEAD' : 'GET'
    const { headers, signal } = request
    const answer = await content.answer(file, { method, headers, asAttachment: query.download === '1', signal })
    if (answer.status !== 416) return reply(answer.status, answer.body, { ...answer.headers, ...PRIVATE })
    const context = { requestId: request.id, nowMs: clock.now().getTime() }
    const failure = cardsDialect.failure(new AppError(RANGE), context)
    return reply(416, JSON.stringify(failure), {
      ...answer.headers,
      'content-type': 'application/json; charset=utf-8',
    })
  }),
]

// Whoever sees the address can read the file: it is not to be told to others.
const PRIVATE = { 'referrer-policy': 'no-referrer', 'cross-origin-resource-policy': 'same-site' }
