import { FileErrors } from '../../../../src/files/files/contract.ts'
import { createFolder } from '../../../../src/files/folders/contract.ts'
import { api, ClientError, queries } from '../../api.ts'
import { foldersQuery, type Team } from '../queries.ts'

const sameName = (a: string, b: string): boolean =>
  a.normalize('NFC').toLowerCase() === b.normalize('NFC').toLowerCase()

const makeOrFind = async (name: string, parent: string | null, team: Team): Promise<string> => {
  try {
    const body = { name, parent_id: parent, team_id: team ?? null }
    return (await api.call(createFolder, { body })).id
  } catch (error) {
    if (!(error instanceof ClientError) || !error.is(FileErrors.FOLDER_EXISTS)) throw error
    const all = await queries.fetchQuery({ ...foldersQuery(parent, team), staleTime: 0 })
    const found = all.find((folder) => sameName(folder.name, name))
    if (found === undefined) throw error
    return found.id
  }
}

/** Makes the folders of uploaded trees, each once, and finds those that are there. */
export const folderMaker = (root: string | null, team: Team) => {
  const made = new Map<string, Promise<string>>()
  /** @param path Names from the top down; none is the root itself. */
  const folderOf = async (path: readonly string[]): Promise<string | null> => {
    const name = path.at(-1)
    if (name === undefined) return root
    const key = path.join('/')
    const known = made.get(key) ?? folderOf(path.slice(0, -1)).then((parent) => makeOrFind(name, parent, team))
    made.set(key, known)
    return known
  }
  return folderOf
}
