import { join } from 'node:path'
import type { AuditLog } from '../accounts/index.ts'
import type { Clock } from '../platform/clock.ts'
import type { Config } from '../platform/config/index.ts'
import type { Database } from '../platform/db/index.ts'
import type { Route } from '../platform/http/index.ts'
import type { JobQueue, Leases } from '../platform/jobs/index.ts'
import type { Log } from '../platform/log/index.ts'
import { createSealer } from '../platform/sealed.ts'
import { httpBotApi } from '../platform/telegram/client.ts'
import type { EmulatorHttp } from '../platform/telegram/emulator/http.ts'
import { botBridges, bridgeContracts } from './bridges.ts'
import { dataContracts } from './data/contract.ts'
import { dataRoutes } from './data/routes.ts'
import { accountHandlers } from './host/account.ts'
import { captchaContracts } from './host/captcha/contract.ts'
import { captchaRoutes } from './host/captcha/routes.ts'
import type { BotFiles } from './host/files-bridge.ts'
import { hostCalls } from './host/handlers.ts'
import { languageContracts } from './host/language/contract.ts'
import { languageRoutes } from './host/language/routes.ts'
import { hostSignatures } from './host/signatures.ts'
import type { KnowledgeBridge } from './knowledge.ts'
import { runContracts } from './runs/contract.ts'
import { runRepo } from './runs/repo.ts'
import { runRoutes } from './runs/routes.ts'
import { pythonEngine, type RuntimeName } from './sandbox/index.ts'
import { botsServing, servingContracts } from './serving.ts'
import { botSimulator, simulatorContracts } from './simulator/index.ts'
import { botsSurface, surfaceContracts } from './surface.ts'
import { testContracts, testRoutes, testService } from './tests/index.ts'

export { botsMarker } from './changes-marker.ts'
export { botsDialect } from './dialect.ts'

export const botsContracts = [
  ...surfaceContracts,
  ...runContracts,
  ...dataContracts,
  ...captchaContracts,
  ...languageContracts,
  ...simulatorContracts,
  ...testContracts,
  ...servingContracts,
  ...bridgeContracts,
] as const

export interface BotsAreaOptions {
  readonly database: Database
  readonly clock: Clock
  readonly config: Config
  readonly log: Log
  readonly leases: Leases
  readonly jobs: JobQueue
  /** Where people and Telegram reach this server. */
  readonly publicUrl: () => string
  readonly audit: AuditLog
  /** What bots reach of their owner's, where that is switched on. */
  readonly files: BotFiles
  readonly cards: KnowledgeBridge
}

export interface BotsFigures {
  workers: number
  waiting: number
  runs: number
  bots: number
  runtime: RuntimeName
  refused: boolean
  /** The runtime in words. */
  python: string
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
  /** Ends the streams that would keep the server from closing. */
  closeStreams(): void
  stop(): Promise<void>
  /** @param beforeMs Runs that began before are deleted. */
  forgetRunsBefore(beforeMs: number): Promise<void>
  /** Deletes for good what has been in the trash for 90 days. */
  purgeTrash(): Promise<void>
  figures(): BotsFigures
}

const STOP_GRACE_MS = 3_000

export const botsArea = ({
  database,
  clock,
  config,
  log,
  leases,
  audit,
  jobs,
  publicUrl,
  files,
  cards,
}: BotsAreaOptions): BotsArea => {
  const sealer = createSealer(config.ENCRYPTION_KEY, 'bots')
  const simulator = botSimulator({ database, clock, sealer, hashKey: config.KEY_PEPPER, log, leases })
  const telegram = httpBotApi({ apiRoot: config.TELEGRAM_API_ROOT })
  const calls = hostCalls({
    database,
    clock,
    sealer,
    publicUrl,
    telegramApiRoot: config.TELEGRAM_API_ROOT,
    fetch: { allow: config.FETCH_ALLOW, ports: config.FETCH_PORTS.map(Number) },
  })
  const host = calls.registry
  const engine = pythonEngine(
    {
      runtime: config.BOTS_RUNTIME,
      native: { maxRuns: config.BOTS_MAX_RUNS, python: config.BOTS_PYTHON, searchPath: config.PATH },
      cacheDir: config.CACHE_DIR ?? join(config.DATA_DIR, 'cache'),
      log,
      maxWorkers: config.PYTHON_WORKERS,
      hostCalls: hostSignatures,
    },
    clock,
  )
  const serving = botsServing({
    engine,
    host,
    database,
    clock,
    log,
    leases,
    jobs,
    config,
    sealer,
    publicUrl,
    apiFor: (bot) => (bot.simulated === 1 ? simulator.apiOf(bot.account_id) : telegram),
  })
  const { gateway } = serving
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
    simulator,
    botChanged: () => {
      // Python takes seconds to start for the first time; whoever has just made a bot is about to want it.
      warmUp()
      gateway.poke()
    },
    codeChanged: serving.codeChanged,
  })
  const { bots, commands } = surface
  host.add(accountHandlers({ bots, commands }))
  const { secrets, settings } = surface
  const limits = { commands: config.BOT_MAX_COMMANDS, codeBytes: config.BOT_MAX_CODE_BYTES }
  const changed = serving.codeChanged
  const bridges = botBridges({ database, clock, audit, files, cards, secrets, settings, limits, publicUrl, changed })
  host.add(bridges.handlers)
  const playing = simulator.service(bots, gateway)
  const tests = testService({
    database,
    clock,
    config,
    log,
    sealer,
    audit,
    engine,
    publicUrl,
    bots,
    simulator: playing,
  })

  return {
    routes: [
      ...surface.routes,
      ...bridges.routes,
      ...serving.routes(bots),
      ...runRoutes(runRepo(database.db), bots),
      ...dataRoutes(calls.data, bots),
      ...captchaRoutes(calls.captchas),
      ...languageRoutes(),
      ...simulator.routes(playing),
      ...testRoutes(tests),
    ],
    simulatorHttp: simulator.http,
    load: simulator.load,
    async start() {
      simulator.start(playing)
      await gateway.start()
      // Whether the wall holds is to be known from the start, not from the first command.
      if (gateway.count() > 0 || config.BOTS_RUNTIME === 'native') warmUp()
    },
    closeStreams: serving.closeStreams,
    async stop() {
      serving.closeStreams()
      await gateway.stop(STOP_GRACE_MS)
      await simulator.endPolls()
      await engine.close()
      await gateway.ended()
      await serving.settle()
      await simulator.close()
      telegram.close()
    },
    async forgetRunsBefore(beforeMs) {
      await runRepo(database.db).deleteBefore(beforeMs)
      await serving.clean()
      await bridges.forgetBefore(beforeMs)
    },
    purgeTrash: surface.purgeTrash,
    figures() {
      const { workers, waiting, runs, runtime, refused } = engine.stats()
      return {
        workers: workers.booting + workers.idle + workers.busy,
        waiting,
        runs,
        bots: gateway.count(),
        runtime,
        refused: refused !== null,
        python: refused === null ? runtime : `${runtime}, because this system refused native; the log says why`,
      }
    },
  }
}
