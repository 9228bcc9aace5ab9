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

/** A good credential, and how it came. */
interface Admission {
  readonly entry: Entry
  readonly token: string
  readonly byKey: boolean
  readonly inUrl: boolean
}
interface Memo extends Admission {
  readonly dialect: Dialect
  /** The entry's counters for this surface, and the map from which they came: another one when its limits change. */
  gate: LimitGate | undefined
  gates: Entry['limitGates'] | undefined
}
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
  const memos = new Map<string, Memo>()

  const admit = (context: GateRequest): void | Promise<void> => {
    if (context.endpoint.scope === 'public') return
    // What stood in the same place before was read before.
    const carried = carriedAlone(context)
    const memo = carried === undefined ? undefined : recall(carried, context, true)
    return memo === undefined ? admitNew(context, carried) : enter(context, memo, gateOf(memo, context.endpoint.budget))
  }

  /** @returns What was verified on this dialect, and nobody has ended since. */
  const recall = (carried: string, { dialect }: GateRequest, byKey: boolean): Memo | undefined => {
    const memo = memos.get(carried)
    if (memo === undefined || memo.dialect !== dialect || memo.byKey !== byKey) return undefined
    return directory.isFresh(memo.entry) && isLive(memo.entry) ? memo : undefined
  }

  const admitNew = (context: GateRequest, carried: string | undefined): void | Promise<void> => {
    let credentials: Credentials
    try {
      const carriers = options.queryKeys
        ? context.dialect.carriers
        : context.dialect.carriers.filter((carrier) => carrier !== 'query')
      credentials = readCredentials(context.raw, carriers, context.body)
    } catch (error) {
      return refuseUnknown(context, error)
    }
    if (credentials.inUrl) context.headers.push('referrer-policy', 'no-referrer')
    const byHwid = credentials.hwid !== undefined && (context.endpoint.by ?? DEFAULT_CALLERS).includes('device')
    if (credentials.key === undefined && byHwid) return admitDevice(context, credentials.hwid ?? '')
    const token = credentials.key ?? credentials.cookie
    if (token === undefined) return refuseUnknown(context, new AppError(Failures.AUTH_MISSING))
    const byKey = credentials.key !== undefined
    const memo = carried === undefined ? recall(token, context, byKey) : undefined
    const { inUrl } = credentials
    if (memo !== undefined)
      return enter(context, inUrl ? { ...memo, inUrl } : memo, gateOf(memo, context.endpoint.budget))
    return admitToken(context, token, byKey, inUrl)
  }

  const admitToken = (context: GateRequest, token: string, byKey: boolean, inUrl: boolean): void | Promise<void> => {
    const surface = surfaceOf(context.dialect)
    const fromCookie = !byKey
    if (!isWellFormed(token) && !fromCookie) return refuseUnknown(context, new AppError(Failures.AUTH_MALFORMED))
    // A session is what a browser holds and a key is what everybody else sends: neither passes for the other.
    if (fromCookie ? !looksLikeSessionToken(token) : !isKeyFor(token, surface))
      return refuseUnknown(context, new AppError(Failures.AUTH_INVALID))
    const digest = pepper.digest(token)
    const known = liveOrNone(directory.recall(digest))
    // What is dead in memory is looked up like what never was: the answer and its time are the same.
    if (known === undefined) return lookUp(context, token, digest, byKey, inUrl)
    const admission = { entry: known, token, byKey, inUrl }
    remember(context, admission)
    return enter(context, admission, known.limitGates.get(budgetOf(context)))
  }

  const gateOf = (memo: Memo, budget: string | undefined): LimitGate | undefined => {
    const { limitGates } = memo.entry
    if (budget !== undefined) return limitGates.get(budget)
    if (memo.gates !== limitGates || memo.gate === undefined) {
      memo.gates = limitGates
      memo.gate = limitGates.get(surfaceOf(memo.dialect))
    }
    return memo.gate
  }

  const lookUp = async (
    context: GateRequest,
    token: string,
    digest: string,
    byKey: boolean,
    inUrl: boolean,
  ): Promise<void> => {
    // Where every request asks the database, those with a good key must not depend on the guesses of a neighbour.
    const gateFor = (entry: Entry): LimitGate | undefined => entry.limitGates.get(budgetOf(context))
    if (directory.wasGood(digest)) {
      const entry = await findLive(token, digest, byKey)
      if (entry === undefined) return refuseUnknown(context, endedFailure(token))
      return enter(context, { entry, token, byKey, inUrl }, gateFor(entry))
    }
    const outcome = await budget.spend(
      failureCharge(context),
      () => liveOrNone(directory.recall(digest)),
      () => findLive(token, digest, byKey),
    )
    if ('refused' in outcome) return refuseLimited(context, outcome.refused, [failurePolicy])
    if (outcome.found === undefined) return refuseKnownBad(context, endedFailure(token))
    const admission = { entry: outcome.found, token, byKey, inUrl }
    remember(context, admission)
    await enter(context, admission, gateFor(outcome.found))
  }

  const findLive = async (token: string, digest: string, byKey: boolean): Promise<Entry | undefined> =>
    liveOrNone(await (byKey ? directory.findKey(token, digest) : directory.findSession(token, digest)))

  const liveOrNone = (entry: Entry | undefined): Entry | undefined =>
    entry !== undefined && isLive(entry) ? entry : undefined

  const remember = (context: GateRequest, { entry, token, byKey }: Admission): void => {
    if (!directory.remembers || context.raw.socket.destroyed) return
    const carried = carriedAlone(context) ?? token
    const socket = context.raw.socket as KnownSocket
    const tokens = socket[TOKENS] ?? holdTokens(socket)
    if (tokens.size >= TOKENS_PER_SOCKET) forget(tokens)
    tokens.add(carried)
    const { dialect } = context
    memos.set(carried, { entry, token, byKey, inUrl: false, dialect, gate: undefined, gates: undefined })
  }

  const holdTokens = (socket: KnownSocket): Set<string> => {
    const tokens = new Set<string>()
    socket[TOKENS] = tokens
    socket.once('close', () => forget(tokens))
    return tokens
  }

  const forget = (tokens: Set<string>): void => {
    for (const token of tokens) memos.delete(token)
    tokens.clear()
  }

  // A key that never expires, as most do, needs no look at the clock.
  const isLive = (entry: Entry): boolean =>
    entry.live && (entry.expiresAt === Number.POSITIVE_INFINITY || entry.expiresAt > clock.now().getTime())

  const enter = (context: GateRequest, admission: Admission, known: LimitGate | undefined): void | Promise<void> => {
    const { entry } = admission
    if (!admission.byKey) assertSameSite(context, options.ownOrigin())
    const gate = known ?? newGate(context, entry)
    const decision = gate === undefined ? takeUngated(context, entry) : gate.take()
    if (decision === undefined) return finish(context, admission, clock.now().getTime())
    if (decision instanceof Promise)
      return decision.then((late) => {
        const nowMs = clock.now().getTime()
        printAdmission(context, late, nowMs, gate)
        return decidedLate(context, admission, late, nowMs)
      })
    const nowMs = decision.atMs ?? clock.now().getTime()
    printAdmission(context, decision, nowMs, gate)
    // Decided without a pause: nobody can have ended the credential since it was looked at.
    return directory.followsEpoch ? decidedLate(context, admission, decision, nowMs) : finish(context, admission, nowMs)
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
    return gate
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
    admission: Admission,
    { epoch }: Decision,
    nowMs: number,
  ): void | Promise<void> => {
    directory.observeEpoch(epoch)
    // Also when another request has been the first to learn of it, while this one waited for its decision.
    if (!directory.isFresh(admission.entry)) return lookAgain(context, admission)
    // The one who learnt of it first has looked again by now, and found that this entry, fresh as it is, has ended.
    if (!isLive(admission.entry)) throw endedFailure(admission.token)
    return finish(context, admission, nowMs)
  }

  // Somebody has revoked something, perhaps this credential. Its request is paid for already.
  const lookAgain = async (context: GateRequest, admission: Admission): Promise<void> => {
    const { token, byKey, inUrl } = admission
    const entry = await findLive(token, pepper.digest(token), byKey)
    if (entry === undefined) throw endedFailure(token)
    const found = { entry, token, byKey, inUrl }
    remember(context, found)
    finish(context, found, clock.now().getTime())
  }

  const finish = (context: GateRequest, { entry, inUrl }: Admission, nowMs: number): void => {
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
