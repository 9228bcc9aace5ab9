import type { FilesArea } from '../../files/index.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Config } from '../../platform/config/index.ts'
import type { Database } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { type Route, route } from '../../platform/http/index.ts'
import { guardedFetcher, type Resolve } from '../../platform/http-client/index.ts'
import { type Duty, every, type JobQueue, type Leases } from '../../platform/jobs/index.ts'
import type { Log } from '../../platform/log/index.ts'
import type { CardIndex } from '../search/index.ts'
import type { Signer } from '../uploads/tokens.ts'
import { previewAddresses, previewRoutes } from './addresses.ts'
import type { OpenFile } from './attachments.ts'
import { readAgain } from './contract.ts'
import { linkReader } from './links.ts'
import { documentParser } from './parser/process.ts'
import { type ImageInspector, pictureMaker } from './pictures.ts'
import { type ProcessingService, processingService } from './service.ts'
import { watchedIndex } from './watched-index.ts'

export { getPreview, readAgain } from './contract.ts'

// Says what it is and not where: the address may be nobody else's business.
const USER_AGENT = 'Mozilla/5.0 (compatible; Latchkey; link preview)'
const RESUME_MS = 10 * 60_000
const SWEEP_MS = 24 * 60 * 60_000

export interface ProcessingOptions {
  readonly database: Database
  readonly config: Pick<Config, 'FETCH_ALLOW' | 'FETCH_PORTS'>
  readonly clock: Clock
  readonly log: Log
  readonly jobs: Pick<JobQueue, 'enqueue' | 'handle'>
  readonly files: Pick<FilesArea, 'files' | 'content'>
  /** Without it pictures of links are kept as they are, and images have no small ones. */
  readonly images?: ImageInspector | undefined
  readonly signer: Signer
  readonly publicUrl: () => string
  /** The index that the cards are in. */
  readonly index: CardIndex
  readonly tuning?: ProcessingTuning | undefined
}

/** What is other than for people: names, and patience. */
export interface ProcessingTuning {
  /** How names of other servers become addresses; as the system does unless told. */
  readonly resolve?: Resolve
  /** How soon a card may be processed again. A minute unless told. */
  readonly paceMs?: number
  /** For the page of a link, and for its pictures. 30 s each unless told. */
  readonly linkMs?: number
  readonly picturesMs?: number
  /** For reading a document. A minute unless told. */
  readonly documentMs?: number
}

export interface Processing {
  readonly routes: Route[]
  readonly service: ProcessingService
  /** To be used by whoever writes cards, instead of the index that was given. */
  readonly index: CardIndex
  readonly previewUrl: (id: string) => string
  /** The file of a card, to be read. */
  readonly openFile: OpenFile
  start(leases: Leases): Duty[]
  /** Ends the process that reads documents. */
  stop(): void
}

/** What the server finds out about cards by itself. */
export const processingPart = (options: ProcessingOptions): Processing => {
  const { database, config, clock, log, jobs, files, images = NO_IMAGES, signer, publicUrl } = options
  const { resolve, paceMs, linkMs, picturesMs, documentMs } = options.tuning ?? {}
  const parser = documentParser({ ...(documentMs === undefined ? {} : { documentMs }) })
  const fetcher = guardedFetcher({
    allow: config.FETCH_ALLOW,
    ports: config.FETCH_PORTS.map(Number),
    userAgent: USER_AGENT,
    ...(resolve === undefined ? {} : { resolve }),
  })
  const openFile: OpenFile = async (accountId, fileId) => {
    try {
      const file = await files.files.find(accountId, fileId)
      return { sizeBytes: file.size_bytes, open: (signal) => files.content.read(file, { signal }) }
    } catch (error) {
      if (error instanceof AppError && error.status === 404) return undefined
      throw error
    }
  }
  // Each needs the other: the index tells the service of cards, and the service puts what it found into the index.
  const index: CardIndex = watchedIndex(options.index, (tx, number) => service.notice(tx, number))
  const service = processingService({
    database,
    jobs,
    clock,
    log,
    links: linkReader({
      fetcher,
      parser,
      ...(linkMs === undefined ? {} : { linkMs }),
      ...(picturesMs === undefined ? {} : { picturesMs }),
    }),
    parser,
    pictures: pictureMaker(images),
    openFile,
    index,
    ...(paceMs === undefined ? {} : { paceMs }),
  })
  return {
    routes: [
      ...previewRoutes({ database, clock, signer, publicUrl }),
      route(readAgain, async ({ caller, params }) => {
        const processed = await service.again(caller.accountId, params.id)
        return { metadataStatus: processed?.state ?? null, processingStatus: processed?.stages ?? null }
      }),
    ],
    service,
    index,
    openFile,
    previewUrl: previewAddresses({ clock, signer, publicUrl }),
    start: (leases) => [
      every({ leases, log }, 'cards.resume', RESUME_MS, async () => void (await service.resume())),
      every({ leases, log }, 'cards.previews', SWEEP_MS, async () => void (await service.sweepPreviews())),
    ],
    stop: parser.stop,
  }
}

const NO_IMAGES: ImageInspector = { inspect: () => Promise.reject(new Error('Nothing here looks at images.')) }
