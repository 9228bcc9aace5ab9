import { planRepo } from '../../accounts/index.ts'
import type { Database } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { usedBytes } from '../files/quota.ts'
import { type Actor, spaceIdOf } from '../spaces.ts'
import type { Counters } from '../stats/counters.ts'
import { DavErrors } from './contract.ts'
import { type Locks, lockPath } from './locks.ts'
import {
  printResource,
  type Quota,
  type Resource,
  type Surroundings,
  type Wish,
  wantsDead,
  wantsQuota,
} from './properties.ts'
import { type DeadProperty, propertyRepo } from './repo.ts'
import type { Node, Spot, Tree } from './tree.ts'
import { XML_HEAD } from './xml.ts'

export const MULTISTATUS = [`${XML_HEAD}<D:multistatus xmlns:D="DAV:">\n`, '</D:multistatus>\n'] as const

export interface ListingParts {
  readonly database: Database
  readonly counters: Counters
  readonly tree: Tree
  readonly locks: Locks
}

export type Listing = ReturnType<typeof resourceListing>

/** Answers PROPFIND: one resource, or a folder and what is in it, page by page. */
export const resourceListing = ({ database, counters, tree, locks }: ListingParts) => {
  const dead = propertyRepo(database.db)

  const quotaOf = async (accountId: string): Promise<Quota> => {
    const plan = await planRepo(database.db).ofAccount(accountId)
    const used = usedBytes(await counters.row(accountId))
    return { usedBytes: used, availableBytes: plan.max_bytes === null ? null : Math.max(0, plan.max_bytes - used) }
  }

  const withDead = async (nodes: readonly Node[], wish: Wish): Promise<ReadonlyMap<string, DeadProperty[]>> => {
    if (!wantsDead(wish)) return new Map()
    const files = nodes.flatMap((node) => (node.kind === 'file' ? [node.file.id] : []))
    const folders = nodes.flatMap((node) => (node.kind === 'folder' ? [node.folder.id] : []))
    return new Map([...(await dead.of('file', files)), ...(await dead.of('folder', folders))])
  }

  const itself = async (spot: Spot, node: Node, wish: Wish): Promise<Resource> => {
    const known = await withDead([node], wish)
    return {
      names: spot.names,
      name: nameOf(spot, node),
      node,
      path: spot.lock.path,
      dead: known.get(idOf(node)) ?? [],
    }
  }

  return {
    /**
     * @param node What is at the spot.
     * @returns The pieces of a multistatus. The first one is there when everything is known that can be refused.
     */
    async *list(actor: Actor, spot: Spot, node: Node, wish: Wish, isDeep: boolean): AsyncGenerator<string> {
      const around: Surroundings = {
        locks: await locks.live(spot.lock.space),
        secondsLeft: locks.secondsLeft,
        quota: wantsQuota(wish) || wish.kind === 'names' ? await quotaOf(actor.accountId) : undefined,
      }
      yield MULTISTATUS[0] + printResource(await itself(spot, node, wish), wish, around)
      if (isDeep && node.kind !== 'file') {
        for await (const page of tree.members(actor, spot)) {
          const known = await withDead(
            page.map((member) => member.node),
            wish,
          )
          const printed = page.map((member) => {
            const names = [...spot.names, member.name]
            // What is in a folder of another place has locks of its own, which are seen from within.
            const path = member.node.kind === 'top' ? '' : below(spot, member.name)
            const resource = { names, ...member, path, dead: known.get(idOf(member.node)) ?? [] }
            return printResource(resource, wish, around)
          })
          yield printed.join('')
        }
      }
      yield MULTISTATUS[1]
    },
  }
}

const below = ({ lock }: Spot, name: string): string => `${lock.path}${lockPath([name]).slice(1)}`

const idOf = (node: Node): string => {
  if (node.kind === 'file') return node.file.id
  return node.kind === 'folder' ? node.folder.id : ''
}

const nameOf = ({ names }: Spot, node: Node): string => {
  if (node.kind === 'file') return node.file.name
  return node.kind === 'folder' ? node.folder.name : (names.at(-1) ?? 'Latchkey')
}

/** @throws {AppError} RESOURCE_NOT_FOUND */
export const nodeAt = ({ node }: Spot): Node => {
  if (node === undefined) throw new AppError(DavErrors.RESOURCE_NOT_FOUND)
  return node
}

/** Whether two spots are in one place. */
export const isSameSpace = (a: Spot, b: Spot): boolean => spaceIdOf(a.lock.space) === spaceIdOf(b.lock.space)
