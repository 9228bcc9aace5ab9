import { createHash } from 'node:crypto'
import { networkOf } from '../../accounts/index.ts'
import type { Database } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { namesEtag } from '../../platform/http/etag.ts'
import { Failures, type RequestInfo } from '../../platform/http/index.ts'
import { randomBase62 } from '../../platform/ids.ts'
import { type Limiter, windowPolicy } from '../../platform/limits/index.ts'
import type { Presenter } from '../cards/present.ts'
import type { CardService } from '../cards/service.ts'
import { SavedSearchErrors } from '../saved-searches/contract.ts'
import { savedSearchRepo } from '../saved-searches/repo.ts'
import { FORMATS, toEntry } from './formats.ts'

const ENTRIES = 50
const SECRET_LENGTH = 32
const READS_A_MINUTE = 120
const FILE = /^(\w{1,64})\.([a-z]{1,8})$/

export interface FeedParts {
  readonly database: Database
  readonly cards: CardService
  readonly present: Presenter
  readonly limiter: Limiter
  readonly publicUrl: () => string
}

export interface FeedAnswer {
  readonly etag: string
  readonly mediaType: string
  /** Undefined if the reader has it already. */
  readonly text: string | undefined
}

export type Feeds = ReturnType<typeof feedService>

/** Saved searches that can be read by whoever has their address. Only a hash of its secret is kept. */
export const feedService = ({ database, cards, present, limiter, publicUrl }: FeedParts) => {
  const searches = savedSearchRepo(database.db)
  const policy = windowPolicy('feeds', READS_A_MINUTE, 60_000)
  const base = (): string => publicUrl().replace(/\/+$/, '')

  const charge = async ({ ip }: RequestInfo): Promise<void> => {
    const { allowed, retryAfterSeconds } = await limiter.take([{ subject: `ip:${networkOf(ip)}`, policy }])
    if (!allowed) throw new AppError(Failures.RATE_LIMITED, { retryAfterSeconds })
  }

  return {
    /** Ends the feed that there was. @throws {AppError} NOT_FOUND */
    async create(accountId: string, searchId: string): Promise<{ rss: string; atom: string; json: string }> {
      const secret = randomBase62(SECRET_LENGTH)
      if (!(await searches.setFeed(accountId, searchId, hashOf(secret)))) throw notFound()
      const at = (ending: string): string => `${base()}/v1/feeds/${secret}.${ending}`
      return { rss: at('rss'), atom: at('atom'), json: at('json') }
    },

    /** @throws {AppError} NOT_FOUND */
    async end(accountId: string, searchId: string): Promise<void> {
      if (!(await searches.setFeed(accountId, searchId, null))) throw notFound()
    },

    /** @param file The secret and the ending. @throws {AppError} NOT_FOUND, RATE_LIMITED */
    async read(file: string, request: RequestInfo): Promise<FeedAnswer> {
      await charge(request)
      const [, secret = '', ending = ''] = FILE.exec(file) ?? []
      const format = FORMATS.get(ending)
      const search = format === undefined ? undefined : await searches.findByFeed(hashOf(secret))
      if (format === undefined || search === undefined) throw notFound()
      const found = await cards.search(search.account_id, { q: search.query, sort: 'newest', limit: ENTRIES })
      const text = format.print({
        title: search.name,
        homeUrl: `${base()}/`,
        selfUrl: `${base()}/v1/feeds/${file}`,
        id: search.id,
        updatedAt: Math.max(search.updated_at, ...found.map(({ updatedAt }) => updatedAt)),
        entries: found.map((card) => toEntry(card, present.appUrl(card.id))),
      })
      const etag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`
      const asked = request.headers['if-none-match']
      const isKnown = asked !== undefined && namesEtag(asked, etag, true)
      return { etag, mediaType: format.mediaType, text: isKnown ? undefined : text }
    },
  }
}

const hashOf = (secret: string): string => createHash('sha256').update(`feed ${secret}`).digest('hex')

const notFound = (): AppError => new AppError(SavedSearchErrors.NOT_FOUND)
