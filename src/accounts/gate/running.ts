import type { Clock } from '../../platform/clock.ts'
import { type Db, inBatches } from '../../platform/db/index.ts'
import type { Caller, CallerKind, Ending } from '../../platform/http/index.ts'

type FindLive = (db: Db, ids: readonly string[]) => Promise<{ id: string; expires_at: number | null }[]>

/**
 * Tells which callers would not be let in again, and why: their key, session or device was revoked or has expired, or
 * their account is no longer active, which counts as revoked. It asks the database, whatever this process remembers,
 * because nothing tells a process without requests of what another one has revoked.
 *
 * @returns By the id of the credential.
 */
export const endedCredentials =
  ({ db, clock }: { readonly db: Db; readonly clock: Clock }) =>
  async (callers: readonly Caller[]): Promise<ReadonlyMap<string, Ending>> => {
    const nowMs = clock.now().getTime()
    const ended = new Map(callers.map(({ credentialId }): [string, Ending] => [credentialId, 'revoked']))
    for (const kind of KINDS) {
      const ids = callers.filter((caller) => caller.kind === kind).map(({ credentialId }) => credentialId)
      for (const batch of inBatches(ids)) {
        for (const { id, expires_at } of await LIVE[kind](db, batch)) {
          if (expires_at === null || expires_at > nowMs) ended.delete(id)
          else ended.set(id, 'expired')
        }
      }
    }
    return ended
  }

// Names no account: the ids are those of credentials that the gate has let in.
const LIVE: Record<CallerKind, FindLive> = {
  key: (db, ids) =>
    db
      .selectFrom('api_keys')
      .innerJoin('accounts', 'accounts.id', 'api_keys.account_id')
      .select(['api_keys.id', 'api_keys.expires_at'])
      .where('api_keys.id', 'in', ids)
      .where('api_keys.revoked_at', 'is', null)
      .where('accounts.status', '=', 'active')
      .execute(),
  session: (db, ids) =>
    db
      .selectFrom('sessions')
      .innerJoin('accounts', 'accounts.id', 'sessions.account_id')
      .select(['sessions.id', 'sessions.expires_at'])
      .where('sessions.id', 'in', ids)
      .where('sessions.revoked_at', 'is', null)
      .where('accounts.status', '=', 'active')
      .execute(),
  device: (db, ids) =>
    db
      .selectFrom('devices')
      .innerJoin('accounts', 'accounts.id', 'devices.account_id')
      .select(['devices.id', (eb) => eb.val<number | null>(null).as('expires_at')])
      .where('devices.id', 'in', ids)
      .where('devices.revoked_at', 'is', null)
      .where('accounts.status', '=', 'active')
      .execute(),
}
const KINDS = ['key', 'session', 'device'] as const satisfies readonly CallerKind[]
