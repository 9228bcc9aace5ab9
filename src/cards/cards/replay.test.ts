import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { type TestAccount, testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { PublishedCard } from '../testing.ts'

// What a client of the command line sends, request for request, and what it insists on in the answers. Such clients are
// configured with an address that has no version in it, and others with one that has: both are played.

const Found = z.looseObject({ items: z.array(PublishedCard), total: z.int() })
const PageInfo = z.looseObject({ hasMore: z.boolean(), nextCursor: z.string().nullable() })
const Page = z.strictObject({
  items: z.array(z.looseObject({ id: z.string(), content: z.string() })),
  pageInfo: PageInfo,
})
const Created = z.strictObject({
  cardId: z.string(),
  status: z.literal('created'),
  card: PublishedCard,
  appUrl: z.url(),
})
const Uploaded = z.strictObject({
  uploadUrl: z.url(),
  fileKey: z.string(),
  method: z.literal('PUT'),
  maxFileSize: z.int(),
  expiresIn: z.literal(600),
})
const Done = z.strictObject({ index: z.int(), status: z.literal('success'), cardId: z.string() })
const Refused = z.looseObject({ index: z.int(), status: z.literal('error'), error: z.string(), code: z.string() })
const Bulk = z.strictObject({
  operation: z.enum(['create', 'update', 'favorite', 'delete']),
  results: z.array(z.union([Done, Refused])),
  summary: z.strictObject({ total: z.int(), succeeded: z.int(), failed: z.int() }),
})
const Changes = z.strictObject({ items: z.array(PublishedCard), deletedIds: z.array(z.string()), pageInfo: PageInfo })
const Tags = z.strictObject({ items: z.array(z.strictObject({ name: z.string(), count: z.int() })) })

type Ask = <T>(schema: z.ZodType<T>, method: string, path: string, body?: unknown) => Promise<T>

const client = (ada: TestAccount, base: string, always: Record<string, string>) => {
  const send = (method: string, path: string, body?: unknown) =>
    ada.fetch(`${base}${path}`, {
      method,
      headers: body === undefined ? always : { ...always, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  const ask: Ask = async (schema, method, path, body) => {
    const response = await send(method, path, body)
    const answer = await response.text()
    assert.equal(response.status, 200, `${method} ${path}: ${answer}`)
    assert.equal(response.headers.get('content-type'), 'application/json; charset=utf-8')
    return schema.parse(JSON.parse(answer))
  }
  const add = async (content: string, tags: string[] = []) =>
    (await ask(Created, 'POST', '/cards', { cardType: 'text', content, source: 'cli', tags })).cardId
  return { send, ask, add }
}

const contents = (items: readonly { content: string }[]): string[] => items.map(({ content }) => content)

for (const dialect of dialects) {
  for (const base of ['/v1', '/api/v1']) {
    describe(`clients of the command line (${dialect}, ${base})`, async () => {
      const app = await testApp(dialect)
      const start = async () => client(await app.account(), base, { 'user-agent': 'teak-cli/1.0.64', accept: '*/*' })

      it('auth status, tags: GET /tags', async () => {
        const cli = await start()
        const before = await cli.ask(Tags, 'GET', '/tags')
        for (const tags of [['b'], ['a', 'b'], ['B']]) await cli.add('x', tags)

        const after = await cli.ask(Tags, 'GET', '/tags')

        assert.deepEqual(before, { items: [] })
        assert.deepEqual(after.items, [
          { name: 'b', count: 2 },
          { name: 'B', count: 1 },
          { name: 'a', count: 1 },
        ])
      })

      it('ls: GET /cards?limit=50', async () => {
        const cli = await start()
        for (const name of ['one', 'two', 'three']) await cli.add(name)

        const { items, pageInfo } = await cli.ask(Page, 'GET', '/cards?limit=50')

        assert.deepEqual(contents(items), ['three', 'two', 'one'])
        assert.deepEqual(pageInfo, { hasMore: false, nextCursor: null })
      })

      it('ls with all flags in one request, and --all with its cursor until there is none', async () => {
        const cli = await start()
        for (const name of ['one', 'two', 'three', 'four']) {
          const id = await cli.add(`lentil soup ${name}`, ['Food'])
          if (name !== 'two') await cli.ask(PublishedCard, 'PATCH', `/cards/${id}/favorite`, { isFavorited: true })
        }
        const flags = 'q=lentil+soup&type=text&tag=food&cursor=&include=content%2Cmetadata%2Cprocessing&favorited=true'
        const more = `sort=oldest&createdAfter=0&createdBefore=${Date.now() + 60_000}&limit=2`
        const query = new URLSearchParams(`${flags}&${more}`)

        const first = await cli.ask(Page, 'GET', `/cards?${query}`)
        query.set('cursor', first.pageInfo.nextCursor ?? '')
        const rest = await cli.ask(Page, 'GET', `/cards?${query}`)

        assert.deepEqual(contents([...first.items, ...rest.items]), [
          'lentil soup one',
          'lentil soup three',
          'lentil soup four',
        ])
        assert.deepEqual([first.pageInfo.hasMore, rest.pageInfo], [true, { hasMore: false, nextCursor: null }])
        assert.deepEqual(
          first.items.map((item) => [item.notes, item.fileName, item.metadataStatus, item.aiTranscript]),
          [
            [null, null, null, null],
            [null, null, null, null],
          ],
        )
      })

      it('search: GET /cards/search?q=&limit=50, also with a cursor and an include that nobody needs', async () => {
        const cli = await start()
        await cli.add('lentil soup')

        const found = await cli.ask(Found, 'GET', '/cards/search?q=lentil+soup&limit=50')
        const flagged = await cli.ask(Found, 'GET', '/cards/search?q=lentil&limit=50&cursor=x&include=content')

        assert.deepEqual([found.total, flagged.total], [1, 1])
      })

      it('cards favorites: GET /cards/favorites?limit=50', async () => {
        const cli = await start()
        const [id] = [await cli.add('soup'), await cli.add('stew')]
        const none = await cli.ask(Found, 'GET', '/cards/favorites?limit=50')
        await cli.ask(PublishedCard, 'PATCH', `/cards/${id}/favorite`, { isFavorited: true })

        const found = await cli.ask(Found, 'GET', '/cards/favorites?limit=50')

        assert.deepEqual([none.total, contents(found.items)], [0, ['soup']])
      })

      it('cards get: GET /cards/ID, percent-encoded', async () => {
        const cli = await start()
        const id = await cli.add('soup')
        const encoded = [...id].map((sign) => `%${sign.charCodeAt(0).toString(16)}`).join('')

        const read = await cli.ask(PublishedCard, 'GET', `/cards/${encodeURIComponent(id)}`)
        const spelt = await cli.ask(PublishedCard, 'GET', `/cards/${encoded}`)
        const unknown = await cli.send('GET', `/cards/${encodeURIComponent('a/b ?')}`)

        assert.deepEqual([read.id, spelt], [id, read])
        assert.equal(unknown.status, 404)
      })

      it('add TEXT, also from a pipe: POST /cards with the text byte for byte', async () => {
        const cli = await start()
        const whole = 'ü'.repeat(256 * 1024)
        const add = (content: string) => ({ cardType: 'text', content, source: 'cli' })

        const { card } = await cli.ask(Created, 'POST', '/cards', { ...add(' "a"\r\n'), notes: 'n', tags: ['t'] })
        const link = await cli.ask(Created, 'POST', '/cards', add('https://example.org/'))
        const large = await cli.ask(Created, 'POST', '/cards', add(whole))
        const larger = await cli.send('POST', '/cards', add(whole + whole))

        assert.deepEqual([card.type, card.content, card.notes, card.tags], ['text', ' "a"\r\n', 'n', ['t']])
        assert.deepEqual([link.card.type, link.card.url], ['text', null])
        assert.equal(large.card.content, whole)
        assert.deepEqual([larger.status, Object(await larger.json()).code], [400, 'CONTENT_TOO_LARGE'])
      })

      it('add URL: POST /cards with the url alone', async () => {
        const cli = await start()

        const { card } = await cli.ask(Created, 'POST', '/cards', {
          notes: 'n',
          source: 'cli',
          tags: ['t'],
          url: 'https://example.org/',
        })

        assert.deepEqual(
          [card.type, card.url, card.content, card.notes, card.tags],
          ['link', 'https://example.org/', '', 'n', ['t']],
        )
      })

      it('add FILE: POST /uploads, PUT without a key, POST /cards', async () => {
        const cli = await start()
        const bytes = Uint8Array.from(Buffer.from('%PDF-1.7'))
        const file = { fileName: 'a.pdf', fileSize: bytes.length, mimeType: 'application/pdf' }

        const { uploadUrl, fileKey } = await cli.ask(Uploaded, 'POST', '/uploads', file)
        const put = await fetch(uploadUrl, { method: 'PUT', body: bytes, headers: { 'content-type': file.mimeType } })
        const fileEtag = put.headers.get('etag') ?? ''
        const body = { fileKey, fileEtag, ...file, notes: 'n', source: 'cli', tags: ['t'] }
        const { card } = await cli.ask(Created, 'POST', '/cards', body)

        assert.match(fileEtag, /^"[A-Za-z0-9+/=_-]{1,128}"$/)
        assert.deepEqual(
          [card.type, card.fileName, card.fileSize, card.mimeType, card.notes, card.tags, card.metadataTitle],
          ['document', 'a.pdf', 8, 'application/pdf', 'n', ['t'], 'a.pdf'],
        )
      })

      it('cards update: PATCH /cards/ID with the given fields; nothing given is refused, and "" is no tags', async () => {
        const cli = await start()
        const path = `/cards/${await cli.add('soup', ['a'])}`

        const changed = await cli.ask(PublishedCard, 'PATCH', path, { content: 'stew', notes: 'hot' })
        const cleared = await cli.ask(PublishedCard, 'PATCH', path, { tags: [], notes: null })
        const moved = await cli.ask(PublishedCard, 'PATCH', path, { url: 'https://example.org/' })
        const nothing = await cli.send('PATCH', path, {})
        const unknown = await cli.send('PATCH', path, { isFavorited: true })

        assert.deepEqual([changed.content, changed.notes, changed.tags], ['stew', 'hot', ['a']])
        assert.deepEqual([cleared.content, cleared.notes, cleared.tags], ['stew', null, []])
        assert.equal(moved.url, 'https://example.org/')
        assert.deepEqual([nothing.status, unknown.status], [400, 400])
      })

      it('rm ID...: DELETE /cards/ID, one by one', async () => {
        const cli = await start()
        const ids = [await cli.add('a'), await cli.add('b')]

        const gone = []
        for (const id of ids) gone.push(await cli.send('DELETE', `/cards/${id}`))
        const again = await cli.send('DELETE', `/cards/${ids[0]}`)

        assert.deepEqual(
          [...gone, again].map(({ status }) => status),
          [204, 204, 404],
        )
        assert.equal(await gone[0]?.text(), '')
      })

      it('fav ID, and --remove: PATCH /cards/ID/favorite', async () => {
        const cli = await start()
        const path = `/cards/${await cli.add('soup')}/favorite`

        const yes = await cli.ask(PublishedCard, 'PATCH', path, { isFavorited: true })
        const no = await cli.ask(PublishedCard, 'PATCH', path, { isFavorited: false })

        assert.deepEqual([yes.isFavorited, no.isFavorited], [true, false])
      })

      it('cards bulk: POST /cards/bulk, for every operation', async () => {
        const cli = await start()
        const bulk = (operation: string, items: object[]) => cli.ask(Bulk, 'POST', '/cards/bulk', { items, operation })

        const made = await bulk('create', [{ content: 'a', tags: ['t'], unknown: 1 }, { content: ' ' }])
        const cardId = made.results[0]?.status === 'success' ? made.results[0].cardId : ''
        const changed = await bulk('update', [{ cardId, content: 'b' }])
        const favored = await bulk('favorite', [{ cardId, isFavorited: true }])
        const card = await cli.ask(PublishedCard, 'GET', `/cards/${cardId}`)
        const deleted = await bulk('delete', [{ cardId }, { cardId: 'card_none' }])

        assert.deepEqual(made.summary, { total: 2, succeeded: 1, failed: 1 })
        assert.deepEqual([changed.summary.succeeded, favored.summary.succeeded], [1, 1])
        assert.deepEqual([card.content, card.isFavorited, card.tags], ['b', true, ['t']])
        assert.deepEqual(
          deleted.results.map(({ status, index }) => [index, status]),
          [
            [0, 'success'],
            [1, 'error'],
          ],
        )
      })

      it('cards changes --since: GET /cards/changes?cursor=&limit=&since=', async () => {
        const cli = await start()
        const since = Date.now() - 1
        const [gone, kept, last] = [await cli.add('gone'), await cli.add('kept'), await cli.add('last')]
        await cli.send('DELETE', `/cards/${gone}`)

        const first = await cli.ask(Changes, 'GET', `/cards/changes?cursor=&limit=1&since=${since}`)
        const { nextCursor } = first.pageInfo
        const rest = await cli.ask(Changes, 'GET', `/cards/changes?cursor=${nextCursor}&limit=50&since=${since}`)
        const missing = await cli.send('GET', '/cards/changes?limit=50')

        assert.deepEqual(
          [...first.items, ...rest.items].map(({ id }) => id),
          [kept, last],
        )
        assert.deepEqual([...first.deletedIds, ...rest.deletedIds], [gone])
        assert.deepEqual([missing.status, Object(await missing.json()).code], [400, 'INVALID_INPUT'])
      })
    })
  }

  describe(`the extension of a launcher (${dialect})`, async () => {
    const app = await testApp(dialect)
    // It sends a Content-Type with everything, also where there is no body.
    const start = async () => client(await app.account(), '/api/v1', { 'content-type': 'application/json' })

    it('saves with each of its sources', async () => {
      const { ask } = await start()
      const sources = 'quick_save save_text fallback clipboard selected_text browser_tab ai_tool'
        .split(' ')
        .map((name) => `raycast_${name}`)

      for (const source of sources) {
        const { card } = await ask(Created, 'POST', '/cards', { content: `from ${source}`, source })
        assert.equal(card.type, 'text')
      }
    })

    it('finds, reads, changes, favours and deletes, and every card has all fields', async () => {
      const { ask, send, add } = await start()
      const path = `/cards/${await add('soup', ['food'])}`

      await ask(PublishedCard, 'PATCH', path, { notes: 'hot' })
      await ask(PublishedCard, 'PATCH', `${path}/favorite`, { isFavorited: true })
      const found = await ask(Found, 'GET', '/cards/search?q=soup&limit=50&type=text&tag=food&sort=newest')
      const favorites = await ask(Found, 'GET', '/cards/favorites?q=soup&limit=50&sort=oldest')
      const read = await ask(PublishedCard, 'GET', path)
      const tags = await ask(Tags, 'GET', '/tags')
      const gone = await send('DELETE', path)

      assert.deepEqual([found.items, favorites.items], [[read], [read]])
      assert.deepEqual([read.notes, tags.items, gone.status], ['hot', [{ name: 'food', count: 1 }], 204])
    })
  })
}
