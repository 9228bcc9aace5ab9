import { AppError, type ErrorEntry } from '../../platform/errors.ts'
import type { Caller, Input, RequestInfo } from '../../platform/http/index.ts'
import { FileErrors } from '../files/contract.ts'
import { DavErrors, type writeResource } from './contract.ts'
import { parsePath } from './paths.ts'
import type { Spot, Tree } from './tree.ts'

/** What the methods need of a request. */
export type Call = Pick<Input<typeof writeResource>, 'caller' | 'request'>

export const XML = { 'content-type': 'application/xml; charset=utf-8', 'cache-control': 'no-store' }

/** What the path of a request leads to. @throws as `parsePath` */
export const locateIn = (tree: Tree, caller: Caller, { raw }: RequestInfo): Promise<Spot> =>
  tree.locate(caller, parsePath(raw.url ?? '/dav'))

// What the services refuse, with the statuses that WebDAV has for it.
const TRANSLATIONS: Readonly<Record<string, ErrorEntry>> = {
  [FileErrors.QUOTA_EXCEEDED.code]: DavErrors.NO_ROOM,
  [FileErrors.FILE_NOT_FOUND.code]: DavErrors.RESOURCE_NOT_FOUND,
  [FileErrors.FOLDER_NOT_FOUND.code]: DavErrors.NO_PARENT,
  [FileErrors.FILE_EXISTS.code]: DavErrors.RESOURCE_EXISTS,
  [FileErrors.FOLDER_EXISTS.code]: DavErrors.RESOURCE_EXISTS,
}

/** Runs a method, and says what it refuses in the words of WebDAV. */
export const speaking =
  <T>(handle: (call: Call) => Promise<T>) =>
  async (call: Call): Promise<T> => {
    try {
      return await handle(call)
    } catch (error) {
      const entry = error instanceof AppError ? TRANSLATIONS[error.code] : undefined
      throw entry === undefined ? error : new AppError(entry)
    }
  }
