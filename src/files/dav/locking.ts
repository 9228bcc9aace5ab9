import { AppError } from '../../platform/errors.ts'
import { reply } from '../../platform/http/index.ts'
import { readXml } from './body.ts'
import { type Call, locateIn, XML } from './calls.ts'
import { DavErrors } from './contract.ts'
import type { Guard } from './guard.ts'
import { parseDepth, parseLockToken, parseTimeoutMs } from './headers.ts'
import type { Holder, Locks } from './locks.ts'
import { hrefOf } from './paths.ts'
import { printLocks } from './properties.ts'
import type { StoredLock } from './repo.ts'
import type { Spot, Tree } from './tree.ts'
import { type DavWriter, placeOf } from './writing.ts'
import { type Element, escapeXml, findDav, isDav, printElement, XML_HEAD } from './xml.ts'

export interface LockMethodsParts {
  readonly tree: Tree
  readonly locks: Locks
  readonly guard: Guard
  readonly writer: DavWriter
}

/** LOCK and UNLOCK. */
export const lockMethods = ({ tree, locks, guard, writer }: LockMethodsParts) => {
  const lock = async ({ caller, request }: Call) => {
    const root = await readXml(request)
    const spot = await locateIn(tree, caller, request)
    const timeoutMs = parseTimeoutMs(request.headers)
    if (root === undefined) {
      const kept = await locks.refresh(refreshing(guard.holder(caller, request)), spot.lock, timeoutMs)
      return reply(200, printLock(kept), XML)
    }
    const { scope, owner } = parseLockInfo(root)
    const isNew = spot.node === undefined
    if (spot.alike !== undefined) throw new AppError(DavErrors.NAME_ALIKE)
    if (isNew) placeOf(spot)
    else if (spot.node?.kind === 'teams') throw new AppError(DavErrors.FIXED_PATH)
    const depth = parseDepth(request.headers, ['0', 'infinity']) === '0' ? '0' : 'infinity'
    // Conditions only: whoever locks what is locked already learns which lock is in the way.
    const { holder } = await guard.admit(caller, request, spot, [])
    const href = hrefOf(spot.names, !isNew && spot.node?.kind !== 'file')
    const touches = isNew ? [{ ...spot.lock, membership: true }] : []
    const made = await locks.create(holder, { ...spot.lock, href, depth, scope, owner, timeoutMs }, touches)
    if (isNew) await createLocked({ caller, request }, spot, made)
    return reply(isNew ? 201 : 200, printLock(made), { ...XML, 'lock-token': `<${made.token}>` })
  }

  const createLocked = async ({ caller, request }: Call, spot: Spot, { token }: StoredLock): Promise<void> => {
    try {
      await writer.putEmpty(caller, request, spot)
    } catch (error) {
      await locks.release(caller.accountId, spot.lock, token)
      throw error
    }
  }

  const printLock = (made: StoredLock): string =>
    `${XML_HEAD}<D:prop xmlns:D="DAV:"><D:lockdiscovery>${printLocks([made], locks.secondsLeft)}</D:lockdiscovery></D:prop>\n`

  const unlock = async ({ caller, request }: Call) => {
    const token = parseLockToken(request.headers)
    const spot = await locateIn(tree, caller, request)
    await locks.release(caller.accountId, spot.lock, token)
    return reply(204, null)
  }

  return { lock, unlock }
}

/** @throws {AppError} INVALID_HEADER if no lock is named */
const refreshing = (holder: Holder): Holder => {
  if (holder.tokens.size > 0) return holder
  throw new AppError(DavErrors.INVALID_HEADER, { message: 'Send what to lock in the body, or in If the lock to keep.' })
}

const MAX_OWNER_LENGTH = 8192

/** @throws {AppError} INVALID_XML */
const parseLockInfo = (root: Element): { scope: StoredLock['scope']; owner: string } => {
  const scopes = findDav(root, 'lockscope')
  const scope = (['exclusive', 'shared'] as const).find((one) => scopes !== undefined && findDav(scopes, one))
  const type = findDav(root, 'locktype')
  if (!isDav(root, 'lockinfo') || scope === undefined || type === undefined || findDav(type, 'write') === undefined)
    throw new AppError(DavErrors.INVALID_XML)
  const owner = (findDav(root, 'owner')?.children ?? [])
    .map((child) => (typeof child === 'string' ? escapeXml(child) : printElement(child)))
    .join('')
  if (owner.length > MAX_OWNER_LENGTH) throw new AppError(DavErrors.INVALID_XML, { message: 'The owner is too long.' })
  return { scope, owner }
}
