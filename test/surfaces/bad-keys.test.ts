import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { crc32 } from 'node:zlib'
import { newKeyValue } from '../../src/accounts/api-keys/grammar.ts'
import { toBase62 } from '../../src/platform/ids.ts'
import { dialects } from '../database.ts'
import { sessionOf } from './people.ts'
import { movableClock, type ProbeServer, probeServer, SURFACE_NAMES, SURFACES } from './probe-server.ts'

const MINUTE_MS = 60_000
const CHECK_LENGTH = 6

const otherThan = (letter: string): string => (letter === 'a' ? 'b' : 'a')

/** Off by one letter of its secret, with the checksum that belongs to what it is now. */
const nearTo = (key: string): string => {
  const at = key.length - CHECK_LENGTH - 1
  const body = key.slice(0, at) + otherThan(key[at] ?? '')
  return body + toBase62(BigInt(crc32(body)), CHECK_LENGTH)
}

const manage = async (server: ProbeServer, cookie: string, method: string, path: string, body?: unknown) => {
  const headers = [`Cookie: ${cookie}`, ...(body === undefined ? [] : ['Content-Type: application/json'])]
  const answer = await server.send({ method, path, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }) // biome-ignore format: one line
  assert.ok(answer.status < 300, `${path}: ${answer.body}`)
  return JSON.parse(answer.body)
}

/** Keys that are no good any more, or never were, each in its own way; all but the last were good a moment ago. */
const badKeys = async (server: ProbeServer, clock: ReturnType<typeof movableClock>) => {
  const ada = await server.account()
  const cookie = await sessionOf(server, ada.email)
  const use = async (key: string): Promise<string> => {
    assert.equal((await server.send({ path: SURFACES.files.base, headers: [`X-API-Key: ${key}`] })).status, 200)
    return key
  }
  const make = (wish: object = {}) => manage(server, cookie, 'POST', '/api/keys', { kind: 'files', ...wish })
  const revoked = await make()
  const rotated = await make()
  const expired = await make({ expires_at: new Date(clock.now().getTime() + MINUTE_MS).toISOString() })
  const [disabled, deleted] = [await server.account(), await server.account()]
  const keys = {
    revoked: await use(revoked.key),
    rotated: await use(rotated.key),
    expired: await use(expired.key),
    'of a disabled account': await use(disabled.key),
    'of a deleted account': await use(deleted.key),
    'off by one letter': nearTo(await use(ada.key)),
    'never made': newKeyValue('files'),
  }
  await manage(server, cookie, 'DELETE', `/api/keys/${revoked.id}`)
  await manage(server, cookie, 'POST', `/api/keys/${rotated.id}/rotate`, {})
  await manage(server, cookie, 'PATCH', `/api/accounts/${disabled.id}`, { status: 'disabled' })
  await manage(server, cookie, 'DELETE', `/api/accounts/${deleted.id}`)
  clock.advance(MINUTE_MS)
  return keys
}

for (const dialect of dialects) {
  describe(`keys that are no good (${dialect})`, async () => {
    const clock = movableClock()
    const server = await probeServer(dialect, { clock })
    const keys = await badKeys(server, clock)

    for (const surface of SURFACE_NAMES)
      it(`get one answer on ${surface}, in its bytes and in every header, whatever is wrong with them`, async () => {
        const visible = async (key: string) => {
          const headers = [`Authorization: Bearer ${key}`, 'X-Request-Id: the-same-one']
          const answer = await server.send({ path: SURFACES[surface].base, headers })
          // Who asks often has less left of the limit of the address; that tells nothing of the key.
          const told = answer.headers.filter(([name]) => !/^(date|(x-)?ratelimit.*)$/.test(name))
          return { status: answer.status, names: answer.headers.map(([name]) => name), told, body: answer.body }
        }
        const unknown = await visible(keys['never made'])

        for (const [name, key] of Object.entries(keys)) assert.deepEqual(await visible(key), unknown, name)

        assert.equal(unknown.status, 401)
      })
  })
}
