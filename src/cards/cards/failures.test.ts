import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { type TestAccount, testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { announce, json, uploadFile } from '../testing.ts'

const bytesOf = (text: string) => Uint8Array.from(Buffer.from(text))
const FILE = bytesOf('some bytes')
const MARKDOWN = 'text/markdown'
const ID = 'golden-request-1'

const post =
  (path: string, body: unknown): Ask =>
  (ada) =>
    ada.fetch(path, json('POST', body, { 'x-request-id': ID }))
const patch =
  (path: string, body: unknown): Ask =>
  (ada) =>
    ada.fetch(path, json('PATCH', body, { 'x-request-id': ID }))
const get =
  (path: string, headers: Record<string, string> = {}): Ask =>
  (ada) =>
    ada.fetch(path, { headers: { 'x-request-id': ID, ...headers } })
const remove =
  (path: string): Ask =>
  (ada) =>
    ada.fetch(path, { method: 'DELETE', headers: { 'x-request-id': ID } })

type Ask = (ada: TestAccount) => Promise<Response>
type Golden = readonly [status: number, code: string, sentence: string, ask: Ask]

const ofFile = async (ada: TestAccount, change: object, name = 'a.png', type = 'image/png', bytes = FILE) =>
  post('/v1/cards', { ...(await uploadFile(ada, name, bytes, type)), ...change })(ada)
const put = async (ada: TestAccount, bytes: Uint8Array<ArrayBuffer>, type = 'image/png') => {
  const { uploadUrl } = await announce(ada, 'a.png', FILE, 'image/png')
  return fetch(uploadUrl, { method: 'PUT', body: bytes, headers: { 'content-type': type, 'x-request-id': ID } })
}
const keyed = (ada: TestAccount, body: object) =>
  ada.fetch('/v1/cards', json('POST', body, { 'idempotency-key': 'golden', 'x-request-id': ID }))

/** Every failure of the API as it is told, word for word: clients branch on the code, and people read the sentence. */
const GOLDEN: Readonly<Record<string, Golden>> = {
  'a body that is no JSON': [
    400,
    'BAD_REQUEST',
    'The body is not valid JSON.',
    (ada) => ada.fetch('/v1/cards', { ...json('POST', ''), body: '{', headers: jsonHeaders() }),
  ],
  'a body of another kind': [
    415,
    'BAD_REQUEST',
    'This address takes another Content-Type.',
    (ada) =>
      ada.fetch('/v1/cards', {
        method: 'POST',
        body: 'x',
        headers: { 'content-type': 'text/plain', 'x-request-id': ID },
      }),
  ],
  'a card of nothing': [400, 'INVALID_INPUT', 'Send content or url.', post('/v1/cards', {})],
  'a key that nobody knows': [
    400,
    'INVALID_INPUT',
    'Unrecognized key: "colour"',
    post('/v1/cards', { content: 'x', colour: 'red' }),
  ],
  'a filter that is none': [
    400,
    'INVALID_INPUT',
    'createdAfter must not be later than createdBefore.',
    get('/v1/cards?createdAfter=2&createdBefore=1'),
  ],
  'a bulk of nothing': [
    400,
    'INVALID_INPUT',
    'items must not be empty.',
    post('/v1/cards/bulk', { operation: 'create', items: [] }),
  ],
  'changes since no moment': [
    400,
    'INVALID_INPUT',
    'since must be a moment in milliseconds since 1970.',
    get('/v1/cards/changes'),
  ],
  'a text that is too long': [
    400,
    'CONTENT_TOO_LARGE',
    'The content is larger than 512 KiB. Split it into several cards.',
    post('/v1/cards', { content: 'x'.repeat(512 * 1024 + 1) }),
  ],
  'Markdown that is too long': [
    400,
    'CONTENT_TOO_LARGE',
    'The content is larger than 512 KiB. Split it into several cards.',
    post('/v1/uploads', { fileName: 'a.md', fileSize: 512 * 1024 + 1, mimeType: MARKDOWN }),
  ],
  'Markdown that is no UTF-8': [
    400,
    'INVALID_UTF8',
    'The Markdown file is not UTF-8. Convert it, or upload it under another name.',
    (ada) => ofFile(ada, {}, 'a.md', MARKDOWN, Uint8Array.from([0x23, 0xff])),
  ],
  'more bytes than announced': [
    400,
    'FILE_TOO_LARGE',
    'The file is too large, or there is no room for it.',
    (ada) => put(ada, bytesOf('more than some bytes')),
  ],
  'bytes of another type than announced': [
    400,
    'TYPE_MISMATCH',
    'Send the file as image/png.',
    (ada) => put(ada, FILE, 'image/jpeg'),
  ],
  'a card of another type than its file': [
    400,
    'TYPE_MISMATCH',
    'The file is of another type than was announced for it.',
    (ada) => ofFile(ada, { mimeType: 'image/jpeg' }),
  ],
  'a card of no upload': [
    400,
    'INVALID_STORAGE_KEY',
    'There is no upload with this fileKey, or it is a card already.',
    post('/v1/cards', { fileKey: 'upload_none', fileName: 'a.png', mimeType: 'image/png' }),
  ],
  'a card of another ETag': [
    400,
    'CONFLICT',
    'fileEtag is of other bytes.',
    (ada) => ofFile(ada, { fileEtag: '"abc"' }),
  ],
  'no credential': [
    401,
    'UNAUTHORIZED',
    'Missing or invalid Authorization header',
    get('/v1/cards', { authorization: ' ' }),
  ],
  'a credential of another scheme': [
    401,
    'UNAUTHORIZED',
    'Missing or invalid Authorization header',
    get('/v1/cards', { authorization: 'Basic YTpi' }),
  ],
  'a credential that is no key': [
    401,
    'INVALID_API_KEY',
    'Invalid or revoked API key',
    get('/v1/cards', { authorization: `Bearer teakapi_secret_live_12345678_${'a'.repeat(64)}` }),
  ],
  'a key of the oldest kind that nobody has': [
    401,
    'INVALID_API_KEY',
    'Invalid or revoked API key',
    get('/v1/cards', { authorization: `Bearer teakapi_${'a'.repeat(12)}_${'b'.repeat(48)}` }),
  ],
  'a card that is not there': [404, 'NOT_FOUND', 'Card not found', get('/v1/cards/card_none')],
  'a change of a card that is not there': [
    404,
    'NOT_FOUND',
    'Card not found',
    patch('/v1/cards/card_none', { notes: '' }),
  ],
  'deleting a card that is not there': [404, 'NOT_FOUND', 'Card not found', remove('/v1/cards/card_none')],
  'an address below a card, before anybody is asked who calls': [
    404,
    'NOT_FOUND',
    'There is nothing here. Check the address.',
    get('/v1/cards/card_none/nothing', { authorization: ' ' }),
  ],
  'a method that an address does not take': [
    405,
    'METHOD_NOT_ALLOWED',
    'This address does not take that method.',
    post('/v1/tags', {}),
  ],
  'an idempotency key of another body': [
    409,
    'CONFLICT',
    'This Idempotency-Key belongs to another request.',
    async (ada) => {
      await keyed(ada, { content: 'a' })
      return keyed(ada, { content: 'b' })
    },
  ],
  'a card that has changed meanwhile': [
    412,
    'PRECONDITION_FAILED',
    'The card has changed since you read it. Read it again before you change it.',
    async (ada) => {
      const { cardId } = z
        .looseObject({ cardId: z.string() })
        .parse(await (await post('/v1/cards', { content: 'x' })(ada)).json())
      return ada.fetch(
        `/v1/cards/${cardId}`,
        json('PATCH', { notes: 'x' }, { 'if-match': '"old"', 'x-request-id': ID }),
      )
    },
  ],
}

const jsonHeaders = () => ({ 'content-type': 'application/json', 'x-request-id': ID })
const Failure = z.strictObject({
  code: z.string(),
  error: z.string(),
  requestId: z.string(),
  retryAt: z.int().optional(),
  details: z.unknown().optional(),
})

for (const dialect of dialects) {
  describe(`failures of the cards API (${dialect})`, async () => {
    const app = await testApp(dialect)

    for (const [name, [status, code, sentence, ask]] of Object.entries(GOLDEN)) {
      it(`${name}: ${status} ${code}`, async () => {
        const response = await ask(await app.account())

        const { details: _details, ...failure } = Failure.parse(await response.json())
        assert.deepEqual([response.status, failure], [status, { code, error: sentence, requestId: ID }])
        assert.equal(response.headers.get('x-request-id'), ID)
        assert.equal(response.headers.get('cache-control'), 'no-store')
        assert.equal(response.headers.get('content-type'), 'application/json; charset=utf-8')
      })
    }

    it('a card in the trash, and one of somebody else, are not there', async () => {
      const [ada, eve] = [await app.account(), await app.account()]
      const save = async (who: TestAccount) =>
        z.looseObject({ cardId: z.string() }).parse(await (await post('/v1/cards', { content: 'x' })(who)).json())
          .cardId
      const [deleted, foreign] = [await save(ada), await save(eve)]
      await ada.fetch(`/v1/cards/${deleted}`, { method: 'DELETE' })

      for (const id of [deleted, foreign])
        for (const ask of [
          get(`/v1/cards/${id}`),
          patch(`/v1/cards/${id}`, { notes: 'x' }),
          remove(`/v1/cards/${id}`),
        ]) {
          const response = await ask(ada)
          assert.deepEqual(
            [response.status, await response.json()],
            [404, { code: 'NOT_FOUND', error: 'Card not found', requestId: ID }],
          )
        }
    })

    it('a change of the content or the url is never refused for coming soon after another', async () => {
      const ada = await app.account()
      const { cardId } = z
        .looseObject({ cardId: z.string() })
        .parse(await (await post('/v1/cards', { url: 'https://example.org/0' })(ada)).json())

      for (let round = 1; round <= 10; round += 1) {
        const change = { url: `https://example.org/${round}`, content: `round ${round}` }
        assert.equal((await patch(`/v1/cards/${cardId}`, change)(ada)).status, 200)
      }
    })

    it('there is no end to how many cards an account may have', async () => {
      const ada = await app.account()
      const items = Array.from({ length: 100 }, (_, index) => ({ content: `card ${index}` }))

      for (let round = 0; round < 3; round += 1) {
        const { summary } = z
          .looseObject({ summary: z.unknown() })
          .parse(await (await post('/v1/cards/bulk', { operation: 'create', items })(ada)).json())
        assert.deepEqual(summary, { total: 100, succeeded: 100, failed: 0 })
      }
    })
  })
}

describe('the limits of the cards API', () => {
  const LIMITS: Record<string, [setting: string, Ask]> = {
    'requests of a key': ['LIMIT_CARDS_PER_MINUTE', get('/v1/cards')],
    'cards that are saved': ['LIMIT_CARD_CREATION_PER_MINUTE', post('/v1/cards', { content: 'x' })],
    'cards that are saved in bulk': [
      'LIMIT_CARD_CREATION_PER_MINUTE',
      post('/v1/cards/bulk', { operation: 'create', items: [{ content: 'x' }] }),
    ],
    'links that are saved quickly': [
      'LIMIT_CARD_CREATION_PER_MINUTE',
      post('/api/raycast/quick-save', { content: 'x' }),
    ],
    'credentials that are wrong': [
      'LIMIT_AUTH_FAILURES_PER_MINUTE',
      get('/v1/cards', { authorization: 'Bearer teakapi_nothing' }),
    ],
  }
  for (const [name, [setting, ask]] of Object.entries(LIMITS)) {
    it(`of ${name} is 429 and says when to come back`, async () => {
      const app = await testApp('sqlite', { settings: { [setting]: '2' } })
      const ada = await app.account()
      let response = await ask(ada)
      for (let more = 0; more < 3 && response.status !== 429; more += 1) response = await ask(ada)

      const { details: _details, retryAt = 0, ...failure } = Failure.parse(await response.json())

      assert.deepEqual(
        [response.status, failure],
        [429, { code: 'RATE_LIMITED', error: 'Too many requests', requestId: ID }],
      )
      assert.match(response.headers.get('retry-after') ?? '', /^[1-9]\d?$/)
      assert.ok(retryAt > Date.now() && retryAt <= Date.now() + 61_000)
    })
  }
})
