import { join } from 'node:path'
import type { AuditLog } from '../accounts/index.ts'
import type { Clock } from '../platform/clock.ts'
import type { Config } from '../platform/config/index.ts'
import type { Database } from '../platform/db/index.ts'
import type { Route } from '../platform/http/index.ts'
import type { Leases } from '../platform/jobs/index.ts'
import type { Log } from '../platform/log/index.ts'
import { createSealer } from '../platform/sealed.ts'
import { emulatorBotApi, httpBotApi } from '../platform/telegram/client.ts'
import type { EmulatorHttp } from '../platform/telegram/emulator/http.ts'
import { deployments } from './gateway/deployments.ts'
import { updateHandler } from './gateway/handler.ts'
import { supervisor } from './gateway/supervisor.ts'
import { commandHandlers } from './host/commands.ts'
import { fileHandlers } from './host/files.ts'
import { hostRegistry } from './host/registry.ts'
import { hostSignatures } from './host/signatures.ts'
import { telegramHandlers } from './host/telegram.ts'
import { runContracts } from './runs/contract.ts'
import { runRepo } from './runs/repo.ts'
import { runRoutes } from './runs/routes.ts'
import { runner } from './runs/runner.ts'
import { pyodideEngine } from './sandbox/index.ts'
import { simulatorContracts } from './simulator/contract.ts'
import { ensureResident, settleResidents } from './simulator/residents.ts'
import { simulatorRoutes } from './simulator/routes.ts'
import { simulatorService } from './simulator/service.ts'
import { simulatorState } from './simulator/state.ts'
import { simulatorWorlds } from './simulator/worlds.ts'
import { botsSurface, surfaceContracts } from './surface.ts'
import { botUserContracts } from './users/contract.ts'
import { botUserRoutes } from './users/routes.ts'
import { botUserService } from './users/service.ts'

export { botsDialect } from './dialect.ts'

export const botsContracts = [...surfaceContracts, ...runContracts, ...simulatorContracts, ...botUserContracts] as const

export interface BotsAreaOptions {
  readonly database: Database
  readonly clock: Clock
  readonly config: Config
  readonly log: Log
  readonly leases: Leases
  readonly audit: AuditLog
}

/** What you run: Telegram bots, their commands, the simulator, and the gateway that takes their updates. */
export interface BotsArea {
  readonly routes: readonly Route[]
  /** Speaks the Bot API for simulated bots, below `/simulator`. */
  readonly simulatorHttp: EmulatorHttp
  /** Loads the simulator; before the first request. */
  load(): Promise<void>
  /** Takes the updates of the bots that should work. */
  start(): Promise<void>
  stop(): Promise<void>
  /** @param beforeMs Runs that began before are deleted. */
  forgetRunsBefore(beforeMs: number): Promise<void>
  /** Deletes for good what has been in the trash for 90 days. */
  purgeTrash(): Promise<void>
  figures(): { workers: number; waiting: number; runs: number; bots: number }
}

const STOP_GRACE_MS = 3_000

export const botsArea = ({ database, clock, config, log, leases, audit }: BotsAreaOptions): BotsArea => {
  const sealer = createSealer(config.ENCRYPTION_KEY, 'bots')
  const worlds = simulatorWorlds(clock)
  const telegram = httpBotApi({ apiRoot: config.TELEGRAM_API_ROOT })
  const state = simulatorState({ db: database.db, sealer, log, worlds })
  const host = hostRegistry([...telegramHandlers(), ...commandHandlers(), ...fileHandlers()])
  const engine = pyodideEngine(
    {
      cacheDir: config.CACHE_DIR ?? join(config.DATA_DIR, 'cache'),
      log,
      maxWorkers: config.PYTHON_WORKERS,
      hostCalls: hostSignatures,
    },
    clock,
  )
  const live = deployments(database)
  const handler = updateHandler({
    deployments: live,
    runner: runner({ engine, host, db: database.db, clock, log }),
    log,
  })
  const gateway = supervisor({
    database,
    leases,
    sealer,
    handler,
    log,
    apiFor(bot, token) {
      if (bot.simulated !== 1) return telegram
      ensureResident(worlds, bot, token)
      return emulatorBotApi(worlds.of(bot.account_id))
    },
  })
  const warmUp = (): void => {
    engine.ready().catch((error) => log.error({ err: error }, 'Python could not be started'))
  }
  const surface = botsSurface({
    database,
    clock,
    config,
    sealer,
    audit,
    telegram,
    worlds,
    botChanged: () => {
      // Python takes seconds to start for the first time; whoever has just made a bot is about to want it.
      warmUp()
      gateway.poke()
    },
    codeChanged: live.forget,
  })
  const { bots } = surface
  const users = botUserService({ database, clock, changed: live.forget })
  const simulator = simulatorService({ worlds, bots, supervisor: gateway })

  return {
    routes: [
      ...surface.routes,
      ...botUserRoutes(users),
      ...runRoutes(runRepo(database.db), bots),
      ...simulatorRoutes(simulator),
    ],
    simulatorHttp: worlds.http,
    async load() {
      await state.load()
      await settleResidents({ db: database.db, sealer, log, worlds })
      state.watch()
    },
    async start() {
      await gateway.start()
      if (gateway.count() > 0) warmUp()
    },
    async stop() {
      await gateway.stop(STOP_GRACE_MS)
      worlds.close()
      await engine.close()
      await gateway.ended()
      await state.close()
      telegram.close()
    },
    forgetRunsBefore: (beforeMs) => runRepo(database.db).deleteBefore(beforeMs),
    purgeTrash: surface.purgeTrash,
    figures() {
      const { workers, waiting, runs } = engine.stats()
      return { workers: workers.booting + workers.idle + workers.busy, waiting, runs, bots: gateway.count() }
    },
  }
}
