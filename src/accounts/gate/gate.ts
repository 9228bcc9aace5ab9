import type { Socket } from 'node:net'
import type { Clock } from '../../platform/clock.ts'
import { AppError, type ErrorEntry } from '../../platform/errors.ts'
import {
  ALL_SCOPES,
  type CallerKind,
  Failures,
  type Gate,
  type RequestContext,
  scopeBit,
} from '../../platform/http/index.ts'
import {
  type Charge,
  type Decision,
  type Limiter,
  type Policy,
  policyHeader,
  rateLimitHeader,
  windowPolicy,
} from '../../platform/limits/index.ts'
import { classifyKey, type KeyKind } from '../api-keys/grammar.ts'
import type { Pepper } from '../api-keys/pepper.ts'
import type { DeviceRepo } from '../devices/repo.ts'
import { looksLikeSessionToken } from '../sessions/token.ts'
import { networkOf } from './addresses.ts'
import { type Credentials, readCredentials } from './carriers.ts'
import type { Directory, Entry } from './directory.ts'
import { chargesFor, type DialectLimits } from './limits.ts'
import { assertSameSite } from './same-site.ts'

export interface GateOptions {
  readonly directory: Directory
  readonly devices: DeviceRepo
  readonly pepper: Pepper
  readonly limiter: Limiter
  readonly clock: Clock
  /** The limits of each dialect, by its name. */
  readonly limits: Readonly<Record<string, DialectLimits>>
  readonly sessionsPerMinute: number
  readonly failuresPerMinute: number
  /** Whether `?api_key=` counts where the dialect reads it. */
  readonly queryKeys: boolean
  /** Our own origin, `https://files.example`, for requests that a browser sends. */
  readonly ownOrigin: () => string
}

// A key of these kinds is for its own surface; keys of the kind `files` go wherever their scopes allow.
const SURFACE: Partial<Record<KeyKind, string>> = { bots: 'bots', cards: 'cards' }
const DEFAULT_CALLERS: readonly CallerKind[] = ['key', 'session']

interface Memo {
  readonly token: string
  readonly dialect: string
  readonly entry: Entry
  readonly generation: number
}
const MEMO: unique symbol = Symbol('credential')
type KnownSocket = Socket & { [MEMO]?: Memo }

/**
 * The one way into every surface: credentials, state, limits, scope, in this order. What was verified on a connection
 * is remembered for that connection, so a client that keeps its connection pays for one hash.
 */
export const accountsGate = (options: GateOptions): Gate => {
  const { directory, limiter, clock, pepper } = options
  const sessionPolicy = windowPolicy('session', options.sessionsPerMinute, 60_000)
  const failurePolicy = windowPolicy('auth-failures', options.failuresPerMinute, 60_000)
  const failureCharge = (context: RequestContext): Charge => ({ subject: `ip:${networkOf(context.ip)}`, policy: failurePolicy })

  const admit = (context: RequestContext): void | Promise<void> => {
    if (context.endpoint.scope === 'public') return
    let credentials: Credentials
    try {
      const carriers = options.queryKeys ? context.dialect.carriers : context.dialect.carriers.filter((carrier) => carrier !== 'query')
      credentials = readCredentials(context.raw, carriers, context.body)
    } catch (error) {
      return refuseUnknown(context, error)
    }
    if (credentials.inUrl) context.headers.push('referrer-policy', 'no-referrer')
    const byHwid = credentials.hwid !== undefined && (context.endpoint.by ?? DEFAULT_CALLERS).includes('device')
    if (credentials.key === undefined && byHwid) return admitDevice(context, credentials.hwid ?? '')
    const token = credentials.key ?? credentials.cookie
    if (token === undefined) return refuseUnknown(context, new AppError(Failures.AUTH_MISSING))
    return admitToken(context, token, credentials)
  }

  const admitToken = (context: RequestContext, token: string, credentials: Credentials): void | Promise<void> => {
    const socket = context.raw.socket as KnownSocket
    const memo = socket[MEMO]
    if (memo !== undefined && memo.token === token && memo.dialect === context.dialect.name && memo.generation === directory.generation)
      return enter(context, memo.entry, token, credentials)

    const kind = looksLikeSessionToken(token) ? 'session' : classifyKey(token)
    const surface = kind === undefined || kind === 'session' ? undefined : SURFACE[kind]
    if (kind === undefined || (surface !== undefined && surface !== context.dialect.name))
      return refuseUnknown(context, new AppError(Failures.AUTH_INVALID))
    const digest = pepper.digest(token)
    const known = directory.recall(digest)
    if (known !== undefined) {
      remember(socket, context, token, known)
      return enter(context, known, token, credentials)
    }
    return lookUp(context, token, digest, credentials)
  }

  // The budget is taken before the look-up and given back after a good one, so that a thousand guesses at once do not
  // all find it untouched.
  const lookUp = async (context: RequestContext, token: string, digest: string, credentials: Credentials): Promise<void> => {
    const charge = failureCharge(context)
    const decision = await limiter.take([charge])
    if (!decision.allowed) return refuseLimited(context, decision, [failurePolicy])
    const entry = await find(token, digest)
    if (entry === undefined || !isLive(entry)) return refuseKnownBad(context)
    await limiter.refund([charge])
    remember(context.raw.socket as KnownSocket, context, token, entry)
    await enter(context, entry, token, credentials)
  }

  const find = (token: string, digest: string): Promise<Entry | undefined> =>
    looksLikeSessionToken(token) ? directory.findSession(token, digest) : directory.findKey(token, digest)

  const remember = (socket: KnownSocket, context: RequestContext, token: string, entry: Entry): void => {
    socket[MEMO] = { token, dialect: context.dialect.name, entry, generation: directory.generation }
  }

  const isLive = (entry: Entry): boolean => entry.live && entry.expiresAt > clock.now().getTime()

  const enter = (context: RequestContext, entry: Entry, token: string, credentials: Credentials): void | Promise<void> => {
    if (!isLive(entry)) return refuseUnknown(context, new AppError(Failures.AUTH_INVALID))
    const ambient = credentials.key === undefined
    if (ambient) assertSameSite(context, options.ownOrigin())
    const limits = options.limits[context.dialect.name]
    const charges = entry.type === 'session' ? undefined : chargesFor(entry, limits, context)
    if (entry.type === 'key' && charges === undefined) return finish(context, entry, credentials)

    const gate = entry.limitGates.get(context.dialect.name)
    const perAddress = entry.type === 'key' && limits?.subject === 'ip'
    const decision =
      gate !== undefined && !perAddress
        ? gate.take()
        : perAddress
          ? limiter.take(charges ?? [])
          : newGate(context, entry, charges ?? [{ subject: `account:${entry.accountId}`, policy: sessionPolicy }]).take()
    if (!(decision instanceof Promise)) return decided(context, entry, token, credentials, decision)
    return decision.then((late) => decided(context, entry, token, credentials, late))
  }

  const newGate = (context: RequestContext, entry: Entry, charges: readonly Charge[]) => {
    const gate = limiter.gate(charges)
    entry.limitGates.set(context.dialect.name, gate)
    return gate
  }

  const decided = (
    context: RequestContext,
    entry: Entry,
    token: string,
    credentials: Credentials,
    decision: Decision,
  ): void | Promise<void> => {
    printLimits(context, decision)
    if (!decision.allowed) return refuseLimited(context, decision, [])
    if (directory.observeEpoch(decision.epoch)) return lookAgain(context, token, credentials)
    return finish(context, entry, credentials)
  }

  // Another process has revoked something, perhaps this credential. Its request is paid for already.
  const lookAgain = async (context: RequestContext, token: string, credentials: Credentials): Promise<void> => {
    const entry = await find(token, pepper.digest(token))
    if (entry === undefined || !isLive(entry)) return refuse(context, new AppError(Failures.AUTH_INVALID))
    remember(context.raw.socket as KnownSocket, context, token, entry)
    finish(context, entry, credentials)
  }

  const finish = (context: RequestContext, entry: Entry, credentials: Credentials): void => {
    const { endpoint } = context
    if (!(endpoint.by ?? DEFAULT_CALLERS).includes(entry.type)) return refuse(context, new AppError(Failures.CREDENTIAL_KIND))
    const scopes = entry.type === 'key' ? entry.scopes : ALL_SCOPES
    context.caller = { kind: entry.type, accountId: entry.accountId, scopes, credentialId: entry.id }
    if (entry.type === 'key') {
      directory.noteUse(entry, clock.now().getTime(), context.ip, credentials.inUrl)
      if (!entry.planAllowsApi && endpoint.plan !== false) return refuse(context, new AppError(Failures.PLAN_REQUIRED))
    }
    if (endpoint.scope !== 'any' && endpoint.scope !== 'public' && (scopes & scopeBit(endpoint.scope)) === 0)
      refuse(context, new AppError(Failures.SCOPE_MISSING, { details: { scope: endpoint.scope } }))
  }

  const admitDevice = async (context: RequestContext, hwid: string): Promise<void> => {
    const charge = failureCharge(context)
    const decision = await limiter.take([charge])
    if (!decision.allowed) return refuseLimited(context, decision, [failurePolicy])
    const device = await options.devices.lookUp(pepper.hash(`hwid:${hwid}`))
    if (device === undefined || device.revoked_at !== null || device.status !== 'active') return refuseKnownBad(context)
    await limiter.refund([charge])
    await options.devices.recordUse(device.id, clock.now().getTime())
    context.caller = { kind: 'device', accountId: device.account_id, scopes: ALL_SCOPES, credentialId: device.id }
  }

  const printLimits = (context: RequestContext, decision: Decision): void => {
    const { headers, dialect } = context
    for (const text of dialect.limitHeaders(decision, clock.now().getTime())) headers.push(text)
    headers.push('ratelimit-policy', policyHeader(decision.states.map(({ policy }) => policy)), 'ratelimit', rateLimitHeader(decision))
  }

  // Somebody without a good credential: the address pays, where a limit counts addresses, and guesses pay twice.
  const refuseUnknown = (context: RequestContext, error: unknown): void | Promise<void> => {
    const limits = options.limits[context.dialect.name]
    const charges = limits?.subject === 'ip' ? (chargesFor(undefined, limits, context) ?? []) : []
    const guessed = error instanceof AppError && (error.code === 'AUTH_INVALID' || error.code === 'AUTH_MALFORMED')
    const all = guessed ? [...charges, failureCharge(context)] : charges
    if (all.length === 0) return refuse(context, error)
    const settle = (decision: Decision): void => {
      if (charges.length > 0) printLimits(context, { ...decision, states: decision.states.slice(0, charges.length) })
      if (!decision.allowed) refuseLimited(context, decision, [])
      refuse(context, error)
    }
    const decision = limiter.take(all)
    return decision instanceof Promise ? decision.then(settle) : settle(decision)
  }

  // The failure has been charged already; only the address's own limit is left to charge and to print.
  const refuseKnownBad = async (context: RequestContext): Promise<void> => {
    const charges = chargesFor(undefined, options.limits[context.dialect.name], context)
    if (charges !== undefined) {
      const decision = await limiter.take(charges)
      printLimits(context, decision)
      if (!decision.allowed) return refuseLimited(context, decision, [])
    }
    refuse(context, new AppError(Failures.AUTH_INVALID))
  }

  const refuseLimited = (context: RequestContext, decision: Decision, shown: readonly Policy[]): never => {
    if (shown.length > 0) context.headers.push('ratelimit-policy', policyHeader(shown), 'ratelimit', rateLimitHeader(decision))
    throw new AppError(Failures.RATE_LIMITED, { retryAfterSeconds: decision.retryAfterSeconds })
  }

  return { admit }
}

// RFC 6750: no error code where no credential was sent, and a challenge on every 401.
const CHALLENGES: Partial<Record<string, string>> = {
  AUTH_MISSING: 'Bearer realm="latchkey"',
  AUTH_MALFORMED: 'Bearer realm="latchkey", error="invalid_token"',
  AUTH_INVALID: 'Bearer realm="latchkey", error="invalid_token"',
  AUTH_AMBIGUOUS: 'Bearer realm="latchkey", error="invalid_request"',
}

const refuse = (context: RequestContext, error: unknown): never => {
  if (error instanceof AppError) {
    const challenge = CHALLENGES[(error as ErrorEntry).code]
    if (challenge !== undefined) context.headers.push('www-authenticate', challenge)
    if (error.code === 'SCOPE_MISSING')
      context.headers.push('www-authenticate', `Bearer realm="latchkey", error="insufficient_scope", scope="${context.endpoint.scope}"`)
  }
  throw error
}
