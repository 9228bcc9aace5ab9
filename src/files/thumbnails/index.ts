import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/index.ts'
import type { Route } from '../../platform/http/index.ts'
import { type Duty, every, type JobQueue, type Leases } from '../../platform/jobs/index.ts'
import type { Log } from '../../platform/log/index.ts'
import type { ContentService } from '../files/content.ts'
import type { FileService } from '../files/service.ts'
import type { Uploads } from '../files/uploads.ts'
import { type ImageTools, imageTools } from './image-tools.ts'
import { thumbnailJobs } from './jobs.ts'
import { thumbnailRoutes } from './routes.ts'
import { type ThumbnailService, thumbnailService } from './service.ts'

export { thumbnailContracts } from './contract.ts'
export type {
  ImageFacts,
  ImageSource,
  ImageTools,
  ImageWish,
  Picture,
  Pixels,
} from './image-tools.ts'
export type { ThumbnailService } from './service.ts'

const SWEEP_MS = 60 * 60_000

export interface ThumbnailsOptions {
  readonly database: Database
  readonly content: ContentService
  readonly jobs: JobQueue
  readonly clock: Clock
  readonly log: Log
}

export interface Thumbnails {
  readonly service: ThumbnailService
  /** For images that are no files: of links, of messages. */
  readonly tools: ImageTools
  routes(files: Pick<FileService, 'find'>): Route[]
  /** The same uploads, whose images get thumbnails soon. */
  watching(uploads: Uploads): Uploads
  start(leases: Leases): Duty
  stop(): Promise<void>
}

/** Small pictures of files, and what looks at images. */
export const thumbnailsPart = ({ database, content, jobs, clock, log }: ThumbnailsOptions): Thumbnails => {
  const tools = imageTools({ log })
  const service = thumbnailService({ database, content, tools, clock, log })
  const orders = thumbnailJobs({ database, jobs, thumbnails: service, log })
  return {
    service,
    tools,
    routes: (files) => thumbnailRoutes(files, service),
    watching: (uploads) => ({
      ...uploads,
      async store(accountId, options, work) {
        const uploaded = await uploads.store(accountId, options, work)
        orders.note(uploaded.file)
        return uploaded
      },
      async adopt(...given) {
        const uploaded = await uploads.adopt(...given)
        orders.note(uploaded.file)
        return uploaded
      },
    }),
    start: (leases) => every({ leases, log }, 'files.thumbnails', SWEEP_MS, (signal) => service.sweep(signal)),
    async stop() {
      await orders.stop()
      await tools.stop()
    },
  }
}
