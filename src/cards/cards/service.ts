import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { parseCursor, toCursor } from '../../platform/http/cursor.ts'
import { Failures } from '../../platform/http/index.ts'
import { newId } from '../../platform/ids.ts'
import { type CardIndex, parseQuery } from '../search/index.ts'
import { CardErrors, type CardsPageQuery, type CardsQuery, type CardType, MAX_CONTENT_BYTES } from './contract.ts'
import { detectType } from './detect.ts'
import { type CardChanges, type CardFilter, type CardRepo, cardRepo, lockUrl, type StoredCard } from './repo.ts'

export interface CardServiceParts {
  readonly database: Database
  readonly index: CardIndex
  readonly clock: Clock
}

/** What a new card is made of. */
export interface CardDraft {
  readonly cardType?: CardType | undefined
  readonly content?: string | undefined
  readonly url?: string | undefined
  readonly notes?: string | null | undefined
  readonly tags?: readonly string[] | undefined
  readonly source?: string | undefined
}

export interface CardsPage {
  readonly items: readonly StoredCard[]
  readonly nextCursor: string | null
}

type Filters = Omit<CardsQuery, 'limit'>

export type CardService = ReturnType<typeof cardService>

export const cardService = ({ database, index, clock }: CardServiceParts) => {
  const cards = cardRepo(database.db, index)
  const searches = cardRepo(database.reader, index)
  const nowMs = (): number => clock.now().getTime()
  const change = <T>(work: (cards: CardRepo) => Promise<T>): Promise<T> =>
    database.transaction((tx) => work(cardRepo(tx, index)))
  const insert = (repo: CardRepo, accountId: string, draft: CardDraft): Promise<StoredCard> =>
    repo.insert(accountId, { ...toContents(draft), id: newId('card'), createdAt: nowMs() })

  const create = (accountId: string, draft: CardDraft): Promise<StoredCard> =>
    change((repo) => insert(repo, accountId, draft))

  return {
    /** @throws {AppError} CONTENT_TOO_LARGE */
    create,

    /**
     * Saves one URL as a link and everything else as text; a link that is there already is not saved again.
     *
     * @throws {AppError} CONTENT_TOO_LARGE
     */
    async quickSave(
      accountId: string,
      content: string,
    ): Promise<{ card: StoredCard; status: 'created' | 'duplicate' }> {
      const { type, url } = detectType(content)
      if (url === null) return { card: await create(accountId, { cardType: 'text', content }), status: 'created' }
      return database.transaction(async (tx) => {
        const repo = cardRepo(tx, index)
        await lockUrl(tx, database.dialect, accountId, url)
        const known = await repo.findByUrl(accountId, url)
        if (known !== undefined) return { card: known, status: 'duplicate' }
        return { card: await insert(repo, accountId, { cardType: type, content, url }), status: 'created' }
      })
    },

    /** @throws {AppError} NOT_FOUND */
    get: async (accountId: string, id: string): Promise<StoredCard> => found(await cards.find(accountId, id)),

    /** @throws {AppError} NOT_FOUND; CONTENT_TOO_LARGE; INVALID_INPUT for blank content in a card that is not text */
    update: (accountId: string, id: string, changes: CardChanges): Promise<StoredCard> =>
      change(async (repo) => {
        const card = found(await repo.find(accountId, id))
        assertFits(changes.content)
        if (changes.content?.trim() === '' && card.type !== 'text') {
          throw new AppError(Failures.INVALID_INPUT, { message: 'content may be blank only in a card of type text.' })
        }
        const moved = changes.url !== undefined && changes.url !== card.url
        const preview = moved ? { title: null, description: null } : {}
        return found(await repo.update(accountId, id, { ...changes, ...preview }, nowMs()))
      }),

    /** @throws {AppError} NOT_FOUND */
    setFavorite: async (accountId: string, id: string, favorited: boolean): Promise<StoredCard> =>
      found(await cards.setFavorite(accountId, id, favorited, nowMs())),

    /**
     * Moves a card to the trash.
     *
     * @throws {AppError} NOT_FOUND
     */
    delete: async (accountId: string, id: string): Promise<void> => {
      if (!(await change((repo) => repo.delete(accountId, id, nowMs())))) throw new AppError(CardErrors.NOT_FOUND)
    },

    /** @throws {AppError} INVALID_INPUT for a cursor that does not continue this list */
    async list(accountId: string, query: Omit<CardsPageQuery, 'include'>): Promise<CardsPage> {
      const { limit, cursor, sort = 'newest', ...filters } = query
      const list = [accountId, sort, filters.q ?? '', filters.type, filters.tag, filters.favorited, rangeOf(filters)]
      const after = cursor === undefined || cursor === '' ? undefined : parseCursor(cursor, list)
      const filter = toFilter(filters)
      if (filter === undefined) return { items: [], nextCursor: null }
      // A rare word or tag may take a walk through all cards of the account.
      const reading = filter.search === undefined && filter.tag === undefined ? cards : searches
      const found = await reading.list(accountId, filter, { sort, after, limit: limit + 1 })
      const items = found.slice(0, limit)
      const last = items.at(-1)
      return { items, nextCursor: found.length > limit && last !== undefined ? toCursor(last, list) : null }
    },

    /** The best match first; in the order of creation without words, with a sort, or with too many matches. */
    async search(accountId: string, { limit, sort, ...filters }: CardsQuery): Promise<StoredCard[]> {
      const filter = toFilter(filters)
      if (filter === undefined) return []
      const { search } = filter
      const byAge = search === undefined || sort !== undefined || (await searches.isCommon(accountId, search))
      if (!byAge) return searches.ranked(accountId, filter, search, limit)
      return searches.list(accountId, filter, { sort: sort ?? 'newest', after: undefined, limit })
    },
  }
}

const toContents = (draft: CardDraft) => {
  const { content = '', url, notes = null, source = null, tags = [] } = draft
  assertFits(content)
  const detected = url === undefined ? detectType(content) : { type: 'link' as const, url }
  const type = draft.cardType ?? detected.type
  // A type that was given is kept; only a link takes its address from the text.
  return { type, url: url ?? (type === 'link' ? detected.url : null), content, notes, source, tags }
}

const assertFits = (content: string | undefined): void => {
  if (content !== undefined && Buffer.byteLength(content) > MAX_CONTENT_BYTES)
    throw new AppError(CardErrors.CONTENT_TOO_LARGE)
}

const found = (card: StoredCard | undefined): StoredCard => {
  if (card === undefined) throw new AppError(CardErrors.NOT_FOUND)
  return card
}

const rangeOf = ({ createdAfter, createdBefore }: Filters): readonly (number | undefined)[] => [
  createdAfter,
  createdBefore,
]

/** @returns undefined when the search is for something that no index holds, such as `***`: then nothing matches. */
const toFilter = ({ q = '', type, tag, favorited, createdAfter, createdBefore }: Filters): CardFilter | undefined => {
  const search = parseQuery(q)
  if (search === undefined && q.trim() !== '') return undefined
  return { search, type, tag: tag?.trim() || undefined, favorited, createdAfter, createdBefore }
}
