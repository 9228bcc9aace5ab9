import type { Socket } from 'node:net'
import type { Clock } from '../../platform/clock.ts'
import { AppError } from '../../platform/errors.ts'
import {
  ALL_SCOPES,
  type CallerKind,
  type Dialect,
  Failures,
  type Gate,
  type GateRequest,
  queryKeysOf,
  scopeBit,
  surfaceOf,
} from '../../platform/http/index.ts'
import {
  type Charge,
  type Decision,
  type Limiter,
  type Gate as LimitGate,
  type Policy,
  policyHeader,
  rateLimitHeader,
  windowPolicy,
} from '../../platform/limits/index.ts'
import { type CredentialKind, classifyKey } from '../api-keys/grammar.ts'
import type { Pepper } from '../api-keys/pepper.ts'
import type { DeviceRepo } from '../devices/repo.ts'
import { looksLikeSessionToken } from '../sessions/token.ts'
import { networkOf } from './addresses.ts'
import { type Credentials, isWellFormed, onlyAuthorization, readCredentials } from './carriers.ts'
import type { Directory, Entry } from './directory.ts'
import { budgetOf, chargesFor, type DialectLimits } from './limits.ts'
import { lookUpBudget } from './look-up-budget.ts'
import { assertSameSite } from './same-site.ts'

export interface GateOptions {
  readonly directory: Directory
  readonly devices: DeviceRepo
  readonly pepper: Pepper
  readonly limiter: Limiter
  readonly clock: Clock
  /** The limits of each surface, by its name. */
  readonly limits: Readonly<Record<string, DialectLimits>>
  readonly sessionsPerMinute: number
  readonly failuresPerMinute: number
  /** Whether `?api_key=` counts where the dialect reads it. */
  readonly queryKeys: boolean
  /** Our own origin, `https://files.example`, for requests that a browser sends. */
  readonly ownOrigin: () => string
}

// A key of these kinds is for its own surface; keys of the kind `files` go wherever their scopes allow.
const SURFACE: Partial<Record<CredentialKind, string>> = { bots: 'bots', cards: 'cards', oauth: 'cards' }
const DEFAULT_CALLERS: readonly CallerKind[] = ['key', 'session']
// What the enrolment accepts; anything else is refused without a hash or a query.
const HWID = /^[\x21-\x7e]{32,256}$/

const TOKENS: unique symbol = Symbol('tokens')
type KnownSocket = Socket & { [TOKENS]?: Set<string> }
// A proxy sends the keys of many clients over one connection.
const TOKENS_PER_SOCKET = 512

/**
 * The one way into every surface: credentials, state, limits, scope, in this order. A credential that was verified is
 * remembered as it is while the connection lasts that brought it, and not longer, so that a client which keeps its
 * connection pays for one hash.
 */
export const accountsGate = (options: GateOptions): Gate => {
  const { directory, limiter, clock, pepper } = options
  const sessionPolicy = windowPolicy('session', options.sessionsPerMinute, 60_000)
  const sessionCharge = (accountId: string): Charge => ({ subject: `account:${accountId}`, policy: sessionPolicy })
  const failurePolicy = windowPolicy('auth-failures', options.failuresPerMinute, 60_000)
  const failureCharge = ({ ip }: GateRequest): Charge => ({ subject: `ip:${networkOf(ip)}`, policy: failurePolicy })
  const budget = lookUpBudget(limiter)
  // One for all connections: the same few are then looked up again and again, and stay in the processor's cache.
  // By dialect, because the same words may be no credential in another one.
  const verified = new Map<Dialect, Map<string, Entry>>()

  const admit = (context: GateRequest): void | Promise<void> => {
    if (context.endpoint.scope === 'public') return
    // What stood in the same place before was read before.
    const carried = carriedAlone(context)
    const known = carried === undefined ? undefined : recall(carried, context, 'key')
    return known === undefined ? admitNew(context, carried) : enter(context, known, false)
  }

  /** @returns What was verified on this dialect, and nobody has ended since. */
  const recall = (carried: string, { dialect }: GateRequest, type: Entry['type']): Entry | undefined => {
    const entry = verified.get(dialect)?.get(carried)
    if (entry === undefined || entry.type !== type) return undefined
    return directory.isFresh(entry) && directory.isLive(entry) ? entry : undefined
  }

  const admitNew = (context: GateRequest, carried: string | undefined): void | Promise<void> => {
    let credentials: Credentials
    try {
      credentials = credentialsOf(context)
    } catch (error) {
      return refuseUnknown(context, error)
    }
    if (credentials.inUrl) context.headers.push('referrer-policy', 'no-referrer')
    const byHwid = credentials.hwid !== undefined && (context.endpoint.by ?? DEFAULT_CALLERS).includes('device')
    if (credentials.key === undefined && byHwid) return admitDevice(context, credentials.hwid ?? '')
    const token = credentials.key ?? credentials.cookie
    if (token === undefined) return refuseUnknown(context, new AppError(Failures.AUTH_MISSING))
    const type = credentials.key === undefined ? 'session' : 'key'
    const known = carried === undefined ? recall(bare(token), context, type) : undefined
    if (known !== undefined) return enter(context, known, credentials.inUrl)
    return admitToken(context, token, type, credentials.inUrl)
  }

  const credentialsOf = ({ raw, dialect, body }: GateRequest): Credentials => {
    const { carriers } = dialect
    return readCredentials(raw, options.queryKeys ? carriers : carriers.filter((one) => one !== 'query'), body)
  }

  const admitToken = (
    context: GateRequest,
    token: string,
    type: Entry['type'],
    inUrl: boolean,
  ): void | Promise<void> => {
    const surface = surfaceOf(context.dialect)
    const fromCookie = type === 'session'
    if (!isWellFormed(token) && !fromCookie) return refuseUnknown(context, new AppError(Failures.AUTH_MALFORMED))
    // A session is what a browser holds and a key is what everybody else sends: neither passes for the other.
    if (fromCookie ? !looksLikeSessionToken(token) : !isKeyFor(token, surface))
      return refuseUnknown(context, new AppError(Failures.AUTH_INVALID))
    const digest = pepper.digest(token)
    const known = liveOrNone(directory.recall(digest))
    // What is dead in memory is looked up like what never was: the answer and its time are the same.
    if (known === undefined) return lookUp(context, token, digest, type, inUrl)
    remember(context, token, known)
    return enter(context, known, inUrl)
  }

  const lookUp = async (
    context: GateRequest,
    token: string,
    digest: string,
    type: Entry['type'],
    inUrl: boolean,
  ): Promise<void> => {
    // Where every request asks the database, those with a good key must not depend on the guesses of a neighbour.
    if (directory.wasGood(digest)) {
      const entry = await findLive(token, digest, type)
      if (entry === undefined) return refuseUnknown(context, endedFailure(token))
      return enter(context, entry, inUrl)
    }
    const outcome = await budget.spend(
      failureCharge(context),
      () => liveOrNone(directory.recall(digest)),
      () => findLive(token, digest, type),
    )
    if ('refused' in outcome) return refuseLimited(context, outcome.refused, [failurePolicy])
    if (outcome.found === undefined) return refuseKnownBad(context, endedFailure(token))
    remember(context, token, outcome.found)
    await enter(context, outcome.found, inUrl)
  }

  const findLive = async (token: string, digest: string, type: Entry['type']): Promise<Entry | undefined> =>
    liveOrNone(await (type === 'key' ? directory.findKey(token, digest) : directory.findSession(token, digest)))

  const liveOrNone = (entry: Entry | undefined): Entry | undefined =>
    entry !== undefined && directory.isLive(entry) ? entry : undefined

  const remember = (context: GateRequest, token: string, entry: Entry): void => {
    if (!directory.remembers || context.raw.socket.destroyed) return
    const carried = carriedAlone(context) ?? bare(token)
    const socket = context.raw.socket as KnownSocket
    const tokens = socket[TOKENS] ?? holdTokens(socket)
    if (tokens.size >= TOKENS_PER_SOCKET) forget(tokens)
    tokens.add(carried)
    const here = verified.get(context.dialect) ?? new Map<string, Entry>()
    verified.set(context.dialect, here.set(carried, entry))
  }

  const holdTokens = (socket: KnownSocket): Set<string> => {
    const tokens = new Set<string>()
    socket[TOKENS] = tokens
    socket.once('close', () => forget(tokens))
    return tokens
  }

  const forget = (tokens: Set<string>): void => {
    for (const here of verified.values()) for (const token of tokens) here.delete(token)
    tokens.clear()
  }

  const enter = (context: GateRequest, entry: Entry, inUrl: boolean): void | Promise<void> => {
    if (entry.type === 'session') assertSameSite(context, options.ownOrigin())
    const gate = gateOf(context, entry) ?? newGate(context, entry)
    const decision = gate === undefined ? takeUngated(context, entry) : gate.take()
    if (decision === undefined) return finish(context, entry, inUrl, clock.now().getTime())
    if (decision instanceof Promise)
      return decision.then((late) => {
        const nowMs = clock.now().getTime()
        printAdmission(context, late, nowMs, gate)
        return decidedLate(context, entry, inUrl, late, nowMs)
      })
    const nowMs = decision.atMs ?? clock.now().getTime()
    printAdmission(context, decision, nowMs, gate)
    // Decided without a pause: nobody can have ended the credential since it was looked at.
    if (directory.followsEpoch) return decidedLate(context, entry, inUrl, decision, nowMs)
    return finish(context, entry, inUrl, nowMs)
  }

  /** @throws {AppError} RATE_LIMITED */
  const printAdmission = (
    context: GateRequest,
    decision: Decision,
    nowMs: number,
    gate: LimitGate | undefined,
  ): void => {
    printLimits(context, decision, nowMs, gate?.policyHeader)
    if (!decision.allowed) refuseLimited(context, decision, [])
  }

  /** @returns undefined where counters cannot be kept beside the credential, because there are none or others share them. */
  const newGate = (context: GateRequest, entry: Entry): LimitGate | undefined => {
    const limits = options.limits[budgetOf(context)]
    const charges = entry.type === 'session' ? [sessionCharge(entry.accountId)] : chargesFor(entry, limits, context)
    if (charges === undefined || (entry.type === 'key' && limits?.subject === 'ip')) return undefined
    const gate = limiter.gate(charges)
    entry.limitGates.set(budgetOf(context), gate)
    entry.lastGate = gate
    return gate
  }

  const gateOf = (context: GateRequest, entry: Entry): LimitGate | undefined => {
    const budget = budgetOf(context)
    if (entry.lastBudget !== budget) {
      entry.lastBudget = budget
      entry.lastGate = entry.limitGates.get(budget)
    }
    return entry.lastGate
  }

  /** @returns undefined where nothing is counted and nobody else's revocations have to be learnt. */
  const takeUngated = (context: GateRequest, entry: Entry): Decision | Promise<Decision> | undefined => {
    const limits = options.limits[budgetOf(context)]
    const charges = entry.type === 'session' ? undefined : chargesFor(entry, limits, context)
    if (charges !== undefined) return limiter.take(charges)
    return directory.followsEpoch ? limiter.take([]) : undefined
  }

  const decidedLate = (
    context: GateRequest,
    entry: Entry,
    inUrl: boolean,
    { epoch }: Decision,
    nowMs: number,
  ): void | Promise<void> => {
    directory.observeEpoch(epoch)
    // Also when another request has been the first to learn of it, while this one waited for its decision.
    if (!directory.isFresh(entry)) return lookAgain(context, entry.type, inUrl)
    // The one who learnt of it first has looked again by now, and found that this entry, fresh as it is, has ended.
    if (!directory.isLive(entry)) throw endedFailure(tokenOf(context))
    return finish(context, entry, inUrl, nowMs)
  }

  // Somebody has revoked something, perhaps this credential. Its request is paid for already.
  const lookAgain = async (context: GateRequest, type: Entry['type'], inUrl: boolean): Promise<void> => {
    const token = tokenOf(context)
    const entry = await findLive(token, pepper.digest(token), type)
    if (entry === undefined) throw endedFailure(token)
    remember(context, token, entry)
    finish(context, entry, inUrl, clock.now().getTime())
  }

  /** Read again, because who is remembered is let in without. */
  const tokenOf = (context: GateRequest): string => {
    const { key, cookie } = credentialsOf(context)
    return key ?? cookie ?? ''
  }

  const finish = (context: GateRequest, entry: Entry, inUrl: boolean, nowMs: number): void => {
    const { endpoint } = context
    if (!(endpoint.by ?? DEFAULT_CALLERS).includes(entry.type)) throw new AppError(Failures.CREDENTIAL_KIND)
    const scopes = entry.type === 'key' ? entry.scopes : ALL_SCOPES
    context.caller = { kind: entry.type, accountId: entry.accountId, scopes, credentialId: entry.id }
    if (entry.type === 'key') {
      directory.noteUse(entry, nowMs, context.ip, inUrl)
      if (!entry.planAllowsApi && endpoint.plan !== false) throw new AppError(Failures.PLAN_REQUIRED)
    }
    if (endpoint.scope !== 'any' && endpoint.scope !== 'public' && (scopes & scopeBit(endpoint.scope)) === 0)
      throw new AppError(Failures.SCOPE_MISSING, { details: { scope: endpoint.scope } })
  }

  const admitDevice = async (context: GateRequest, hwid: string): Promise<void> => {
    if (!HWID.test(hwid)) return refuseUnknown(context, new AppError(Failures.AUTH_INVALID))
    const findDevice = async () => {
      const device = await options.devices.lookUp(pepper.hash(`hwid:${hwid}`))
      return device !== undefined && device.revoked_at === null && device.status === 'active' ? device : undefined
    }
    const outcome = await budget.spend(failureCharge(context), () => undefined, findDevice)
    if ('refused' in outcome) return refuseLimited(context, outcome.refused, [failurePolicy])
    const device = outcome.found
    if (device === undefined) return refuseKnownBad(context, new AppError(Failures.AUTH_INVALID))
    const decision = await limiter.take([sessionCharge(device.account_id)])
    printLimits(context, decision)
    if (!decision.allowed) return refuseLimited(context, decision, [])
    await options.devices.recordUse(device.id, clock.now().getTime())
    context.caller = { kind: 'device', accountId: device.account_id, scopes: ALL_SCOPES, credentialId: device.id }
  }

  /** @param policies The value of `RateLimit-Policy`, from whoever has it at hand. */
  const printLimits = (
    { headers, dialect }: GateRequest,
    decision: Decision,
    nowMs = clock.now().getTime(),
    policies = policyHeader(decision.states.map(({ policy }) => policy)),
  ): void => {
    if (decision.states.length === 0) return
    // One by one: spreading them costs more than making them.
    for (const text of dialect.limitHeaders(decision, nowMs)) headers.push(text)
    headers.push('ratelimit-policy', policies, 'ratelimit', rateLimitHeader(decision))
  }

  // Somebody without a good credential: the address pays, where a limit counts addresses, and guesses pay twice.
  const refuseUnknown = (context: GateRequest, error: unknown): void | Promise<void> => {
    const limits = options.limits[budgetOf(context)]
    const charges = limits?.subject === 'ip' ? (chargesFor(undefined, limits, context) ?? []) : []
    const guessed = error instanceof AppError && (error.code === 'AUTH_INVALID' || error.code === 'AUTH_MALFORMED')
    const all = guessed ? [...charges, failureCharge(context)] : charges
    if (all.length === 0) throw error
    const settle = (decision: Decision): void => {
      if (charges.length > 0) printLimits(context, { ...decision, states: decision.states.slice(0, charges.length) })
      if (!decision.allowed) refuseLimited(context, decision, [])
      throw error
    }
    const decision = limiter.take(all)
    return decision instanceof Promise ? decision.then(settle) : settle(decision)
  }

  // The failure has been charged already; only the address's own limit is left to charge and to print.
  const refuseKnownBad = async (context: GateRequest, error: AppError): Promise<never> => {
    const charges = chargesFor(undefined, options.limits[budgetOf(context)], context)
    if (charges !== undefined) {
      const decision = await limiter.take(charges)
      printLimits(context, decision)
      if (!decision.allowed) return refuseLimited(context, decision, [])
    }
    throw error
  }

  const refuseLimited = (context: GateRequest, decision: Decision, shown: readonly Policy[]): never => {
    if (shown.length > 0)
      context.headers.push('ratelimit-policy', policyHeader(shown), 'ratelimit', rateLimitHeader(decision))
    throw new AppError(Failures.RATE_LIMITED, { retryAfterSeconds: decision.retryAfterSeconds })
  }

  return { admit }
}

/** A credential that stood alone in its place. No value of `Authorization` begins with a space. */
const bare = (token: string): string => ` ${token}`

/** The value of `Authorization`, where a request can have no credential anywhere else. */
const carriedAlone = ({ raw, body }: GateRequest): string | undefined =>
  body === undefined && queryKeysOf(raw).length === 0 ? onlyAuthorization(raw) : undefined

// Clients of cards tell a key that is of no use any more from a token that they can have renewed: by the code of what
// is no key at all.
const endedFailure = (token: string): AppError =>
  new AppError(classifyKey(token) === 'oauth' ? Failures.AUTH_MALFORMED : Failures.AUTH_INVALID)

const isKeyFor = (token: string, surface: string): boolean => {
  const kind = classifyKey(token)
  const only = kind === undefined ? undefined : SURFACE[kind]
  return kind !== undefined && (only === undefined || only === surface)
}
