import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { Failures } from '../../platform/http/index.ts'
import { keyRepo } from '../api-keys/repo.ts'
import type { AuditLog } from '../audit/log.ts'
import type { Directory } from '../gate/directory.ts'
import type { Revocations } from '../gate/revocations.ts'
import { userRepo } from '../users/repo.ts'
import type { ConnectedApp } from './contract.ts'
import { AppErrors } from './errors.ts'
import { redirectHost } from './redirects.ts'
import { type GrantEnd, type GrantRow, oauthRepo } from './repo.ts'
import { parseScopes } from './scopes.ts'

export interface GrantServiceOptions {
  readonly database: Database
  readonly clock: Clock
  readonly audit: AuditLog
  readonly directory: Directory
  readonly revocations: Revocations
}

export type GrantService = ReturnType<typeof grantService>

/** What programs were let in to, for whoever let them in. */
export const grantService = ({ database, clock, audit, directory, revocations }: GrantServiceOptions) => {
  const repo = oauthRepo(database.db)
  const nowMs = (): number => clock.now().getTime()

  /**
   * Ends a grant with the tokens that came from it.
   *
   * @returns The keys that fail from now on, once they are announced; undefined if it had ended before.
   */
  const end = async (
    tx: Db,
    { accountId, grantId, actor }: { accountId: string; grantId: string; actor: string },
    reason: GrantEnd,
  ): Promise<string[] | undefined> => {
    const [ended] = await oauthRepo(tx).revokeGrants(accountId, { id: grantId }, reason, nowMs())
    if (ended === undefined) return undefined
    await audit.append(tx, { accountId, actor, action: 'app.disconnected', target: grantId, data: { reason } })
    return keyRepo(tx).revoke(accountId, { grantId }, 'grant-ended', nowMs())
  }

  const show = (grant: GrantRow, lastKeyUse: number): ConnectedApp => ({
    id: grant.id,
    client_id: grant.client_id,
    name: grant.client_name,
    redirect_host: redirectHost(grant.redirect_uri),
    scopes: [...parseScopes(grant.scopes)],
    connected_at: iso(grant.created_at),
    last_used_at: iso(Math.max(grant.last_used_at, lastKeyUse)),
    expires_at: iso(grant.expires_at),
  })

  return {
    end,
    async list(accountId: string): Promise<ConnectedApp[]> {
      const lastUses = new Map<string, number>()
      for (const { id, grant_id, last_used_at } of await repo.listKeys(accountId)) {
        // What was counted and is not written yet is newer.
        const last = directory.pendingUse(id)?.lastUsedAt ?? last_used_at ?? 0
        if (grant_id !== null) lastUses.set(grant_id, Math.max(last, lastUses.get(grant_id) ?? 0))
      }
      return (await repo.listGrants(accountId, nowMs())).map((grant) => show(grant, lastUses.get(grant.id) ?? 0))
    },
    /** Its tokens fail on the next request, in every process. @throws {AppError} APP_NOT_FOUND */
    async disconnect(accountId: string, actor: string, id: string): Promise<void> {
      const ended = await database.transaction((tx) => end(tx, { accountId, grantId: id, actor }, 'disconnected'))
      if (ended === undefined) throw new AppError(AppErrors.APP_NOT_FOUND)
      await revocations.announce(ended)
    },
    /** @throws {AppError} SCOPE_MISSING for a key that no program got, or that may not say whose it is */
    async userInfo(accountId: string, keyId: string): Promise<{ sub: string; email?: string }> {
      const scopes = parseScopes((await repo.findScopes(accountId, keyId)) ?? '')
      if (!scopes.includes('profile') && !scopes.includes('email'))
        throw new AppError(Failures.SCOPE_MISSING, { details: { scope: 'profile email' } })
      const account = scopes.includes('email') ? await userRepo(database.db).find(accountId) : undefined
      return { sub: accountId, ...(account === undefined ? {} : { email: account.email }) }
    },
  }
}

const iso = (ms: number): string => new Date(ms).toISOString()
