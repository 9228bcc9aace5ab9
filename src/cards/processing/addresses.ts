import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { namesEtag } from '../../platform/http/etag.ts'
import { type Route, reply, route } from '../../platform/http/index.ts'
import { CardErrors } from '../cards/contract.ts'
import { AddressErrors } from '../uploads/contract.ts'
import type { Signer } from '../uploads/tokens.ts'
import { getPreview } from './contract.ts'
import { previewRepo } from './previews.ts'

const VALID_MS = 15 * 60_000
// Nothing that strangers made may act in our origin, should a browser show it as something else.
const HEADERS = {
  'content-disposition': 'inline',
  'content-security-policy': "default-src 'none'; sandbox",
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'cross-origin',
}
const CACHING = { 'cache-control': 'private, max-age=900, immutable' }

export interface AddressParts {
  readonly database: Database
  readonly clock: Clock
  readonly signer: Signer
  readonly publicUrl: () => string
}

/**
 * @returns The address of a picture, for anybody who has it: for between a quarter and half of an hour, so that it stays
 * the same for a while and can be cached.
 */
export const previewAddresses =
  ({ clock, signer, publicUrl }: Omit<AddressParts, 'database'>) =>
  (id: string): string => {
    const expires = Math.ceil(clock.now().getTime() / VALID_MS) * VALID_MS + VALID_MS
    const signature = signer.sign(['preview', id, expires])
    return `${publicUrl().replace(/\/+$/, '')}/v1/previews/${encodeURIComponent(id)}?expires=${expires}&signature=${signature}`
  }

export const previewRoutes = ({ database, clock, signer }: AddressParts): Route[] => [
  route(getPreview, async ({ params: { id }, query: { expires, signature }, request: { headers } }) => {
    if (!signer.isSigned(['preview', id, expires], signature) || expires < clock.now().getTime())
      throw new AppError(AddressErrors.FORBIDDEN)
    // A picture never changes: another one has another id.
    const etag = `"${id}"`
    const asked = headers['if-none-match']
    if (asked !== undefined && namesEtag(asked, etag, true)) return reply(304, null, { etag, ...CACHING })
    const preview = await previewRepo(database.db).find(id)
    if (preview === undefined) throw new AppError(CardErrors.NOT_FOUND)
    return reply(200, preview.bytes, { ...HEADERS, ...CACHING, etag, 'content-type': preview.mediaType })
  }),
]
