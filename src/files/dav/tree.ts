import type { Db } from '../../platform/db/index.ts'
import { nameKey, numberedName } from '../files/names.ts'
import type { StoredFile } from '../files/repo.ts'
import { folderRepo, type StoredFolder } from '../folders/repo.ts'
import { type Occupant, type Place, placeResolver } from '../places.ts'
import type { Actor, Space } from '../spaces.ts'
import { type LockPath, lockPath } from './locks.ts'
import { davRepo, type TeamPlace } from './repo.ts'

/** What is at a path. `top` is the own drive or, below `teams`, a team's. */
export type Node =
  | { readonly kind: 'top'; readonly createdAt: number | undefined }
  | { readonly kind: 'teams' }
  | { readonly kind: 'folder'; readonly folder: StoredFolder }
  | { readonly kind: 'file'; readonly file: StoredFile }

/** A path of the drive, and what it means. */
export interface Spot {
  readonly names: readonly string[]
  /** Undefined if nothing is there. */
  readonly node: Node | undefined
  /** What is there under a name that differs in case only. For a client it is something else. */
  readonly alike: Occupant | undefined
  /** What is in it, if it is a folder; undefined for the folder of the teams. */
  readonly inside: Place | undefined
  /** The folder in which it is or can be made. Undefined for what is always there, and where there is no such folder. */
  readonly parent: Place | undefined
  /** True where a client can make, move and delete nothing. */
  readonly isFixed: boolean
  readonly lock: LockPath
}

/** Teams are folders in this one, unless the account has something of its own with this name. */
const TEAMS = 'Teams'

interface Member {
  readonly name: string
  readonly node: Node
}

export type Tree = ReturnType<typeof driveTree>

const FIXED = { node: undefined, alike: undefined, inside: undefined, parent: undefined, isFixed: true } as const

/**
 * The drive as one tree: what the account keeps is at the top, and what its teams keep is in `/Teams/<team>`.
 *
 * Two names in a folder never differ in case only, and yet a path leads nowhere if the case of a name is not that of the
 * file: clients that think both are files of their own would find one twice, and delete the only one as a duplicate.
 */
export const driveTree = (db: Db) => {
  const places = placeResolver(db)
  const folders = folderRepo(db)

  /** Undefined if the account sees no folder of teams. */
  const findTeams = async (space: Space): Promise<Map<string, TeamPlace> | undefined> => {
    const teams = await davRepo(db).teams(space.accountId)
    if (teams.length === 0) return undefined
    if ((await places.findOccupant({ space, folderId: null }, TEAMS)) !== undefined) return undefined
    return withNames(teams)
  }

  /** The folder at a path, if there is one. */
  const walk = async (space: Space, names: readonly string[]): Promise<Place | undefined> => {
    let folderId: string | null = null
    for (const name of names) {
      const folder: StoredFolder | undefined = await folders.findByName(space, folderId, name)
      if (folder?.name !== name) return undefined
      folderId = folder.id
    }
    return { space, folderId }
  }

  const inSpace = async (space: Space, names: readonly string[], skipped: number): Promise<Spot> => {
    const within = names.slice(skipped)
    const lock = { space, path: lockPath(within) }
    const name = within.at(-1)
    if (name === undefined) return { ...FIXED, names, inside: { space, folderId: null }, lock }
    const parent = await walk(space, within.slice(0, -1))
    const occupant = parent && (await places.findOccupant(parent, name))
    const found = occupant !== undefined && nameOf(occupant) === name ? occupant : undefined
    const inside = found?.kind === 'folder' ? { space, folderId: found.folder.id } : undefined
    return {
      names,
      node: found,
      alike: found === undefined ? occupant : undefined,
      inside,
      parent,
      isFixed: false,
      lock,
    }
  }

  const locateTeam = async (own: Space, names: readonly string[]): Promise<Spot | undefined> => {
    const teams = await findTeams(own)
    if (teams === undefined) return undefined
    const fixed = { ...FIXED, names, lock: { space: own, path: lockPath(names) } }
    if (names.length === 1) return { ...fixed, node: { kind: 'teams' } }
    const team = teams.get(names[1] ?? '')
    if (team === undefined) return { ...fixed, node: undefined }
    const spot = await inSpace({ ...own, teamId: team.id }, names, 2)
    return names.length === 2 ? { ...spot, node: { kind: 'top', createdAt: team.created_at } } : spot
  }

  return {
    /** @param names From `parsePath`. */
    async locate({ accountId }: Actor, names: readonly string[]): Promise<Spot> {
      const own: Space = { accountId, teamId: null }
      const [first] = names
      if (first === undefined) return { ...(await inSpace(own, names, 0)), node: { kind: 'top', createdAt: undefined } }
      const team = first === TEAMS ? await locateTeam(own, names) : undefined
      return team ?? inSpace(own, names, 0)
    },

    /** What is in a folder, in pages. */
    async *members({ accountId }: Actor, spot: Spot): AsyncGenerator<readonly Member[]> {
      const own: Space = { accountId, teamId: null }
      const teams = spot.names.length === 0 || spot.node?.kind === 'teams' ? await findTeams(own) : undefined
      if (spot.node?.kind === 'teams') yield [...(teams ?? [])].map(toMember)
      else if (teams !== undefined) yield [{ name: TEAMS, node: { kind: 'teams' } }]
      if (spot.inside === undefined) return
      for await (const page of places.children(spot.inside)) yield page.map((node) => ({ name: nameOf(node), node }))
    },
  }
}

const toMember = ([name, { created_at }]: [string, TeamPlace]): Member => ({
  name,
  node: { kind: 'top', createdAt: created_at },
})

const nameOf = (occupant: Occupant): string => (occupant.kind === 'file' ? occupant.file.name : occupant.folder.name)

/** Teams by names that fit into a path; those who have the name of an older one get a number. */
const withNames = (teams: readonly TeamPlace[]): Map<string, TeamPlace> => {
  const [named, keys] = [new Map<string, TeamPlace>(), new Set<string>()]
  for (const team of teams) {
    const plain = team.name.normalize('NFC').replace(/[/\p{Cc}]/gu, '_')
    const wanted = /^\.{0,2}$/.test(plain.trim()) ? '_' : plain
    let name = wanted
    for (let number = 2; keys.has(nameKey(name)); number += 1) name = numberedName(wanted, number, 'folder')
    keys.add(nameKey(name))
    named.set(name, team)
  }
  return named
}
