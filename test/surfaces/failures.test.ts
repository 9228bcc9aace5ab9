import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { newKeyValue } from '../../src/accounts/api-keys/grammar.ts'
import { dialects } from '../database.ts'
import { GOLDEN } from './failures.golden.ts'
import { movableClock, type ProbeServer, probeServer, SURFACE_NAMES, SURFACES, type Surface } from './probe-server.ts'
import type { WireRequest } from './wire.ts'

const ID = 'golden-request-1'
const JSON_TYPE = 'Content-Type: application/json'

type Send = (
  request: Partial<WireRequest>,
) => Promise<{ status: number; body: string; header(name: string): string | undefined }>

interface Scene {
  readonly server: ProbeServer
  readonly surface: Surface
  /** A request to the surface's probe, with a fixed request id. */
  readonly send: Send
  /** A new key. @param own Of an account that nobody else uses, for a test that harms it. */
  key(own?: 'own'): Promise<{ key: string; id: string; accountId: string }>
}

const bearer = (key: string) => [`Authorization: Bearer ${key}`]

/** Every kind of failure, and how a caller runs into it. */
const KINDS: Record<string, (scene: Scene) => ReturnType<Send>> = {
  missing: ({ send }) => send({}),
  'no-bearer': ({ send }) => send({ headers: ['Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=='] }),
  malformed: ({ send }) => send({ headers: bearer('tk_live_mistyped') }),
  unknown: ({ send, surface }) => send({ headers: bearer(newKeyValue(surface)) }),
  revoked: async ({ server, send, key }) => {
    const { key: value, id, accountId } = await key()
    await send({ headers: bearer(value) })
    await server.core.accounts.keys.revoke(accountId, 'test', id)
    return send({ headers: bearer(value) })
  },
  expired: async ({ server, send, key }) => {
    const { key: value, id } = await key()
    await server.core.database.db.updateTable('api_keys').set({ expires_at: 1 }).where('id', '=', id).execute()
    return send({ headers: bearer(value) })
  },
  'account-deleted': async ({ server, send, key }) => {
    const { key: value, accountId } = await key('own')
    await server.core.database.db
      .updateTable('accounts')
      .set({ status: 'deleted' })
      .where('id', '=', accountId)
      .execute()
    return send({ headers: bearer(value) })
  },
  'two-credentials': async ({ send, key }) =>
    send({ headers: [...bearer((await key()).key), `X-API-Key: ${newKeyValue('files')}`] }),
  scope: async ({ server, surface, send, key }) => {
    const { accountId } = await key()
    const other = surface === 'files' ? 'cards:read' : 'files:read'
    const { key: narrow } = await server.core.accounts.keys.create(accountId, 'test', {
      kind: 'files',
      scopes: [other],
    })
    return send({ headers: bearer(narrow) })
  },
  plan: async ({ server, send, key }) => {
    const { key: value, accountId } = await key('own')
    await server.core.database.db.updateTable('accounts').set({ plan_id: 'free' }).where('id', '=', accountId).execute()
    return send({ headers: bearer(value) })
  },
  'not-yours': async ({ surface, send, key }) =>
    send({ path: `${SURFACES[surface].base}/not-yours`, headers: bearer((await key()).key) }),
  'no-such-address': ({ surface, send }) => send({ path: `${SURFACES[surface].base}/nowhere` }),
  'store-down': async ({ surface, send, key }) =>
    send({ path: `${SURFACES[surface].base}/away`, headers: bearer((await key()).key) }),
  internal: async ({ surface, send, key }) =>
    send({ path: `${SURFACES[surface].base}/bug`, headers: bearer((await key()).key) }),
  method: ({ send }) => send({ method: 'PUT', headers: [JSON_TYPE], body: '{"broken":' }),
  'malformed-json': async ({ send, key }) =>
    send({ method: 'POST', headers: [...bearer((await key()).key), JSON_TYPE], body: '{"text":' }),
  'wrong-type': async ({ send, key }) =>
    send({ method: 'POST', headers: [...bearer((await key()).key), JSON_TYPE], body: '{"text":7}' }),
  'bad-text': async ({ send, key }) =>
    send({ method: 'POST', headers: [...bearer((await key()).key), JSON_TYPE], body: '{"text":"a\\u0000b"}' }),
  'media-type': async ({ send, key }) =>
    send({ method: 'POST', headers: [...bearer((await key()).key), 'Content-Type: text/plain'], body: 'text' }),
  'content-encoding': async ({ send, key }) =>
    send({ method: 'POST', headers: [...bearer((await key()).key), JSON_TYPE, 'Content-Encoding: gzip'], body: '{}' }),
  'too-large': async ({ send, key }) =>
    send({
      method: 'POST',
      headers: [...bearer((await key()).key), JSON_TYPE],
      body: JSON.stringify({ text: 'x'.repeat(70_000) }),
    }),
  'many-headers': async ({ send, key }) =>
    send({
      headers: [...bearer((await key()).key), ...Array.from({ length: 201 }, (_, index) => `X-Filler-${index}: x`)],
    }),
}

/** The challenge that belongs to a failure; none where the caller's identity is not the problem. */
const CHALLENGES: Partial<Record<string, string>> = {
  missing: 'Bearer realm="latchkey"',
  'no-bearer': 'Bearer realm="latchkey", error="invalid_token"',
  malformed: 'Bearer realm="latchkey", error="invalid_token"',
  unknown: 'Bearer realm="latchkey", error="invalid_token"',
  revoked: 'Bearer realm="latchkey", error="invalid_token"',
  expired: 'Bearer realm="latchkey", error="invalid_token"',
  'account-deleted': 'Bearer realm="latchkey", error="invalid_token"',
  'two-credentials': 'Bearer realm="latchkey", error="invalid_request"',
}

/** Names of members that only one of the surfaces may print. */
const OWN_MEMBERS: Record<Surface, readonly string[]> = {
  files: ['request_id'],
  bots: ['ok', 'result'],
  cards: ['requestId', 'retryAt'],
}

const membersOf = (body: string): string[] => Object.keys(JSON.parse(body) as object)

for (const dialect of dialects) {
  describe(`failures (${dialect})`, async () => {
    const server = await probeServer(dialect)
    const ada = await server.account()
    const sceneOf = (surface: Surface): Scene => ({
      server,
      surface,
      send: (request) =>
        server.send({
          path: SURFACES[surface].base,
          ...request,
          headers: [`X-Request-Id: ${ID}`, ...(request.headers ?? [])],
        }),
      async key(own) {
        const { id: accountId } = own === undefined ? ada : await server.account()
        const made = await server.core.accounts.keys.create(accountId, 'test', { kind: 'files' })
        return { key: made.key, id: made.id, accountId }
      },
    })

    for (const surface of SURFACE_NAMES) {
      for (const [kind, provoke] of Object.entries(KINDS)) {
        it(`prints ${kind} on ${surface} as published`, async () => {
          const answer = await provoke(sceneOf(surface))

          const [status, bodies] = GOLDEN[kind] ?? []
          assert.deepEqual([answer.status, answer.body], [status, bodies?.[surface]])
          const scope =
            kind === 'scope'
              ? `Bearer realm="latchkey", error="insufficient_scope", scope="${SURFACES[surface].read}"`
              : undefined
          assert.equal(answer.header('www-authenticate'), scope ?? CHALLENGES[kind])
          assert.equal(answer.header('content-type'), 'application/json; charset=utf-8')
          assert.equal(answer.header('cache-control'), 'no-store')
          assert.equal(answer.header('x-request-id'), ID)
        })
      }

      it(`prints an overflow of headers on ${surface}, which the parser finds before there is a request`, async () => {
        const answer = await server.send({
          path: SURFACES[surface].base,
          headers: [`X-Filler: ${'x'.repeat(64 * 1024)}`],
        })

        const id = answer.header('x-request-id') ?? 'none'
        const [status, bodies] = GOLDEN['many-headers'] ?? []
        assert.deepEqual([answer.status, answer.body], [status, bodies?.[surface].replace(ID, id)])
      })

      it(`prints a refusal by a limit on ${surface}, with the time to wait`, async () => {
        const clock = movableClock()
        const limits = { LIMIT_FILES_PER_MINUTE: '1', LIMIT_BOTS_PER_MINUTE: '1', LIMIT_CARDS_PER_MINUTE: '1' }
        const tight = await probeServer(dialect, { clock, settings: limits })
        const headers = [`X-Request-Id: ${ID}`, ...bearer((await tight.account()).key)]
        await tight.send({ path: SURFACES[surface].base, headers })
        clock.advance(18_000)

        const answer = await tight.send({ path: SURFACES[surface].base, headers })

        const [status, bodies] = GOLDEN.limited ?? []
        assert.deepEqual([answer.status, answer.body], [status, bodies?.[surface]])
        assert.equal(answer.header('retry-after'), '42')
        assert.equal(answer.header('www-authenticate'), undefined)
      })

      it(`prints no member of another surface on ${surface}`, () => {
        const foreign = SURFACE_NAMES.filter((other) => other !== surface).flatMap((other) => OWN_MEMBERS[other])

        for (const [kind, [, bodies]] of Object.entries(GOLDEN)) {
          const strays = membersOf(bodies[surface]).filter((member) => foreign.includes(member))
          assert.deepEqual(strays, [], kind)
        }
      })
    }

    it('tells revoked, expired, deleted and unknown apart by nothing that can be seen', async () => {
      const visible = async (kind: string) => {
        const answer = await KINDS[kind]?.(sceneOf('files'))
        return {
          status: answer?.status,
          body: answer?.body,
          challenge: answer?.header('www-authenticate'),
          rate: answer?.header('ratelimit'),
        }
      }

      const seen = await Promise.all(['unknown', 'revoked', 'expired', 'account-deleted'].map(visible))

      for (const one of seen) assert.deepEqual(one, seen[0])
    })

    it('gives a store that is away a time to come back', async () => {
      const scene = sceneOf('files')

      const answer = await KINDS['store-down']?.(scene)

      assert.equal(answer?.header('retry-after'), '2')
    })

    it('says which methods an address takes', async () => {
      const answer = await server.send({ method: 'PUT', path: SURFACES.bots.base })

      assert.deepEqual(answer.header('allow')?.split(', ').toSorted(), ['DELETE', 'GET', 'POST'])
    })

    it('keeps the reason of an internal failure to the log, without the secrets in it', () => {
      const lines = server.log.filter((line) => line.includes('a request failed') && line.includes('the innards'))

      assert.ok(lines.length > 0)
      assert.ok(!server.log.join().includes('tk_live_innards0123456789'))
    })
  })
}
