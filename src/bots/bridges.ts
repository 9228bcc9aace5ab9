import type { AuditLog } from '../accounts/index.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/db/index.ts'
import type { CommandLimits } from './commands/service.ts'
import { administratorHandlers } from './host/administrators.ts'
import { bridgeGate } from './host/bridges.ts'
import { cardHandlers } from './host/cards.ts'
import { type BotFiles, filesBridge, filesBridgeHandlers } from './host/files-bridge.ts'
import { saveRepo } from './host/saves-repo.ts'
import { secretHandlers } from './host/secrets.ts'
import type { KnowledgeBridge } from './knowledge.ts'
import { pairingContracts } from './pairing/contract.ts'
import { pairingRepo } from './pairing/repo.ts'
import { pairingService } from './pairing/service.ts'
import type { SecretService } from './secrets/service.ts'
import type { SettingService } from './settings/service.ts'
import { templateContracts } from './templates/contract.ts'
import { templateRoutes } from './templates/routes.ts'
import { templateService } from './templates/service.ts'

export const bridgeContracts = [...templateContracts, ...pairingContracts] as const

export interface BridgesOptions {
  readonly database: Database
  readonly clock: Clock
  readonly audit: AuditLog
  readonly files: BotFiles
  readonly cards: KnowledgeBridge
  readonly secrets: SecretService
  readonly settings: SettingService
  readonly limits: CommandLimits
  readonly publicUrl: () => string
  /** Called after the commands or the settings of a bot have changed. */
  readonly changed: (botId: string) => void
}

/** What bots reach of their owner's: cards, files and secrets; and the bots that are written for it. */
export const botBridges = (options: BridgesOptions) => {
  const { database, clock, audit, files, cards, secrets, settings, limits, publicUrl, changed } = options
  const { db } = database
  const gate = bridgeGate({ database, clock, audit })
  const kept = filesBridge({ gate, files, publicUrl })
  const pairing = pairingService({ database, clock, audit, changed })
  const templates = templateService({ database, clock, limits, changed, settings, pairing })

  return {
    handlers: [
      ...cardHandlers({ gate, bridge: cards, files: kept }),
      ...filesBridgeHandlers(gate, kept),
      ...secretHandlers(secrets),
      ...administratorHandlers(pairing),
    ],
    routes: templateRoutes(templates, pairing),
    /** Forgets what was saved before, and codes that have run out. */
    async forgetBefore(beforeMs: number): Promise<void> {
      await saveRepo(db).deleteBefore(beforeMs)
      await pairingRepo(db).deleteBefore(clock.now().getTime())
    },
  }
}
