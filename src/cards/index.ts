import type { FilesArea } from '../files/index.ts'
import type { Clock } from '../platform/clock.ts'
import type { Config } from '../platform/config/index.ts'
import type { Database } from '../platform/db/index.ts'
import type { Endpoint, EndpointSpec, Route } from '../platform/http/index.ts'
import { type Duty, every, type JobQueue, type Leases } from '../platform/jobs/index.ts'
import type { Limiter } from '../platform/limits/index.ts'
import type { Log } from '../platform/log/index.ts'
import { type AiSettings, aiPart } from './ai/index.ts'
import { type CardsBridge, cardsBridge } from './bridge.ts'
import { bulkCards } from './bulk/contract.ts'
import { bulkRoutes } from './bulk/routes.ts'
import * as cardContracts from './cards/contract.ts'
import { creationLimit } from './cards/creation-limit.ts'
import { cardPresenter, type Presenter } from './cards/present.ts'
import { cardRoutes } from './cards/routes.ts'
import { type CardService, cardService } from './cards/service.ts'
import { listChanges } from './changes/contract.ts'
import { changesRoutes } from './changes/routes.ts'
import { changesService } from './changes/service.ts'
import { discoverCards } from './discovery/contract.ts'
import { discoveryRoutes } from './discovery/routes.ts'
import { exportCards } from './exports/contract.ts'
import { exportRoutes } from './exports/routes.ts'
import { cardExports } from './exports/service.ts'
import { createFeed, deleteFeed, readFeed } from './feeds/contract.ts'
import { feedRoutes } from './feeds/routes.ts'
import { feedService } from './feeds/service.ts'
import { idempotencyService } from './idempotency/service.ts'
import { importContracts } from './imports/contract.ts'
import { importRoutes } from './imports/routes.ts'
import { importRuns } from './imports/runs.ts'
import { cardImports } from './imports/service.ts'
import { mcpContracts } from './mcp/index.ts'
import { getPreview, type Processing, type ProcessingTuning, processingPart, readAgain } from './processing/index.ts'
import * as savedSearchContracts from './saved-searches/contract.ts'
import { savedSearchRoutes } from './saved-searches/routes.ts'
import { savedSearchService } from './saved-searches/service.ts'
import { cardIndex, reindexCards } from './search/index.ts'
import { deleteTag, listTags, mergeTags, renameTag } from './tags/contract.ts'
import { tagRoutes } from './tags/routes.ts'
import { type TagService, tagService } from './tags/service.ts'
import { emptyTrash, listTrash, purgeCard, restoreCard } from './trash/contract.ts'
import { trashRoutes } from './trash/routes.ts'
import { type CardTrash, cardTrash } from './trash/service.ts'
import { createUpload, getCardFile, putUpload } from './uploads/contract.ts'
import { fileReleases } from './uploads/releases.ts'
import { uploadRoutes } from './uploads/routes.ts'
import { type CardUploads, uploadService } from './uploads/service.ts'
import { urlSigner } from './uploads/tokens.ts'

export type { CardService } from './cards/service.ts'
export { cardsMarker } from './changes/marker.ts'
export { cardsDialect } from './dialect.ts'
export { mcpDialect, mcpRoutes } from './mcp/index.ts'
export type { ProcessingTuning } from './processing/index.ts'

const DAY_MS = 86_400_000
const SWEEP_MS = 60 * 60_000

/** Every endpoint of the area, in the order of the reference page. */
export const cardsContracts = [
  discoverCards,
  cardContracts.createCard,
  cardContracts.listCards,
  cardContracts.searchCards,
  cardContracts.listFavorites,
  listChanges,
  bulkCards,
  cardContracts.getCard,
  cardContracts.updateCard,
  cardContracts.favoriteCard,
  cardContracts.deleteCard,
  readAgain,
  createUpload,
  putUpload,
  getCardFile,
  getPreview,
  listTrash,
  restoreCard,
  purgeCard,
  emptyTrash,
  listTags,
  renameTag,
  mergeTags,
  deleteTag,
  savedSearchContracts.listSavedSearches,
  savedSearchContracts.createSavedSearch,
  savedSearchContracts.getSavedSearch,
  savedSearchContracts.updateSavedSearch,
  savedSearchContracts.deleteSavedSearch,
  createFeed,
  deleteFeed,
  readFeed,
  exportCards,
  ...importContracts,
  cardContracts.quickSave,
  ...mcpContracts,
] as const satisfies readonly Endpoint<EndpointSpec>[]

export interface CardsAreaOptions {
  readonly database: Database
  readonly clock: Clock
  readonly config: Pick<
    Config,
    'SESSION_SECRET' | 'TRASH_DAYS' | 'LIMIT_CARD_CREATION_PER_MINUTE' | 'FETCH_ALLOW' | 'FETCH_PORTS'
  > &
    AiSettings
  readonly log: Log
  readonly limiter: Limiter
  readonly leases: Leases
  readonly jobs: JobQueue
  readonly files: Pick<FilesArea, 'files' | 'folders' | 'trash' | 'uploads' | 'content' | 'thumbnails'>
  /** Where people reach this server; asked each time, because it may only be known once the server listens. */
  readonly publicUrl: () => string
  readonly processing?: ProcessingTuning | undefined
}

export interface CardsArea {
  readonly routes: Route[]
  readonly cards: CardService
  readonly tags: TagService
  readonly trash: CardTrash
  readonly uploads: CardUploads
  readonly processing: Processing
  /** Cards as the API shows them. */
  readonly present: Presenter
  /** Cards for the bots of their account. */
  readonly bridge: CardsBridge
  /** Forgets what is due: old trash, uploads without a card, idempotency keys, files without a card. */
  sweep(signal?: AbortSignal): Promise<void>
  /** @param sweeps Whether this process does that every hour, if no other one does. */
  start(sweeps: boolean): void
  stop(): Promise<void>
}

/** What you know: cards, their files, tags and searches. */
export const cardsArea = (options: CardsAreaOptions): CardsArea => {
  const { database, clock, config, log, limiter, leases, jobs, files, publicUrl } = options
  const releases = fileReleases({ database, files, log })
  const signer = urlSigner(config.SESSION_SECRET)
  const ai = aiPart({
    ...{ database, config, clock, log, jobs },
    openFile: (accountId, fileId) => processing.openFile(accountId, fileId),
    index: cardIndex(database.dialect),
  })
  const processing: Processing = processingPart({
    database,
    config,
    clock,
    log,
    jobs,
    files,
    images: files.thumbnails.tools,
    signer,
    publicUrl,
    // Inside, so that cards are read by models when what the server finds out by itself is written.
    index: ai.index,
    tuning: options.processing,
  })
  const { index } = processing
  const uploads = uploadService({ database, clock, files, signer, releases, publicUrl })
  const present = cardPresenter({ publicUrl, fileUrl: uploads.fileUrl, previewUrl: processing.previewUrl })
  const cards = cardService({ database, index, clock })
  const trash = cardTrash({ database, index, cards, releases, clock, keptMs: config.TRASH_DAYS * DAY_MS })
  const tags = tagService({ database, cards })
  const idempotency = idempotencyService({ database, clock })
  const runs = importRuns({ database, clock, log, jobs, files, releases, cards, index })
  const imports = cardImports({ database, clock, jobs, files, releases, runs })
  const exports = cardExports({ database, index, files, clock, log })
  const limit = creationLimit(limiter, config.LIMIT_CARD_CREATION_PER_MINUTE)
  const duties: Duty[] = []

  const sweep = async (signal?: AbortSignal): Promise<void> => {
    await trash.sweep(signal)
    await uploads.sweep(signal)
    await releases.run(signal)
    await idempotency.sweep()
    await imports.sweep()
  }

  return {
    routes: [
      ...discoveryRoutes(cardsContracts, publicUrl),
      ...cardRoutes({ cards, uploads, present, idempotency, limit }),
      ...changesRoutes(changesService({ database, index }), present),
      ...bulkRoutes({ cards, idempotency, limit }),
      ...uploadRoutes({ uploads, content: files.content, clock }),
      ...processing.routes,
      ...trashRoutes(trash, present),
      ...tagRoutes(tags),
      ...exportRoutes(exports, clock),
      ...importRoutes(imports, limit),
      ...savedSearchRoutes(savedSearchService({ database, clock })),
      ...feedRoutes(feedService({ database, cards, present, limiter, publicUrl })),
    ],
    cards,
    tags,
    trash,
    uploads,
    processing,
    present,
    bridge: cardsBridge({ database, cards, uploads, present }),
    sweep,
    start(sweeps) {
      if (!sweeps) return
      duties.push(
        every({ leases, log }, 'cards.sweep', SWEEP_MS, sweep),
        ...processing.start(leases),
        ...ai.start(leases),
      )
      // After a new version of the program, cards are indexed anew in the background.
      duties.push(every({ leases, log }, 'cards.index', SWEEP_MS, (signal) => reindexCards(database, index, signal)))
    },
    async stop() {
      await Promise.all(duties.splice(0).map((duty) => duty.stop()))
      await releases.idle()
      processing.stop()
    },
  }
}
