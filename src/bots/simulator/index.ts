import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/index.ts'
import type { Leases } from '../../platform/jobs/index.ts'
import type { Log } from '../../platform/log/index.ts'
import type { Sealer } from '../../platform/sealed.ts'
import type { SimulatorHome } from '../bots/creation.ts'
import type { BotService } from '../bots/service.ts'
import type { Supervisor } from '../gateway/supervisor.ts'
import { simulatorDoors } from './doors.ts'
import { simulatorRelay } from './relay.ts'
import { residents } from './residents.ts'
import { simulatorRoutes } from './routes.ts'
import { simulatorService } from './service.ts'
import { simulatorWorlds } from './worlds.ts'

export { simulatorContracts } from './contract.ts'

export interface SimulatorAreaOptions {
  readonly database: Database
  readonly clock: Clock
  readonly sealer: Sealer
  /** Keys the hash by which a token is found. */
  readonly hashKey: string
  readonly log: Log
  readonly leases: Leases
}

export type Simulator = ReturnType<typeof botSimulator>

/** A Telegram of its own for every account: where simulated bots live, and how people are played there. */
export const botSimulator = (options: SimulatorAreaOptions) => {
  const { database, clock, log } = options
  const living = residents({ db: database.db, ...options })
  const worlds = simulatorWorlds({ ...options, residents: living })
  const relay = simulatorRelay(options)
  const doors = simulatorDoors({ clock, worlds, residents: living, relay })
  const home: SimulatorHome = {
    register: worlds.register,
    forget(accountId, telegramId) {
      doors
        .forget(accountId, telegramId)
        .catch((error) => log.warn({ err: error, accountId }, 'a bot stays on a simulator until that is read again'))
    },
  }

  return {
    home,
    apiOf: doors.apiOf,
    http: doors.http,
    load: worlds.load,
    /** Plays users. @param supervisor Runs the bots. */
    service: (bots: BotService, supervisor: Supervisor) =>
      simulatorService({ database, worlds, residents: living, doors, relay, bots, supervisor }),
    routes: simulatorRoutes,
    /** This process runs bots: from now on it has simulators in memory, and answers for them. */
    start(service: ReturnType<typeof simulatorService>): void {
      worlds.start()
      relay.serve(service.target)
    },
    /** Ends what waits, so that bots can stop. */
    async endPolls(): Promise<void> {
      await worlds.endPolls()
    },
    async close(): Promise<void> {
      await relay.close()
      await worlds.close()
      doors.close()
    },
  }
}
