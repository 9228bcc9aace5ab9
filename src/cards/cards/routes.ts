import { namesEtag } from '../../platform/http/etag.ts'
import { type Caller, type RequestInfo, type Route, reply, route } from '../../platform/http/index.ts'
import type { Idempotency } from '../idempotency/service.ts'
import type { CardUploads, PreparedFile } from '../uploads/service.ts'
import { type CardDraft, createIn } from './changing.ts'
import {
  type CardsQuery,
  createCard,
  deleteCard,
  favoriteCard,
  getCard,
  listCards,
  listFavorites,
  type NewCard,
  quickSave,
  searchCards,
  updateCard,
} from './contract.ts'
import type { CreationLimit } from './creation-limit.ts'
import { etagOf } from './etag.ts'
import type { Presenter } from './present.ts'
import type { StoredCard } from './repo.ts'
import type { CardService, FoundCards } from './service.ts'

export interface CardRoutesParts {
  readonly cards: CardService
  readonly uploads: CardUploads
  readonly present: Presenter
  readonly idempotency: Idempotency
  readonly limit: CreationLimit
}

export const cardRoutes = ({ cards, uploads, present, idempotency, limit }: CardRoutesParts): Route[] => {
  const saved = (card: StoredCard) => ({ appUrl: present.appUrl(card.id), card: present.card(card), cardId: card.id })
  const find = async (
    { accountId }: Caller,
    { include = false, ...query }: CardsQuery & { include?: boolean | undefined },
  ) => {
    const { items, highlights, corrections, ...counts } = await cards.find(accountId, query)
    const colors = include ? await cards.colorsOf(accountId, items) : undefined
    return {
      ...{ items: items.map((card) => present.found(card, colors)), ...counts, highlights: toMutable(highlights) },
      corrections: corrections.map(({ word, instead }) => ({ word, instead: [...instead] })),
    }
  }
  const tagged = (card: StoredCard) => reply(200, present.card(card), { etag: etagOf(card) })

  const create = async (caller: Caller, body: NewCard, request: RequestInfo) => {
    const { accountId } = caller
    const asked = { accountId, key: idempotencyKey(request), endpoint: `${createCard.method} ${createCard.path}`, body }
    const { value, isReplay } = await idempotency.run(asked, {
      async prepare(): Promise<PreparedFile | undefined> {
        await limit.charge(caller)
        return uploads.prepare(accountId, body)
      },
      async perform(tx, file) {
        const change = await cards.within(tx, accountId)
        const attached = file === undefined ? undefined : await uploads.claim(tx, accountId, file)
        const { card, duplicateOf } = await createIn(change, toDraft(body), attached)
        const notice = duplicateOf === undefined ? {} : { duplicateOf }
        return { ...saved(card), status: 'created' as const, ...notice }
      },
      recall: (answer) => createCard.returns[1].parse(answer),
    })
    uploads.releaseSoon()
    return reply(200, value, { etag: etagOf(value.card), ...(isReplay ? REPLAYED : {}) })
  }

  return [
    route(createCard, ({ caller, body, request }) => create(caller, body, request)),

    route(listCards, async ({ caller, query: { include = [], ...query } }) => {
      const { items, nextCursor } = await cards.list(caller.accountId, query)
      const colors = await cards.colorsOf(caller.accountId, include.includes('preview') ? items : [])
      return {
        items: items.map((card) => present.listItem(card, include, colors)),
        pageInfo: { hasMore: nextCursor !== null, nextCursor },
      }
    }),

    route(searchCards, ({ caller, query }) => find(caller, query)),

    route(listFavorites, ({ caller, query }) => find(caller, { ...query, favorited: true })),

    route(getCard, async ({ caller, params, query: { include = [] }, request: { headers } }) => {
      const card = await cards.get(caller.accountId, params.id)
      const [etag, asked] = [etagOf(card), headers['if-none-match']]
      // The addresses of files and pictures run out, so an answer that holds some cannot be shown again.
      const runsOut = include.length > 0 || card.file !== null || card.processed?.found.imageId != null
      if (asked !== undefined && !runsOut && namesEtag(asked, etag, true))
        return reply(304, undefined as never, { etag, 'cache-control': 'no-store' })
      if (include.length === 0) return tagged(card)
      const colors = await cards.colorsOf(caller.accountId, include.includes('preview') ? [card] : [])
      const text = include.includes('reading') ? await cards.textOf(card) : null
      return reply(200, present.details(card, include, { colors, text }), { etag })
    }),

    route(updateCard, async ({ caller, params, body, request: { headers } }) =>
      tagged(await cards.update(caller.accountId, params.id, body, headers['if-match'])),
    ),

    route(favoriteCard, async ({ caller, params, body, request: { headers } }) =>
      tagged(await cards.setFavorite(caller.accountId, params.id, body.isFavorited, headers['if-match'])),
    ),

    route(deleteCard, async ({ caller, params, request: { headers } }) => {
      await cards.delete(caller.accountId, params.id, headers['if-match'])
      return undefined
    }),

    route(quickSave, async ({ caller, body }) => {
      await limit.charge(caller)
      const { card, status } = await cards.quickSave(caller.accountId, body.content)
      return { ...saved(card), status }
    }),
  ]
}

/** Sent with an answer that was given before. */
export const REPLAYED = { 'idempotent-replayed': 'true' }

/** The value of `Idempotency-Key`, if there is one. */
export const idempotencyKey = ({ headers }: RequestInfo): string | undefined => {
  const key = headers['idempotency-key']
  return Array.isArray(key) ? key.join(',') : key
}

const toDraft = ({ cardType, content, url, notes, tags, source }: NewCard): CardDraft => ({
  cardType,
  content,
  url,
  notes,
  tags,
  source,
})

const toMutable = (highlights: FoundCards['highlights']) =>
  Object.fromEntries(
    Object.entries(highlights).map(([id, snippets]) => [
      id,
      snippets.map(({ ranges, ...rest }) => ({
        ...rest,
        ranges: ranges.map(([start, end]): [number, number] => [start, end]),
      })),
    ]),
  )
