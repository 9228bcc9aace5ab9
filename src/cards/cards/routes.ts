import { type Route, route } from '../../platform/http/index.ts'
import {
  createCard,
  deleteCard,
  favoriteCard,
  getCard,
  listCards,
  listFavorites,
  quickSave,
  searchCards,
  updateCard,
} from './contract.ts'
import { toAppUrl, toCard, toListItem } from './present.ts'
import type { StoredCard } from './repo.ts'
import type { CardService } from './service.ts'

export const cardRoutes = (cards: CardService, publicUrl: () => string): Route[] => {
  const shown = (card: StoredCard) => toCard(card, publicUrl())
  const saved = (card: StoredCard) => ({ appUrl: toAppUrl(publicUrl(), card.id), card: shown(card), cardId: card.id })
  const counted = (items: readonly StoredCard[]) => ({ items: items.map(shown), total: items.length })

  return [
    route(createCard, async ({ caller, body }) => ({
      ...saved(await cards.create(caller.accountId, body)),
      status: 'created' as const,
    })),
    route(listCards, async ({ caller, query: { include = [], ...query } }) => {
      const { items, nextCursor } = await cards.list(caller.accountId, query)
      return {
        items: items.map((card) => toListItem(card, publicUrl(), include)),
        pageInfo: { hasMore: nextCursor !== null, nextCursor },
      }
    }),
    route(searchCards, async ({ caller, query }) => counted(await cards.search(caller.accountId, query))),
    route(listFavorites, async ({ caller, query }) =>
      counted(await cards.search(caller.accountId, { ...query, favorited: true })),
    ),
    route(getCard, async ({ caller, params }) => shown(await cards.get(caller.accountId, params.id))),
    route(updateCard, async ({ caller, params, body }) => shown(await cards.update(caller.accountId, params.id, body))),
    route(favoriteCard, async ({ caller, params, body }) =>
      shown(await cards.setFavorite(caller.accountId, params.id, body.isFavorited)),
    ),
    route(deleteCard, async ({ caller, params }) => {
      await cards.delete(caller.accountId, params.id)
      return undefined
    }),
    route(quickSave, async ({ caller, body }) => {
      const { card, status } = await cards.quickSave(caller.accountId, body.content)
      return { ...saved(card), status }
    }),
  ]
}
