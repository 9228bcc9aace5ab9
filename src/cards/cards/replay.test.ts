import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { type TestAccount, testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'

// What a client of the command line sends, request for request, and what it insists on in the answers. Such clients are
// configured with an address that has no version in it, and others with one that has: both are played.

const CARD_FIELDS =
  'aiSummary aiTags appUrl content createdAt fileUrl fileExtension fileKind fileLanguage fileName filePreview fileSize id isFavorited linkPreviewImageUrl metadataDescription metadataTitle mimeType notes screenshotUrl tags thumbnailUrl type updatedAt url'
    .split(' ')
    .toSorted()

const Card = z
  .looseObject({ id: z.string(), content: z.string() })
  .refine((card) => JSON.stringify(Object.keys(card).toSorted()) === JSON.stringify(CARD_FIELDS), 'has other fields')
const Found = z.object({ items: z.array(Card), total: z.number() })
const Page = z.object({
  items: z.array(z.looseObject({ id: z.string(), content: z.string() })),
  pageInfo: z.object({ hasMore: z.boolean(), nextCursor: z.string().nullable() }),
})
const Created = z.object({ cardId: z.string(), status: z.literal('created'), card: Card, appUrl: z.string() })
const Uploaded = z.object({
  uploadUrl: z.url(),
  fileKey: z.string(),
  method: z.literal('PUT'),
  maxFileSize: z.number(),
  expiresIn: z.number(),
})
const Bulk = z.object({
  operation: z.string(),
  results: z.array(z.looseObject({ index: z.number(), status: z.enum(['success', 'error']) })),
  summary: z.object({ total: z.number(), succeeded: z.number(), failed: z.number() }),
})
const Changes = z.object({
  items: z.array(Card),
  deletedIds: z.array(z.string()),
  pageInfo: z.looseObject({ hasMore: z.boolean(), nextCursor: z.string().nullable() }),
})
const Tags = z.object({ items: z.array(z.object({ name: z.string(), count: z.number() })) })

const client = (ada: TestAccount, base: string) => {
  const headers = { 'user-agent': 'teak-cli/1.0.64', accept: '*/*' }
  const send = (method: string, path: string, body?: unknown) =>
    ada.fetch(`${base}${path}`, {
      method,
      headers: body === undefined ? headers : { ...headers, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  const ask = async <T>(schema: z.ZodType<T>, method: string, path: string, body?: unknown): Promise<T> => {
    const response = await send(method, path, body)
    assert.ok(response.ok, `${method} ${path}: ${response.status}`)
    return schema.parse(await response.json())
  }
  return { send, ask }
}

for (const dialect of dialects) {
  for (const base of ['/v1', '/api/v1']) {
    describe(`clients of the command line (${dialect}, ${base})`, async () => {
      const app = await testApp(dialect)
      const start = async () => client(await app.account(), base)
      const add = async ({ ask }: ReturnType<typeof client>, content: string, tags: string[] = []) =>
        (await ask(Created, 'POST', '/cards', { cardType: 'text', content, source: 'cli', tags })).cardId

      it('ask who they are', async () => {
        const { ask } = await start()

        assert.deepEqual(await ask(Tags, 'GET', '/tags'), { items: [] })
      })

      it('list, with all flags, and all pages', async () => {
        const cli = await start()
        for (const name of ['one', 'two', 'three']) await add(cli, `soup ${name}`, ['Food'])
        const flags = new URLSearchParams({
          q: 'soup',
          type: 'text',
          tag: 'food',
          include: 'content,metadata,processing',
          sort: 'oldest',
          createdAfter: '0',
          createdBefore: String(Date.now() + 60_000),
          limit: '2',
        })

        const plain = await cli.ask(Page, 'GET', '/cards?limit=50')
        const first = await cli.ask(Page, 'GET', `/cards?${flags}`)
        flags.set('cursor', first.pageInfo.nextCursor ?? '')
        const rest = await cli.ask(Page, 'GET', `/cards?${flags}`)
        const favorites = await cli.ask(Page, 'GET', '/cards?favorited=true&limit=50')

        assert.deepEqual(
          plain.items.map(({ content }) => content),
          ['soup three', 'soup two', 'soup one'],
        )
        assert.deepEqual(
          [...first.items, ...rest.items].map(({ content }) => content),
          ['soup one', 'soup two', 'soup three'],
        )
        assert.deepEqual(rest.pageInfo, { hasMore: false, nextCursor: null })
        assert.deepEqual(favorites.items, [])
      })

      it('search, with a cursor and an include that nobody needs', async () => {
        const cli = await start()
        await add(cli, 'lentil soup')

        const found = await cli.ask(Found, 'GET', '/cards/search?q=lentil+soup&limit=50')
        const flagged = await cli.ask(Found, 'GET', '/cards/search?q=lentil&limit=50&cursor=x&include=content')
        const favorites = await cli.ask(Found, 'GET', '/cards/favorites?limit=50')

        assert.deepEqual([found.total, flagged.total, favorites.total], [1, 1, 0])
      })

      it('add text, links and files', async () => {
        const cli = await start()
        const bytes = Uint8Array.from(Buffer.from('%PDF-1.7'))
        const announced = { fileName: 'a.pdf', fileSize: bytes.length, mimeType: 'application/pdf' }

        const text = await cli.ask(Created, 'POST', '/cards', {
          cardType: 'text',
          content: ' a\r\n',
          notes: 'n',
          source: 'cli',
        })
        const link = await cli.ask(Created, 'POST', '/cards', {
          source: 'cli',
          tags: ['t'],
          url: 'https://example.org/',
        })
        const { uploadUrl, fileKey } = await cli.ask(Uploaded, 'POST', '/uploads', announced)
        const put = await fetch(uploadUrl, {
          method: 'PUT',
          body: bytes,
          headers: { 'content-type': 'application/pdf' },
        })
        const fileEtag = put.headers.get('etag')
        const file = await cli.ask(Created, 'POST', '/cards', { ...announced, fileKey, fileEtag, source: 'cli' })

        assert.match(fileEtag ?? '', /^".+"$/)
        assert.deepEqual([text.card.type, text.card.content, text.card.notes], ['text', ' a\r\n', 'n'])
        assert.deepEqual([link.card.type, link.card.tags], ['link', ['t']])
        assert.deepEqual([file.card.type, file.card.fileName], ['document', 'a.pdf'])
      })

      it('read, change, favour and delete one', async () => {
        const cli = await start()
        const id = await add(cli, 'soup', ['a'])
        const path = `/cards/${encodeURIComponent(id)}`

        const read = await cli.ask(Card, 'GET', path)
        const changed = await cli.ask(Card, 'PATCH', path, { content: 'stew', tags: [] })
        const empty = await cli.send('PATCH', path, {})
        const favored = await cli.ask(Card, 'PATCH', `${path}/favorite`, { isFavorited: true })
        const listed = await cli.ask(Found, 'GET', '/cards/favorites?limit=50')
        const gone = [await cli.send('DELETE', path), await cli.send('DELETE', path), await cli.send('GET', path)]

        assert.deepEqual([read.content, changed.content, changed.tags], ['soup', 'stew', []])
        assert.deepEqual([empty.status, favored.isFavorited, listed.total], [400, true, 1])
        assert.deepEqual(
          gone.map(({ status }) => status),
          [204, 404, 404],
        )
      })

      it('do many at once, and follow changes', async () => {
        const cli = await start()
        const since = Date.now() - 1
        const items = [{ content: 'a' }, { content: ' ' }]

        const bulk = await cli.ask(Bulk, 'POST', '/cards/bulk', { items, operation: 'create' })
        const id = bulk.results[0]?.cardId
        await cli.ask(Bulk, 'POST', '/cards/bulk', { items: [{ cardId: id }], operation: 'delete' })
        const kept = await add(cli, 'kept')
        const changes = await cli.ask(Changes, 'GET', `/cards/changes?limit=50&since=${since}`)

        assert.deepEqual(bulk.summary, { total: 2, succeeded: 1, failed: 1 })
        assert.deepEqual([changes.items.map((card) => card.id), changes.deletedIds], [[kept], [id]])
      })
    })
  }
}
