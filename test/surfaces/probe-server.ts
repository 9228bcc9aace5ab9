import { z } from 'zod'
import { createCore } from '../../src/app.ts'
import { dialects as surfaces } from '../../src/contracts.ts'
import { type Clock, systemClock } from '../../src/platform/clock.ts'
import { loadConfig } from '../../src/platform/config/index.ts'
import type { SqlDialect } from '../../src/platform/db/index.ts'
import { AppError } from '../../src/platform/errors.ts'
import {
  endpoint,
  Failures,
  httpServer,
  httpStats,
  type Route,
  route,
  type Scope,
} from '../../src/platform/http/index.ts'
import { createLog } from '../../src/platform/log/index.ts'
import { closeAfter } from '../closing.ts'
import { type TestPlace, testPlace } from '../database.ts'
import { PASSWORD } from './people.ts'
import { overWire, type WireAnswer, type WireRequest } from './wire.ts'

/** Where each published API has its made-up endpoints, and the scopes that reading and writing there take. */
export const SURFACES = {
  files: { base: '/api/v1/probe', read: 'files:read', write: 'files:write' },
  bots: { base: '/v2/probe', read: 'bots:read', write: 'bots:write' },
  cards: { base: '/v1/probe', read: 'cards:read', write: 'cards:write' },
} as const satisfies Record<string, { base: string; read: Scope; write: Scope }>
export type Surface = keyof typeof SURFACES
export const SURFACE_NAMES = ['files', 'bots', 'cards'] as const satisfies readonly Surface[]

/** A clock that stands until it is moved. */
export interface MovableClock extends Clock {
  advance(ms: number): void
}

export const movableClock = (start = Date.UTC(2026, 0, 15, 10, 30)): MovableClock => {
  let passed = 0
  return {
    now: () => new Date(start + passed),
    monotonicMs: () => 1_000_000 + passed,
    advance: (ms) => {
      passed += ms
    },
  }
}

export interface ProbeServer {
  readonly url: string
  readonly core: Awaited<ReturnType<typeof createCore>>
  readonly log: readonly string[]
  /** How often a probe's handler ran. */
  readonly handled: () => number
  /** The body that the last `POST` handler was given. */
  readonly lastBody: () => unknown
  send(request: WireRequest): Promise<WireAnswer>
  /** An account with a key of every scope. */
  account(): Promise<{ id: string; email: string; key: string }>
}

const ROOMY = '1000000'

/**
 * A server with the accounts' gate in front and the same few endpoints under each published API, so that whatever is
 * said of a surface is tried on all three through the whole pipeline.
 */
export const probeServer = async (
  dialect: SqlDialect,
  {
    settings = {},
    clock = systemClock,
    place,
  }: { settings?: Record<string, string>; clock?: Clock; place?: TestPlace } = {},
): Promise<ProbeServer> => {
  const home = place ?? (await testPlace(dialect))
  const lines: string[] = []
  const log = createLog('debug', (line) => lines.push(line))
  const config = loadConfig(
    {},
    {
      DATA_DIR: home.dataDir,
      SQLITE_SYNC: 'NORMAL',
      OPEN_SIGNUP: 'true',
      BODY_LIMIT_BYTES: '65536',
      LIMIT_FILES_PER_MINUTE: ROOMY,
      LIMIT_BOTS_PER_MINUTE: ROOMY,
      LIMIT_CARDS_PER_MINUTE: ROOMY,
      LIMIT_SESSION_PER_MINUTE: ROOMY,
      LIMIT_AUTH_FAILURES_PER_MINUTE: ROOMY,
      ...(home.url === undefined ? {} : { DATABASE_URL: home.url }),
      ...settings,
    },
  )
  const core = await createCore({ config, clock, log, own: place === undefined })
  const seen = { handled: 0, body: undefined as unknown }
  const server = httpServer({
    routes: [...core.accounts.routes, ...SURFACE_NAMES.flatMap((name) => probesOf(name, seen))],
    dialects: surfaces,
    gate: core.accounts.gate,
    log,
    clock,
    stats: httpStats(),
    trustedProxies: config.TRUSTED_PROXIES,
    bodyLimitBytes: config.BODY_LIMIT_BYTES,
  })
  const url = await server.listen({ host: '127.0.0.1', port: 0 })
  core.setPublicUrl(url)
  closeAfter(async () => {
    await server.close()
    await core.close()
    if (place === undefined) await home.remove()
  })
  return {
    url,
    core,
    log: lines,
    handled: () => seen.handled,
    lastBody: () => seen.body,
    send: (request) => overWire(url, request),
    account: () => newAccount(core),
  }
}

const probesOf = (name: Surface, seen: { handled: number; body: unknown }): Route[] => {
  const { base, read, write } = SURFACES[name]
  const Answer = z.object({ kind: z.string(), account: z.string() })
  const get = (path: string) =>
    endpoint({ method: 'GET', path: base + path, scope: read, summary: 'A probe', returns: [200, Answer] })
  const post = endpoint({
    method: 'POST',
    path: base,
    scope: write,
    summary: 'A probe',
    body: z.strictObject({
      text: z.string().max(100).optional(),
      limits: z.record(z.string(), z.unknown()).optional(),
    }),
    returns: [200, Answer],
  })
  const bare = endpoint({
    method: 'DELETE',
    path: base,
    scope: write,
    summary: 'A probe without a body',
    returns: [200, Answer],
  })
  const fail = (path: string, error: () => unknown) =>
    route(get(path), () => {
      throw error()
    })
  const answer = ({ kind, accountId }: { kind: string; accountId: string }) => {
    seen.handled += 1
    return { kind, account: accountId }
  }
  return [
    route(get(''), ({ caller }) => answer(caller)),
    route(post, ({ caller, body }) => {
      seen.body = body
      return answer(caller)
    }),
    route(bare, ({ caller }) => answer(caller)),
    fail('/not-yours', () => new AppError(Failures.NOT_FOUND)),
    fail('/bug', () => new Error('the innards: tk_live_innards0123456789')),
    fail('/away', () => Object.assign(new Error('connect ECONNREFUSED 10.0.0.7:5432'), { code: 'ECONNREFUSED' })),
  ]
}

let accounts = 0

const newAccount = async (core: Awaited<ReturnType<typeof createCore>>) => {
  const { users, keys } = core.accounts
  accounts += 1
  const email = `grace.${process.pid}.${accounts}@example.org`
  const ip = `10.1.${(accounts >> 8) & 255}.${accounts & 255}`
  const first = await core.database.db.selectFrom('accounts').select('id').limit(1).executeTakeFirst()
  if (first === undefined) await users.createOwner(email, PASSWORD, undefined)
  else await users.signUp(email, PASSWORD, undefined, ip)
  const { id } = await core.database.db
    .selectFrom('accounts')
    .select('id')
    .where('email', '=', email)
    .executeTakeFirstOrThrow()
  const { key } = await keys.create(id, 'test', { kind: 'files', name: 'Every scope' })
  return { id, email, key }
}
