import { toHttpDate } from '../chunks/http-date.ts'
import { toRepresentation } from '../files/representation.ts'
import { covers, type Locks } from './locks.ts'
import { hrefOf } from './paths.ts'
import type { DeadProperty, StoredLock } from './repo.ts'
import type { Node } from './tree.ts'
import { DAV_NAMESPACE, type Element, elementsOf, escapeXml, findDav, isDav, nameText, type XmlName } from './xml.ts'

/** What a PROPFIND asks for. */
export interface Wish {
  readonly kind: 'all' | 'names' | 'some'
  /** For `all` those on top of what it means. */
  readonly names: readonly XmlName[]
}

/** Bytes of the account's plan. */
export interface Quota {
  readonly usedBytes: number
  /** Null without a limit. */
  readonly availableBytes: number | null
}

/** One thing in an answer, with everything that its properties are made of. */
export interface Resource {
  readonly names: readonly string[]
  /** As it is stored, which may differ from the path in case. */
  readonly name: string
  readonly node: Node
  readonly path: string
  readonly dead: readonly DeadProperty[]
}

/** What is the same for all resources of an answer. */
export interface Surroundings {
  /** Of the place. */
  readonly locks: readonly StoredLock[]
  readonly secondsLeft: Locks['secondsLeft']
  readonly quota: Quota | undefined
}

/** @returns Undefined for a body that is no `propfind`. */
export const parseWish = (root: Element): Wish | undefined => {
  if (!isDav(root, 'propfind')) return undefined
  if (findDav(root, 'propname') !== undefined) return { kind: 'names', names: [] }
  if (findDav(root, 'allprop') !== undefined) return { kind: 'all', names: namesIn(findDav(root, 'include')) }
  const some = findDav(root, 'prop')
  return some && { kind: 'some', names: namesIn(some) }
}

const namesIn = (element: Element | undefined): XmlName[] =>
  element === undefined ? [] : elementsOf(element).map(({ namespace, local }) => ({ namespace, local }))

export const ALL: Wish = { kind: 'all', names: [] }

/** Whether properties have to be looked up that clients keep. */
export const wantsDead = ({ kind, names }: Wish): boolean =>
  kind !== 'some' || names.some(({ namespace, local }) => namespace !== DAV_NAMESPACE || LIVE[local] === undefined)

type Print = (resource: Resource, around: Surroundings) => string | undefined

const SUPPORTED_LOCKS = ['exclusive', 'shared']
  .map(
    (scope) => `<D:lockentry><D:lockscope><D:${scope}/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockentry>`,
  )
  .join('')

/** The inner XML of each property that the server knows; undefined where a resource does not have it. */
const LIVE: Readonly<Record<string, Print>> = {
  resourcetype: ({ node }) => (node.kind === 'file' ? '' : '<D:collection/>'),
  displayname: ({ name }) => escapeXml(name),
  getcontentlength: ({ node }) => (node.kind === 'file' ? String(node.file.size_bytes) : undefined),
  getcontenttype: ({ node }) => (node.kind === 'file' ? escapeXml(node.file.mime_type) : undefined),
  getetag: ({ node }) => (node.kind === 'file' ? toRepresentation(node.file).etag : undefined),
  getlastmodified: ({ node }) => dated(modifiedAt(node), toHttpDate),
  creationdate: ({ node }) => dated(createdAt(node), (moment) => `${moment.toISOString().slice(0, 19)}Z`),
  supportedlock: ({ node }) => (node.kind === 'teams' ? undefined : SUPPORTED_LOCKS),
  lockdiscovery: ({ path, node }, { locks, secondsLeft }) =>
    node.kind === 'teams'
      ? undefined
      : printLocks(
          locks.filter((lock) => covers(lock, path)),
          secondsLeft,
        ),
  'quota-used-bytes': ({ node }, { quota }) => (node.kind === 'file' ? undefined : quota && String(quota.usedBytes)),
  'quota-available-bytes': ({ node }, { quota }) =>
    node.kind === 'file' || quota === undefined || quota.availableBytes === null
      ? undefined
      : String(quota.availableBytes),
}

/** Those that are asked for by name: https://www.rfc-editor.org/rfc/rfc4331#section-3 */
const QUOTA = new Set(['quota-used-bytes', 'quota-available-bytes'])

export const wantsQuota = ({ names }: Wish): boolean =>
  names.some(({ namespace, local }) => namespace === DAV_NAMESPACE && QUOTA.has(local))

/** Whether the server itself knows and keeps a property. */
export const isLive = ({ namespace, local }: XmlName): boolean =>
  namespace === DAV_NAMESPACE && Object.hasOwn(LIVE, local)

const modifiedAt = (node: Node): number | undefined => {
  if (node.kind === 'file') return node.file.updated_at
  if (node.kind === 'folder') return node.folder.updated_at
  return createdAt(node)
}

const createdAt = (node: Node): number | undefined => {
  if (node.kind === 'file') return node.file.created_at
  if (node.kind === 'folder') return node.folder.created_at
  return node.kind === 'top' ? node.createdAt : undefined
}

const dated = (at: number | undefined, print: (moment: Date) => string): string | undefined =>
  at === undefined ? undefined : print(new Date(at))

/** The content of `lockdiscovery`. */
export const printLocks = (locks: readonly StoredLock[], secondsLeft: Locks['secondsLeft']): string =>
  locks
    .map(
      (lock) =>
        `<D:activelock><D:locktype><D:write/></D:locktype><D:lockscope><D:${lock.scope}/></D:lockscope>` +
        `<D:depth>${lock.depth}</D:depth><D:owner>${lock.owner}</D:owner>` +
        `<D:timeout>Second-${secondsLeft(lock)}</D:timeout>` +
        `<D:locktoken><D:href>${escapeXml(lock.token)}</D:href></D:locktoken>` +
        `<D:lockroot><D:href>${escapeXml(lock.href)}</D:href></D:lockroot></D:activelock>`,
    )
    .join('')

/** One `response` of a multistatus. */
export const printResource = (resource: Resource, wish: Wish, around: Surroundings): string => {
  const { found, missing } = select(resource, wish, around)
  const href = escapeXml(hrefOf(resource.names, resource.node.kind !== 'file'))
  const stats = printStat(found, '200 OK') + (missing.length === 0 ? '' : printStat(missing, '404 Not Found'))
  return `<D:response><D:href>${href}</D:href>${stats}</D:response>\n`
}

/** @param printed Properties, as XML. */
export const printStat = (printed: readonly string[], status: string, more = ''): string =>
  `<D:propstat><D:prop>${printed.join('')}</D:prop><D:status>HTTP/1.1 ${status}</D:status>${more}</D:propstat>`

const select = (resource: Resource, wish: Wish, around: Surroundings): { found: string[]; missing: string[] } => {
  const [found, missing]: [string[], string[]] = [[], []]
  if (wish.kind !== 'some') {
    const isNamed = wish.kind === 'names'
    for (const [local, print] of Object.entries(LIVE)) {
      if (!isNamed && QUOTA.has(local)) continue
      const inner = print(resource, around)
      if (inner !== undefined) found.push(isNamed ? `<D:${local}/>` : wrap(local, inner))
    }
    for (const { name, value } of resource.dead) found.push(isNamed ? printEmpty(parseNameText(name)) : value)
  }
  for (const name of wish.names) {
    if (wish.kind === 'all' && isLive(name) && !QUOTA.has(name.local)) continue
    const printed = printNamed(resource, name, around)
    if (printed === undefined) missing.push(printEmpty(name))
    else if (wish.kind === 'some' || isLive(name)) found.push(printed)
  }
  return { found, missing }
}

const printNamed = (resource: Resource, name: XmlName, around: Surroundings): string | undefined => {
  if (!isLive(name)) {
    const text = nameText(name)
    return resource.dead.find((property) => property.name === text)?.value
  }
  const inner = LIVE[name.local]?.(resource, around)
  return inner === undefined ? undefined : wrap(name.local, inner)
}

const wrap = (local: string, inner: string): string =>
  inner === '' ? `<D:${local}/>` : `<D:${local}>${inner}</D:${local}>`

/** An element with nothing in it. */
export const printEmpty = ({ namespace, local }: XmlName): string =>
  namespace === DAV_NAMESPACE ? `<D:${local}/>` : `<${local} xmlns="${escapeXml(namespace)}"/>`

const parseNameText = (text: string): XmlName => {
  const end = text.lastIndexOf('}')
  return { namespace: text.slice(1, end), local: text.slice(end + 1) }
}
