import { appendFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type AccountRow, userRepo } from '../src/accounts/users/repo.ts'
import { type AppOptions, createApp, ROLES, type Role } from '../src/app.ts'
import { type Client, createClient } from '../src/client/index.ts'
import { type Clock, systemClock } from '../src/platform/clock.ts'
import { loadConfig } from '../src/platform/config/index.ts'
import type { SqlDialect } from '../src/platform/db/index.ts'
import type { Scope } from '../src/platform/http/index.ts'
import { newId } from '../src/platform/ids.ts'
import { createLog } from '../src/platform/log/index.ts'
import { canary, newPassword } from './canary.ts'
import { closeAfter } from './closing.ts'
import { type TestPlace, testPlace } from './database.ts'

/** Settings by name, as the environment would say them, without the prefix. */
export type TestSettings = Readonly<Record<string, string>>

export interface TestAppOptions {
  readonly settings?: TestSettings
  readonly clock?: Clock
  readonly roles?: ReadonlySet<Role>
  /** Where to live; an empty place of its own unless told. Two apps may share one on PostgreSQL. */
  readonly place?: TestPlace
  readonly processing?: AppOptions['processing']
}

export interface TestApp {
  readonly url: string
  readonly app: App
  readonly place: TestPlace
  /** Everything that was logged, one JSON line each. */
  readonly log: readonly string[]
  /** A new account with a key of every scope. The first one of an app is its owner. */
  account(options?: { scopes?: readonly Scope[] }): Promise<TestAccount>
  fetch(path: string, init?: RequestInit): Promise<Response>
  stop(): Promise<void>
}

/** An account with its key, and a typed client that uses the key. */
export interface TestAccount extends Client {
  readonly id: string
  readonly email: string
  readonly password: string
  readonly key: string
  /** With the account's key in `Authorization`. */
  fetch(path: string, init?: RequestInit): Promise<Response>
  /** Signs in. @returns The value for a `Cookie` header. */
  signIn(rememberMe?: boolean): Promise<string>
}

// Tests of something else must not run into the limits; tests of the limits set their own.
const ROOMY: TestSettings = {
  LIMIT_FILES_PER_MINUTE: '1000000',
  LIMIT_TRANSFERS_PER_MINUTE: '1000000',
  LIMIT_BOTS_PER_MINUTE: '1000000',
  LIMIT_CARDS_PER_MINUTE: '1000000',
  LIMIT_CARD_CREATION_PER_MINUTE: '0',
  LIMIT_DAV_PER_MINUTE: '1000000',
  LIMIT_SESSION_PER_MINUTE: '1000000',
  LIMIT_AUTH_FAILURES_PER_MINUTE: '1000000',
  LIMIT_OAUTH_TOKENS_PER_MINUTE: '1000000',
  LIMIT_OAUTH_REGISTRATIONS_PER_HOUR: '1000000',
  OPEN_SIGNUP: 'true',
  SQLITE_SYNC: 'NORMAL',
}

// Python's memory image takes seconds to make and is the same for all.
const CACHE_DIR = resolve(import.meta.dirname, '../node_modules/.cache/latchkey')

const shared = new Map<SqlDialect, Promise<TestApp>>()

/** The app on an empty database, built as the program builds it. Without options all tests of a file share one per dialect. */
export const testApp = (dialect: SqlDialect, options?: TestAppOptions): Promise<TestApp> => {
  if (options !== undefined) return startApp(dialect, options)
  const known = shared.get(dialect) ?? startApp(dialect, {})
  shared.set(dialect, known)
  return known
}

const startApp = async (dialect: SqlDialect, options: TestAppOptions): Promise<TestApp> => {
  const place = options.place ?? (await testPlace(dialect))
  const lines: string[] = []
  const settings = { HOST: '127.0.0.1', PORT: '0', CACHE_DIR, ...ROOMY, ...options.settings }
  const app = await createApp({
    config: loadConfig(
      {},
      { ...settings, DATA_DIR: place.dataDir, ...(place.url === undefined ? {} : { DATABASE_URL: place.url }) },
    ),
    clock: options.clock ?? systemClock,
    log: createLog('debug', (line) => keepLine(lines, line)),
    roles: options.roles ?? new Set(ROLES),
    processing: options.processing,
  })
  const url = await app.start()
  let stopping: Promise<void> | undefined
  const stop = (): Promise<void> => {
    stopping ??= app.stop()
    return stopping
  }
  closeAfter(async () => {
    await stop()
    if (options.place === undefined) await place.remove()
  })
  const send = (path: string, init?: RequestInit) => fetch(new URL(path, url), init)
  return {
    url,
    app,
    place,
    log: lines,
    fetch: send,
    stop,
    account: ({ scopes } = {}) => createAccount(app, url, scopes),
  }
}

// Also where the run looks for secrets when it is over.
const keepLine = (lines: string[], line: string): void => {
  lines.push(line)
  const folder = process.env.TEST_LOG_DIR
  if (folder !== undefined) appendFileSync(join(folder, `app-${process.pid}.log`), line)
}

type App = Awaited<ReturnType<typeof createApp>>

let accounts = 0
const signedUp = new WeakMap<App, { readonly password: string; readonly row: AccountRow }>()

/**
 * The first account of an app signs up as people do. Those after it are rows like its own, with its password: to hash one
 * takes longer than most tests.
 */
const nextAccount = async (app: App): Promise<{ id: string; email: string; password: string }> => {
  const { accounts: core, database } = app.core
  accounts += 1
  const email = `ada.${process.pid}.${accounts}@example.org`
  const known = signedUp.get(app)
  if (known !== undefined) {
    const id = newId('acct')
    await userRepo(database.db).insert({ ...known.row, id, email, is_admin: 0 })
    return { id, email, password: known.password }
  }
  const password = newPassword()
  const first = await database.db.selectFrom('accounts').select('id').limit(1).executeTakeFirst()
  if (first === undefined) await core.users.createOwner(email, password, undefined)
  else await core.users.signUp(email, password, undefined, '10.0.0.1')
  const row = await userRepo(database.db).findByEmail(email)
  if (row === undefined) throw new Error(`${email} has no account`)
  signedUp.set(app, { password, row })
  return { id: row.id, email, password }
}

const createAccount = async (app: App, url: string, scopes: readonly Scope[] | undefined): Promise<TestAccount> => {
  const { id, email, password } = await nextAccount(app)
  const { keys } = app.core.accounts
  const { key } = await keys.create(id, 'test', {
    kind: 'files',
    name: 'Test key',
    ...(scopes === undefined ? {} : { scopes }),
  })
  canary(key)
  return {
    ...createClient({ baseUrl: url, key }),
    id,
    email,
    password,
    key,
    fetch(path, init = {}) {
      const headers = new Headers(init.headers)
      if (!headers.has('authorization')) headers.set('authorization', `Bearer ${key}`)
      return fetch(new URL(path, url), { ...init, headers })
    },
    async signIn(rememberMe = false) {
      const response = await fetch(new URL('/api/auth/sign-in', url), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ email, password, remember_me: rememberMe }),
      })
      if (!response.ok) throw new Error(`Signing in failed: ${await response.text()}`)
      return canary(response.headers.getSetCookie()[0]?.split(';')[0] ?? '')
    },
  }
}
