import type { Clock } from '../../platform/clock.ts'
import { type Db, inBatches } from '../../platform/db/index.ts'
import type { Caller, CallerKind } from '../../platform/http/index.ts'

type FindLive = (db: Db, ids: readonly string[], nowMs: number) => Promise<{ id: string }[]>

/**
 * Tells which callers would not be let in again: their key, session or device was revoked or has expired, or their
 * account is no longer active. It asks the database, whatever this process remembers, because nothing tells a process
 * without requests of what another one has revoked.
 *
 * @returns Ids of credentials.
 */
export const endedCredentials =
  ({ db, clock }: { readonly db: Db; readonly clock: Clock }) =>
  async (callers: readonly Caller[]): Promise<ReadonlySet<string>> => {
    const nowMs = clock.now().getTime()
    const ended = new Set(callers.map(({ credentialId }) => credentialId))
    for (const kind of KINDS) {
      const ids = callers.filter((caller) => caller.kind === kind).map(({ credentialId }) => credentialId)
      for (const batch of inBatches(ids)) {
        for (const { id } of await LIVE[kind](db, batch, nowMs)) ended.delete(id)
      }
    }
    return ended
  }

// Names no account: the ids are those of credentials that the gate has let in.
const LIVE: Record<CallerKind, FindLive> = {
  key: (db, ids, nowMs) =>
    db
      .selectFrom('api_keys')
      .innerJoin('accounts', 'accounts.id', 'api_keys.account_id')
      .select('api_keys.id')
      .where('api_keys.id', 'in', ids)
      .where('api_keys.revoked_at', 'is', null)
      .where((eb) => eb.or([eb('api_keys.expires_at', 'is', null), eb('api_keys.expires_at', '>', nowMs)]))
      .where('accounts.status', '=', 'active')
      .execute(),
  session: (db, ids, nowMs) =>
    db
      .selectFrom('sessions')
      .innerJoin('accounts', 'accounts.id', 'sessions.account_id')
      .select('sessions.id')
      .where('sessions.id', 'in', ids)
      .where('sessions.revoked_at', 'is', null)
      .where('sessions.expires_at', '>', nowMs)
      .where('accounts.status', '=', 'active')
      .execute(),
  device: (db, ids) =>
    db
      .selectFrom('devices')
      .innerJoin('accounts', 'accounts.id', 'devices.account_id')
      .select('devices.id')
      .where('devices.id', 'in', ids)
      .where('devices.revoked_at', 'is', null)
      .where('accounts.status', '=', 'active')
      .execute(),
}
const KINDS = ['key', 'session', 'device'] as const satisfies readonly CallerKind[]
