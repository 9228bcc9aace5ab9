import type { Migration } from '../platform/db/index.ts'
import { accounts } from './0001-accounts.ts'
import { jobs } from './0002-jobs.ts'
import { files } from './0003-files.ts'
import { cards } from './0004-cards.ts'
import { bots } from './0005-bots.ts'
import { secretChecks } from './0006-secret-checks.ts'
import { folders } from './0008-folders.ts'
import { shares } from './0009-shares.ts'
import { uploads } from './0010-uploads.ts'
import { storage } from './0011-storage.ts'
import { telegram } from './0012-telegram.ts'
import { dav } from './0013-dav.ts'
import { teams } from './0014-teams.ts'
import { thumbnails } from './0014-thumbnails.ts'
import { cardSurface } from './0015-cards.ts'
import { cardSearch } from './0016-card-search.ts'
import { oauth } from './0017-oauth.ts'
import { cardProcessing } from './0018-card-processing.ts'
import { cardImports } from './0019-card-imports.ts'
import { botSurface } from './0021-bot-surface.ts'
import { runRecords } from './0022-run-records.ts'
import { botData } from './0022a-bot-data.ts'
import { botService } from './0023-bot-service.ts'
import { cardAi } from './0024-card-ai.ts'
import { telegramHolders } from './0025-telegram-holders.ts'
import { simulator } from './0026-simulator.ts'
import { cardSearchByAccount } from './0027-card-search.ts'
import { cardSearchRows } from './0028-card-search-rows.ts'
import { preferences } from './0031-preferences.ts'
import { keyDays } from './0032-key-days.ts'

/**
 * The database's history, in the order of its numbers. A step that was released is never changed; a new one is added at
 * the end.
 */
export const migrations: readonly Migration[] = [
  accounts,
  jobs,
  files,
  cards,
  bots,
  secretChecks,
  folders,
  shares,
  uploads,
  storage,
  telegram,
  dav,
  teams,
  thumbnails,
  cardSurface,
  cardSearch,
  oauth,
  cardProcessing,
  cardImports,
  botSurface,
  runRecords,
  botData,
  botService,
  cardAi,
  telegramHolders,
  simulator,
  cardSearchByAccount,
  cardSearchRows,
  preferences,
  keyDays,
]
