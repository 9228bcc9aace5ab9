import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/index.ts'
import { guardedFetcher } from '../../platform/http-client/index.ts'
import type { Sealer } from '../../platform/sealed.ts'
import { dataService } from '../data/service.ts'
import { captchaHandlers } from './captcha/calls.ts'
import { captchaService } from './captcha/service.ts'
import { commandHandlers } from './commands.ts'
import { dataHandlers } from './data.ts'
import { fileHandlers } from './files.ts'
import { httpHandlers } from './http.ts'
import { hostRegistry } from './registry.ts'
import { resourceHandlers } from './resources.ts'
import { securityHandlers } from './security.ts'
import { telegramHandlers } from './telegram.ts'

export interface HostOptions {
  readonly database: Database
  readonly clock: Clock
  readonly sealer: Sealer
  readonly publicUrl: () => string
  readonly telegramApiRoot: string
  /** Whom requests of commands may reach although private, and on which ports the public is reached. */
  readonly fetch: { readonly allow: readonly string[]; readonly ports: readonly number[] }
}

/** What commands can ask of the server by itself. What needs other parts is added to the registry when those are there. */
export const hostCalls = ({ database, clock, sealer, publicUrl, telegramApiRoot, fetch }: HostOptions) => {
  const data = dataService({ database, clock })
  const captchas = captchaService({ sealer, clock, publicUrl })
  const fetcher = guardedFetcher({ ...fetch, userAgent: 'Latchkey (bot)' })
  const ownPicture = (url: string): Buffer | undefined => captchas.pictureAt(url)
  const registry = hostRegistry([
    ...telegramHandlers({ apiRoot: telegramApiRoot, ownPicture }),
    ...commandHandlers(),
    ...fileHandlers(),
    ...dataHandlers(data),
    ...resourceHandlers({ db: database.db, clock }),
    ...httpHandlers({ fetcher, clock }),
    ...captchaHandlers(captchas),
    ...securityHandlers(clock),
  ])
  return { registry, data, captchas }
}
