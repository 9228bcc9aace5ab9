import type { Clock } from '../platform/clock.ts'
import type { Config } from '../platform/config/index.ts'
import type { Database } from '../platform/db/index.ts'
import type { Gate, Route } from '../platform/http/index.ts'
import type { Limiter } from '../platform/limits/index.ts'
import { KEY_USAGE_DAYS, keyContracts } from './api-keys/contract.ts'
import { dayOf, keyDaysRepo } from './api-keys/days.ts'
import { createPepper } from './api-keys/pepper.ts'
import { keyRepo } from './api-keys/repo.ts'
import { keyRoutes } from './api-keys/routes.ts'
import { type KeyService, keyService } from './api-keys/service.ts'
import { type AuditLog, auditLog } from './audit/log.ts'
import { deviceContracts } from './devices/contract.ts'
import { deviceRepo } from './devices/repo.ts'
import { deviceRoutes } from './devices/routes.ts'
import { deviceService } from './devices/service.ts'
import { eventContracts } from './events/contract.ts'
import { Directory } from './gate/directory.ts'
import { accountsGate } from './gate/gate.ts'
import type { DialectLimits } from './gate/limits.ts'
import { createRevocations } from './gate/revocations.ts'
import { endedCredentials } from './gate/running.ts'
import { guessLimits } from './guess-limits.ts'
import { oauthContracts } from './oauth/contract.ts'
import { oauthPart } from './oauth/index.ts'
import { codeRepo } from './one-time-codes.ts'
import { createPasswords } from './passwords.ts'
import { planContracts } from './plans/contract.ts'
import { planRoutes } from './plans/routes.ts'
import { planService } from './plans/service.ts'
import { type AccountUsage, accountUsage } from './plans/usage.ts'
import { preferenceContracts } from './preferences/contract.ts'
import { preferenceRepo } from './preferences/repo.ts'
import { preferenceRoutes } from './preferences/routes.ts'
import { quotaStore } from './quota-store.ts'
import { serverContracts } from './server/contract.ts'
import { sessionContracts } from './sessions/contract.ts'
import { sessionRepo } from './sessions/repo.ts'
import { sessionRoutes } from './sessions/routes.ts'
import { sessionService } from './sessions/service.ts'
import { sessionTokens } from './sessions/token.ts'
import { teamContracts } from './teams/contract.ts'
import { memberService } from './teams/members.ts'
import { teamRoutes } from './teams/routes.ts'
import { type TeamService, teamService } from './teams/service.ts'
import { adminContracts } from './users/admin-contract.ts'
import { adminRoutes } from './users/admin-routes.ts'
import { adminService } from './users/admin-service.ts'
import { userContracts } from './users/contract.ts'
import { userRoutes } from './users/routes.ts'
import { type UserService, userService } from './users/service.ts'

export type { AuditEvent, AuditLog } from './audit/log.ts'
export type { DialectLimits } from './gate/limits.ts'

import { windowStore } from './window-store.ts'

export { accountMarker } from './events/account-marker.ts'
export { eventRoutes } from './events/routes.ts'
export { changeWatch } from './events/watch.ts'
export { networkOf } from './gate/addresses.ts'
export { oauthDialect, providerDialect, registrationDialect, tokenDialect } from './oauth/dialect.ts'
export { Plan as ShownPlan } from './plans/contract.ts'
export { type Plan, planRepo } from './plans/repo.ts'
export type { AccountUsage } from './plans/usage.ts'
export { quotaStore } from './quota-store.ts'
export { serverRoutes } from './server/routes.ts'
export { serverService } from './server/service.ts'
export type { TeamRole } from './teams/contract.ts'
export { teamPlaces, teamRoles } from './teams/repo.ts'
export { EmailAddress, NewPassword } from './users/contract.ts'
export { userRepo } from './users/repo.ts'
export { windowStore } from './window-store.ts'

export interface AccountsOptions {
  readonly database: Database
  readonly clock: Clock
  readonly config: Config
  readonly limiter: Limiter
  /** Whether other processes serve the same accounts, and are told of revocations through the limiter. */
  readonly shared: boolean
  readonly limits: Readonly<Record<string, DialectLimits>>
  readonly publicUrl: () => string
}

/** Who you are: accounts, sessions, devices, API keys, and the gate that every request passes. */
export interface AccountsArea {
  readonly routes: readonly Route[]
  readonly gate: Required<Gate>
  readonly users: UserService
  readonly keys: KeyService
  readonly teams: TeamService
  readonly audit: AuditLog
  /** What an account may have, and how much of it is used. */
  usage(accountId: string): Promise<AccountUsage>
  /** Writes down how often keys were used; call it every second and at the end. */
  saveUses(): Promise<void>
  /** Deletes codes, sessions and quotas that ended before this moment, and how keys were used long ago. */
  forgetBefore(beforeMs: number): Promise<void>
}

export const accountContracts = [
  ...userContracts,
  ...adminContracts,
  ...sessionContracts,
  ...keyContracts,
  ...deviceContracts,
  ...teamContracts,
  ...planContracts,
  ...preferenceContracts,
  ...oauthContracts,
  ...eventContracts,
  ...serverContracts,
] as const

export const accountsArea = (options: AccountsOptions): AccountsArea => {
  const { database, clock, config, limiter, publicUrl } = options
  const pepper = createPepper(config.KEY_PEPPER)
  const tokens = sessionTokens(config.SESSION_SECRET)
  const passwords = createPasswords(config.KEY_PEPPER)
  const audit = auditLog({ dialect: database.dialect, clock })
  const guesses = guessLimits(limiter)
  const trust = database.dialect === 'sqlite' ? 'always' : options.shared ? 'epoch' : 'never'
  const directory = new Directory({
    keys: keyRepo(database.db),
    sessions: sessionRepo(database.db),
    tokens,
    pepper,
    clock,
    trust,
  })
  const revocations = createRevocations({ directory, limiter, shared: options.shared })
  const sessions = sessionService({ database, clock, tokens, passwords, guesses, audit, revocations })
  const openSignup = config.OPEN_SIGNUP
  const users = userService({ database, clock, pepper, passwords, guesses, sessions, audit, revocations, openSignup })
  const administration = adminService({ database, clock, audit, revocations })
  const keys = keyService({ database, clock, pepper, audit, directory, revocations })
  const devices = deviceService({ database, clock, pepper, guesses, audit })
  const teams = teamService({ database, clock, audit })
  const members = memberService({ database, clock, audit, publicUrl })
  const gate = {
    ...accountsGate({
      directory,
      devices: deviceRepo(database.db),
      pepper,
      limiter,
      clock,
      limits: options.limits,
      sessionsPerMinute: config.LIMIT_SESSION_PER_MINUTE,
      failuresPerMinute: config.LIMIT_AUTH_FAILURES_PER_MINUTE,
      queryKeys: config.QUERY_KEYS === 'bots',
      ownOrigin: publicUrl,
    }),
    ended: endedCredentials({ db: database.db, clock }),
  }
  const parts = { database, clock, config, limiter, pepper, audit, directory, revocations, publicUrl }
  const oauth = oauthPart({ ...parts, gate, users, sessions })
  const plans = planService({ database, audit, revocations })
  const secure = (): boolean => publicUrl().startsWith('https:')
  return {
    users,
    keys,
    teams,
    audit,
    usage: accountUsage({ database, clock, limiter, directory, limits: options.limits }),
    saveUses: () => directory.saveUses(),
    async forgetBefore(beforeMs) {
      await codeRepo(database.db).deleteExpired(beforeMs)
      await sessionRepo(database.db).deleteExpired(beforeMs)
      await oauth.forgetBefore(beforeMs)
      await windowStore(database).forgetExpired(clock.now().getTime())
      const today = dayOf(clock.now().getTime())
      await quotaStore(database.db).forgetBefore(today)
      await keyDaysRepo(database.db).deleteBefore(today - KEY_USAGE_DAYS + 1)
    },
    gate,
    routes: [
      ...userRoutes(users, secure),
      ...adminRoutes(administration),
      ...sessionRoutes(sessions, secure),
      ...keyRoutes(keys, config.LIMIT_FILES_PER_MINUTE),
      ...deviceRoutes(devices),
      ...teamRoutes(teams, members),
      ...planRoutes(plans),
      ...preferenceRoutes(preferenceRepo(database)),
      ...oauth.routes,
    ],
  }
}
