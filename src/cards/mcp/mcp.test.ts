import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { type TestAccount, testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'

const HEADERS = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }

const Answer = z.looseObject({
  id: z.union([z.string(), z.number()]).nullable(),
  result: z.looseObject({}).optional(),
  error: z.looseObject({ code: z.number(), message: z.string() }).optional(),
})
const Result = z.object({
  content: z.array(z.object({ type: z.literal('text'), text: z.string() })),
  structuredContent: z.record(z.string(), z.unknown()),
  isError: z.boolean().optional(),
})

const post = (ada: TestAccount, body: unknown, headers: Record<string, string> = {}) =>
  ada.fetch('/mcp', {
    method: 'POST',
    headers: { ...HEADERS, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })

const ask = async (ada: TestAccount, method: string, params: unknown = {}) =>
  Answer.parse(await (await post(ada, { jsonrpc: '2.0', id: 7, method, params })).json())

const toolCall = (id: number, name: string, given: unknown) => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name, arguments: given },
})

/** Calls a tool. @returns The result with its failure, if it is one. */
const use = async (ada: TestAccount, name: string, given: unknown) =>
  Result.parse((await ask(ada, 'tools/call', { name, arguments: given })).result)

/** @returns What a tool that succeeds says. */
const done = async (ada: TestAccount, name: string, given: unknown = {}) => {
  const { structuredContent, isError, content } = await use(ada, name, given)
  assert.notEqual(isError, true, JSON.stringify(content))
  assert.deepEqual(JSON.parse(content[0]?.text ?? ''), structuredContent)
  return structuredContent
}

const refused = async (ada: TestAccount, name: string, given: unknown) => {
  const { structuredContent, isError, content } = await use(ada, name, given)
  assert.equal(isError, true, JSON.stringify(content))
  assert.equal(content[0]?.text, structuredContent.error)
  return { status: structuredContent.status, code: structuredContent.code }
}

const newCard = async (ada: TestAccount, content: string): Promise<string> =>
  z.string().parse((await done(ada, 'teak_v1_create_card', { content, tags: ['soup'] })).cardId)

const idsOf = (answer: Record<string, unknown>, member = 'items'): string[] =>
  z.array(z.looseObject({ id: z.string() })).parse(answer[member]).map(({ id }) => id) // biome-ignore format: one line

for (const dialect of dialects) {
  describe(`the tools of /mcp (${dialect})`, async () => {
    const app = await testApp(dialect)

    it('save, read, change, mark and delete a card', async () => {
      const ada = await app.account()
      const cardId = await newCard(ada, 'Leek soup')

      const read = await done(ada, 'teak_v1_get_card', { cardId })
      const changed = await done(ada, 'teak_v1_update_card', { cardId, notes: 'With cream' })
      const marked = await done(ada, 'teak_v1_set_card_favorite', { cardId, isFavorited: true })
      const gone = await done(ada, 'teak_v1_delete_card', { cardId, confirm: true })

      assert.equal(read.content, 'Leek soup')
      assert.equal(changed.notes, 'With cream')
      assert.equal(marked.isFavorited, true)
      assert.deepEqual(gone, { status: 'deleted', cardId })
      assert.deepEqual(await refused(ada, 'teak_v1_get_card', { cardId }), { status: 404, code: 'NOT_FOUND' })
    })

    it('list and search cards, favourites and tags', async () => {
      const ada = await app.account()
      const [leek, bread] = [await newCard(ada, 'Leek soup'), await newCard(ada, 'Rye bread')]
      await done(ada, 'teak_v1_set_card_favorite', { cardId: bread, isFavorited: true })

      const page = await done(ada, 'teak_v1_list_cards', { limit: 1, sort: 'oldest', createdAfter: 0 })
      const marked = await done(ada, 'teak_v1_list_cards', { favorited: true, tag: 'SOUP', type: 'text' })
      const found = await done(ada, 'teak_v1_search_cards', { q: 'leek' })
      const favorites = await done(ada, 'teak_v1_list_favorite_cards', {})
      const tags = await done(ada, 'teak_v1_list_tags')

      assert.deepEqual(idsOf(page), [leek])
      assert.equal(z.object({ hasMore: z.boolean() }).parse(page.pageInfo).hasMore, true)
      assert.deepEqual(idsOf(marked), [bread])
      assert.deepEqual([idsOf(found), found.total], [[leek], 1])
      assert.deepEqual(idsOf(favorites), [bread])
      assert.deepEqual(tags, { items: [{ name: 'soup', count: 2 }] })
    })

    it('change many cards, tell what changed and begin an upload', async () => {
      const ada = await app.account()
      const items = [{ content: 'One' }, { content: 'Two' }]

      const bulk = await done(ada, 'teak_v1_bulk_cards', { operation: 'create', items })
      const cardIds = z.array(z.object({ cardId: z.string() })).parse(bulk.results)
      const unsure = await refused(ada, 'teak_v1_bulk_cards', { operation: 'delete', items: cardIds })
      const deleted = await done(ada, 'teak_v1_bulk_cards', {
        operation: 'delete',
        items: cardIds.slice(0, 1),
        confirm: true,
      })
      const changes = await done(ada, 'teak_v1_get_card_changes', { since: 0 })
      const upload = await done(ada, 'teak_v1_create_upload', {
        fileName: 'a.png',
        mimeType: 'image/png',
        fileSize: 10,
      })

      assert.deepEqual(unsure, { status: 400, code: 'INVALID_INPUT' })
      assert.deepEqual(deleted.summary, { total: 1, succeeded: 1, failed: 0 })
      assert.deepEqual(changes.deletedIds, [cardIds[0]?.cardId])
      assert.equal(upload.method, 'PUT')
    })

    it('find and read cards, and files where the key may read them', async () => {
      const ada = await app.account()
      const cardId = await newCard(ada, 'Leek soup\nBoil the leeks.')
      const sent = await ada.fetch('/api/v1/files/content?name=leek.txt', {
        method: 'PUT',
        headers: { 'content-type': 'text/plain' },
        body: 'All about leeks',
      })
      const { id: fileId } = z.looseObject({ id: z.string() }).parse(await sent.json())

      const { results } = await done(ada, 'search', { query: 'leek' })
      const card = await done(ada, 'fetch', { id: cardId })
      const file = await done(ada, 'fetch', { id: fileId })

      assert.deepEqual(idsOf({ results }, 'results'), [cardId, fileId])
      assert.deepEqual([card.id, card.title, card.text], [cardId, 'Leek soup', 'Leek soup\nBoil the leeks.'])
      assert.deepEqual([file.title, file.text], ['leek.txt', 'All about leeks'])
      assert.equal(file.url, `${app.url}/api/v1/files/${fileId}/content`)
    })

    it('show no files to a key of cards alone', async () => {
      const ada = await app.account({ scopes: ['files:write', 'cards:read'] })
      const sent = await ada.fetch('/api/v1/files/content?name=leek.txt', {
        method: 'PUT',
        headers: { 'content-type': 'text/plain' },
        body: 'All about leeks',
      })
      const { id } = z.looseObject({ id: z.string() }).parse(await sent.json())

      const found = await done(ada, 'search', { query: 'leek' })

      assert.deepEqual(found, { results: [] })
      assert.deepEqual(await refused(ada, 'fetch', { id }), { status: 404, code: 'NOT_FOUND' })
    })

    it('show nothing of another account', async () => {
      const [ada, eve] = [await app.account(), await app.account()]
      const cardId = await newCard(ada, 'Secret soup')

      assert.deepEqual(await done(eve, 'search', { query: 'secret' }), { results: [] })
      for (const [name, given] of [
        ['teak_v1_get_card', { cardId }],
        ['fetch', { id: cardId }],
        ['teak_v1_delete_card', { cardId, confirm: true }],
      ] as const)
        assert.deepEqual(await refused(eve, name, given), { status: 404, code: 'NOT_FOUND' })
    })

    it('delete nothing without confirm, and take no argument that they do not know', async () => {
      const ada = await app.account()
      const cardId = await newCard(ada, 'Leek soup')
      const invalid = { status: 400, code: 'INVALID_INPUT' }

      for (const given of [{ cardId }, { cardId, confirm: false }, { cardId, confirm: 'true' }])
        assert.deepEqual(await refused(ada, 'teak_v1_delete_card', given), invalid)
      assert.deepEqual(await refused(ada, 'teak_v1_list_cards', { tags: 'soup' }), invalid)
      assert.deepEqual(await refused(ada, 'teak_v1_list_cards', { limit: 'many' }), invalid)
      assert.deepEqual(await refused(ada, 'teak_v1_create_card', { content: 'x\0' }), invalid)
      assert.deepEqual(await refused(ada, 'search', {}), invalid)
      assert.deepEqual(await refused(ada, 'teak_v1_get_card', {}), invalid)

      assert.equal((await done(ada, 'teak_v1_get_card', { cardId })).id, cardId)
    })

    it('need the scopes of what they stand for', async () => {
      const reader = await app.account({ scopes: ['cards:read'] })
      const writer = await app.account({ scopes: ['cards:write'] })
      const forbidden = { status: 403, code: 'FORBIDDEN' }

      await done(reader, 'teak_v1_list_cards')
      const cardId = await newCard(writer, 'Leek soup')

      assert.deepEqual(await refused(reader, 'teak_v1_create_card', { content: 'x' }), forbidden)
      for (const [name, given] of [
        ['teak_v1_list_cards', {}],
        ['teak_v1_get_card', { cardId }],
        ['search', { query: 'leek' }],
        ['fetch', { id: cardId }],
      ] as const)
        assert.deepEqual(await refused(writer, name, given), forbidden)
    })

    it('answer several calls of one request in their order', async () => {
      const ada = await app.account()

      const response = await post(ada, [
        toolCall(1, 'teak_v1_create_card', { content: 'Leek soup' }),
        { jsonrpc: '2.0', method: 'notifications/initialized' },
        toolCall(2, 'teak_v1_search_cards', { q: 'leek' }),
        { jsonrpc: '1.0', id: 3, method: 'ping' },
      ])

      const answers = z.array(Answer).parse(await response.json())
      assert.deepEqual(answers.map(({ id }) => id), [1, 2, 3]) // biome-ignore format: one line
      assert.equal(Result.parse(answers[1]?.result).structuredContent.total, 1)
      assert.equal(answers[2]?.error?.code, -32600)
    })
  })

  describe(`the limits of /mcp (${dialect})`, async () => {
    const app = await testApp(dialect, { settings: { LIMIT_CARDS_PER_MINUTE: '4' } })

    it('are those of cards, and each call of a tool counts', async () => {
      const ada = await app.account()
      await ada.fetch('/v1/cards')

      const response = await post(
        ada,
        [1, 2, 3, 4].map((id) => toolCall(id, 'teak_v1_list_tags', {})),
      )

      const answers = z.array(z.object({ result: Result })).parse(await response.json())
      assert.deepEqual(answers.map(({ result }) => result.structuredContent.status), [undefined, undefined, undefined, 429]) // biome-ignore format: one line
      assert.equal(answers[3]?.result.structuredContent.code, 'RATE_LIMITED')
      const next = await post(ada, { jsonrpc: '2.0', id: 1, method: 'ping' })
      assert.equal(next.status, 429)
      assert.ok(Number(next.headers.get('retry-after')) > 0)
      assert.equal(Answer.parse(await next.json()).error?.code, -32000)
    })
  })
}

describe('the protocol of /mcp', async () => {
  const app = await testApp('sqlite')

  it('agrees on a version it knows, and offers its own for any other', async () => {
    const ada = await app.account()
    const wanted = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05', '2099-01-01', undefined]

    const agreed = []
    for (const protocolVersion of wanted)
      agreed.push((await ask(ada, 'initialize', { protocolVersion })).result?.protocolVersion)

    assert.deepEqual(agreed, ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05', '2025-11-25', '2025-11-25'])
    assert.equal((await post(ada, {}, { 'mcp-protocol-version': '2099-01-01' })).status, 400)
  })

  it('answers ping, and says what it does not know', async () => {
    const ada = await app.account()
    assert.deepEqual(await ask(ada, 'ping'), { jsonrpc: '2.0', id: 7, result: {} })
    assert.equal((await ask(ada, 'resources/list')).error?.code, -32601)
    assert.equal((await ask(ada, 'toString')).error?.code, -32601)
    assert.equal((await ask(ada, 'tools/call', { name: 'nothing' })).error?.code, -32602)
    assert.equal((await ask(ada, 'tools/call', { name: 'search', arguments: [] })).error?.code, -32602)
  })

  it('takes what wants no answer with 202', async () => {
    const ada = await app.account()
    const notification = { jsonrpc: '2.0', method: 'notifications/initialized' }

    for (const body of [notification, [notification], { jsonrpc: '2.0', id: 1, result: {} }]) {
      const response = await post(ada, body)
      assert.deepEqual([response.status, await response.text()], [202, ''])
    }
  })

  it('answers 200 to what is no message', async () => {
    const ada = await app.account()
    const codes: Record<string, number> = {
      '{"jsonrpc"': -32700,
      '': -32700,
      '{"__proto__": 1}': -32700,
      '[]': -32600,
      '1': -32600,
      '{"jsonrpc": "2.0"}': -32600,
      '{"jsonrpc": "2.0", "id": null, "method": "ping"}': -32600,
      '{"jsonrpc": "2.0", "id": {}, "method": "ping"}': -32600,
    }

    for (const [body, code] of Object.entries(codes)) {
      const response = await post(ada, body)
      assert.equal(response.status, 200, body)
      assert.equal(Answer.parse(await response.json()).error?.code, code, body)
    }
    const many = Array.from({ length: 101 }, () => ({ jsonrpc: '2.0', id: 1, method: 'ping' }))
    assert.equal(Answer.parse(await (await post(ada, many)).json()).error?.code, -32600)
  })

  it('wants JSON both ways', async () => {
    const ada = await app.account()
    const status = async (headers: Record<string, string>) =>
      (await post(ada, { jsonrpc: '2.0', id: 1, method: 'ping' }, headers)).status

    for (const accept of ['application/json', 'text/event-stream', '*/*', 'text/html, application/json;q=0.5'])
      assert.equal(await status({ accept }), 200, accept)
    for (const accept of ['text/html', 'application/json;q=0']) assert.equal(await status({ accept }), 406, accept)
    assert.equal(await status({ 'content-type': 'text/plain' }), 415)
    assert.equal(await status({ 'content-type': 'application/jsonp' }), 415)
    assert.equal(await status({ 'content-type': 'application/json; charset=utf-8' }), 200)
  })

  it('refuses a body beyond the limit', async () => {
    const ada = await app.account()
    assert.equal((await post(ada, JSON.stringify('x'.repeat(8 * 1024 * 1024)))).status, 413)
  })

  it('takes POST alone', async () => {
    const ada = await app.account()
    for (const method of ['GET', 'DELETE', 'PUT']) {
      const response = await ada.fetch('/mcp/', { method, headers: HEADERS })
      assert.deepEqual([response.status, response.headers.get('allow')], [405, 'POST'])
    }
  })

  it('tells who has no key where to get one', async () => {
    const response = await app.fetch('/mcp', { method: 'POST', headers: HEADERS, body: '{}' })

    const metadata = `${app.url}/.well-known/oauth-protected-resource/mcp`
    assert.equal(response.status, 401)
    assert.equal(response.headers.get('www-authenticate'), `Bearer realm="latchkey", resource_metadata="${metadata}"`)
    assert.equal(Answer.parse(await response.json()).error?.code, -32000)
    const described = z.looseObject({ resource: z.string() }).parse(await (await fetch(metadata)).json())
    assert.equal(described.resource, `${app.url}/mcp`)
  })

  it('takes keys of cards, and neither keys of bots nor sessions', async () => {
    const ada = await app.account()
    const cookie = await ada.signIn()
    const { keys } = app.app.core.accounts
    const send = (headers: Record<string, string>) =>
      app.fetch('/mcp', {
        method: 'POST',
        headers: { ...HEADERS, ...headers },
        body: '{"jsonrpc":"2.0","id":1,"method":"ping"}',
      })
    const cards = await keys.create(ada.id, 'test', { kind: 'cards' })
    const bots = await keys.create(ada.id, 'test', { kind: 'bots' })

    assert.equal((await send({ authorization: `Bearer ${cards.key}` })).status, 200)
    assert.equal((await send({ 'x-api-key': cards.key })).status, 200)
    assert.equal((await send({ authorization: `Bearer ${bots.key}` })).status, 401)
    assert.equal((await send({ cookie })).status, 401)
  })
})
