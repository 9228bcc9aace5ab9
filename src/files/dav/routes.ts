import { Readable } from 'node:stream'
import type { Clock } from '../../platform/clock.ts'
import type { Db } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import {
  type Caller,
  Failures,
  type RequestInfo,
  type Route,
  reply,
  route,
  type Scope,
  scopeBit,
} from '../../platform/http/index.ts'
import { toHttpDate } from '../chunks/http-date.ts'
import type { ContentService } from '../files/content.ts'
import { FileErrors } from '../files/contract.ts'
import type { StoredFile } from '../files/repo.ts'
import { toRepresentation } from '../files/representation.ts'
import type { FolderService } from '../folders/service.ts'
import type { Occupant } from '../places.ts'
import type { Counters } from '../stats/counters.ts'
import type { TrashService } from '../trash/service.ts'
import { hasBody, readXml } from './body.ts'
import { type Call, locateIn, speaking, XML } from './calls.ts'
import {
  changeProperties,
  copyResource,
  DAV_ALLOW,
  DavErrors,
  deleteResource,
  describeDav,
  findProperties,
  lockResource,
  makeCollection,
  moveResource,
  readResource,
  unlockResource,
  writeResource,
} from './contract.ts'
import { davDialect, violation } from './dialect.ts'
import type { Guard } from './guard.ts'
import { parseDepth, parseModifiedAt, parseOverwrite } from './headers.ts'
import { lockMethods } from './locking.ts'
import type { Locks, Touch } from './locks.ts'
import { hrefOf, parseDestination } from './paths.ts'
import { ALL, parseWish } from './properties.ts'
import { isSameSpace, type Listing, MULTISTATUS, nodeAt } from './propfind.ts'
import { type Patcher, parseChanges } from './proppatch.ts'
import type { Transfers } from './transfers.ts'
import type { Spot, Tree } from './tree.ts'
import { type DavWriter, lastOf, placeOf } from './writing.ts'
import { type Element, escapeXml } from './xml.ts'

export interface DavRoutesParts {
  readonly tree: Tree
  readonly locks: Locks
  readonly guard: Guard
  readonly listing: Listing
  readonly patcher: Patcher
  readonly transfers: Transfers
  readonly writer: DavWriter
  readonly content: ContentService
  readonly folders: FolderService
  readonly trash: TrashService
  readonly counters: Counters
  readonly clock: Clock
}

/** Every method of WebDAV on the drive. What one may refuse is in RFC 4918; what is refused besides is in the contract. */
export const davRoutes = (parts: DavRoutesParts): Route[] => {
  const { tree, locks, guard, listing, patcher, transfers, writer, content, folders, trash, counters, clock } = parts

  const locate = ({ caller, request }: Call): Promise<Spot> => locateIn(tree, caller, request)
  const { lock, unlock } = lockMethods({ tree, locks, guard, writer })

  const read = async ({ caller, request }: Call) => {
    const spot = await locate({ caller, request })
    const node = nodeAt(spot)
    const method = request.method === 'HEAD' ? 'HEAD' : 'GET'
    if (node.kind !== 'file') return reply(200, method === 'HEAD' ? null : HINT, { 'content-type': 'text/plain' })
    // The moment that clients are told in lists.
    const file: StoredFile = { ...node.file, stored_at: node.file.updated_at }
    const { headers, signal } = request
    const answer = await content.answer(file, { method, headers, asAttachment: false, signal })
    if (answer.countsAsDownload) counters.countDownload(caller.accountId)
    if (answer.status !== 416) return reply(answer.status, answer.body, answer.headers)
    // The one failure with a header that only the file knows.
    const failure = davDialect.failure(new AppError(FileErrors.RANGE_NOT_SATISFIABLE), {
      requestId: request.id,
      nowMs: clock.now().getTime(),
    })
    return reply(416, String(failure), { ...answer.headers, ...XML })
  }

  const write = async ({ caller, request }: Call) => {
    const spot = await locate({ caller, request })
    if (spot.node !== undefined && spot.node.kind !== 'file') throw new AppError(DavErrors.NOT_A_FILE)
    if (/\/(\?|$)/.test(request.raw.url ?? '')) throw new AppError(DavErrors.FILE_PATH)
    if (spot.alike?.kind === 'folder') throw new AppError(DavErrors.NAME_ALIKE)
    const touches = [{ ...spot.lock, membership: spot.node === undefined }]
    const { assertUnlocked } = await guard.admit(caller, request, spot, touches)
    const { file, created } = await writer.put(caller, request, spot, assertUnlocked)
    return reply(created ? 201 : 204, null, {
      etag: toRepresentation(file).etag,
      'last-modified': toHttpDate(new Date(file.updated_at)),
      ...(parseModifiedAt(request.headers) === undefined ? {} : { 'x-oc-mtime': 'accepted' }),
    })
  }

  const remove = async ({ caller, request }: Call) => {
    const spot = await locate({ caller, request })
    const node = nodeAt(spot)
    if (node.kind !== 'file') parseDepth(request.headers, ['infinity'])
    const touches = [{ ...spot.lock, tree: true, membership: true }]
    const { assertUnlocked } = await guard.admit(caller, request, spot, touches)
    const before = async (tx: Db): Promise<void> => {
      await assertUnlocked(tx)
      await locks.forget(spot.lock, tx)
    }
    if (node.kind === 'file') await trash.trashFile(caller, node.file.id, before)
    else if (node.kind === 'folder') await trash.trashFolder(caller, node.folder.id, before)
    else throw new AppError(DavErrors.FIXED_PATH)
    return reply(204, null)
  }

  const find = async ({ caller, request }: Call) => {
    const root = await readXml(request)
    const wish = root === undefined ? ALL : parseWish(root)
    if (wish === undefined) throw new AppError(DavErrors.INVALID_XML)
    const spot = await locate({ caller, request })
    const node = nodeAt(spot)
    const depth = parseDepth(request.headers, ['0', '1', 'infinity'])
    if (depth === 'infinity' && node.kind !== 'file') throw violation(DavErrors.INFINITE_DEPTH, 'propfind-finite-depth')
    const pieces = listing.list(caller, spot, node, wish, depth === '1')
    // What is wrong shows with the first piece, while there is still a status to say it with.
    const first = await pieces.next()
    return reply(207, Readable.from(joined(first.value ?? '', pieces), { objectMode: false }), XML)
  }

  const patch = async ({ caller, request }: Call) => {
    const changes = parseChanges(await xmlOf(request))
    if (changes.length === 0) throw new AppError(DavErrors.INVALID_XML)
    const spot = await locate({ caller, request })
    const node = nodeAt(spot)
    const { assertUnlocked } = await guard.admit(caller, request, spot, [spot.lock])
    const stats = await patcher.patch(spot, changes, assertUnlocked)
    const href = `<D:href>${escapeXml(hrefOf(spot.names, node.kind !== 'file'))}</D:href>`
    return reply(207, `${MULTISTATUS[0]}<D:response>${href}${stats}</D:response>\n${MULTISTATUS[1]}`, XML)
  }

  const makeFolder = async ({ caller, request }: Call) => {
    if (hasBody(request)) throw new AppError(DavErrors.BODY_NOT_WANTED)
    const spot = await locate({ caller, request })
    if (spot.node !== undefined) throw new AppError(DavErrors.RESOURCE_EXISTS)
    if (spot.alike !== undefined) throw new AppError(DavErrors.NAME_ALIKE)
    const { folderId, space } = placeOf(spot)
    const { assertUnlocked } = await guard.admit(caller, request, spot, [{ ...spot.lock, membership: true }])
    await folders.create(caller, { teamId: space.teamId, folderId }, lastOf(spot), assertUnlocked)
    return reply(201, null)
  }

  const transfer = async ({ caller, request }: Call, kind: 'copy' | 'move') => {
    const { headers } = request
    const [source, target] = [await locate({ caller, request }), await tree.locate(caller, parseDestination(request))]
    const [found, overwrite] = [occupantOf(source), parseOverwrite(headers)]
    const depth = parseDepth(headers, found.kind === 'file' ? ['infinity', '0', '1'] : FOLDER_DEPTHS[kind])
    assertApart(source, target, kind)
    const place = placeOf(target)
    assertScopes(caller, kind, source, target)
    const touches: Touch[] = [{ ...target.lock, tree: true, membership: target.node === undefined }]
    if (kind === 'move') touches.push({ ...source.lock, tree: true, membership: true })
    const { assertUnlocked } = await guard.admit(caller, request, source, touches)
    // Much may have to be copied, and nothing is heard of it meanwhile.
    request.raw.socket.setTimeout(0)
    const above = target.names.length - 1 - (target.lock.space.teamId === null ? 0 : 2)
    const modifiedAt = parseModifiedAt(headers)
    const name = lastOf(target)
    const destination = { place, name, overwrite, modifiedAt, depth: above, assertUnlocked }
    const { space } = source.lock
    const { created } =
      kind === 'copy'
        ? await transfers.copy(caller, space, found, destination, depth !== '0')
        : await transfers.move(caller, space, found, destination)
    if (kind === 'move') await locks.forget(source.lock)
    return reply(created ? 201 : 204, null, modifiedAt === undefined ? {} : { 'x-oc-mtime': 'accepted' })
  }

  return [
    route(describeDav, () => reply(200, null, { dav: '1, 2', allow: DAV_ALLOW, 'ms-author-via': 'DAV' })),
    route(readResource, speaking(read)),
    route(writeResource, speaking(write)),
    route(deleteResource, speaking(remove)),
    route(findProperties, speaking(find)),
    route(changeProperties, speaking(patch)),
    route(makeCollection, speaking(makeFolder)),
    route(
      copyResource,
      speaking((call) => transfer(call, 'copy')),
    ),
    route(
      moveResource,
      speaking((call) => transfer(call, 'move')),
    ),
    route(lockResource, speaking(lock)),
    route(unlockResource, speaking(unlock)),
  ]
}

const HINT =
  'This is a folder of a WebDAV drive. Open its address in a file manager, with an API key as the password.\n'

const FOLDER_DEPTHS = { copy: ['0', 'infinity'], move: ['infinity'] } as const

async function* joined(first: string, rest: AsyncGenerator<string>): AsyncGenerator<string> {
  yield first
  yield* rest
}

const xmlOf = async (request: RequestInfo): Promise<Element> => {
  const root = await readXml(request)
  if (root === undefined) throw new AppError(DavErrors.INVALID_XML)
  return root
}

/** @throws {AppError} RESOURCE_NOT_FOUND; FIXED_PATH for what is no file and no folder of somebody's */
const occupantOf = (spot: Spot): Occupant => {
  const node = nodeAt(spot)
  if (node.kind === 'file' || node.kind === 'folder') return node
  throw new AppError(DavErrors.FIXED_PATH)
}

/** @throws {AppError} SAME_PATH, IN_ITSELF */
const assertApart = (source: Spot, target: Spot, kind: 'copy' | 'move'): void => {
  if (!isSameSpace(source, target)) return
  const [from, to] = [source.lock.path, target.lock.path]
  const isRename = kind === 'move' && source.names.at(-1) !== target.names.at(-1)
  if (from === to && !isRename) throw new AppError(DavErrors.SAME_PATH)
  if (from !== to && (from.startsWith(to) || (to.startsWith(from) && source.node?.kind === 'folder')))
    throw new AppError(DavErrors.IN_ITSELF)
}

/** Besides the scope of the method: what this does needs in the area's other API. */
const assertScopes = (caller: Caller, kind: 'copy' | 'move', source: Spot, target: Spot): void => {
  const [found, replaced] = [source.node, target.node ?? target.alike]
  if (found?.kind === 'folder') assertScope(caller, 'folders:manage')
  const isItself = found?.kind === 'folder' && replaced?.kind === 'folder' && found.folder.id === replaced.folder.id
  const isLeft = kind === 'move' && !isSameSpace(source, target)
  if (isLeft || (replaced?.kind === 'folder' && !isItself)) assertScope(caller, 'files:delete')
}

const assertScope = ({ scopes }: Caller, scope: Scope): void => {
  if ((scopes & scopeBit(scope)) === 0) throw new AppError(Failures.SCOPE_MISSING, { details: { scope } })
}
