import { queryOptions } from '@tanstack/react-query'
import { listCards } from '../../../src/cards/cards/contract.ts'
import { listCardImports } from '../../../src/cards/imports/contract.ts'
import { listFiles } from '../../../src/files/files/contract.ts'
import { listImports } from '../../../src/files/imports/contract.ts'
import { getUsage } from '../../../src/files/usage/contract.ts'
import { api } from '../api.ts'

const NEWEST = 20
const isRunning = ({ state }: { readonly state: string }): boolean => state === 'queued' || state === 'running'

export const newestCards = queryOptions({
  queryKey: ['cards', 'newest', NEWEST],
  queryFn: ({ signal }) => api.call(listCards, { query: { limit: NEWEST, include: 'metadata,preview' }, signal }),
})

export const newestFiles = queryOptions({
  queryKey: ['files', 'newest', NEWEST],
  queryFn: ({ signal }) => api.call(listFiles, { query: { limit: NEWEST }, signal }),
})

export const usageQuery = queryOptions({
  queryKey: ['files', 'usage'],
  queryFn: ({ signal }) => api.call(getUsage, { signal }),
})

export interface RunningImport {
  readonly id: string
  readonly name: string
  readonly area: 'files' | 'cards'
  /** 0 to 1; undefined while nobody knows how much there is. */
  readonly done: number | undefined
}

const ratio = (part: number, whole: number | null): number | undefined =>
  whole === null || whole === 0 ? undefined : Math.min(1, part / whole)

/** Imports of both areas that are not over. Asked again every two seconds while there are any. */
export const importsQuery = queryOptions({
  queryKey: ['home', 'imports'],
  queryFn: async ({ signal }): Promise<RunningImport[]> => {
    const files = await api.call(listImports, { query: { limit: 20 }, signal })
    const cards = await api.call(listCardImports, { query: { limit: 20 }, signal })
    return [
      ...files.imports.filter(isRunning).map(({ id, file_name, url, bytes, total }) => ({
        id,
        name: file_name ?? url,
        area: 'files' as const,
        done: ratio(bytes, total),
      })),
      ...cards.items.filter(isRunning).map(({ id, fileName, processed, total }) => ({
        id,
        name: fileName,
        area: 'cards' as const,
        done: ratio(processed, total),
      })),
    ]
  },
  refetchInterval: ({ state }) => ((state.data?.length ?? 0) > 0 ? 2_000 : false),
})
