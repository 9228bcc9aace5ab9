import { z } from 'zod'
import { AppError } from '../../platform/errors.ts'
import { Failures } from '../../platform/http/index.ts'
import { CARD_TYPES } from '../cards/contract.ts'
import { type DocumentParts, documentTools } from './documents.ts'
import { type EndpointCall, type LocalEndpoint, localEndpoint } from './endpoints.ts'
import { type JsonSchema, toJsonSchema, withMembers } from './json-schema.ts'
import { type Arguments, invalid, type Tool } from './tool.ts'

/** A tool that stands for one endpoint of the cards API. */
interface ToolSpec {
  readonly name: string
  readonly title: string
  readonly endpoint: readonly [method: string, path: string]
  /** Arguments that go into the query; the endpoint checks what they say. */
  readonly query?: z.ZodObject
  /** Whether the argument `cardId` names the card. */
  readonly ofCard?: true
  /** When `confirm: true` has to be said: for a deletion. */
  readonly confirmed?: (given: Arguments) => boolean
  readonly writes?: true
}

const limit = z.int().min(1).max(100).optional().describe('1 to 100, 50 if it is left out.')
const moment = z.int().min(0).describe('Milliseconds since 1970, UTC.')
const cursor = z.string().optional().describe('pageInfo.nextCursor of the page before.')
const words = z.strictObject({ q: z.string().optional().describe('Words, "a phrase", -without.'), limit })

const list = z.strictObject({
  limit,
  cursor,
  type: z.enum(CARD_TYPES).optional(),
  favorited: z.boolean().optional(),
  tag: z.string().optional().describe('One whole tag, in any case.'),
  sort: z.enum(['newest', 'oldest']).optional(),
  createdAfter: moment.optional(),
  createdBefore: moment.optional(),
})

const changes = z.strictObject({ since: moment, cursor, limit })

const SPECS: readonly ToolSpec[] = [
  { name: 'teak_v1_list_cards', title: 'List cards', endpoint: ['GET', '/v1/cards'], query: list },
  { name: 'teak_v1_get_card', title: 'Read a card', endpoint: ['GET', '/v1/cards/:id'], ofCard: true },
  { name: 'teak_v1_create_card', title: 'Save a card', endpoint: ['POST', '/v1/cards'], writes: true },
  {
    name: 'teak_v1_update_card',
    title: 'Change a card',
    endpoint: ['PATCH', '/v1/cards/:id'],
    ofCard: true,
    writes: true,
  },
  {
    name: 'teak_v1_set_card_favorite',
    title: 'Mark a card as favourite, or not',
    endpoint: ['PATCH', '/v1/cards/:id/favorite'],
    ofCard: true,
    writes: true,
  },
  {
    name: 'teak_v1_delete_card',
    title: 'Move a card to the trash',
    endpoint: ['DELETE', '/v1/cards/:id'],
    ofCard: true,
    confirmed: () => true,
    writes: true,
  },
  {
    name: 'teak_v1_bulk_cards',
    title: 'Create, change, mark or delete many cards',
    endpoint: ['POST', '/v1/cards/bulk'],
    confirmed: ({ operation }) => operation === 'delete',
    writes: true,
  },
  { name: 'teak_v1_search_cards', title: 'Search cards', endpoint: ['GET', '/v1/cards/search'], query: words },
  {
    name: 'teak_v1_list_favorite_cards',
    title: 'Search favourite cards',
    endpoint: ['GET', '/v1/cards/favorites'],
    query: words,
  },
  { name: 'teak_v1_list_tags', title: 'List the tags in use', endpoint: ['GET', '/v1/tags'] },
  {
    name: 'teak_v1_get_card_changes',
    title: 'Cards that changed since a moment',
    endpoint: ['GET', '/v1/cards/changes'],
    query: changes,
  },
  { name: 'teak_v1_create_upload', title: 'Begin an upload', endpoint: ['POST', '/v1/uploads'], writes: true },
]

/** @param parts Routes of the whole server: a tool is offered where its endpoint is. */
export const toolsOver = (parts: DocumentParts): Tool[] => [
  ...SPECS.flatMap((spec) => {
    const endpoint = localEndpoint(parts.routes, ...spec.endpoint)
    return endpoint === undefined ? [] : [endpointTool(spec, endpoint)]
  }),
  ...documentTools(parts),
]

const Deleted = z.object({ status: z.literal('deleted'), cardId: z.string() })

const endpointTool = (spec: ToolSpec, endpoint: LocalEndpoint): Tool => {
  const [, answers] = endpoint.spec.returns
  const inputSchema = inputOf(spec, endpoint)
  return {
    name: spec.name,
    title: spec.title,
    description: endpoint.spec.description ?? endpoint.spec.summary,
    inputSchema,
    outputSchema: toJsonSchema(answers instanceof z.ZodType ? answers : Deleted, 'output'),
    annotations: { readOnlyHint: spec.writes === undefined, destructiveHint: spec.confirmed !== undefined },
    async call(caller, request, given) {
      assertKnown(inputSchema, given)
      if (spec.confirmed?.(given) === true && given.confirm !== true)
        throw new AppError(Failures.INVALID_INPUT, { message: 'Say confirm: true to delete.' })
      const value = await endpoint.call(caller, request, toCall(spec, given))
      return value ?? Deleted.parse({ status: 'deleted', cardId: given.cardId })
    },
  }
}

const inputOf = ({ query, ofCard, confirmed }: ToolSpec, { spec }: LocalEndpoint): JsonSchema => {
  const base = spec.body instanceof z.ZodType ? spec.body : (query ?? z.strictObject({}))
  return withMembers(toJsonSchema(base, 'input'), {
    ...(ofCard === undefined ? {} : { cardId: { schema: { type: 'string' }, isRequired: true } }),
    ...(confirmed === undefined
      ? {}
      : {
          confirm: {
            schema: { type: 'boolean', description: 'true: yes, delete.' },
            isRequired: confirmed({}),
          },
        }),
  })
}

const toCall = ({ query, ofCard }: ToolSpec, given: Arguments): EndpointCall => {
  const { cardId, confirm: _said, ...rest } = given
  const params = ofCard === undefined ? {} : { params: { id: cardId } }
  return query === undefined ? { ...params, body: rest } : { ...params, query: toQuery(query, rest) }
}

/** As a URL would carry it. */
const toQuery = (schema: z.ZodObject, given: Arguments): Record<string, string> => {
  const checked = schema.safeParse(given)
  if (!checked.success) throw invalid(checked.error)
  return Object.fromEntries(Object.entries(checked.data).map(([name, value]) => [name, String(value)]))
}

// A misspelt argument must not be lost without a word.
const assertKnown = ({ properties = {} }: JsonSchema, given: Arguments): void => {
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(properties, name))
  if (unknown !== undefined)
    throw new AppError(Failures.INVALID_INPUT, { message: `This tool has no argument ${JSON.stringify(unknown)}.` })
}
