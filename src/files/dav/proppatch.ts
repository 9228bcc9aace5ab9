import type { Db } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { parseHttpDate } from '../chunks/http-date.ts'
import { spaceResolver } from '../spaces.ts'
import type { Counters } from '../stats/counters.ts'
import { DavErrors } from './contract.ts'
import { parseUnixSeconds } from './headers.ts'
import { isLive, printEmpty, printStat } from './properties.ts'
import { davRepo, type Owner, propertyRepo } from './repo.ts'
import type { Spot } from './tree.ts'
import { DAV_NAMESPACE, type Element, elementsOf, findDav, isDav, nameText, printElement, textOf } from './xml.ts'

/** One property to set or to remove, in the order of the request. */
interface Change {
  readonly kind: 'set' | 'remove'
  readonly property: Element
}

// Of all properties of one resource that mean nothing to the server.
const MAX_PROPERTY_BYTES = 64 * 1024

const MICROSOFT = 'urn:schemas-microsoft-com:'

/** @throws {AppError} INVALID_XML */
export const parseChanges = (root: Element): Change[] => {
  if (!isDav(root, 'propertyupdate')) throw new AppError(DavErrors.INVALID_XML)
  return elementsOf(root).flatMap((element) => {
    const kind = (['set', 'remove'] as const).find((one) => isDav(element, one))
    const inner = kind && findDav(element, 'prop')
    return kind === undefined || inner === undefined ? [] : elementsOf(inner).map((property) => ({ kind, property }))
  })
}

/** The moments that clients set: Windows, and rclone for servers of ownCloud's kind. Undefined for all other properties. */
const momentOf = ({ kind, property }: Change): number | 'none' | undefined => {
  const { namespace, local } = property
  const isDate =
    (namespace === MICROSOFT && local === 'Win32LastModifiedTime') ||
    (namespace === DAV_NAMESPACE && local === 'getlastmodified')
  const isSeconds = namespace === DAV_NAMESPACE && local === 'lastmodified'
  if (kind === 'remove' || !(isDate || isSeconds)) return undefined
  const text = textOf(property)
  const at = isDate ? parseHttpDate(text) : parseUnixSeconds(text)
  return at === undefined || at < 0 ? 'none' : at
}

const isProtected = (change: Change): boolean => {
  const { property } = change
  if (momentOf(change) !== undefined) return momentOf(change) === 'none'
  return isLive(property)
}

export type Patcher = ReturnType<typeof propertyPatcher>

/** Changes properties, all of a request or none. */
export const propertyPatcher = (counters: Counters) => {
  const apply = async (tx: Db, spot: Spot, owner: Owner, id: string, change: Change): Promise<void> => {
    const { kind, property } = change
    const [at, name] = [momentOf(change), nameText(property)]
    if (typeof at === 'number') await davRepo(tx).setModified(spot.lock.space, owner, id, at)
    // The server tells these by itself, from now on with the new moment.
    if (typeof at === 'number' && property.namespace === DAV_NAMESPACE) return
    if (kind === 'set') await propertyRepo(tx).set(owner, id, { name, value: printElement(property) })
    else await propertyRepo(tx).remove(owner, id, name)
  }

  return {
    /**
     * @param changes Not empty.
     * @returns The statuses as `propstat` elements.
     * @throws {AppError} FIXED_PATH, RESOURCE_NOT_FOUND, NO_ROOM
     */
    async patch(spot: Spot, changes: readonly Change[], assertUnlocked: (tx: Db) => Promise<void>): Promise<string> {
      const on = ownerOf(spot)
      const refused = changes.filter((change) => isProtected(change))
      if (refused.length > 0) return printRefusal(changes, refused)
      await counters.changeIn(spot.lock.space, async (tx) => {
        await spaceResolver(tx).of(spot.lock.space, spot.lock.space.teamId, 'write')
        await assertUnlocked(tx)
        await assertThere(tx, on)
        for (const change of changes) await apply(tx, spot, on.owner, on.id, change)
        const kept = (await propertyRepo(tx).of(on.owner, [on.id])).get(on.id) ?? []
        if (kept.reduce((sum, { value }) => sum + Buffer.byteLength(value), 0) > MAX_PROPERTY_BYTES)
          throw new AppError(DavErrors.NO_ROOM, { message: 'Properties may have 64 KB in all.' })
        return { result: undefined, add: new Map() }
      })
      return printStat(unique(changes), '200 OK')
    },
  }
}

const assertThere = async (tx: Db, { owner, id }: { owner: Owner; id: string }): Promise<void> => {
  const row = await tx
    .selectFrom(owner === 'file' ? 'files' : 'folders')
    .select('id')
    .where('id', '=', id)
    .where('trashed_at', 'is', null)
    .executeTakeFirst()
  if (row === undefined) throw new AppError(DavErrors.RESOURCE_NOT_FOUND)
}

const ownerOf = ({ node }: Spot): { owner: Owner; id: string } => {
  if (node?.kind === 'file') return { owner: 'file', id: node.file.id }
  if (node?.kind === 'folder') return { owner: 'folder', id: node.folder.id }
  throw new AppError(node === undefined ? DavErrors.RESOURCE_NOT_FOUND : DavErrors.FIXED_PATH)
}

const unique = (changes: readonly Change[]): string[] => [
  ...new Set(changes.map(({ property }) => printEmpty(property))),
]

const printRefusal = (changes: readonly Change[], refused: readonly Change[]): string => {
  const others = unique(changes.filter((change) => !refused.includes(change)))
  const why = '<D:error><D:cannot-modify-protected-property/></D:error>'
  const first = printStat(unique(refused), '403 Forbidden', why)
  return others.length === 0 ? first : first + printStat(others, '424 Failed Dependency')
}
