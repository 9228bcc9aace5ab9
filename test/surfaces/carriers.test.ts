import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { newKeyValue } from '../../src/accounts/api-keys/grammar.ts'
import { sessionOf } from './people.ts'
import { probeServer, SURFACE_NAMES, SURFACES, type Surface } from './probe-server.ts'
import type { WireRequest } from './wire.ts'

// Credentials are read before any database is asked, and the same way for both.
const server = await probeServer('sqlite')
const ada = await server.account()
const cookie = await sessionOf(server, ada.email)

const JSON_TYPE = 'Content-Type: application/json'
const FORM_TYPE = 'Content-Type: application/x-www-form-urlencoded'
const ALLOW = 'Authorization: Bearer '
const other = newKeyValue('files')

/** Sends a credential in one way; the surface's probe takes it or not. */
type Carrier = (base: string, key: string) => WireRequest
const CARRIERS = {
  bearer: (path, key) => ({ path, headers: [`Authorization: Bearer ${key}`] }),
  'x-api-key': (path, key) => ({ path, headers: [`X-API-Key: ${key}`] }),
  query: (base, key) => ({ path: `${base}?api_key=${key}` }),
  'query with an escaped name': (base, key) => ({ path: `${base}?%61pi_%6bey=${key}` }),
  body: (path, key) => ({
    method: 'POST',
    path,
    headers: [JSON_TYPE],
    body: JSON.stringify({ api_key: key, text: 'hello' }),
  }),
  'body of a DELETE': (path, key) => ({
    method: 'DELETE',
    path,
    headers: [JSON_TYPE],
    body: JSON.stringify({ api_key: key }),
  }),
  form: (path, key) => ({ method: 'POST', path, headers: [FORM_TYPE], body: `api_key=${key}&text=hello` }),
} satisfies Record<string, Carrier>

const TAKEN: Record<Surface, readonly (keyof typeof CARRIERS)[]> = {
  files: ['bearer', 'x-api-key'],
  bots: ['bearer', 'x-api-key', 'query', 'query with an escaped name', 'body', 'body of a DELETE', 'form'],
  cards: ['bearer', 'x-api-key'],
}

const statusOf = async (request: WireRequest) => (await server.send(request)).status
const usesOf = async (accountId: string) => (await server.core.accounts.keys.list(accountId))[0]?.uses ?? 0

for (const surface of SURFACE_NAMES) {
  const { base } = SURFACES[surface]
  const get = (headers: readonly string[], query = '') => statusOf({ path: base + query, headers })
  const post = (body: string | Buffer, headers: readonly string[] = []) =>
    statusOf({ method: 'POST', path: base, headers: [JSON_TYPE, ...headers], body })

  describe(`credentials on ${surface}`, () => {
    for (const [name, request] of Object.entries(CARRIERS)) {
      const taken = TAKEN[surface].some((one) => one === name)
      it(`${taken ? 'are' : 'are not'} taken from: ${name}`, async () => {
        const status = await statusOf(request(base, ada.key))

        if (taken) assert.equal(status, 200)
        else assert.ok(status === 401 || status === 415, `${status}`)
      })
    }

    it('are taken from the cookie of a browser', async () => {
      assert.equal(await get([`Cookie: a=b; ${cookie}; c=d`]), 200)
    })

    for (const [name, request] of Object.entries(CARRIERS).filter(([one]) =>
      TAKEN[surface].some((taken) => taken === one),
    )) {
      it(`never fall back to a good cookie when the key is wrong: ${name}`, async () => {
        for (const wrong of [other, 'nonsense', 'tk_live_x']) {
          const { headers = [], ...rest } = request(base, wrong) as WireRequest

          assert.equal(
            await statusOf({ ...rest, headers: [...headers, `Cookie: ${cookie}`, 'Sec-Fetch-Site: same-origin'] }),
            401,
          )
        }
      })
    }

    it('may come twice if they are equal, and count once', async () => {
      const twice = [
        `Authorization: Bearer ${ada.key}`,
        `X-API-Key: ${ada.key}`,
        `authorization: bearer ${ada.key}`,
        `x-api-key: ${ada.key}`,
      ]
      const before = await usesOf(ada.id)

      assert.equal(await get(twice), 200)

      assert.equal((await usesOf(ada.id)) - before, 1)
    })

    for (const [name, headers] of [
      ['two Authorization headers', [`Authorization: Bearer ${ada.key}`, `Authorization: Bearer ${other}`]],
      ['two X-API-Key headers', [`X-API-Key: ${ada.key}`, `X-API-Key: ${other}`]],
      ['one of each', [`X-API-Key: ${other}`, `Authorization: Bearer ${ada.key}`]],
    ] as const) {
      it(`are refused when two of them differ: ${name}`, async () => {
        const before = server.handled()

        assert.equal(await get(headers), 400)
        assert.equal(await get(headers.toReversed()), 400)

        assert.equal(server.handled(), before)
      })
    }

    it('need exactly "Bearer", one space and one token, in any case of the word', async () => {
      for (const scheme of ['Bearer', 'bearer', 'BEARER', 'bEaReR'])
        assert.equal(await get([`Authorization: ${scheme} ${ada.key}`]), 200, scheme)
      const bad = [
        `Bearer\t${ada.key}`, `Bearer  ${ada.key}`, `Bearer ${ada.key},${ada.key}`, `Bearer ${ada.key}, Bearer ${ada.key}`,
        `Bearer ${ada.key} trailing`, `Bearer "${ada.key}"`, `Bearer:${ada.key}`, `Bearer${ada.key}`, 'Bearer', 'Bearer ', 'Bearer null', '',
        `Token ${ada.key}`, `Basic ${Buffer.from(`${ada.key}:`).toString('base64')}`, ada.key, `Bearer ${ada.key.toUpperCase()}`,
        `Bearer ${'x'.repeat(521)}`, `Bearer tk_live_${'0'.repeat(8000)}`,
      ] // biome-ignore format: a list
      for (const value of bad)
        assert.equal(await get([`Authorization: ${value}`]), 401, JSON.stringify(value.slice(0, 60)))
    })

    it('are printable ASCII and nothing that looks like it', async () => {
      const half = ada.key.length >> 1
      const put = (odd: string) => ada.key.slice(0, half) + odd + ada.key.slice(half)
      const wide = ada.key.replace('k', '\u{ff4b}')
      for (const odd of [put('\u200b'), put('\u0301'), put('\u202e'), `\ufeff${ada.key}`, wide, put('é')]) {
        const bytes = Buffer.from(odd).toString('latin1')
        assert.equal(await get([ALLOW + bytes]), 401, JSON.stringify(odd))
        assert.equal(await get([`X-API-Key: ${bytes}`]), 401, JSON.stringify(odd))
      }
      for (const odd of ['\u0080', '\u00a0', '\u00ff']) assert.equal(await get([ALLOW + put(odd)]), 401)
      // The parser refuses these before there is a request.
      for (const odd of ['\0', '\u0001', '\u007f']) assert.equal(await get([ALLOW + put(odd)]), 400)
    })

    it('count once in a cookie header: two sessions are refused, and the name of the own host wins', async () => {
      const value = cookie.slice('login_token='.length)
      assert.equal(await get([`Cookie: login_token=${value}; login_token=${value}`]), 401)
      assert.equal(await get([`Cookie: login_token=${value}`, 'Cookie: login_token=planted']), 401)
      assert.equal(await get([`Cookie: login_token=planted; __Host-login_token=${value}`]), 200)
      assert.equal(await get([`Cookie: login_token=one; login_token=two; __Host-login_token=${value}`]), 200)
      assert.equal(await get([`Cookie: __Host-login_token=planted; login_token=${value}`]), 401)
      assert.equal(await get([`Cookie: __Host-login_token=${value}; __Host-login_token=${value}`]), 401)
    })

    it('are what they are: a key is no session and a session is no key', async () => {
      const session = cookie.slice('login_token='.length)

      assert.equal(await get([`Cookie: login_token=${ada.key}`]), 401)
      assert.equal(await get([ALLOW + session]), 401)
      assert.equal(await get([`X-API-Key: ${session}`]), 401)
      assert.equal(await get([], `?api_key=${session}`), 401)
    })

    it('in a nested or strange body reach no handler and no prototype', async () => {
      const before = server.handled()
      const strange = ['[', '"key"', '{"api_key":', '{"text":"x"}}', "{'text':1}", '\u0000', '{"text":"\\ud800"}']
      for (const body of strange) assert.equal(await post(body, [ALLOW + ada.key]), 400, JSON.stringify(body))
      assert.equal(await post(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), [ALLOW + ada.key]), 400)
      const polluting = ['{"__proto__":{"admin":true}}', '{"constructor":{"prototype":{"admin":true}}}', '{"limits":{"__proto__":{"admin":true}}}',
        '{"\\u005f_proto__":{"admin":true}}', '{"text":"x","limits":{"a":{"constructor":{"prototype":{"admin":true}}}}}'] // biome-ignore format: a list
      for (const body of polluting) assert.equal(await post(body, [ALLOW + ada.key]), 400, body)
      assert.equal(
        await get([ALLOW + ada.key], '?__proto__=x&__proto__[admin]=true&constructor[prototype][admin]=true'),
        200,
      )

      assert.equal(Reflect.get({}, 'admin'), undefined)
      assert.equal(server.handled(), before + 1)
    })

    it('may come with a body that begins with a byte order mark, as some clients write it', async () => {
      assert.equal(await post('\ufeff{"text":"x"}', [ALLOW + ada.key]), 200)
    })

    it('survive a body of 10,000 levels', async () => {
      const nested = `{"limits":{"a":${'['.repeat(10_000)}${']'.repeat(10_000)}}}`

      assert.equal(await post(nested, [ALLOW + ada.key]), 400)
    })
  })
}

describe('the member api_key of a body', () => {
  const post = async (body: string, headers: readonly string[] = []) => {
    const answer = await server.send({
      method: 'POST',
      path: SURFACES.bots.base,
      headers: [JSON_TYPE, ...headers],
      body,
    })
    if (answer.status >= 400) assert.match(answer.body, /^\{"ok":false,"result":"([^"]+)","msg":"\1","code":"\w+"/)
    return answer.status
  }

  it('is a string and nothing else', async () => {
    for (const value of [
      `["${ada.key}"]`,
      `{"key":"${ada.key}"}`,
      '7',
      'null',
      'true',
      '""',
      `"${ada.key} "`,
      `"${ada.key}\\u0000"`,
      '"\\ud800"',
    ])
      assert.equal(await post(`{"api_key":${value}}`), 401, value)
    assert.equal(await post(`{"api_key":"${'x'.repeat(60_000)}"}`), 401)
    assert.equal(await post(`{"api_key":"${'x'.repeat(1_000_000)}"}`), 413)
    assert.equal(await post(`{"api_key":${'['.repeat(10_000)}${']'.repeat(10_000)}}`), 401)
  })

  it('comes once: parsers disagree on which of two counts', async () => {
    const key = JSON.stringify(ada.key)
    const twice = [
      `{"api_key":${key},"api_key":${key}}`, `{"api_key":"x","api_key":${key}}`, `{"api_key":${key},"text":"{","api_key":"x"}`,
      `{"\\u0061pi_key":${key},"api_key":"x"}`, `{"api_key":${key},"text":"a\\"b","\\u0061\\u0070i_key":${key}}`,
      `{"api_key"${' '.repeat(100)}:${key},"api_key"\n\t:${key}}`,
    ] // biome-ignore format: a list
    for (const body of twice) assert.equal(await post(body), 400, body)
    const once = [
      `{"api_key":${key},"text":"api_key"}`,
      `{"api_key":${key},"limits":{"api_key":"x","a":["api_key"]}}`,
      `{"text":"\\u0041","api_key":${key}}`,
    ]
    for (const body of once) assert.equal(await post(body), 200, body)
    assert.equal(
      await post(`{"api_key":"x","api_key":${key}}`, [`Cookie: ${cookie}`, 'Sec-Fetch-Site: same-origin']),
      400,
    )
  })

  it('reaches no handler', async () => {
    await post(JSON.stringify({ api_key: ada.key, text: 'hello' }))

    assert.deepEqual(server.lastBody(), { text: 'hello' })
  })

  it('agrees with the header and the URL, or the request is refused', async () => {
    const body = JSON.stringify({ api_key: ada.key })
    const send = async (headers: readonly string[], query = '') =>
      (await server.send({ method: 'POST', path: SURFACES.bots.base + query, headers: [JSON_TYPE, ...headers], body }))
        .status

    assert.equal(await send([ALLOW + ada.key, `X-API-Key: ${ada.key}`], `?api_key=${ada.key}&api_key=${ada.key}`), 200)
    assert.equal(await send([ALLOW + other]), 400)
    assert.equal(await send([], `?api_key=${other}`), 400)
    assert.equal(await send([], `?api_key=${ada.key}&api_key=${other}`), 400)
    assert.equal(await send([], '?api_key='), 400)
  })
})

describe('a key in the URL', () => {
  const { base } = SURFACES.bots

  it('is printable ASCII, whatever escapes it came in', async () => {
    for (const odd of ['%00', '%ff', '%e2%80%8b', '%ef%bb%bf', '%20', '+', '%0d%0a', '%', '%zz', '%ED%A0%80'])
      assert.equal((await server.send({ path: `${base}?api_key=${ada.key}${odd}` })).status, 401, odd)
  })

  it('is answered so that nobody stores or passes it on', async () => {
    const answer = await server.send({ path: `${base}?api_key=${ada.key}` })

    assert.equal(answer.header('referrer-policy'), 'no-referrer')
    assert.match(answer.header('cache-control') ?? '', /no-store/)
  })

  it('is counted apart, so that its owner learns to rotate it', async () => {
    const before = (await server.core.accounts.keys.list(ada.id))[0]?.uses_in_url ?? 0

    await server.send({ path: `${base}?api_key=${ada.key}` })

    assert.equal((await server.core.accounts.keys.list(ada.id))[0]?.uses_in_url, before + 1)
  })

  it('can be switched off', async () => {
    const strict = await probeServer('sqlite', { settings: { QUERY_KEYS: 'never' } })
    const { key } = await strict.account()

    assert.equal((await strict.send({ path: `${base}?api_key=${key}` })).status, 401)
    assert.equal((await strict.send({ path: base, headers: [ALLOW + key] })).status, 200)
  })
})

describe('the log', () => {
  it('holds no credential, however it was sent', async () => {
    const canary = newKeyValue('files')
    for (const surface of SURFACE_NAMES)
      for (const key of [ada.key, canary])
        for (const request of Object.values(CARRIERS)) await server.send(request(SURFACES[surface].base, key))
    await server.send({ path: `${SURFACES.bots.base}/bug?api_key=${ada.key}` })
    await server.send({ path: `/nowhere?api_key=${ada.key}&x=${canary}` })
    await server.send({ path: `/v2/%ff?api_key=${ada.key}` })
    await server.send({ path: SURFACES.files.base, headers: [`Cookie: ${cookie}`] })

    const log = server.log.join('\n')

    assert.ok(log.includes('a credential was refused'))
    for (const secret of [ada.key, canary, other, cookie.slice('login_token='.length)]) assert.ok(!log.includes(secret))
  })
})
