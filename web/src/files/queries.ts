import { infiniteQueryOptions, queryOptions, useQuery } from '@tanstack/react-query'
import { getFile } from '../../../src/files/files/contract.ts'
import { type Folder, getFolder, listFolders } from '../../../src/files/folders/contract.ts'
import { listShares } from '../../../src/files/shares/contract.ts'
import { getStorage, listMoves, listPolicies } from '../../../src/files/storage/contract.ts'
import { listTrash } from '../../../src/files/trash/contract.ts'
import { getUsage } from '../../../src/files/usage/contract.ts'
import { api, queries } from '../api.ts'
import { teamsQuery } from '../app/teams.ts'
import { mayChangeIn } from './may-change.ts'

/** The drive that something is in: a team's, or one's own. */
export type Team = string | undefined

const inTeam = (team: Team) => (team === undefined ? {} : { team_id: team })

/** All folders of a folder, by name. Nobody has so many in one place that pages would be worth their trouble. */
export const foldersQuery = (parent: string | null, team: Team) =>
  queryOptions({
    queryKey: ['files', 'folders', team ?? '', parent ?? ''],
    queryFn: async ({ signal }): Promise<Folder[]> => {
      const all: Folder[] = []
      let cursor: string | null = null
      do {
        const query = { parent_id: parent ?? '', ...inTeam(team), ...(cursor === null ? {} : { cursor }) }
        const page: { folders: Folder[]; next_cursor: string | null } = await api.call(listFolders, { query, signal })
        all.push(...page.folders)
        cursor = page.next_cursor
      } while (cursor !== null)
      return all
    },
  })

export const folderQuery = (id: string) =>
  queryOptions({
    queryKey: ['files', 'folder', id],
    queryFn: ({ signal }) => api.call(getFolder, { params: { id }, signal }),
  })

export const fileQuery = (id: string) =>
  queryOptions({
    queryKey: ['files', 'file', id],
    queryFn: ({ signal }) => api.call(getFile, { params: { id }, signal }),
  })

/** Whether the drive may be changed, or only read. */
export const useMayChange = (team: Team): boolean =>
  mayChangeIn(useQuery({ ...teamsQuery, enabled: team !== undefined }).data, team)

/** The same for what is about to happen, by what is known now. */
export const mayChangeNow = (team: Team): boolean => mayChangeIn(queries.getQueryData(teamsQuery.queryKey), team)

/** Links, the newest first: all, or those of a file or folder. */
export const sharesQuery = (of: { readonly file_id?: string; readonly folder_id?: string }) =>
  infiniteQueryOptions({
    queryKey: ['files', 'shares', of],
    queryFn: ({ pageParam, signal }) =>
      api.call(listShares, { query: { ...of, ...(pageParam === '' ? {} : { cursor: pageParam }) }, signal }),
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor,
  })

export const trashQuery = (team: Team) =>
  infiniteQueryOptions({
    queryKey: ['files', 'trash', team ?? ''],
    queryFn: ({ pageParam, signal }) =>
      api.call(listTrash, { query: { ...inTeam(team), ...(pageParam === '' ? {} : { cursor: pageParam }) }, signal }),
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor,
  })

export const storageQuery = queryOptions({
  queryKey: ['files', 'storage'],
  queryFn: ({ signal }) => api.call(getStorage, { signal }),
})

export const usageQuery = queryOptions({
  queryKey: ['files', 'usage'],
  queryFn: ({ signal }) => api.call(getUsage, { signal }),
})

/** Administrators only. */
export const policiesQuery = queryOptions({
  queryKey: ['files', 'policies'],
  queryFn: async ({ signal }) => (await api.call(listPolicies, { signal })).policies,
})

/** Administrators only. */
export const movesQuery = queryOptions({
  queryKey: ['files', 'moves'],
  queryFn: async ({ signal }) => (await api.call(listMoves, { signal })).moves,
})
