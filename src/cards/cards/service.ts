import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { parseCursor, toCursor } from '../../platform/http/cursor.ts'
import { Failures } from '../../platform/http/index.ts'
import { exportRepo } from '../exports/repo.ts'
import { colorsRepo } from '../palettes/repo.ts'
import {
  type CardIndex,
  type Found,
  highlightsOf,
  isTimeZone,
  parseQuery,
  readLength,
  type SearchQuery,
  type Snippet,
  searchEngine,
  withFilters,
} from '../search/index.ts'
import {
  type CardDraft,
  type Change,
  createIn,
  deleteIn,
  found,
  openChange,
  setFavoriteIn,
  updateIn,
} from './changing.ts'
import type { CardsPageQuery, CardsQuery } from './contract.ts'
import { detectType } from './detect.ts'
import type { ColorsOf } from './present.ts'
import { type CardChanges, cardRepo, type StoredCard } from './repo.ts'

export type { CardDraft } from './changing.ts'

export interface CardServiceParts {
  readonly database: Database
  readonly index: CardIndex
  readonly clock: Clock
}

export interface CardsPage {
  readonly items: readonly StoredCard[]
  readonly nextCursor: string | null
}

/** What a search has found. */
export interface FoundCards {
  readonly items: readonly StoredCard[]
  readonly total: number
  /** False when there are more than `total`. */
  readonly totalIsExact: boolean
  readonly corrections: Found['corrections']
  /** Where the words stand, by the id of the card. */
  readonly highlights: Readonly<Record<string, readonly Snippet[]>>
}

const NOTHING: FoundCards = { items: [], total: 0, totalIsExact: true, corrections: [], highlights: {} }

type Filters = Omit<CardsQuery, 'limit' | 'sort'>

export type CardService = ReturnType<typeof cardService>

export const cardService = ({ database, index, clock }: CardServiceParts) => {
  const cards = cardRepo(database.db, index)
  const searches = cardRepo(database.reader, index)
  const engine = searchEngine(database.dialect, index.fullText, database.reader)
  const nowMs = (): number => clock.now().getTime()
  const change = <T>(accountId: string, work: (change: Change) => Promise<T>): Promise<T> =>
    database.transaction(async (tx) => work(await openChange(tx, index, accountId, nowMs())))

  /** The best match first; in the order of creation without words or with a sort. */
  const find = async (accountId: string, { limit, sort, ...filters }: CardsQuery): Promise<FoundCards> => {
    const search = toQuery(filters, nowMs())
    if (search === undefined) return NOTHING
    const { numbers, total, isExact, query, corrections } = await engine.find(accountId, search, sort, limit)
    const items = await searches.numbered(accountId, numbers, readLength(query))
    const highlights = highlightsOf(query, items)
    return { items, total, totalIsExact: isExact, corrections, highlights }
  }

  return {
    /**
     * Makes several changes in one transaction, at one moment; for whoever uses `createIn` and its kin.
     *
     * @param work What it throws undoes everything.
     */
    change,

    /** The same within a transaction that is open already; everything in it waits for other changes from here on. */
    within: (tx: Db, accountId: string): Promise<Change> => openChange(tx, index, accountId, nowMs()),

    /** @throws {AppError} CONTENT_TOO_LARGE */
    create: (accountId: string, draft: CardDraft): Promise<StoredCard> =>
      change(accountId, async (open) => (await createIn(open, draft)).card),

    /**
     * Saves one URL as a link and everything else as text; a link that is there already is not saved again.
     *
     * @throws {AppError} CONTENT_TOO_LARGE
     */
    quickSave: (accountId: string, content: string): Promise<{ card: StoredCard; status: 'created' | 'duplicate' }> =>
      change(accountId, async (open) => {
        const { type, url } = detectType(content)
        const known = url === null ? undefined : await open.cards.findByUrl(accountId, url)
        if (known !== undefined) return { card: known, status: 'duplicate' }
        const draft = url === null ? { cardType: 'text' as const, content } : { cardType: type, content, url }
        return { card: (await createIn(open, draft)).card, status: 'created' }
      }),

    /** @throws {AppError} NOT_FOUND */
    get: async (accountId: string, id: string): Promise<StoredCard> => found(await cards.find(accountId, id)),

    /**
     * @param ifMatch The value of `If-Match`, here and below.
     * @throws {AppError} as `updateIn`
     */
    update: (accountId: string, id: string, changes: CardChanges, ifMatch?: string): Promise<StoredCard> =>
      change(accountId, (open) => updateIn(open, id, changes, ifMatch)),

    /** @throws {AppError} NOT_FOUND, PRECONDITION_FAILED */
    setFavorite: (accountId: string, id: string, favorited: boolean, ifMatch?: string): Promise<StoredCard> =>
      change(accountId, (open) => setFavoriteIn(open, id, favorited, ifMatch)),

    /**
     * Moves a card to the trash.
     *
     * @throws {AppError} NOT_FOUND, PRECONDITION_FAILED
     */
    delete: (accountId: string, id: string, ifMatch?: string): Promise<void> =>
      change(accountId, (open) => deleteIn(open, id, ifMatch)),

    /** @throws {AppError} INVALID_INPUT for a cursor that does not continue this list */
    async list(accountId: string, query: Omit<CardsPageQuery, 'include'>): Promise<CardsPage> {
      const { limit, cursor, sort = 'newest', ...filters } = query
      const list = [accountId, sort, filters.q ?? '', filters.type, filters.tag, filters.favorited, rangeOf(filters)]
      const after = cursor === undefined || cursor === '' ? undefined : parseCursor(cursor, list)
      const search = toQuery(filters, nowMs())
      if (search === undefined) return { items: [], nextCursor: null }
      // A rare word or tag may take a walk through all cards of the account.
      const reading = (filters.q ?? '') === '' && filters.tag === undefined ? cards : searches
      const order = { sort, after, limit: limit + 1 }
      const conditions = await engine.conditions(accountId, search, order)
      const found = await reading.list(accountId, conditions, order)
      const items = found.slice(0, limit)
      const last = items.at(-1)
      return { items, nextCursor: found.length > limit && last !== undefined ? toCursor(last, list) : null }
    },

    find,

    /** The colours of palettes and pictures among these cards. */
    colorsOf: (accountId: string, of: readonly StoredCard[]): Promise<ColorsOf> =>
      colorsRepo(database.db).of(
        accountId,
        of.map(({ number }) => number),
      ),

    /** What the page or the file of a card says. */
    textOf: async ({ number }: StoredCard): Promise<string | null> =>
      (await exportRepo(database.reader).details([number])).get(number)?.text ?? null,

    /** The cards of `find` alone. */
    search: async (accountId: string, query: CardsQuery): Promise<readonly StoredCard[]> =>
      (await find(accountId, query)).items,
  }
}

const rangeOf = ({ createdAfter, createdBefore }: Filters): readonly (number | undefined)[] => [
  createdAfter,
  createdBefore,
]

/**
 * @returns undefined when the search is for something that no index holds, such as `***`: then nothing matches.
 * @throws {AppError} INVALID_INPUT for a time zone that nobody knows
 */
const toQuery = ({ q = '', tz = 'UTC', ...filters }: Filters, nowMs: number): SearchQuery | undefined => {
  if (!isTimeZone(tz))
    throw new AppError(Failures.INVALID_INPUT, { message: 'tz must be a time zone, as Europe/Rome.' })
  const search = parseQuery(q, { nowMs, timeZone: tz })
  if (search === undefined && q.trim() !== '') return undefined
  return withFilters(search, filters)
}
