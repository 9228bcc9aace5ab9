import type { Clock } from '../platform/clock.ts'
import type { Config } from '../platform/config/index.ts'
import type { Database } from '../platform/db/index.ts'
import { guardedFetcher } from '../platform/http-client/index.ts'
import type { JobQueue, Leases } from '../platform/jobs/index.ts'
import type { Log } from '../platform/log/index.ts'
import type { Sealer } from '../platform/sealed.ts'
import type { BotApi } from '../platform/telegram/api.ts'
import type { BotService } from './bots/service.ts'
import { broadcastContracts } from './broadcasts/contract.ts'
import { broadcastRoutes } from './broadcasts/routes.ts'
import { broadcastService } from './broadcasts/service.ts'
import { conductor } from './gateway/conductor.ts'
import { deployments } from './gateway/deployments.ts'
import { updateHandler } from './gateway/handler.ts'
import { hookContracts } from './gateway/hook-contract.ts'
import { hookRoutes } from './gateway/hook-routes.ts'
import { hooks } from './gateway/hooks.ts'
import { type ActorRow, liveBots } from './gateway/live-bots.ts'
import { supervisor } from './gateway/supervisor.ts'
import { broadcastHandlers } from './host/broadcasts.ts'
import { schedulingHandlers } from './host/scheduling.ts'
import { userHandlers } from './host/users.ts'
import { webhookHandlers } from './host/webhooks.ts'
import { logContracts } from './log/contract.ts'
import { botDays } from './log/days.ts'
import { logHub } from './log/hub.ts'
import { runObserver } from './log/observer.ts'
import { logRoutes } from './log/routes.ts'
import { logService } from './log/service.ts'
import { type RunnerOptions, runner } from './runs/runner.ts'
import { timerContracts } from './timers/contract.ts'
import { timerRoutes } from './timers/routes.ts'
import { timerService } from './timers/service.ts'
import { botUserContracts } from './users/contract.ts'
import { botUserRoutes } from './users/routes.ts'
import { seenUsers } from './users/seen.ts'
import { botUserService } from './users/service.ts'
import { waitContracts } from './waits/contract.ts'
import { waitRoutes } from './waits/routes.ts'
import { waitService } from './waits/service.ts'
import { webhookContracts } from './webhooks/contract.ts'
import { webhookRoutes } from './webhooks/routes.ts'
import { webhookService } from './webhooks/service.ts'

const USER_AGENT = 'Latchkey (bots)'

export const servingContracts = [
  ...botUserContracts,
  ...waitContracts,
  ...timerContracts,
  ...broadcastContracts,
  ...webhookContracts,
  ...logContracts,
  ...hookContracts,
] as const

export interface ServingOptions extends Pick<RunnerOptions, 'engine' | 'host'> {
  readonly database: Database
  readonly clock: Clock
  readonly log: Log
  readonly leases: Leases
  readonly jobs: JobQueue
  readonly config: Pick<Config, 'ENCRYPTION_KEY' | 'FETCH_ALLOW' | 'FETCH_PORTS'>
  readonly sealer: Sealer
  readonly publicUrl: () => string
  /** Whom a bot talks to: Telegram, or the simulator. */
  readonly apiFor: (bot: ActorRow, token: string) => BotApi
}

export type Serving = ReturnType<typeof botsServing>

/** What bots do while they work: take updates, wait, run later, write to many, and tell how it went. */
export const botsServing = (options: ServingOptions) => {
  const { database, clock, log, leases, jobs, sealer, publicUrl, engine, host, apiFor, config } = options
  const { db } = database
  const hub = logHub()
  const days = botDays({ database, clock, log })
  const observer = runObserver({ db, clock, log, hub, days })
  const live = deployments(database)
  const acting = conductor({ runner: runner({ engine, host, database, clock, log, observer }), log })
  const waits = waitService({ db, clock })
  const bots = liveBots({
    database,
    sealer,
    clock,
    log,
    apiFor,
    messagesPerSecond: (botId) => live.last(botId)?.settings.messages_per_second,
    onFlood: ({ id }, wait) => hub.tell(id, { event: 'flood', id: null, data: wait }),
  })
  const timers = timerService({ database, clock, log, jobs, bots, deployments: live, conductor: acting })
  const stopping = new AbortController()
  const broadcasts = broadcastService({
    database,
    clock,
    log,
    leases,
    jobs,
    bots,
    deployments: live,
    conductor: acting,
    stopping: stopping.signal,
    fetcher: guardedFetcher({
      allow: config.FETCH_ALLOW,
      ports: config.FETCH_PORTS.map(Number),
      userAgent: USER_AGENT,
    }),
  })
  const webhooks = webhookService({
    database,
    clock,
    bots,
    deployments: live,
    conductor: acting,
    publicUrl,
    secret: config.ENCRYPTION_KEY,
  })
  const seen = seenUsers({ database, clock, log })
  const handler = updateHandler({
    deployments: live,
    conductor: acting,
    waits,
    users: seen,
    counted: ({ account_id, id }) => days.add(account_id, id, 'updates'),
    log,
  })
  const addresses = hooks({ database, clock, sealer, publicUrl })
  const gateway = supervisor({
    database,
    clock,
    leases,
    bots,
    hooks: addresses,
    handler,
    log,
    onServed: timers.release,
  })
  const users = botUserService({ database, clock, changed: live.forget })
  host.add([
    ...schedulingHandlers({ waits, timers }),
    ...broadcastHandlers(broadcasts),
    ...webhookHandlers(webhooks),
    ...userHandlers(users),
  ])
  timers.handle()
  broadcasts.handle()

  return {
    gateway,
    /** The code or the settings of a bot have changed. */
    codeChanged: live.forget,
    waits,
    timers,
    users,
    broadcasts,
    webhooks,
    routes: (owned: BotService) => [
      ...botUserRoutes(users),
      ...waitRoutes(waits, owned),
      ...timerRoutes(timers, owned),
      ...broadcastRoutes(broadcasts, owned),
      ...webhookRoutes(webhooks, owned),
      ...logRoutes({ database, hub, service: logService({ database, clock, days, users }), bots: owned }),
      ...hookRoutes(addresses),
    ],
    /** Ends what would keep the server from stopping. */
    closeStreams(): void {
      hub.close()
      stopping.abort()
    },
    /** Writes what was only counted so far. */
    settle: days.settle,
    /** Forgets what is over. */
    async clean(): Promise<void> {
      await waits.forgetExpired()
      await timers.forgetFinished()
    },
  }
}
