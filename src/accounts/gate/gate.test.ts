import assert from 'node:assert/strict'
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { describe, it } from 'node:test'
import type { KyselyPlugin } from 'kysely'
import { dialects, testDatabase } from '../../../test/database.ts'
import { botsDialect } from '../../bots/dialect.ts'
import { cardsDialect } from '../../cards/dialect.ts'
import { davDialect } from '../../files/dav/dialect.ts'
import { filesDialect } from '../../files/dialect.ts'
import { systemClock } from '../../platform/clock.ts'
import type { SqlDialect } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { type Dialect, endpoint, type RequestContext } from '../../platform/http/index.ts'
import { embeddedLimiter, type Limiter } from '../../platform/limits/index.ts'
import { newKeyValue } from '../api-keys/grammar.ts'
import { createPepper, type Pepper } from '../api-keys/pepper.ts'
import { keyRepo } from '../api-keys/repo.ts'
import { keyService } from '../api-keys/service.ts'
import { auditLog } from '../audit/log.ts'
import { deviceRepo } from '../devices/repo.ts'
import { sessionRepo } from '../sessions/repo.ts'
import { sessionTokens } from '../sessions/token.ts'
import { userRepo } from '../users/repo.ts'
import { Directory } from './directory.ts'
import { accountsGate } from './gate.ts'
import { createRevocations } from './revocations.ts'

const SECRET = 'a secret of a test, thirty-two long'
const probe = endpoint({
  method: 'GET',
  path: '/probe',
  scope: 'any',
  by: ['key', 'session', 'device'],
  summary: '',
  returns: [200, null],
})

/** A gate whose queries and hashes are counted. */
const countedGate = async (
  dialect: SqlDialect,
  { maxEntries = 1000, failuresPerMinute = 1_000_000, until = undefined as Promise<void> | undefined } = {},
) => {
  const counts = { queries: 0, hashes: 0 }
  const database = await testDatabase(dialect)
  const counting: KyselyPlugin = {
    transformQuery: ({ node }) => node,
    // Not above: a query that is written once passes there once.
    transformResult: async ({ result }) => {
      counts.queries += 1
      return result
    },
  }
  const db = database.db.withPlugin(counting)
  const plain = createPepper(SECRET)
  const pepper: Pepper = {
    digest: (token) => {
      counts.hashes += 1
      return plain.digest(token)
    },
    hash: (token) => {
      counts.hashes += 1
      return plain.hash(token)
    },
  }
  const clock = systemClock
  const limiter = until === undefined ? embeddedLimiter({ clock }) : slow(embeddedLimiter({ clock }), until)
  const options = {
    keys: keyRepo(db),
    sessions: sessionRepo(db),
    tokens: sessionTokens(SECRET),
    pepper,
    clock,
    maxEntries,
  }
  const directory = new Directory({ ...options, trust: 'always' })
  const limits = { subject: 'key', perMinute: 1000, perDay: false } as const
  const gate = accountsGate({
    directory,
    devices: deviceRepo(db),
    pepper,
    limiter,
    clock,
    limits: { files: limits, cards: limits, bots: { subject: 'ip', perMinute: 1_000_000, perDay: false } },
    sessionsPerMinute: 1000,
    failuresPerMinute,
    queryKeys: true,
    ownOrigin: () => 'http://localhost',
  })
  const revocations = createRevocations({ directory, limiter, shared: false })
  const keys = keyService({
    database,
    clock,
    pepper: plain,
    audit: auditLog({ dialect, clock }),
    directory,
    revocations,
  })
  const account = {
    email: 'ada@example.org',
    password_hash: '',
    token_version: 1,
    plan_id: 'selfhost',
    is_admin: 1,
    status: 'active',
    created_at: 1,
  } as const
  await userRepo(database.db).insert({ ...account, id: 'acct_ada' })

  /** @returns How the gate answers, and what answering cost. */
  const ask = async (headers: readonly string[], surface: Dialect = filesDialect, socket = new Socket()) => {
    const before = { ...counts }
    const context = contextOf(headers, surface, socket)
    const code = await outcomeOf(() => gate.admit(context))
    return {
      code,
      headers: context.headers,
      queries: counts.queries - before.queries,
      hashes: counts.hashes - before.hashes,
    }
  }
  return { ask, keys, database, directory, gate }
}

/** A limiter whose decisions on keys are as late as those of one behind a network. */
const slow = (limiter: Limiter, until: Promise<void>): Limiter => ({
  ...limiter,
  gate: (charges) => {
    const gate = limiter.gate(charges)
    return { policyHeader: gate.policyHeader, take: () => until.then(() => gate.take()) }
  },
})

const outcomeOf = async (work: () => unknown): Promise<string> => {
  try {
    await work()
    return 'ok'
  } catch (error) {
    if (error instanceof AppError) return error.code
    throw error
  }
}

const contextOf = (headers: readonly string[], dialect: Dialect, socket: Socket): RequestContext => {
  const raw = new IncomingMessage(socket)
  raw.method = 'GET'
  for (const line of headers) {
    const colon = line.indexOf(':')
    raw.rawHeaders.push(line.slice(0, colon), line.slice(colon + 2))
  }
  return {
    id: 'req_1',
    ip: '10.0.0.1',
    raw,
    response: new ServerResponse(raw),
    endpoint: probe,
    dialect,
    headers: [],
    caller: null,
    body: undefined,
  }
}

const bearer = (key: string) => [`Authorization: Bearer ${key}`]

for (const dialect of dialects) {
  describe(`the gate (${dialect})`, () => {
    it('refuses what cannot be a credential without a hash and without a query', async () => {
      const { ask } = await countedGate(dialect)
      const good = newKeyValue('files')
      const wrongCheck = good.slice(0, -1) + (good.endsWith('a') ? 'b' : 'a')
      const never: [readonly string[], Dialect][] = [
        [bearer(wrongCheck), filesDialect],
        [bearer(`${good}x`), filesDialect],
        [bearer(good.slice(0, -1)), filesDialect],
        [bearer(good.replace('tk_live_', 'tk_dead_')), filesDialect],
        [bearer('-'.repeat(44)), filesDialect],
        [bearer('x'.repeat(521)), filesDialect],
        [bearer(newKeyValue('cards').toUpperCase()), cardsDialect],
        [bearer(newKeyValue('cards')), filesDialect],
        [bearer(newKeyValue('bots')), cardsDialect],
        [bearer(newKeyValue('cards')), botsDialect],
        [['Cookie: login_token=eyJhbGciOiJub25lIn0.e30.'], filesDialect],
        [[`Cookie: login_token=${'eyJ'.repeat(3000)}`], filesDialect],
        [[`Cookie: login_token=${good}`], filesDialect],
        [['X-HWID: short'], filesDialect],
        [[`X-HWID: ${'x'.repeat(257)}`], filesDialect],
        [[`X-HWID: ${'é'.repeat(40)}`], filesDialect],
        [['X-HWID: '], filesDialect],
      ]

      for (const [headers, surface] of never) {
        const { code, queries, hashes } = await ask(headers, surface)

        assert.ok(code === 'AUTH_INVALID' || code === 'AUTH_MALFORMED', `${headers[0]}: ${code}`)
        assert.deepEqual([queries, hashes], [0, 0], String(headers[0]))
      }
    })

    it('does the same work and says the same for every bad key, the first time and ever after', async () => {
      const { ask, keys, database } = await countedGate(dialect)
      const revoked = await keys.create('acct_ada', 'test', { kind: 'files' })
      const expired = await keys.create('acct_ada', 'test', { kind: 'files' })
      const rotated = await keys.create('acct_ada', 'test', { kind: 'files' })
      const cards = await keys.create('acct_ada', 'test', { kind: 'cards' })
      await ask(bearer(revoked.key))
      await keys.revoke('acct_ada', 'test', revoked.id)
      await keys.rotate('acct_ada', 'test', rotated.id, 0)
      await database.db.updateTable('api_keys').set({ expires_at: 1 }).where('id', '=', expired.id).execute()
      const near = cards.key.slice(0, -1) + (cards.key.endsWith('0') ? '1' : '0')
      const bad: [string, Dialect][] = [
        [newKeyValue('files'), filesDialect],
        [revoked.key, filesDialect],
        [expired.key, filesDialect],
        [rotated.key, filesDialect],
        [near, cardsDialect],
        [newKeyValue('cards'), cardsDialect],
      ]

      for (let round = 0; round < 3; round += 1) {
        const socket = new Socket()
        for (const [key, surface] of bad) {
          assert.deepEqual(
            await ask(bearer(key), surface),
            { code: 'AUTH_INVALID', headers: [], queries: 1, hashes: 2 },
            key.slice(0, 12),
          )
          assert.deepEqual(await ask(bearer(key), surface, socket), {
            code: 'AUTH_INVALID',
            headers: [],
            queries: 1,
            hashes: 2,
          })
        }
      }
    })

    it('asks the database once for a good key, and on a kept connection hashes it once', async () => {
      const { ask, keys } = await countedGate(dialect)
      const { key } = await keys.create('acct_ada', 'test', { kind: 'files' })
      const socket = new Socket()

      const costs = []
      for (let round = 0; round < 3; round += 1) costs.push(await ask(bearer(key), filesDialect, socket))

      assert.deepEqual(costs.map(({ code, queries, hashes }) => [code, queries, hashes]), [['ok', 1, 2], ['ok', 0, 0], ['ok', 0, 0]]) // biome-ignore format: a table
    })

    it('reads a credential again that comes in another way, or where its way is none', async () => {
      const { ask, keys } = await countedGate(dialect)
      const { key } = await keys.create('acct_ada', 'test', { kind: 'files', name: 'Laptop' })
      const basic = `Authorization: Basic ${Buffer.from(`ada:${key}`).toString('base64')}`
      const socket = new Socket()

      const outcomes = [
        await ask([basic], davDialect, socket),
        await ask([`Authorization: Bearer ${key}`], filesDialect, socket),
        await ask([basic], filesDialect, socket),
        await ask([`X-API-Key: ${key}`], filesDialect, socket),
        await ask([`Authorization: ${key}`], filesDialect, socket),
        await ask([basic], davDialect, socket),
      ]

      const codes = outcomes.map(({ code }) => code)
      assert.deepEqual(codes, ['ok', 'ok', 'AUTH_MALFORMED', 'ok', 'AUTH_MALFORMED', 'ok'])
    })

    it('believes no row that was read while the key was being revoked', async () => {
      const { ask, keys, directory } = await countedGate(dialect)
      const made = await Promise.all(
        Array.from({ length: 30 }, () => keys.create('acct_ada', 'test', { kind: 'files' })),
      )

      await Promise.all(
        made.map(({ id, key }) =>
          Promise.all([ask(bearer(key)), keys.revoke('acct_ada', 'test', id), ask(bearer(key))]),
        ),
      )

      for (const { key } of made) assert.equal((await ask(bearer(key))).code, 'AUTH_INVALID')
      directory.forgetAll()
      for (const { key } of made) assert.equal((await ask(bearer(key))).code, 'AUTH_INVALID')
    })

    it('refuses a key that ended while its request waited for the limiter', async () => {
      const { promise, resolve } = Promise.withResolvers<void>()
      const { ask, keys } = await countedGate(dialect, { until: promise })
      const { id, key } = await keys.create('acct_ada', 'test', { kind: 'files' })

      const waiting = ask(bearer(key))
      await keys.revoke('acct_ada', 'test', id)
      resolve()

      assert.equal((await waiting).code, 'AUTH_INVALID')
    })

    it('revokes a key on open connections also when memory had to drop it', async () => {
      const { ask, keys } = await countedGate(dialect, { maxEntries: 3 })
      const first = await keys.create('acct_ada', 'test', { kind: 'files' })
      const socket = new Socket()
      assert.equal((await ask(bearer(first.key), filesDialect, socket)).code, 'ok')
      for (let count = 0; count < 6; count += 1) {
        const { key } = await keys.create('acct_ada', 'test', { kind: 'files' })
        assert.equal((await ask(bearer(key))).code, 'ok')
      }

      await keys.revoke('acct_ada', 'test', first.id)

      assert.equal((await ask(bearer(first.key), filesDialect, socket)).code, 'AUTH_INVALID')
    })

    it('lets good keys in that come all at once, and no more guesses than the budget has', async () => {
      const { ask, keys } = await countedGate(dialect, { failuresPerMinute: 20 })
      const made = await Promise.all(
        Array.from({ length: 60 }, () => keys.create('acct_ada', 'test', { kind: 'files' })),
      )

      const good = await Promise.all(made.map(({ key }) => ask(bearer(key))))
      const guesses = await Promise.all(Array.from({ length: 60 }, () => ask(bearer(newKeyValue('files')))))

      assert.ok(good.every(({ code }) => code === 'ok'))
      assert.equal(guesses.filter(({ code }) => code === 'AUTH_INVALID').length, 20)
      assert.equal(guesses.filter(({ code }) => code === 'RATE_LIMITED').length, 40)
    })

    it('lets nothing in while the database is away', async () => {
      const { ask, keys, database } = await countedGate(dialect)
      const { key } = await keys.create('acct_ada', 'test', { kind: 'files' })
      await database.close()

      await assert.rejects(ask(bearer(key)))
    })
  })
}
