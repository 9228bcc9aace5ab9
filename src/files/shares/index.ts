import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/index.ts'
import type { Endpoint, EndpointSpec, Route } from '../../platform/http/index.ts'
import { type Duty, every, type Leases } from '../../platform/jobs/index.ts'
import type { Limiter } from '../../platform/limits/index.ts'
import type { Log } from '../../platform/log/index.ts'
import type { ContentService } from '../files/content.ts'
import type { Uploads } from '../files/uploads.ts'
import type { Counters } from '../stats/counters.ts'
import { shareContracts as ownContracts } from './contract.ts'
import { downloadService } from './downloads.ts'
import { shareEntrance } from './entrance.ts'
import { type ShareExpiry, shareExpiry } from './expiry.ts'
import { shareLocks } from './locks.ts'
import { sharePasswords } from './passwords.ts'
import { publicShareContracts } from './public-contract.ts'
import { publicShareRoutes } from './public-routes.ts'
import { fileRequests } from './requests.ts'
import { shareRoutes } from './routes.ts'
import { type ShareService, shareService } from './service.ts'
import { visitorService } from './visitor.ts'

export { sharesDialect } from './dialect.ts'

export const shareContracts = [
  ...ownContracts,
  ...publicShareContracts,
] as const satisfies readonly Endpoint<EndpointSpec>[]

const SWEEP_MS = 60_000

export interface SharesOptions {
  readonly database: Database
  readonly counters: Counters
  readonly clock: Clock
  readonly log: Log
  readonly limiter: Limiter
  /** Signs what links give to their visitors; the same in all processes. */
  readonly secret: string
  readonly content: ContentService
  readonly uploads: Uploads
  readonly publicUrl: () => string
}

export interface Shares {
  readonly routes: readonly Route[]
  readonly service: ShareService
  readonly expiry: ShareExpiry
  /** Takes expired links out of the figures, every minute one process. */
  start(leases: Leases): Duty
}

/** Links under which anybody can download or bring files, without an account. */
export const sharesPart = (options: SharesOptions): Shares => {
  const { database, counters, clock, log, limiter, content, uploads, publicUrl } = options
  const passwords = sharePasswords()
  const visitors = visitorService(options.secret, () => publicUrl().startsWith('https:'))
  const expiry = shareExpiry({ database, counters, clock })
  const service = shareService({ database, counters, clock, passwords, expiry, publicUrl })
  const downloads = downloadService({ database, counters, content, visitors, clock })
  const requests = fileRequests({ database, counters, uploads, clock })
  const locks = shareLocks({ limiter, passwords, visitors })
  const entrance = shareEntrance({ database, limiter, locks, visitors, downloads, clock })
  return {
    service,
    expiry,
    routes: [
      ...shareRoutes(service),
      ...publicShareRoutes({ database, entrance, locks, visitors, downloads, requests, content, clock, log }),
    ],
    start: (leases) => every({ leases, log }, 'files.shares', SWEEP_MS, (signal) => expiry.sweep(signal)),
  }
}
