import { queryOptions } from '@tanstack/react-query'
import { listBots } from '../../../src/bots/bots/contract.ts'
import { searchCards } from '../../../src/cards/cards/contract.ts'
import { listFiles } from '../../../src/files/files/contract.ts'
import { api } from '../api.ts'

export type FoundCard = Awaited<ReturnType<typeof findCards>>['items'][number]
export type FoundFile = Awaited<ReturnType<typeof findFiles>>['files'][number]
export type FoundBot = Awaited<ReturnType<typeof findBots>>[number]

const findCards = (q: string, limit: number, signal?: AbortSignal) =>
  api.call(searchCards, { query: { q, limit, include: 'preview' }, signal })
const findFiles = (search: string, limit: number, signal?: AbortSignal) =>
  api.call(listFiles, { query: { search, limit }, signal })
const findBots = async (signal?: AbortSignal) => (await api.call(listBots, { signal })).result

export const cardsFound = (q: string, limit: number) =>
  queryOptions({
    queryKey: ['cards', 'found', q, limit],
    queryFn: ({ signal }) => findCards(q, limit, signal),
    enabled: q !== '',
  })

export const filesFound = (q: string, limit: number) =>
  queryOptions({
    queryKey: ['files', 'found', q, limit],
    queryFn: ({ signal }) => findFiles(q, limit, signal),
    enabled: q !== '',
  })

export const allBots = queryOptions({ queryKey: ['bots', 'all'], queryFn: ({ signal }) => findBots(signal) })

/** Bots are few: they are looked through here. */
export const botsNamed = (bots: readonly FoundBot[], q: string): FoundBot[] => {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean)
  return bots.filter(({ bot_name, bot_username }) => {
    const name = `${bot_name} @${bot_username}`.toLowerCase()
    return words.length > 0 && words.every((word) => name.includes(word))
  })
}
