import { text as textOf } from 'node:stream/consumers'
import { z } from 'zod'
import type { FilesArea } from '../../files/index.ts'
import { AppError } from '../../platform/errors.ts'
import { type Caller, type RequestInfo, type Route, scopeBit } from '../../platform/http/index.ts'
import { Card, CardErrors } from '../cards/contract.ts'
import { type LocalEndpoint, localEndpoint } from './endpoints.ts'
import { toJsonSchema } from './json-schema.ts'
import { invalid, type Tool } from './tool.ts'

const MOST_RESULTS = 10
const TITLE_LENGTH = 120
const MAX_TEXT_BYTES = 512 * 1024
const TEXT = /^(text\/|application\/(json|xml|x-yaml|javascript)\b|[\w./-]+\+(json|xml)\b)/i

const SearchInput = z.strictObject({ query: z.string().describe('Words, "a phrase", -without.') })
const FetchInput = z.strictObject({ id: z.string().describe('Of a result of `search`.') })

const Found = z.object({ id: z.string(), title: z.string(), url: z.string() })
type Found = z.infer<typeof Found>
const SearchResults = z.object({ results: z.array(Found) })
const Document = Found.extend({ text: z.string(), metadata: z.record(z.string(), z.unknown()) })

const Cards = z.object({ items: z.array(Card) })
const File = z.looseObject({ id: z.string(), file_name: z.string(), file_size: z.number(), mime_type: z.string() })
const Files = z.object({ files: z.array(File) })

/** What the two tools look things up in. */
export interface DocumentParts {
  readonly routes: readonly Route[]
  readonly files: Pick<FilesArea, 'files' | 'content'>
  readonly publicUrl: () => string
}

interface Sources extends DocumentParts {
  readonly searchCards: LocalEndpoint | undefined
  readonly getCard: LocalEndpoint | undefined
  readonly listFiles: LocalEndpoint | undefined
  readonly getFile: LocalEndpoint | undefined
}

/** The two tools by which assistants look things up anywhere: cards, and files where the key may read them. */
export const documentTools = (parts: DocumentParts): Tool[] => {
  const { routes } = parts
  const sources: Sources = {
    ...parts,
    searchCards: localEndpoint(routes, 'GET', '/v1/cards/search'),
    getCard: localEndpoint(routes, 'GET', '/v1/cards/:id'),
    listFiles: localEndpoint(routes, 'GET', '/api/v1/files'),
    getFile: localEndpoint(routes, 'GET', '/api/v1/files/:id'),
  }
  const annotations = { readOnlyHint: true, destructiveHint: false }
  return [
    {
      name: 'search',
      title: 'Search everything',
      description: `Finds cards by their text, and files by their names if the key may read files; ${MOST_RESULTS} at most. Read one with fetch.`,
      inputSchema: toJsonSchema(SearchInput, 'input'),
      outputSchema: toJsonSchema(SearchResults, 'output'),
      annotations,
      async call(caller, request, given) {
        const { query } = parse(SearchInput, given)
        const [cards, files] = await Promise.all([
          findCards(sources, caller, request, query),
          mayReadFiles(caller) ? findFiles(sources, caller, request, query) : [],
        ])
        return { results: alternate(cards, files).slice(0, MOST_RESULTS) }
      },
    },
    {
      name: 'fetch',
      title: 'Read one result',
      description: 'The whole card behind a result of search, or the file: its text, if it is one.',
      inputSchema: toJsonSchema(FetchInput, 'input'),
      outputSchema: toJsonSchema(Document, 'output'),
      annotations,
      async call(caller, request, given) {
        const { id } = parse(FetchInput, given)
        return id.startsWith('file_') ? readFile(sources, caller, request, id) : readCard(sources, caller, request, id)
      },
    },
  ]
}

const parse = <T extends z.ZodType>(schema: T, given: unknown): z.infer<T> => {
  const result = schema.safeParse(given)
  if (!result.success) throw invalid(result.error)
  return result.data
}

const mayReadFiles = ({ scopes }: Caller): boolean => (scopes & scopeBit('files:read')) !== 0

const findCards = async (
  { searchCards }: Sources,
  caller: Caller,
  request: RequestInfo,
  q: string,
): Promise<Found[]> => {
  const answer = await searchCards?.call(caller, request, { query: { q, limit: String(MOST_RESULTS) } })
  return answer === undefined ? [] : Cards.parse(answer).items.map(toFoundCard)
}

const findFiles = async (
  { listFiles, publicUrl }: Sources,
  caller: Caller,
  request: RequestInfo,
  search: string,
): Promise<Found[]> => {
  if (search.trim() === '') return []
  const answer = await listFiles?.call(caller, request, { query: { search, limit: String(MOST_RESULTS) } })
  return answer === undefined ? [] : Files.parse(answer).files.map((file) => toFoundFile(file, publicUrl()))
}

const readCard = async ({ getCard }: Sources, caller: Caller, request: RequestInfo, id: string) => {
  const card = Card.parse(await getCard?.call(caller, request, { params: { id } }))
  const { content, notes, aiSummary, url, type, tags, createdAt, updatedAt, isFavorited } = card
  const texts = [card.metadataDescription, content, notes, aiSummary]
  return {
    ...toFoundCard(card),
    text: texts.filter((text) => text !== null && text !== '').join('\n\n'),
    metadata: {
      type,
      tags,
      createdAt,
      updatedAt,
      isFavorited,
      appUrl: card.appUrl,
      ...(url === null ? {} : { source: url }),
    },
  }
}

const readFile = async (sources: Sources, caller: Caller, request: RequestInfo, id: string) => {
  // To a key of cards alone, a file is something that there is not.
  if (!mayReadFiles(caller)) throw new AppError(CardErrors.NOT_FOUND, { message: 'There is nothing with this id.' })
  const file = File.parse(await sources.getFile?.call(caller, request, { params: { id } }))
  const { file_name, mime_type, file_size } = file
  const isText = TEXT.test(mime_type) && file_size <= MAX_TEXT_BYTES
  return {
    ...toFoundFile(file, sources.publicUrl()),
    text: isText ? await readText(sources, caller, request, id) : `${file_name} (${mime_type}, ${file_size} bytes)`,
    metadata: file,
  }
}

const readText = async ({ files }: Sources, caller: Caller, { signal }: RequestInfo, id: string): Promise<string> => {
  const { file } = await files.files.get(caller, id, 'read')
  // Whatever is no UTF-8 in it, or no character, becomes a replacement sign: JSON could not carry it.
  return (await textOf(await files.content.read(file, { signal }))).replaceAll('\0', '\ufffd')
}

const toFoundCard = ({ id, metadataTitle, content, url, appUrl }: Card): Found => ({
  id,
  title: (metadataTitle ?? firstLine(content) ?? url ?? id).slice(0, TITLE_LENGTH).toWellFormed(),
  url: url ?? appUrl,
})

const toFoundFile = ({ id, file_name }: z.infer<typeof File>, publicUrl: string): Found => ({
  id,
  title: file_name,
  url: `${publicUrl.replace(/\/+$/, '')}/api/v1/files/${id}/content`,
})

const firstLine = (text: string): string | undefined =>
  text
    .split('\n', 50)
    .map((line) => line.trim())
    .find((line) => line !== '')

/** The best of both in turn, so that neither hides the other. */
const alternate = <T>(first: readonly T[], second: readonly T[]): T[] =>
  Array.from({ length: Math.max(first.length, second.length) }, (_, index) =>
    [first[index], second[index]].filter((one) => one !== undefined),
  ).flat()
