import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { testApp } from '../../test/app.ts'
import { AppError } from '../platform/errors.ts'
import { type FailureCode, Failures } from '../platform/http/index.ts'
import { windowPolicy } from '../platform/limits/index.ts'
import { cardsDialect } from './dialect.ts'

const context = { requestId: 'req_1', nowMs: 1_000_000 }
const body = (code: FailureCode, options = {}) => cardsDialect.failure(new AppError(Failures[code], options), context)

describe('the cards dialect', () => {
  const golden: [FailureCode, string][] = [
    ['AUTH_MISSING', '{"code":"UNAUTHORIZED","error":"Missing or invalid Authorization header","requestId":"req_1"}'],
    ['AUTH_INVALID', '{"code":"INVALID_API_KEY","error":"Invalid or revoked API key","requestId":"req_1"}'],
    ['INTERNAL', `{"code":"INTERNAL_ERROR","error":"${Failures.INTERNAL.message}","requestId":"req_1"}`],
  ]
  for (const [code, printed] of golden) {
    it(`prints ${code} as clients know it`, () => assert.equal(JSON.stringify(body(code)), printed))
  }

  it('gives every failure of the platform one of its own codes', () => {
    const codes = new Set(Object.values(Failures).map((entry) => cardsDialect.code(entry)))

    assert.deepEqual([...codes].toSorted(), [
      'BAD_REQUEST',
      'CONTENT_TOO_LARGE',
      'FORBIDDEN',
      'INTERNAL_ERROR',
      'INVALID_API_KEY',
      'INVALID_INPUT',
      'METHOD_NOT_ALLOWED',
      'NOT_FOUND',
      'RATE_LIMITED',
      'UNAUTHORIZED',
    ])
  })

  it('tells the moment of the next try in milliseconds', () => {
    const printed = body('RATE_LIMITED', { retryAfterSeconds: 7 })

    assert.deepEqual(printed, {
      code: 'RATE_LIMITED',
      error: 'Too many requests',
      retryAt: 1_007_000,
      requestId: 'req_1',
    })
  })

  it('passes on the details of bad input', () => {
    const details = [{ path: 'body.url', message: 'url must be …' }]

    assert.deepEqual(body('INVALID_INPUT', { message: 'url must be …', details }), {
      code: 'INVALID_INPUT',
      error: 'url must be …',
      requestId: 'req_1',
      details,
    })
  })

  it('prints limit headers on every answer that was counted', () => {
    const policy = windowPolicy('minute', 120, 60_000)
    const state = { policy, remaining: 0, resetMs: 30_000, resetAtSeconds: 1030 }
    const refused = { allowed: false, states: [state], retryAfterSeconds: 2, violated: ['minute'], epoch: 1 }

    const headers = cardsDialect.limitHeaders(refused, context.nowMs)
    const room = { ...refused, states: [{ ...state, remaining: 7 }], allowed: true, violated: [] }
    const passed = cardsDialect.limitHeaders(room, context.nowMs)
    const none = cardsDialect.limitHeaders({ ...room, states: [] }, context.nowMs)

    assert.deepEqual(headers, ['RateLimit-Limit', '120', 'RateLimit-Remaining', '0', 'RateLimit-Reset', '1030000'])
    assert.deepEqual(passed, ['RateLimit-Limit', '120', 'RateLimit-Remaining', '7', 'RateLimit-Reset', '1030000'])
    assert.deepEqual(none, [])
  })
})

describe('the cards surface', () => {
  const answerOf = async (response: Response) => {
    const { requestId, ...body } = z.record(z.string(), z.unknown()).parse(await response.json())
    return [response.status, body]
  }

  it('tells a header that is no credential from a key that is none of ours', async () => {
    const app = await testApp('sqlite', {})
    const send = async (headers: Record<string, string>) => answerOf(await app.fetch('/v1/tags', { headers }))

    const missing = { code: 'UNAUTHORIZED', error: 'Missing or invalid Authorization header' }
    const invalid = { code: 'INVALID_API_KEY', error: 'Invalid or revoked API key' }
    assert.deepEqual(await send({}), [401, missing])
    assert.deepEqual(await send({ authorization: 'Bearer' }), [401, missing])
    assert.deepEqual(await send({ authorization: 'Basic YTpi' }), [401, missing])
    assert.deepEqual(await send({ authorization: 'Bearer nothing' }), [401, invalid])
    assert.deepEqual(await send({ authorization: `Bearer teakapi_${'a'.repeat(12)}_${'b'.repeat(48)}` }), [
      401,
      invalid,
    ])
  })

  it('lets a key that may only read do nothing else', async () => {
    const app = await testApp('sqlite', {})
    const reader = await app.account({ scopes: ['cards:read'] })
    const save = { method: 'POST', body: '{"content":"x"}', headers: { 'content-type': 'application/json' } }

    const read = await reader.fetch('/v1/cards')
    const [status, body] = await answerOf(await reader.fetch('/v1/cards', save))

    assert.equal(read.status, 200)
    assert.deepEqual([status, z.looseObject({ code: z.string() }).parse(body).code], [403, 'FORBIDDEN'])
  })

  it('says after too many requests when to come back', async () => {
    const app = await testApp('sqlite', { settings: { LIMIT_CARDS_PER_MINUTE: '2' } })
    const ada = await app.account()
    await ada.fetch('/v1/tags')
    await ada.fetch('/v1/tags')

    const response = await ada.fetch('/v1/tags')

    const { requestId, retryAt, ...body } = z.looseObject({ retryAt: z.number() }).parse(await response.json())
    const reset = Number(response.headers.get('ratelimit-reset'))
    assert.equal(response.status, 429)
    assert.deepEqual(body, { code: 'RATE_LIMITED', error: 'Too many requests' })
    assert.ok(retryAt > Date.now() && retryAt < Date.now() + 61_000)
    assert.ok(reset > Date.now() && reset < Date.now() + 61_000)
    assert.equal(response.headers.get('ratelimit-limit'), '2')
    assert.equal(response.headers.get('ratelimit-remaining'), '0')
    assert.match(response.headers.get('retry-after') ?? '', /^[1-9]\d?$/)
  })
})
