import type { Db } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import type { Caller, RequestInfo } from '../../platform/http/index.ts'
import { toRepresentation } from '../files/representation.ts'
import { DavErrors } from './contract.ts'
import { headerOf } from './headers.ts'
import { type ConditionList, holds, parseIf, type ResourceState, submittedTokens } from './if-header.ts'
import { covers, type Holder, type Locks, type Touch } from './locks.ts'
import { ownPath, parsePath } from './paths.ts'
import type { Spot, Tree } from './tree.ts'

/** A request whose `If` header holds. */
export interface Pass {
  readonly holder: Holder
  /** To be called again in the transaction that changes something. @throws {AppError} LOCKED */
  readonly assertUnlocked: (db?: Db) => Promise<void>
}

export type Guard = ReturnType<typeof requestGuard>

/** What every change has to pass: the conditions that the client set, and the locks that others did. */
export const requestGuard = ({ tree, locks }: { tree: Tree; locks: Locks }) => {
  const stateOf = async (spot: Spot): Promise<ResourceState> => {
    const live = await locks.live(spot.lock.space)
    const etag = spot.node?.kind === 'file' ? toRepresentation(spot.node.file).etag : undefined
    return { tokens: new Set(live.filter((lock) => covers(lock, spot.lock.path)).map(({ token }) => token)), etag }
  }

  const stateOfTagged = async (caller: Caller, request: RequestInfo, resource: string): Promise<ResourceState> => {
    try {
      return await stateOf(await tree.locate(caller, parsePath(ownPath(resource, request.headers.host))))
    } catch (error) {
      // Somebody else's resource is in no state that we could know.
      if (error instanceof AppError && (error.status < 500 || error.code === DavErrors.FOREIGN_DESTINATION.code))
        return { tokens: new Set(), etag: undefined }
      throw error
    }
  }

  const isMet = async (caller: Caller, request: RequestInfo, spot: Spot, lists: readonly ConditionList[]) => {
    for (const list of lists) {
      const { resource } = list
      const state = resource === undefined ? await stateOf(spot) : await stateOfTagged(caller, request, resource)
      if (holds(list, state)) return true
    }
    return false
  }

  return {
    /** What the request shows, where nothing depends on it. @throws {AppError} INVALID_HEADER */
    holder: (caller: Caller, { headers }: RequestInfo): Holder => ({
      accountId: caller.accountId,
      tokens: submittedTokens(parseIf(headerOf(headers, 'if'))),
    }),

    /**
     * @param spot What the request is about.
     * @throws {AppError} INVALID_HEADER, CONDITION_FAILED, LOCKED
     */
    async admit(caller: Caller, request: RequestInfo, spot: Spot, touches: readonly Touch[]): Promise<Pass> {
      const lists = parseIf(headerOf(request.headers, 'if'))
      if (lists.length > 0 && !(await isMet(caller, request, spot, lists)))
        throw new AppError(DavErrors.CONDITION_FAILED)
      const holder = { accountId: caller.accountId, tokens: submittedTokens(lists) }
      const assertUnlocked = (db?: Db) => locks.assertKnown(holder, touches, db)
      await assertUnlocked()
      return { holder, assertUnlocked }
    },
  }
}
