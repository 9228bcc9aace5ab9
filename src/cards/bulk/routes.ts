import { type Route, reply, route } from '../../platform/http/index.ts'
import type { CreationLimit } from '../cards/creation-limit.ts'
import { idempotencyKey, REPLAYED } from '../cards/routes.ts'
import type { CardService } from '../cards/service.ts'
import type { Idempotency } from '../idempotency/service.ts'
import { bulkCards } from './contract.ts'
import { performBulk } from './service.ts'

export interface BulkRoutesParts {
  readonly cards: CardService
  readonly idempotency: Idempotency
  readonly limit: CreationLimit
}

export const bulkRoutes = ({ cards, idempotency, limit }: BulkRoutesParts): Route[] => [
  route(bulkCards, async ({ caller, body, request }) => {
    const { accountId } = caller
    const { operation, items } = body
    const endpoint = `${bulkCards.method} ${bulkCards.path}`
    const { value, isReplay } = await idempotency.run(
      { accountId, key: idempotencyKey(request), endpoint, body },
      {
        prepare: async () => {
          if (operation === 'create') await limit.charge(caller)
        },
        async perform(tx) {
          const results = await performBulk(await cards.within(tx, accountId), operation, items)
          const succeeded = results.filter(({ status }) => status === 'success').length
          const summary = { total: items.length, succeeded, failed: items.length - succeeded }
          return { operation, results, summary }
        },
        recall: (answer) => bulkCards.returns[1].parse(answer),
      },
    )
    return reply(200, value, isReplay ? REPLAYED : {})
  }),
]
