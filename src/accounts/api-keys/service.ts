import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { type Caller, Failures, SCOPES, type Scope, scopeBits, scopesOf } from '../../platform/http/index.ts'
import { newId } from '../../platform/ids.ts'
import { DAY_MS } from '../../platform/limits/index.ts'
import type { AuditLog } from '../audit/log.ts'
import { AccountErrors } from '../errors.ts'
import type { Directory } from '../gate/directory.ts'
import type { Revocations } from '../gate/revocations.ts'
import { planRepo } from '../plans/repo.ts'
import type { ApiKey } from './contract.ts'
import { dayOf, keyDaysRepo } from './days.ts'
import { displayPrefix, type KeyKind, newKeyValue } from './grammar.ts'
import type { Pepper } from './pepper.ts'
import { type KeyChange, type KeyRepo, type KeyRow, keyRepo } from './repo.ts'

export interface KeyServiceOptions {
  readonly database: Database
  readonly clock: Clock
  readonly pepper: Pepper
  readonly audit: AuditLog
  readonly directory: Directory
  readonly revocations: Revocations
}

export interface KeyWish {
  readonly kind: KeyKind
  readonly name?: string | undefined
  readonly scopes?: readonly (Scope | 'full_access')[] | undefined
  readonly expires_at?: string | null | undefined
  readonly rate_limit?: number | null | undefined
}

export interface KeyUsage {
  /** Ascending, as YYYY-MM-DD in UTC; the last one is today. */
  readonly days: string[]
  readonly keys: { readonly id: string; readonly requests: number[] }[]
}

interface Replacement {
  readonly id: string
  readonly overlapSeconds: number
}

export type KeyService = ReturnType<typeof keyService>

const DEFAULT_NAMES: Record<KeyKind, string> = { files: 'API key', bots: 'API key', cards: 'API Keys' }
const ALLOWED: Record<KeyKind, readonly Scope[]> = {
  files: SCOPES,
  bots: ['bots:read', 'bots:write'],
  cards: ['cards:read', 'cards:write'],
}
const FILE_SCOPES: readonly Scope[] = ['files:read', 'files:write', 'files:delete', 'folders:manage']
/** A kind with one live key per account: a new one ends the old. */
const SINGLE: Record<KeyKind, boolean> = { files: false, bots: true, cards: true }

export const keyService = ({ database, clock, pepper, audit, directory, revocations }: KeyServiceOptions) => {
  const repo = keyRepo(database.db)
  const nowMs = (): number => clock.now().getTime()

  const show = (row: KeyRow): ApiKey => {
    const pending = directory.pendingUse(row.id)
    const lastUsedAt = pending === undefined ? row.last_used_at : Math.max(pending.lastUsedAt, row.last_used_at ?? 0)
    return {
      id: row.id,
      kind: row.kind,
      name: row.name,
      prefix: row.prefix,
      masked_key: `${row.prefix}••••••••`,
      scopes: scopesOf(row.scopes),
      rate_limit: row.rate_limit,
      status: statusOf(row, nowMs()),
      created_at: iso(row.created_at),
      expires_at: isoOrNull(row.expires_at),
      last_used_at: isoOrNull(lastUsedAt),
      last_used_ip: pending?.lastUsedIp ?? row.last_used_ip,
      uses: row.uses + (pending?.uses ?? 0),
      uses_in_url: row.uses_in_url + (pending?.usesInUrl ?? 0),
      revoked_at: isoOrNull(row.revoked_at),
      replaced_by: row.replaced_by,
    }
  }

  const get = async (accountId: string, id: string): Promise<KeyRow> => {
    const row = await repo.find(accountId, id)
    if (row === undefined) throw new AppError(AccountErrors.KEY_NOT_FOUND)
    return row
  }

  const assertRoom = async (keys: KeyRepo, accountId: string, kind: KeyKind, maxKeys: number | null): Promise<void> => {
    if (maxKeys !== null && (await keys.countActive(accountId, kind, nowMs())) >= maxKeys)
      throw new AppError(AccountErrors.KEY_LIMIT_REACHED)
  }

  /** Ends a key in favour of another, at once or after the overlap. @returns What fails from now on. */
  const replace = async (
    tx: Db,
    accountId: string,
    actor: string,
    { id, overlapSeconds }: Replacement,
    replacedBy: string,
  ): Promise<string[]> => {
    const keys = keyRepo(tx)
    const old = await keys.find(accountId, id)
    // Asked again under the lock: of two rotations at once the second finds the key replaced.
    if (old === undefined || !isRotatable(old, nowMs())) throw new AppError(AccountErrors.KEY_NOT_ROTATABLE)
    const overlap = SINGLE[old.kind] ? 0 : overlapSeconds
    const until = Math.min(nowMs() + overlap * 1000, old.expires_at ?? Number.MAX_SAFE_INTEGER)
    await keys.supersede(accountId, id, replacedBy, until)
    await audit.append(tx, {
      accountId,
      actor,
      action: 'key.rotated',
      target: id,
      data: { replaced_by: replacedBy, overlap_seconds: overlap },
    })
    return overlap === 0 ? keys.revoke(accountId, { id }, 'replaced', nowMs()) : []
  }

  /** Makes a key in a transaction: ends the old one of its kind where only one may live, and writes the audit log. */
  const issue = async (
    accountId: string,
    actor: string,
    wish: KeyWish,
    replaces?: Replacement,
  ): Promise<{ row: KeyRow; key: string; ended: string[] }> => {
    const key = newKeyValue(wish.kind)
    const plan = await planRepo(database.db).ofAccount(accountId)
    const draft = {
      id: newId('key'),
      kind: wish.kind,
      hash: pepper.hash(key),
      prefix: displayPrefix(key),
      last4: key.slice(-4),
      name: wish.name ?? DEFAULT_NAMES[wish.kind],
      scopes: scopeBits(scopesFor(wish.kind, wish.scopes)),
      rateLimit: checkedRate(wish.rate_limit, plan.per_minute_cap),
      createdAt: nowMs(),
      createdVia: actor,
      expiresAt: expiryOf(wish.expires_at, nowMs()),
    }
    return database.transaction(async (tx) => {
      const keys = keyRepo(tx)
      await planRepo(tx).lockAccount(accountId, database.dialect)
      const replaced = replaces === undefined ? [] : await replace(tx, accountId, actor, replaces, draft.id)
      const ended = SINGLE[wish.kind] ? await keys.revoke(accountId, { kind: wish.kind }, 'replaced', nowMs()) : []
      // A key that replaces another takes its place, also where there is room for no more.
      if (replaces === undefined) await assertRoom(keys, accountId, wish.kind, plan.max_keys)
      await keys.insert(accountId, draft)
      for (const id of ended)
        await audit.append(tx, { accountId, actor, action: 'key.revoked', target: id, data: { reason: 'replaced' } })
      await audit.append(tx, {
        accountId,
        actor,
        action: 'key.created',
        target: draft.id,
        data: { kind: wish.kind, name: draft.name },
      })
      const row = await keys.find(accountId, draft.id)
      if (row === undefined) throw new Error('The key that was just written is not there.')
      return { row, key, ended: [...replaced, ...ended] }
    })
  }

  const revoke = async (accountId: string, actor: string, id: string): Promise<void> => {
    await get(accountId, id)
    const ended = await database.transaction(async (tx) => {
      const ids = await keyRepo(tx).revoke(accountId, { id }, 'revoked', nowMs())
      if (ids.length > 0) await audit.append(tx, { accountId, actor, action: 'key.revoked', target: id })
      return ids
    })
    await revocations.announce(ended)
  }

  return {
    async list(accountId: string): Promise<ApiKey[]> {
      return (await repo.list(accountId)).map(show)
    },
    /** What every key of the account did on each of the last days. */
    async usage(accountId: string, days: number): Promise<KeyUsage> {
      const today = dayOf(nowMs())
      const first = today - days + 1
      const rows = await repo.list(accountId)
      const pending = rows.flatMap(({ id }) => directory.pendingUse(id)?.days ?? [])
      const byKey = new Map(rows.map(({ id }) => [id, Array.from({ length: days }, () => 0)]))
      for (const { keyId, day, requests } of [...(await keyDaysRepo(database.db).list(accountId, first)), ...pending]) {
        const counts = byKey.get(keyId)
        const before = counts?.[day - first]
        if (counts !== undefined && before !== undefined) counts[day - first] = before + requests
      }
      return {
        days: Array.from({ length: days }, (_, n) => iso((first + n) * DAY_MS).slice(0, 10)),
        keys: [...byKey].map(([id, requests]) => ({ id, requests })),
      }
    },
    /** @throws {AppError} KEY_LIMIT_REACHED, SCOPES_NOT_ALLOWED, RATE_LIMIT_TOO_HIGH, EXPIRY_PASSED */
    async create(accountId: string, actor: string, wish: KeyWish): Promise<ApiKey & { key: string }> {
      const { row, key, ended } = await issue(accountId, actor, wish)
      await revocations.announce(ended)
      return { ...show(row), key }
    },
    /** @throws {AppError} KEY_NOT_FOUND, SCOPES_NOT_ALLOWED, RATE_LIMIT_TOO_HIGH, EXPIRY_PASSED */
    async update(accountId: string, actor: string, id: string, wish: Omit<KeyWish, 'kind'>): Promise<ApiKey> {
      const row = await get(accountId, id)
      const plan = await planRepo(database.db).ofAccount(accountId)
      const change: KeyChange = {
        ...(wish.name === undefined ? {} : { name: wish.name }),
        ...(wish.scopes === undefined ? {} : { scopes: scopeBits(scopesFor(row.kind, wish.scopes)) }),
        ...(wish.rate_limit === undefined ? {} : { rateLimit: checkedRate(wish.rate_limit, plan.per_minute_cap) }),
        ...(wish.expires_at === undefined ? {} : { expiresAt: expiryOf(wish.expires_at, nowMs()) }),
      }
      await database.transaction(async (tx) => {
        await planRepo(tx).lockAccount(accountId, database.dialect)
        // A new expiry can bring an expired key back to life, which needs the room of a new one.
        if (change.expiresAt !== undefined && statusOf(row, nowMs()) === 'expired')
          await assertRoom(keyRepo(tx), accountId, row.kind, plan.max_keys)
        await keyRepo(tx).update(accountId, id, change)
        await audit.append(tx, {
          accountId,
          actor,
          action: 'key.changed',
          target: id,
          data: { fields: Object.keys(change).join(',') },
        })
      })
      await revocations.announceChange(accountId)
      return show(await get(accountId, id))
    },
    /** The key fails on the next request, in every process. Revoking it again changes nothing. @throws {AppError} KEY_NOT_FOUND */
    revoke,
    /** @throws {AppError} KEY_NOT_FOUND, KEY_NOT_ROTATABLE */
    async rotate(
      accountId: string,
      actor: string,
      id: string,
      overlapSeconds: number,
    ): Promise<ApiKey & { key: string }> {
      const old = await get(accountId, id)
      if (!isRotatable(old, nowMs())) throw new AppError(AccountErrors.KEY_NOT_ROTATABLE)
      const wish = {
        kind: old.kind,
        name: old.name,
        scopes: scopesOf(old.scopes),
        rate_limit: old.rate_limit,
        expires_at: isoOrNull(old.expires_at),
      }
      const { row, key, ended } = await issue(accountId, actor, wish, { id, overlapSeconds })
      await revocations.announceChange(accountId)
      await revocations.announce(ended)
      return { ...show(row), key }
    },
    /** As the published page of the files surface says it: by a device, a session, the key itself, or a key with every file permission. */
    async revokeAs(caller: Caller, id: string): Promise<void> {
      const master = FILE_SCOPES.every((scope) => (caller.scopes & scopeBits([scope])) !== 0)
      if (caller.kind === 'key' && caller.credentialId !== id) {
        // A key that may not revoke others must not learn which others exist.
        if (!master) throw new AppError(Failures.SCOPE_MISSING, { details: { scope: FILE_SCOPES.join(' ') } })
      }
      // Keys of the other surfaces are not this surface's to end: no permission of files speaks for them.
      if ((await repo.find(caller.accountId, id))?.kind !== 'files') throw new AppError(AccountErrors.KEY_NOT_FOUND)
      await revoke(caller.accountId, `${caller.kind}:${caller.credentialId}`, id)
    },
  }
}

const statusOf = (row: KeyRow, nowMs: number): ApiKey['status'] => {
  if (row.revoked_at !== null) return 'revoked'
  return row.expires_at !== null && row.expires_at <= nowMs ? 'expired' : 'active'
}

const isRotatable = (row: KeyRow, nowMs: number): boolean =>
  statusOf(row, nowMs) === 'active' && row.replaced_by === null

const scopesFor = (kind: KeyKind, wished: KeyWish['scopes']): readonly Scope[] => {
  if (wished === undefined) return ALLOWED[kind]
  const scopes = wished.flatMap((scope): readonly Scope[] =>
    scope === 'full_access' ? ['cards:read', 'cards:write'] : [scope],
  )
  if (scopes.some((scope) => !ALLOWED[kind].includes(scope))) throw new AppError(AccountErrors.SCOPES_NOT_ALLOWED)
  return scopes
}

const checkedRate = (rate: number | null | undefined, cap: number | null): number | null => {
  if (rate === undefined || rate === null) return null
  if (cap !== null && rate > cap) throw new AppError(AccountErrors.RATE_LIMIT_TOO_HIGH)
  return rate
}

const expiryOf = (text: string | null | undefined, nowMs: number): number | null => {
  if (text === undefined || text === null) return null
  const moment = Date.parse(text)
  if (!(moment > nowMs)) throw new AppError(AccountErrors.EXPIRY_PASSED)
  return moment
}

const iso = (ms: number): string => new Date(ms).toISOString()
const isoOrNull = (ms: number | null): string | null => (ms === null ? null : iso(ms))
