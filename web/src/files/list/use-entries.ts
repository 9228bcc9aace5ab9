import { useQuery } from '@tanstack/react-query'
import { type Entry, fileEntry, folderEntry } from '../entry.ts'
import { foldersQuery } from '../queries.ts'
import { countOf, fileAt } from './listing.ts'
import { type ListWish, loadFiles, useListing } from './use-listing.ts'

export type Entries = ReturnType<typeof useEntries>

/** What a place holds: the folders first, then the files as they come in sight. */
export const useEntries = (wish: ListWish, isSearch: boolean, sight: { first: number; last: number }) => {
  const folders = useQuery({ ...foldersQuery(wish.folder, wish.team), enabled: !isSearch })
  const above = isSearch ? [] : (folders.data ?? [])
  const found = useListing(wish, { first: sight.first - above.length, last: sight.last - above.length })
  const listing = found.data
  const count = above.length + (listing === undefined ? 0 : countOf(listing))
  const entryAt = (row: number): Entry | undefined => {
    const folder = above[row]
    if (folder !== undefined) return folderEntry(folder)
    const file = listing === undefined ? undefined : fileAt(listing, row - above.length)
    return file === undefined ? undefined : fileEntry(file)
  }
  const load = async (first: number, last: number): Promise<readonly Entry[]> => {
    const files = await loadFiles(wish, first - above.length, last - above.length)
    return [...above.slice(first, last).map(folderEntry), ...files.map(fileEntry)]
  }
  const isReady = listing !== undefined && (isSearch || folders.data !== undefined)
  const error = found.error ?? folders.error
  const refetch = (): Promise<unknown> => Promise.all([found.refetch(), isSearch || folders.refetch()])
  return { above, listing, count, entryAt, load, isReady, error, refetch }
}
