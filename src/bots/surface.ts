import type { AuditLog } from '../accounts/index.ts'
import type { Clock } from '../platform/clock.ts'
import type { Config } from '../platform/config/index.ts'
import type { Database } from '../platform/db/index.ts'
import type { Sealer } from '../platform/sealed.ts'
import type { BotApi } from '../platform/telegram/api.ts'
import { botContracts } from './bots/contract.ts'
import { botRepo } from './bots/repo.ts'
import { botRoutes } from './bots/routes.ts'
import { botService } from './bots/service.ts'
import { botTrash } from './bots/trash.ts'
import { webhookHealth } from './bots/webhook-health.ts'
import { commandContracts } from './commands/contract.ts'
import { commandHistory } from './commands/history.ts'
import { commandHistoryContracts } from './commands/history-contract.ts'
import { commandHistoryRoutes } from './commands/history-routes.ts'
import { commandRoutes } from './commands/routes.ts'
import { commandService } from './commands/service.ts'
import { commandTrash } from './commands/trash.ts'
import { TRASH_MS } from './envelope.ts'
import { exportContracts } from './exports/contract.ts'
import { botData } from './exports/data.ts'
import { exportRoutes } from './exports/routes.ts'
import { exportService } from './exports/service.ts'
import { secretContracts } from './secrets/contract.ts'
import { secretRoutes } from './secrets/routes.ts'
import { secretService } from './secrets/service.ts'
import { settingContracts } from './settings/contract.ts'
import { settingRoutes } from './settings/routes.ts'
import { settingService } from './settings/service.ts'
import type { Simulator } from './simulator/index.ts'
import { snapshotContracts } from './snapshots/contract.ts'
import { snapshotRoutes } from './snapshots/routes.ts'
import { snapshotService } from './snapshots/service.ts'
import { transferContracts } from './transfers/contract.ts'
import { transferRoutes } from './transfers/routes.ts'
import { transferService } from './transfers/service.ts'

export const surfaceContracts = [
  ...botContracts,
  ...commandContracts,
  ...commandHistoryContracts,
  ...settingContracts,
  ...secretContracts,
  ...exportContracts,
  ...snapshotContracts,
  ...transferContracts,
] as const

export interface SurfaceOptions {
  readonly database: Database
  readonly clock: Clock
  readonly config: Config
  readonly sealer: Sealer
  readonly audit: AuditLog
  readonly telegram: BotApi
  readonly simulator: Pick<Simulator, 'home' | 'apiOf'>
  /** Called after a bot was made, started, stopped or changed. */
  readonly botChanged: (botId: string) => void
  /** Called after the commands or the settings of a bot have changed. */
  readonly codeChanged: (botId: string) => void
}

/** What is kept of bots, and the routes by which people change it. */
export const botsSurface = (options: SurfaceOptions) => {
  const { database, clock, config, sealer, audit, telegram, simulator, botChanged, codeChanged } = options
  const bothChanged = (botId: string): void => {
    codeChanged(botId)
    botChanged(botId)
  }
  const bots = botService({
    database,
    clock,
    sealer,
    hashKey: config.KEY_PEPPER,
    telegram,
    audit,
    changed: botChanged,
    simulator: simulator.home,
  })
  const botsInTrash = botTrash({ database, clock, audit, changed: botChanged })
  const limits = { commands: config.BOT_MAX_COMMANDS, codeBytes: config.BOT_MAX_CODE_BYTES }
  const ofCommands = { database, clock, limits, changed: codeChanged }
  const commands = commandService(ofCommands)
  const commandsInTrash = commandTrash(ofCommands)
  const secrets = secretService({ database, clock, sealer, audit })
  const settings = settingService({
    database,
    clock,
    audit,
    changed: bothChanged,
  })
  const data = botData(clock)
  const exports = exportService({ ...ofCommands, data })
  const transfers = transferService({
    database,
    clock,
    audit,
    limits,
    bots,
    data,
    forget: simulator.home.forget,
    changed: bothChanged,
  })
  const health = webhookHealth({
    sealer,
    apiFor: (bot) => (bot.simulated === 1 ? simulator.apiOf(bot.account_id) : telegram),
    tokenOf: (accountId, botId) => botRepo(database.db).findToken(accountId, botId),
  })

  return {
    bots,
    commands,
    settings,
    secrets,
    routes: [
      ...botRoutes({ bots, trash: botsInTrash, webhookHealth: health }),
      ...commandRoutes(commands),
      ...commandHistoryRoutes(commandHistory(ofCommands), commandsInTrash),
      ...settingRoutes(settings),
      ...secretRoutes(secrets),
      ...exportRoutes(exports),
      ...snapshotRoutes(snapshotService(ofCommands)),
      ...transferRoutes(transfers),
    ],
    /** Deletes for good what has been in the trash for 90 days. */
    async purgeTrash(): Promise<void> {
      const beforeMs = clock.now().getTime() - TRASH_MS
      await commandsInTrash.purgeBefore(beforeMs)
      await botsInTrash.purgeBefore(beforeMs)
    },
  }
}
