import type { Clock } from '../../platform/clock.ts'
import { DAY_MS, type Gate as LimitGate } from '../../platform/limits/index.ts'
import { type DayUse, dayOf } from '../api-keys/days.ts'
import type { CredentialKind } from '../api-keys/grammar.ts'
import { type Pepper, sameDigest } from '../api-keys/pepper.ts'
import type { KeyRepo, KeyUse, LiveKey } from '../api-keys/repo.ts'
import type { SessionLookup, SessionRepo } from '../sessions/repo.ts'
import type { SessionClaims, SessionTokens } from '../sessions/token.ts'

/** What requests see of a key and of a session alike. */
interface Admissible {
  readonly id: string
  readonly digest: string
  readonly accountId: string
  live: boolean
  /** The directory's generation in which the database last said all this. */
  generation: number
  /** Whether it ever does: a key that does not, as most do not, needs no look at the clock. */
  expires: boolean
  /** Milliseconds. */
  expiresAt: number
  /** Counters of its limits, by what is counted; made at the first use and dropped when the limits change. */
  limitGates: Map<string, LimitGate>
  /** The ones that the last request needed: the next one mostly needs the same. */
  lastBudget: string | undefined
  lastGate: LimitGate | undefined
}

/**
 * A key as requests see it: one object per key for as long as the process remembers it, changed in place, so that
 * whoever holds it sees a revocation at once.
 */
export interface KeyEntry extends Admissible {
  readonly type: 'key'
  readonly kind: CredentialKind
  /** Whose calls are counted together: those of a key, or all that one program makes for an account. */
  readonly countedAs: string
  scopes: number
  planAllowsApi: boolean
  rateLimit: number | null
  perMinuteCap: number | null
  perDay: number | null
  /** What is not written yet: the uses of the last day on which there were any, and those of days before it. */
  uses: number
  usesDay: number
  earlier: readonly DayUse[]
  usesInUrl: number
  /** The day of its last use and the milliseconds of that day; day 0 before the first. */
  lastUsedDay: number
  lastUsedMs: number
  lastUsedIp: string
  unsaved: boolean
}

/** A browser session as requests see it. */
export interface SessionEntry extends Admissible {
  readonly type: 'session'
  readonly tokenVersion: number
}

export type Entry = KeyEntry | SessionEntry

/**
 * How far memory can be believed. `always`: this process is the only one. `epoch`: until another process says that
 * something was revoked. `never`: every request asks the database.
 */
export type Trust = 'always' | 'epoch' | 'never'

// A commit costs more than the rows in it; a transaction of more rows would keep others waiting.
const USES_AT_ONCE = 500

export interface DirectoryOptions {
  readonly keys: KeyRepo
  readonly sessions: SessionRepo
  readonly tokens: SessionTokens
  readonly pepper: Pepper
  readonly clock: Clock
  readonly trust: Trust
  /** Entries of each kind that are remembered. */
  readonly maxEntries?: number
}

/**
 * Keys and sessions by the digest of their value. What is in memory is answered at once; the rest is looked up.
 */
export class Directory {
  readonly #options: DirectoryOptions
  readonly #byDigest = new Map<string, Entry>()
  readonly #byId = new Map<string, Entry>()
  readonly #unsaved = new Set<KeyEntry>()
  #epoch: number | null = null
  /** Counts everything that ends credentials; a row read before such a moment may be out of date. */
  #endings = 0
  /** Grows whenever everything in memory is doubted; what was remembered before it is looked up again. */
  generation = 0

  constructor(options: DirectoryOptions) {
    this.#options = options
  }

  /** @returns What memory says of a credential, or undefined when the database has to be asked. */
  recall(digest: string): Entry | undefined {
    return this.#options.trust === 'never' ? undefined : this.#byDigest.get(digest)
  }

  /** Whether a credential was good when it was last looked up: then sending it again is no guess. */
  wasGood(digest: string): boolean {
    const entry = this.#byDigest.get(digest)
    return entry !== undefined && this.isLive(entry)
  }

  /** Whether an entry can be let in, as far as memory knows. */
  isLive(entry: Entry): boolean {
    return entry.live && (!entry.expires || entry.expiresAt > this.#options.clock.now().getTime())
  }

  /** Whether a credential that was good on a connection may be taken for good there again. */
  get remembers(): boolean {
    return this.#options.trust !== 'never'
  }

  /** Whether each request has to learn the epoch, also one that no limit counts. */
  get followsEpoch(): boolean {
    return this.#options.trust === 'epoch'
  }

  /** @returns undefined for a key that has ended or never was */
  async findKey(token: string, digest: string): Promise<KeyEntry | undefined> {
    const hash = this.#options.pepper.hash(token)
    const { keys, clock } = this.#options
    const row = await this.#read(() => keys.findLive(hash, clock.now().getTime()))
    if (row === undefined || !sameDigest(row.hash, hash)) return this.#endUnfound(digest)
    return this.#rememberKey(digest, row)
  }

  /** @returns undefined for a token that we did not sign, or whose session does not exist */
  async findSession(token: string, digest: string): Promise<SessionEntry | undefined> {
    const claims = this.#options.tokens.verify(token)
    if (claims === undefined) return undefined
    const row = await this.#read(() => this.#options.sessions.lookUp(claims.sid))
    if (row === undefined || row.account_id !== claims.sub) return undefined
    return this.#rememberSession(digest, claims, row)
  }

  /**
   * Drops everything from memory when another process has revoked something since the last request.
   *
   * @param epoch null while nobody can say whether something was revoked: then nothing is fresh.
   */
  observeEpoch(epoch: number | null): void {
    if (this.#options.trust !== 'epoch' || epoch === this.#epoch) return
    this.#epoch = epoch
    this.forgetAll()
  }

  /** Whether nothing has been revoked anywhere, as far as is known, since the database was asked for an entry. */
  isFresh(entry: Entry): boolean {
    return entry.generation === this.generation && !(this.followsEpoch && this.#epoch === null)
  }

  forgetAll(): void {
    this.#endings += 1
    this.generation += 1
    this.#byDigest.clear()
  }

  /** Ends keys or sessions by id, for the very next request of this process. */
  end(ids: readonly string[]): void {
    this.#endings += 1
    for (const id of ids) {
      const entry = this.#byId.get(id)
      if (entry !== undefined) entry.live = false
    }
  }

  /** Ends all that an account has in memory; it is looked up again if it is still good. */
  forgetAccount(accountId: string): void {
    this.#endings += 1
    this.generation += 1
    for (const [digest, entry] of this.#byDigest) if (entry.accountId === accountId) this.#byDigest.delete(digest)
  }

  noteUse(entry: KeyEntry, nowMs: number, ip: string, inUrl: boolean): void {
    const day = dayOf(nowMs)
    countUses(entry, day, 1)
    if (inUrl) entry.usesInUrl += 1
    entry.lastUsedDay = day
    entry.lastUsedMs = nowMs - day * DAY_MS
    entry.lastUsedIp = ip
    if (entry.unsaved) return
    entry.unsaved = true
    this.#unsaved.add(entry)
  }

  /**
   * What was counted for a key and is not written yet: a reader adds it to what the database says. The last use is told
   * as long as the key is remembered, because a write may be under way.
   */
  pendingUse(keyId: string): KeyUse | undefined {
    const entry = this.#byId.get(keyId)
    return entry?.type === 'key' && entry.lastUsedDay > 0 ? toUse(entry) : undefined
  }

  /** Writes what was counted. @throws when the database does not answer; the counts are kept then. */
  async saveUses(): Promise<void> {
    const entries = [...this.#unsaved]
    for (let start = 0; start < entries.length; start += USES_AT_ONCE)
      await this.#saveUsesOf(entries.slice(start, start + USES_AT_ONCE))
  }

  async #saveUsesOf(entries: readonly KeyEntry[]): Promise<void> {
    const uses = entries.map(toUse)
    for (const entry of entries) {
      this.#unsaved.delete(entry)
      entry.unsaved = false
      entry.uses = 0
      entry.earlier = []
      entry.usesInUrl = 0
    }
    try {
      await this.#options.keys.recordUses(uses)
    } catch (error) {
      for (const [index, entry] of entries.entries()) {
        for (const { day, requests } of uses[index]?.days ?? []) countUses(entry, day, requests)
        entry.usesInUrl += uses[index]?.usesInUrl ?? 0
        entry.unsaved = true
        this.#unsaved.add(entry)
      }
      throw error
    }
  }

  // A row that was read while something was revoked may still say the opposite, and would be believed from then on.
  async #read<T>(query: () => Promise<T>): Promise<T> {
    for (;;) {
      const before = this.#endings
      const row = await query()
      if (before === this.#endings) return row
    }
  }

  #endUnfound(digest: string): undefined {
    const known = this.#byDigest.get(digest)
    if (known !== undefined) known.live = false
  }

  #rememberKey(digest: string, row: LiveKey): KeyEntry {
    const known = this.#byId.get(row.id)
    const entry = known?.type === 'key' ? known : newKeyEntry(digest, row)
    const limitsChanged =
      entry.rateLimit !== row.rate_limit || entry.perMinuteCap !== row.per_minute_cap || entry.perDay !== row.per_day
    if (limitsChanged) dropGates(entry)
    entry.rateLimit = row.rate_limit
    entry.perMinuteCap = row.per_minute_cap
    entry.perDay = row.per_day
    entry.scopes = row.scopes
    entry.expires = row.expires_at !== null
    entry.expiresAt = row.expires_at ?? 0
    entry.live = true
    entry.planAllowsApi = row.api === 1
    this.#remember(entry)
    return entry
  }

  #rememberSession(digest: string, claims: SessionClaims, row: SessionLookup): SessionEntry {
    const known = this.#byId.get(row.id)
    const isKnown = known?.type === 'session' && known.tokenVersion === claims.tv
    const entry = isKnown ? known : newSessionEntry(digest, claims, row)
    entry.expiresAt = Math.min(claims.exp * 1000, row.expires_at)
    entry.live = row.revoked_at === null && row.status === 'active' && row.token_version === claims.tv
    this.#remember(entry)
    return entry
  }

  #remember(entry: Entry): void {
    const most = this.#options.maxEntries ?? 100_000
    if (this.#byId.size >= most && !this.#byId.has(entry.id)) this.#dropOldest()
    entry.generation = this.generation
    this.#byDigest.set(entry.digest, entry)
    this.#byId.set(entry.id, entry)
  }

  // From both maps at once, and dead for the connections that hold it: a revocation could not reach it any more.
  // Counts that are not written yet stay reachable through #unsaved.
  #dropOldest(): void {
    const oldest = this.#byId.values().next().value
    if (oldest === undefined) return
    oldest.live = false
    this.#byId.delete(oldest.id)
    this.#byDigest.delete(oldest.digest)
  }
}

// What each request reads or writes stands first and holds no fractions: together it fits three lines of the
// processor's cache, so that many keys in turn cost little more than one.
const newKeyEntry = (digest: string, row: LiveKey): KeyEntry => ({
  type: 'key',
  live: false,
  generation: 0,
  expires: true,
  lastBudget: undefined,
  lastGate: undefined,
  limitGates: new Map(),
  accountId: row.account_id,
  id: row.id,
  scopes: 0,
  planAllowsApi: false,
  unsaved: false,
  usesDay: 0,
  uses: 0,
  lastUsedDay: 0,
  lastUsedMs: 0,
  lastUsedIp: '',
  usesInUrl: 0,
  earlier: [],
  expiresAt: 0,
  digest,
  kind: row.kind,
  countedAs: row.client_id === null ? `key:${row.id}` : `client:${row.client_id}:${row.account_id}`,
  rateLimit: null,
  perMinuteCap: null,
  perDay: null,
})

const newSessionEntry = (digest: string, { tv: tokenVersion }: SessionClaims, row: SessionLookup): SessionEntry => ({
  type: 'session',
  live: false,
  generation: 0,
  expires: true,
  lastBudget: undefined,
  lastGate: undefined,
  limitGates: new Map(),
  accountId: row.account_id,
  id: row.id,
  expiresAt: 0,
  digest,
  tokenVersion,
})

const dropGates = (entry: Entry): void => {
  entry.limitGates = new Map()
  entry.lastBudget = undefined
  entry.lastGate = undefined
}

const countUses = (entry: KeyEntry, day: number, requests: number): void => {
  if (entry.usesDay !== day) {
    entry.earlier = daysOf(entry)
    entry.uses = 0
    entry.usesDay = day
  }
  entry.uses += requests
}

/** @returns Each day once, with what is not written of it. */
const daysOf = ({ id: keyId, uses, usesDay, earlier }: KeyEntry): readonly DayUse[] => {
  if (uses === 0) return earlier
  const known = earlier.find(({ day }) => day === usesDay)
  const rest = earlier.filter((use) => use !== known)
  return [...rest, { keyId, day: usesDay, requests: uses + (known?.requests ?? 0) }]
}

const toUse = (entry: KeyEntry): KeyUse => {
  const days = daysOf(entry)
  return {
    keyId: entry.id,
    uses: days.reduce((sum, { requests }) => sum + requests, 0),
    days,
    usesInUrl: entry.usesInUrl,
    lastUsedAt: entry.lastUsedDay * DAY_MS + entry.lastUsedMs,
    lastUsedIp: entry.lastUsedIp,
  }
}
