import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/db/index.ts'
import type { Endpoint, EndpointSpec, Route } from '../platform/http/index.ts'
import * as cardContracts from './cards/contract.ts'
import { cardRoutes } from './cards/routes.ts'
import { type CardService, cardService } from './cards/service.ts'
import { discoverCards } from './discovery/contract.ts'
import { discoveryRoutes } from './discovery/routes.ts'
import { cardIndex } from './search/index.ts'
import { listTags } from './tags/contract.ts'
import { tagRepo } from './tags/repo.ts'
import { tagRoutes } from './tags/routes.ts'

export type { CardService } from './cards/service.ts'
export { cardsDialect } from './dialect.ts'

/** Every endpoint of the area, in the order of the reference page. */
export const cardsContracts = [
  discoverCards,
  cardContracts.createCard,
  cardContracts.listCards,
  cardContracts.searchCards,
  cardContracts.listFavorites,
  cardContracts.getCard,
  cardContracts.updateCard,
  cardContracts.favoriteCard,
  cardContracts.deleteCard,
  listTags,
  cardContracts.quickSave,
] as const satisfies readonly Endpoint<EndpointSpec>[]

export interface CardsAreaOptions {
  readonly database: Database
  readonly clock: Clock
  /** Where people reach this server; asked each time, because it may only be known once the server listens. */
  readonly publicUrl: () => string
}

export interface CardsArea {
  readonly routes: Route[]
  readonly cards: CardService
}

export const cardsArea = ({ database, clock, publicUrl }: CardsAreaOptions): CardsArea => {
  const cards = cardService({ database, index: cardIndex(database.dialect), clock })
  return {
    routes: [...discoveryRoutes(cardsContracts), ...cardRoutes(cards, publicUrl), ...tagRoutes(tagRepo(database.db))],
    cards,
  }
}
