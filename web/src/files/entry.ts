import type { File } from '../../../src/files/files/contract.ts'
import type { Folder } from '../../../src/files/folders/contract.ts'

/** What a row is: the two things that a folder holds. */
export type Entry =
  | { readonly kind: 'file'; readonly file: File }
  | { readonly kind: 'folder'; readonly folder: Folder }

export const fileEntry = (file: File): Entry => ({ kind: 'file', file })
export const folderEntry = (folder: Folder): Entry => ({ kind: 'folder', folder })

export const idOf = (entry: Entry): string => (entry.kind === 'file' ? entry.file.id : entry.folder.id)
export const nameOf = (entry: Entry): string => (entry.kind === 'file' ? entry.file.file_name : entry.folder.name)
export const parentOf = (entry: Entry): string | null =>
  entry.kind === 'file' ? entry.file.folder_id : entry.folder.parent_id

/** Whose drive it is in; undefined is one's own. */
export const teamOf = (entry: Entry): string | undefined =>
  (entry.kind === 'file' ? entry.file.team_id : entry.folder.team_id) ?? undefined

/** What is chosen in a field that holds a name: all but the extension. */
export const stemLength = (name: string): number => {
  const dot = name.lastIndexOf('.')
  return dot > 0 ? dot : name.length
}
