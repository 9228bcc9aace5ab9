import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { newKeyValue } from '../../src/accounts/api-keys/grammar.ts'
import { type Call, send, sendPipelined, sendTogether, statuses, times } from '../requests.ts'
import { eventually } from '../services/eventually.ts'
import { createKey } from '../services/owner.ts'
import { clusterForSuite } from './cluster.ts'

const LIMITS = {
  LIMIT_FILES_PER_MINUTE: '100',
  LIMIT_BOTS_PER_MINUTE: '100',
  LIMIT_CARDS_PER_MINUTE: '100',
  LIMIT_AUTH_FAILURES_PER_MINUTE: '20',
  TRUSTED_PROXIES: '127.0.0.1',
}

const account = (key: string): Call => ({ path: '/api/account', headers: { 'x-api-key': key } })

const revoke = async (url: string, id: string, cookie: string): Promise<number> =>
  (await fetch(new URL(`/api/keys/${id}`, url), { method: 'DELETE', headers: { cookie } })).status

describe('two processes', () => {
  const cluster = clusterForSuite({ redis: true, settings: LIMITS })

  for (const path of ['/api/apikeys', '/v2/bots', '/v1/cards']) {
    it(`let exactly 100 of 200 pass together on ${path}`, async () => {
      const { a, b, owner } = cluster
      const { key } = await createKey(a.url, owner)
      const call: Call = { path, headers: { authorization: `Bearer ${key}` } }

      const [here, there] = await Promise.all([
        sendTogether(
          a.url,
          times(100, () => call),
        ),
        sendPipelined(
          b.url,
          times(100, () => call),
        ),
      ])

      const answers = [...here, ...there]
      const waits = answers.filter(({ status }) => status === 429).map(({ headers }) => Number(headers['retry-after']))
      assert.deepEqual(statuses(answers), { 200: 100, 429: 100 })
      assert.ok(waits.every((seconds) => seconds >= 1 && seconds <= 60))
    })
  }

  it('look up at most 20 unknown keys of one address together', async () => {
    const guess = (): Call => {
      const headers = { 'x-api-key': newKeyValue('files'), 'x-forwarded-for': '192.0.2.1' }
      return { path: '/api/account', headers }
    }

    const answers = await Promise.all([cluster.a, cluster.b].map(({ url }) => sendPipelined(url, times(100, guess))))

    assert.deepEqual(statuses(answers.flat()), { 401: 20, 429: 180 })
  })

  for (const outage of ['kill', 'pause'] as const) {
    it(`keep to tighter limits and revoke as immediately without Redis (${outage}), until it is back`, async () => {
      const { a, b, redis, owner } = cluster
      const both = [a.url, b.url]
      assert.ok(redis !== undefined)
      const [first, second, third] = await Promise.all(times(3, () => createKey(a.url, owner)))
      assert.ok(first !== undefined && second !== undefined && third !== undefined)
      for (const { key } of [first, second, third])
        for (const url of both) assert.equal((await send(url, account(key))).status, 200)

      await redis[outage]()
      const burst = await Promise.all(
        both.map((url) =>
          sendTogether(
            url,
            times(100, () => account(first.key)),
          ),
        ),
      )
      const revoked = await revoke(a.url, second.id, owner.cookie)
      const afterwards = await Promise.all(both.map((url) => send(url, account(second.key))))

      // Half of the limit each, less what each let through in this minute when Redis was there.
      for (const answers of burst) assert.deepEqual(statuses(answers), { 200: 49, 429: 51 })
      assert.ok([200, 503].includes(revoked), `revoking answered ${revoked}`)
      for (const { status } of afterwards) assert.equal(status, 401)

      if (outage === 'kill') await redis.restart()
      else redis.resume()
      await eventually(async () => assert.equal(await revoke(a.url, second.id, owner.cookie), 200))
      await eventually(async () => {
        const { key } = await createKey(b.url, owner)
        const answers = await Promise.all(
          both.map((url) =>
            sendPipelined(
              url,
              times(100, () => account(key)),
            ),
          ),
        )
        assert.deepEqual(statuses(answers.flat()), { 200: 100, 429: 100 })
      })
      assert.equal(await revoke(b.url, third.id, owner.cookie), 200)
      for (const { key } of [second, third]) assert.equal((await send(a.url, account(key))).status, 401)
    })
  }
})
