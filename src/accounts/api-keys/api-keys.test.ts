import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { dialects, testPlace } from '../../../test/database.ts'
import { eventually } from '../../../test/services/eventually.ts'
import { sessionOf } from '../../../test/surfaces/people.ts'
import { movableClock, probeServer, SURFACES } from '../../../test/surfaces/probe-server.ts'
import { dayOf } from './days.ts'
import { classifyKey, newKeyValue } from './grammar.ts'
import { keyRepo } from './repo.ts'

const Body = z.record(z.string(), z.unknown())
const Made = z.looseObject({ id: z.string(), key: z.string() })
const Listed = z.object({ keys: z.array(z.looseObject({ id: z.string(), status: z.string().optional() })) })

const Usage = z.object({
  days: z.array(z.string()),
  keys: z.array(z.object({ id: z.string(), requests: z.array(z.number()) })),
})

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** A server with an account on it that is signed in, and a way to call it. */
const signedIn = async (server: Awaited<ReturnType<typeof probeServer>>) => {
  const account = await server.account()
  const cookie = await sessionOf(server, account.email)
  const call = async (
    method: string,
    path: string,
    body?: unknown,
    headers: readonly string[] = [`Cookie: ${cookie}`],
  ) => {
    const json = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }
    const answer = await server.send({ method, path, headers: ['Content-Type: application/json', ...headers], ...json })
    return { status: answer.status, text: answer.body, json: Body.parse(JSON.parse(answer.body)) }
  }
  const make = async (body: object) => Made.parse((await call('POST', '/api/keys', body)).json)
  const use = async (key: string, surface: keyof typeof SURFACES = 'files') =>
    (await server.send({ path: SURFACES[surface].base, headers: [`X-API-Key: ${key}`] })).status
  return { ...account, cookie, call, make, use, send: server.send }
}

for (const dialect of dialects) {
  describe(`API keys (${dialect})`, async () => {
    const clock = movableClock()
    const server = await probeServer(dialect, { clock })
    const ada = await signedIn(server)
    const eve = await signedIn(server)

    const usageOf = async (email: string) => {
      const headers = [`Cookie: ${await sessionOf(server, email)}`]
      return async (query = '') =>
        Usage.parse((await ada.call('GET', `/api/keys/usage${query}`, undefined, headers)).json)
    }

    describe('as the files surface publishes them', () => {
      it('are made from a name and permissions, and shown once', async () => {
        const { status, json } = await ada.call('POST', '/api/apikeys', {
          name: 'My Integration',
          permissions: ['files:read', 'files:write'],
        })

        assert.equal(status, 201)
        assert.match(String(json.key), /^tk_live_[0-9A-Za-z]{36}$/)
        assert.deepEqual(
          [json.name, json.permissions, json.rate_limit],
          ['My Integration', ['files:read', 'files:write'], 1_000_000],
        )
        assert.equal(await ada.use(String(json.key)), 200)
        for (const path of ['/api/apikeys', '/api/v1/apikeys', '/api/keys']) {
          const { text } = await ada.call('GET', path)
          assert.ok(text.includes('My Integration'))
          assert.ok(!text.includes(String(json.key).slice(12)))
          assert.ok(!text.includes('hash'))
        }
      })

      it('are listed for a key of the account too, without values', async () => {
        const { status, json } = await ada.call('GET', '/api/apikeys', undefined, [`X-API-Key: ${ada.key}`])

        assert.equal(status, 200)
        assert.ok(Listed.parse(json).keys.every((key) => !('key' in key)))
      })

      it('fail on the next request after a revocation', async () => {
        const { id, key } = await ada.make({ kind: 'files' })
        assert.equal(await ada.use(key), 200)

        assert.deepEqual((await ada.call('DELETE', `/api/apikeys/${id}`)).json, { success: true })

        assert.equal(await ada.use(key), 401)
      })

      it('revoke themselves, and others only with every permission of files', async () => {
        const narrow = await ada.make({ kind: 'files', scopes: ['files:read', 'cards:write'] })
        const master = await ada.make({
          kind: 'files',
          scopes: ['files:read', 'files:write', 'files:delete', 'folders:manage'],
        })
        const target = await ada.make({ kind: 'files' })
        const cards = await ada.make({ kind: 'cards' })
        const revoke = async (id: string, key: string) =>
          (await ada.call('DELETE', `/api/apikeys/${id}`, undefined, [`X-API-Key: ${key}`])).status

        assert.equal(await revoke(target.id, narrow.key), 403)
        assert.equal(await revoke('key_unknown', narrow.key), 403)
        assert.equal(await revoke(target.id, master.key), 200)
        assert.equal(await revoke(cards.id, master.key), 404)
        assert.equal(await ada.use(cards.key, 'cards'), 200)
        assert.equal(await revoke(narrow.id, narrow.key), 200)
        assert.equal(await ada.use(narrow.key), 401)
      })

      it('are told which permissions a refused revocation needs', async () => {
        const narrow = await ada.make({ kind: 'files', scopes: ['files:read'] })

        const answer = await ada.send({
          method: 'DELETE',
          path: '/api/apikeys/key_other',
          headers: [`X-API-Key: ${narrow.key}`],
        })

        const scope = 'files:read files:write files:delete folders:manage'
        assert.equal(
          answer.header('www-authenticate'),
          `Bearer realm="latchkey", error="insufficient_scope", scope="${scope}"`,
        )
      })
    })

    describe('of the cards surface', () => {
      it('have the published form and metadata', async () => {
        const { key, id } = await ada.make({ kind: 'cards' })

        const [, prefix = '', secret = ''] = /^teakapi_([0-9a-f]{12})_([0-9a-f]{48})$/.exec(key) ?? []
        assert.equal(secret.length, 48)
        await ada.use(key, 'cards')
        const { json } = await ada.call('GET', '/api/keys')
        const shown = Listed.parse(json).keys.find((one) => one.id === id)
        assert.deepEqual(
          [shown?.name, shown?.prefix, shown?.masked_key, shown?.last_used_at, shown?.uses],
          ['API Keys', prefix, `${prefix}••••••••`, clock.now().toISOString(), 1],
        )
      })

      it('tell their last use exactly, request by request', async () => {
        const { key, id } = await ada.make({ kind: 'cards' })
        for (let round = 1; round <= 3; round += 1) {
          clock.advance(1234)
          await ada.use(key, 'cards')
          if (round === 2) await server.core.accounts.saveUses()

          const shown = Listed.parse((await ada.call('GET', '/api/keys')).json).keys.find((one) => one.id === id)
          assert.deepEqual([shown?.last_used_at, shown?.uses], [clock.now().toISOString(), round])
        }
      })

      it('are one: of a hundred made at once one lives, and all are in the audit log', async () => {
        const bea = await signedIn(server)

        const made = await Promise.all(Array.from({ length: 100 }, () => bea.make({ kind: 'cards' })))

        const { keys } = Listed.parse((await bea.call('GET', '/api/keys')).json)
        const cards = keys.filter((key) => key.kind === 'cards')
        const live = cards.filter(({ status }) => status === 'active')
        assert.deepEqual([cards.length, live.length], [100, 1])
        const statuses = await Promise.all(
          made.map(async ({ id, key }) => [id === live[0]?.id, await bea.use(key, 'cards')]),
        )
        assert.ok(statuses.every(([alive, status]) => status === (alive === true ? 200 : 401)))
        const audit = await server.core.database.db
          .selectFrom('audit_log')
          .select(['action', 'target'])
          .where('account_id', '=', bea.id)
          .execute()
        const targets = (action: string) =>
          new Set(audit.filter((entry) => entry.action === action).map(({ target }) => target))
        assert.equal(targets('key.created').size, 101)
        assert.deepEqual(
          targets('key.revoked'),
          new Set(cards.filter(({ status }) => status === 'revoked').map(({ id }) => id)),
        )
      })

      it('are for cards only, and those of files go where their scopes allow', async () => {
        const cards = await ada.make({ kind: 'cards' })
        const bots = await ada.make({ kind: 'bots' })

        assert.deepEqual(
          [await ada.use(cards.key, 'cards'), await ada.use(cards.key, 'files'), await ada.use(cards.key, 'bots')],
          [200, 401, 401],
        )
        assert.deepEqual(
          [await ada.use(bots.key, 'bots'), await ada.use(bots.key, 'files'), await ada.use(bots.key, 'cards')],
          [200, 401, 401],
        )
        assert.deepEqual(
          [await ada.use(ada.key, 'files'), await ada.use(ada.key, 'bots'), await ada.use(ada.key, 'cards')],
          [200, 200, 200],
        )
        assert.equal((await ada.call('POST', '/api/keys', { kind: 'cards', scopes: ['full_access'] })).status, 201)
        assert.equal((await ada.call('POST', '/api/keys', { kind: 'cards', scopes: ['files:read'] })).status, 400)
      })
    })

    describe('management', () => {
      it('is never open to a key', async () => {
        const { id } = await ada.make({ kind: 'files' })
        const attempts: [string, string, object?][] = [
          ['GET', '/api/keys'], ['GET', '/api/keys/usage'], ['POST', '/api/keys', { kind: 'files' }], ['PATCH', `/api/keys/${id}`, { scopes: ['files:read'] }],
          ['POST', `/api/keys/${id}/rotate`, {}], ['DELETE', `/api/keys/${id}`], ['POST', '/api/apikeys', { name: 'x', permissions: ['files:read'] }],
          ['GET', '/api/sessions'], ['POST', '/api/devices/pairing-codes'], ['GET', '/api/devices'], ['POST', '/api/invites'],
          ['GET', '/api/audit-log'], ['DELETE', '/api/account', { password: 'x' }],
        ] // biome-ignore format: a list
        for (const [method, path, body] of attempts) {
          const { status, json } = await ada.call(method, path, body, [`Authorization: Bearer ${ada.key}`])
          assert.deepEqual([status, json.code], [403, 'credential_kind'], `${method} ${path}`)
        }
      })

      it('takes no field that is not offered, and no limit that is none', async () => {
        const { id, key } = await ada.make({ kind: 'files', name: 'Plain' })
        const before = await server.core.database.db
          .selectFrom('api_keys')
          .selectAll()
          .where('id', '=', id)
          .executeTakeFirst()
        const extra = [
          { account_id: eve.id },
          { revoked_at: null },
          { hash: 'x' },
          { id: 'key_mine' },
          { uses: 0 },
          { plan: 'selfhost' },
          { created_at: 1 },
        ]
        const values = [1e12, -1, 0, 1.5, '100', true, [], {}, 'NaN'].map((rate_limit) => ({ rate_limit }))
        for (const field of [
          ...extra,
          ...values,
          { kind: 'cards' },
          { scopes: [] },
          { scopes: ['admin'] },
          { scopes: 'files:read' },
          { name: '' },
          { name: '   ' },
        ])
          assert.equal((await ada.call('PATCH', `/api/keys/${id}`, field)).status, 400, JSON.stringify(field))
        for (const field of [
          ...extra,
          ...values,
          { kind: 'admin' },
          { scopes: ['*'] },
          { expires_at: 'tomorrow' },
          { expires_at: 0 },
          { expires_at: '1999-01-01T00:00:00Z' },
        ])
          assert.equal(
            (await ada.call('POST', '/api/keys', { kind: 'files', ...field })).status,
            400,
            JSON.stringify(field),
          )
        assert.equal((await ada.call('PATCH', `/api/keys/${id}`, '{"rate_limit":NaN}')).status, 400)

        const after = await server.core.database.db
          .selectFrom('api_keys')
          .selectAll()
          .where('id', '=', id)
          .executeTakeFirst()
        assert.deepEqual(after, before)
        assert.equal(await ada.use(key), 200)
      })

      it('ignores what the published form does not know, and refuses a limit that is none there too', async () => {
        const form = { name: 'Mass', permissions: ['files:read'] }
        const { status, json } = await ada.call('POST', '/api/apikeys', {
          ...form,
          account_id: eve.id,
          kind: 'cards',
          scopes: ['bots:write'],
          revoked_at: 1,
        })
        assert.equal(status, 201)
        const row = await server.core.database.db
          .selectFrom('api_keys')
          .selectAll()
          .where('id', '=', String(json.id))
          .executeTakeFirstOrThrow()
        assert.deepEqual([row.account_id, row.kind, row.scopes, row.revoked_at], [ada.id, 'files', 1, null])
        for (const rate_limit of [1e12, -1, 0, '100', null])
          assert.equal((await ada.call('POST', '/api/apikeys', { ...form, rate_limit })).status, 400)
        for (const permissions of [[], ['cards:read'], ['full_access'], 'files:read', [['files:read']], null])
          assert.equal((await ada.call('POST', '/api/apikeys', { name: 'x', permissions })).status, 400)
      })

      it('keeps to the ceiling of the plan', async () => {
        const bob = await signedIn(server)
        await server.core.database.db
          .updateTable('accounts')
          .set({ plan_id: 'business' })
          .where('id', '=', bob.id)
          .execute()

        assert.equal(
          (await bob.call('POST', '/api/keys', { kind: 'files', rate_limit: 101 })).json.code,
          'rate_limit_too_high',
        )
        const made = []
        for (let count = 0; count < 9; count += 1) made.push(await bob.make({ kind: 'files' }))
        assert.equal((await bob.call('POST', '/api/keys', { kind: 'files' })).json.code, 'key_limit_reached')
        // There is no room, and a replacement needs none.
        const rotated = await bob.call('POST', `/api/keys/${made[0]?.id}/rotate`, { overlap_seconds: 60 })
        assert.equal(rotated.status, 201)
        assert.equal(
          (await bob.call('PATCH', `/api/keys/${made[1]?.id}`, { rate_limit: 1000 })).json.code,
          'rate_limit_too_high',
        )
      })

      it('answers for a key of somebody else as for one that never was', async () => {
        const { id } = await ada.make({ kind: 'files' })
        const tries: [string, string, object?][] = [
          ['PATCH', '', { name: 'mine' }],
          ['DELETE', ''],
          ['POST', '/rotate', {}],
        ]
        for (const [method, suffix, body] of tries) {
          const theirs = await eve.call(method, `/api/keys/${id}${suffix}`, body)
          const nobodys = await eve.call(method, `/api/keys/key_0000000000000000000000${suffix}`, body)

          assert.equal(theirs.status, 404)
          assert.deepEqual({ ...theirs.json, request_id: '' }, { ...nobodys.json, request_id: '' })
        }
        assert.equal((await eve.call('DELETE', `/api/apikeys/${id}`)).status, 404)
      })

      it('counts the characters of a name as people do and stores one form of each', async () => {
        const { json } = await ada.call('POST', '/api/keys', { kind: 'files', name: '  Cafe\u0301 ' })
        assert.equal(json.name, 'Café')
        assert.equal((await ada.call('POST', '/api/keys', { kind: 'files', name: '🗝'.repeat(64) })).status, 201)
        assert.equal((await ada.call('POST', '/api/keys', { kind: 'files', name: '🗝'.repeat(65) })).status, 400)
        for (const name of ['a\0b', '\ud800', 'x'.repeat(100_000 - 65_000)])
          assert.equal((await ada.call('POST', '/api/keys', { kind: 'files', name })).status, 400)
      })

      it('writes one line a request to the log, whatever is in a name', async () => {
        const name = 'x"\r\n{"level":"error"}\u001b[31m'
        const before = server.log.length

        assert.equal(
          (
            await ada.call('POST', '/api/keys', { kind: 'files', name }, [
              `Cookie: ${ada.cookie}`,
              'User-Agent: "}\\n{\x9b2J',
            ])
          ).status,
          201,
        )
        await ada.call('POST', '/api/keys', { kind: 'files', name: 7 })

        for (const line of server.log.slice(before)) {
          assert.ok(!line.trimEnd().includes('\n') && !line.includes('\u001b'))
          assert.equal(typeof JSON.parse(line), 'object')
        }
      })
    })

    describe('in time', () => {
      it('live until their expiry and not a millisecond longer', async () => {
        const expires_at = new Date(clock.now().getTime() + 60_000).toISOString()
        const { key } = await ada.make({ kind: 'files', expires_at })
        clock.advance(59_999)
        assert.equal(await ada.use(key), 200)

        clock.advance(1)

        assert.equal(await ada.use(key), 401)
      })

      it('are renewed by their owner, from memory and all', async () => {
        const soon = () => new Date(clock.now().getTime() + 60_000).toISOString()
        const { key, id } = await ada.make({ kind: 'files', expires_at: soon() })
        await ada.use(key)
        clock.advance(HOUR_MS)
        assert.equal(await ada.use(key), 401)

        await ada.call('PATCH', `/api/keys/${id}`, { expires_at: soon() })

        assert.equal(await ada.use(key), 200)
      })

      it('overlap with their replacement to the second', async () => {
        const { key: old, id } = await ada.make({ kind: 'files', name: 'Deploy', scopes: ['files:read'] })
        await ada.use(old)

        const { key: next, ...shown } = Made.parse(
          (await ada.call('POST', `/api/keys/${id}/rotate`, { overlap_seconds: 60 })).json,
        )

        assert.deepEqual([shown.name, shown.scopes], ['Deploy', ['files:read']])
        clock.advance(59_999)
        assert.deepEqual([await ada.use(old), await ada.use(next)], [200, 200])
        clock.advance(1)
        assert.deepEqual([await ada.use(old), await ada.use(next)], [401, 200])
      })

      it('overlap to the instant for requests that come all the time', async () => {
        const { key: old, id } = await ada.make({ kind: 'files' })
        const rotated = await ada.call('POST', `/api/keys/${id}/rotate`, { overlap_seconds: 60 })
        const { key: next } = Made.parse(rotated.json)
        const seen = { old: new Set<string>(), next: new Set<string>() }
        let hasEnded = false
        let stopped = false
        const hammer = async (which: 'old' | 'next', key: string) => {
          while (!stopped) {
            const began = hasEnded ? 'after' : 'before'
            const response = await fetch(new URL(SURFACES.files.base, server.url), { headers: { 'x-api-key': key } })
            // What began before may be answered after: its end lies in between.
            if ((began === 'after') === hasEnded) seen[which].add(`${began} ${response.status}`)
            await response.text()
          }
        }
        const hammers = [...Array(16)].flatMap(() => [hammer('old', old), hammer('next', next)])
        const allSaw = (began: string): Promise<void> =>
          eventually(() => {
            for (const answers of Object.values(seen)) assert.ok([...answers].some((one) => one.startsWith(began)))
          })

        clock.advance(59_999)
        await allSaw('before')
        clock.advance(1)
        hasEnded = true
        await allSaw('after')
        stopped = true
        await Promise.all(hammers)

        assert.deepEqual(seen.old, new Set(['before 200', 'after 401']))
        assert.deepEqual(seen.next, new Set(['before 200', 'after 200']))
      })

      it('end at once when they are rotated without an overlap, and rotate once', async () => {
        const { key: old, id } = await ada.make({ kind: 'files' })
        await ada.use(old)

        const answers = await Promise.all(Array.from({ length: 5 }, () => ada.call('POST', `/api/keys/${id}/rotate`)))

        assert.deepEqual(answers.map(({ status }) => status).toSorted(), [201, 409, 409, 409, 409])
        assert.equal(await ada.use(old), 401)
      })

      it('are revoked for every request that starts after the answer', async () => {
        const { key, id } = await ada.make({ kind: 'files' })
        const statuses = { before: new Set<number>(), after: new Set<number>() }
        let revoked = false
        let stopped = false
        const hammer = async () => {
          while (!stopped) {
            const began = revoked ? 'after' : 'before'
            const response = await fetch(new URL(SURFACES.files.base, server.url), { headers: { 'x-api-key': key } })
            statuses[began].add(response.status)
            await response.text()
          }
        }
        const hammers = Array.from({ length: 32 }, hammer)
        while (statuses.before.size === 0) await new Promise((resolve) => setImmediate(resolve))

        await server.core.accounts.keys.revoke(ada.id, 'test', id)
        revoked = true
        while (statuses.after.size === 0) await new Promise((resolve) => setImmediate(resolve))
        stopped = true
        await Promise.all(hammers)

        assert.ok(statuses.before.has(200))
        assert.deepEqual(statuses.after, new Set([401]))
      })
    })

    // Last, because it takes longer than a session lives.
    describe('by days', () => {
      it('tell how often they were used, also what is not written yet', async () => {
        const { key, id } = await ada.make({ kind: 'files' })
        await ada.use(key)
        await ada.use(key)
        await server.core.accounts.saveUses()
        clock.advance(2 * DAY_MS)
        await ada.use(key)
        clock.advance(DAY_MS)
        // One write with the uses of two days in it.
        await ada.use(key)
        await server.core.accounts.saveUses()
        await ada.use(key)

        const usage = await usageOf(ada.email)
        const { days, keys } = await usage('?days=4')
        assert.equal(days.at(-1), clock.now().toISOString().slice(0, 10))
        assert.deepEqual(keys.find((one) => one.id === id)?.requests, [2, 0, 1, 2])
        assert.equal((await usage()).days.length, 14)
        assert.deepEqual((await usage('?days=1')).keys.find((one) => one.id === id)?.requests, [2])
        const others = (await (await usageOf(eve.email))()).keys
        assert.ok(others.length > 0 && others.every((one) => one.id !== id))
        for (const query of ['?days=0', '?days=91', '?days=1.5', '?days=all'])
          await assert.rejects(usage(query), z.ZodError)
      })

      it('add up what several processes have counted, without keys that are gone', async () => {
        const { id } = await server.core.accounts.keys.create(ada.id, 'test', { kind: 'files' })
        const [nowMs, repo] = [clock.now().getTime(), keyRepo(server.core.database.db)]
        const used = (keyId: string, requests: number) => ({
          keyId,
          uses: requests,
          usesInUrl: 0,
          days: [{ keyId, day: dayOf(nowMs), requests }],
          lastUsedAt: nowMs,
          lastUsedIp: '192.0.2.1',
        })
        await repo.recordUses([used(id, 3), used('key_gone', 5)])
        await repo.recordUses([used(id, 4)])

        const { keys } = await (await usageOf(ada.email))()

        assert.equal(keys.find((one) => one.id === id)?.requests.at(-1), 7)
      })

      it('are forgotten after 90 days', async () => {
        const { db } = server.core.database
        const count = async () => (await db.selectFrom('api_key_days').select('key_id').execute()).length
        await server.core.accounts.forgetBefore(0)
        assert.ok((await count()) > 0)

        clock.advance(90 * DAY_MS)
        await server.core.accounts.forgetBefore(0)

        assert.equal(await count(), 0)
      })
    })
  })
}

describe('API keys of several processes on one database', () => {
  it('fail in every process on the next request, also on a connection that knows them', async () => {
    const place = await testPlace('postgres')
    const [one, two] = [await probeServer('postgres', { place }), await probeServer('postgres', { place })]
    const { id, key } = await one.account()
    const use = async () =>
      (await fetch(new URL(SURFACES.files.base, two.url), { headers: { 'x-api-key': key } })).status
    assert.deepEqual([await use(), await use()], [200, 200])

    for (const made of await one.core.accounts.keys.list(id)) await one.core.accounts.keys.revoke(id, 'test', made.id)

    assert.equal(await use(), 401)
  })
})

describe('the grammar of keys', () => {
  it('takes every key that is made, and no other by a letter', () => {
    for (const kind of ['files', 'bots', 'cards'] as const) {
      for (let round = 0; round < 200; round += 1) {
        const key = newKeyValue(kind)
        assert.equal(classifyKey(key), kind)
        if (kind === 'cards') continue
        const at = (round % (key.length - 8)) + 8
        const typo = key.slice(0, at) + (key[at] === '0' ? '1' : '0') + key.slice(at + 1)
        assert.equal(classifyKey(typo), undefined, typo)
      }
    }
  })
})
