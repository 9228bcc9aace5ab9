import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type TestAccount, testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { failureOf, json, uploadFile } from '../testing.ts'
import { createCard, deleteCard, getCard, quickSave, updateCard } from './contract.ts'

const PATHS = (id: string): [string, (headers: Record<string, string>) => RequestInit][] => [
  [`/v1/cards/${id}`, (headers) => json('PATCH', { notes: 'x' }, headers)],
  [`/api/v1/cards/${id}/favorite`, (headers) => json('PATCH', { isFavorited: true }, headers)],
  [`/v1/cards/${id}`, (headers) => ({ method: 'DELETE', headers })],
]

const save = async (ada: TestAccount, body: object = { content: 'soup' }) => (await ada.call(createCard, { body })).card
const etagOf = async (ada: TestAccount, id: string) => (await ada.fetch(`/v1/cards/${id}`)).headers.get('etag') ?? ''

for (const dialect of dialects) {
  describe(`changing cards under conditions (${dialect})`, async () => {
    const app = await testApp(dialect)

    it('goes through for the card as it is, and not for another state of it', async () => {
      const ada = await app.account()
      const { id } = await save(ada)
      const old = await etagOf(ada, id)
      await ada.call(updateCard, { params: { id }, body: { content: 'stew' } })

      for (const [path, init] of PATHS(id)) {
        const refused = await ada.fetch(path, init({ 'if-match': old }))
        const weak = await ada.fetch(path, init({ 'if-match': `W/${await etagOf(ada, id)}` }))
        const done = await ada.fetch(path, init({ 'if-match': `"other", ${await etagOf(ada, id)}` }))
        assert.deepEqual(await failureOf(refused), [412, 'PRECONDITION_FAILED'])
        assert.deepEqual(await failureOf(weak), [412, 'PRECONDITION_FAILED'])
        assert.ok(done.ok, `${path} ${done.status}`)
      }
      const [path, init] = PATHS(id)[0] ?? ['', () => ({})]
      assert.deepEqual(await failureOf(await ada.fetch(path, init({ 'if-match': '*' }))), [404, 'NOT_FOUND'])
    })

    it('lets one of many through that read the same state', async () => {
      const ada = await app.account()
      const { id } = await save(ada)
      const etag = await etagOf(ada, id)

      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, index) =>
          ada.fetch(`/v1/cards/${id}`, json('PATCH', { content: `version ${index}` }, { 'if-match': etag })),
        ),
      )

      assert.equal(answers.filter(({ status }) => status === 200).length, 1)
      assert.equal(answers.filter(({ status }) => status === 412).length, 9)
    })

    it('spares whoever has the card already its text, but not the addresses of a file', async () => {
      const ada = await app.account()
      const { id } = await save(ada)
      const file = await uploadFile(ada, 'a.png', Uint8Array.from([1]), 'image/png')
      const withFile = await save(ada, file)
      const read = async (card: string) =>
        (await ada.fetch(`/v1/cards/${card}`, { headers: { 'if-none-match': await etagOf(ada, card) } })).status

      assert.deepEqual([await read(id), await read(withFile.id)], [304, 200])
    })

    it('tells the request by the id that it came with', async () => {
      const ada = await app.account()

      const response = await ada.fetch('/v1/tags', { headers: { 'x-request-id': 'my-request-1' } })

      assert.equal(response.headers.get('x-request-id'), 'my-request-1')
    })
  })

  describe(`what becomes of a card (${dialect})`, async () => {
    const app = await testApp(dialect)

    it('can be another type', async () => {
      const ada = await app.account()
      const [note, link, blank] = [
        await save(ada, { content: 'To be, or not to be' }),
        await save(ada, { url: 'https://example.org/' }),
        await save(ada, { content: '', cardType: 'text' }),
      ]
      const change = (id: string, body: object) => ada.fetch(`/v1/cards/${id}`, json('PATCH', body))

      assert.equal((await ada.call(updateCard, { params: { id: note.id }, body: { type: 'quote' } })).type, 'quote')
      const text = await ada.call(updateCard, { params: { id: link.id }, body: { type: 'text' } })
      assert.deepEqual([text.type, text.url], ['text', 'https://example.org/'])
      assert.deepEqual(await failureOf(await change(note.id, { type: 'link' })), [400, 'INVALID_INPUT'])
      assert.deepEqual(await failureOf(await change(note.id, { type: 'sculpture' })), [400, 'INVALID_INPUT'])
      assert.deepEqual(await failureOf(await change(blank.id, { type: 'quote' })), [400, 'INVALID_INPUT'])
      assert.equal((await change(note.id, { type: 'link', url: 'https://example.org/a' })).status, 200)
    })

    it('is told when its link is saved already', async () => {
      const ada = await app.account()
      const first = await ada.call(createCard, { body: { url: 'https://example.org/a' } })

      const second = await ada.call(createCard, { body: { content: 'https://example.org/a' } })
      const quick = await ada.call(quickSave, { body: { content: 'https://example.org/a' } })
      await ada.call(deleteCard, { params: { id: first.cardId } })
      await ada.call(deleteCard, { params: { id: second.cardId } })
      const third = await ada.call(createCard, { body: { url: 'https://example.org/a' } })

      assert.equal(first.duplicateOf, undefined)
      assert.deepEqual([second.status, second.duplicateOf], ['created', first.cardId])
      assert.deepEqual([quick.status, quick.cardId], ['duplicate', second.cardId])
      assert.equal(third.duplicateOf, undefined)
    })

    it('changes as often as somebody wants', async () => {
      const ada = await app.account()
      const { id } = await save(ada)

      for (let round = 0; round < 10; round += 1)
        await ada.call(updateCard, { params: { id }, body: { content: `round ${round}` } })

      assert.equal((await ada.call(getCard, { params: { id } })).content, 'round 9')
    })
  })

  describe(`the limit of saving (${dialect})`, async () => {
    it('is 429, the same for all keys of an account, and spares reading and the browser', async () => {
      const app = await testApp(dialect, { settings: { LIMIT_CARD_CREATION_PER_MINUTE: '3' } })
      const ada = await app.account()
      for (let round = 0; round < 2; round += 1) await save(ada)
      await ada.call(quickSave, { body: { content: 'x' } })

      const refused = await ada.fetch('/v1/cards', json('POST', { content: 'x' }))
      const quick = await ada.fetch('/api/raycast/quick-save', json('POST', { content: 'x' }))
      const cookie = await ada.signIn()
      const browser = await app.fetch('/v1/cards', json('POST', { content: 'x' }, { cookie, origin: app.url }))
      const read = await ada.fetch('/v1/cards')

      assert.match(refused.headers.get('retry-after') ?? '', /^[1-9]\d?$/)
      const { code, retryAt } = Object.fromEntries(Object.entries(Object(await refused.json())))
      assert.deepEqual([refused.status, code, typeof retryAt], [429, 'RATE_LIMITED', 'number'])
      assert.deepEqual(await failureOf(quick), [429, 'RATE_LIMITED'])
      assert.deepEqual([browser.status, read.status], [200, 200])
      assert.match(read.headers.get('ratelimit-remaining') ?? '', /^\d+$/)
      assert.match(read.headers.get('ratelimit-limit') ?? '', /^\d+$/)
    })
  })
}
