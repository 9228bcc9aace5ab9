import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/index.ts'
import type { Route } from '../../platform/http/index.ts'
import type { ContentService } from '../files/content.ts'
import type { Uploads } from '../files/uploads.ts'
import type { FolderService } from '../folders/service.ts'
import type { Counters } from '../stats/counters.ts'
import type { TrashService } from '../trash/service.ts'
import { requestGuard } from './guard.ts'
import { lockService } from './locks.ts'
import { resourceListing } from './propfind.ts'
import { propertyPatcher } from './proppatch.ts'
import { davRoutes } from './routes.ts'
import { resourceTransfers } from './transfers.ts'
import { driveTree } from './tree.ts'
import { davWriter } from './writing.ts'

export { davDialect } from './dialect.ts'

export interface DavParts {
  readonly database: Database
  readonly counters: Counters
  readonly clock: Clock
  readonly content: ContentService
  readonly uploads: Uploads
  readonly folders: FolderService
  readonly trash: TrashService
}

/** The drive as WebDAV (classes 1 and 2) at `/dav`: what file managers, rclone and curl can mount and write to. */
export const davPart = ({ database, counters, clock, content, uploads, folders, trash }: DavParts): Route[] => {
  const tree = driveTree(database.db)
  const locks = lockService({ database, counters, clock })
  return davRoutes({
    tree,
    locks,
    guard: requestGuard({ tree, locks }),
    listing: resourceListing({ database, counters, tree, locks }),
    patcher: propertyPatcher(counters),
    transfers: resourceTransfers({ database, counters, trash, clock }),
    writer: davWriter({ uploads, trash }),
    content,
    folders,
    trash,
    counters,
    clock,
  })
}
