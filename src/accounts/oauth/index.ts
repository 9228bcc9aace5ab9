import type { Clock } from '../../platform/clock.ts'
import type { Config } from '../../platform/config/index.ts'
import type { Database } from '../../platform/db/index.ts'
import type { Gate, Route } from '../../platform/http/index.ts'
import { DAY_MS, type Limiter } from '../../platform/limits/index.ts'
import type { Pepper } from '../api-keys/pepper.ts'
import { keyRepo } from '../api-keys/repo.ts'
import type { AuditLog } from '../audit/log.ts'
import type { Directory } from '../gate/directory.ts'
import type { Revocations } from '../gate/revocations.ts'
import type { SessionService } from '../sessions/service.ts'
import type { UserService } from '../users/service.ts'
import { authorizationService } from './authorization.ts'
import { clientService } from './clients.ts'
import { grantService } from './grants.ts'
import { oauthRepo } from './repo.ts'
import { oauthRoutes } from './routes.ts'
import { tokenService } from './tokens.ts'

export interface OAuthOptions {
  readonly database: Database
  readonly clock: Clock
  readonly config: Pick<Config, 'LIMIT_OAUTH_TOKENS_PER_MINUTE' | 'LIMIT_OAUTH_REGISTRATIONS_PER_HOUR'>
  readonly limiter: Limiter
  readonly pepper: Pepper
  readonly audit: AuditLog
  readonly directory: Directory
  readonly revocations: Revocations
  readonly gate: Gate
  readonly users: UserService
  readonly sessions: SessionService
  readonly publicUrl: () => string
}

export interface OAuthPart {
  readonly routes: readonly Route[]
  /** Deletes what ended before this moment, and access tokens that ended a day ago. */
  forgetBefore(beforeMs: number): Promise<void>
}

/** Programs that people let in by signing in, instead of giving them a key. */
export const oauthPart = (options: OAuthOptions): OAuthPart => {
  const { database, clock, config, limiter, publicUrl } = options
  const repo = oauthRepo(database.db)
  const clients = clientService({ repo, clock })
  const grants = grantService(options)
  return {
    routes: oauthRoutes({
      authorization: authorizationService({ ...options, repo, clients }),
      clients,
      tokens: tokenService({ ...options, clients, grants }),
      grants,
      limiter,
      tokensPerMinute: config.LIMIT_OAUTH_TOKENS_PER_MINUTE,
      registrationsPerHour: config.LIMIT_OAUTH_REGISTRATIONS_PER_HOUR,
      publicUrl,
    }),
    async forgetBefore(beforeMs) {
      await repo.forgetBefore(beforeMs)
      await keyRepo(database.db).deleteExpiredTokens(clock.now().getTime() - DAY_MS)
    },
  }
}
