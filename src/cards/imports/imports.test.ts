import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type TestAccount, testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { listFiles } from '../../files/files/contract.ts'
import { createCard, listCards, searchCards } from '../cards/contract.ts'
import { eventually, failureOf } from '../testing.ts'
import { listTrash } from '../trash/contract.ts'
import { cancelCardImport, getCardImport, listCardImports } from './contract.ts'
import { finishedImport, importFile, processing, startImport } from './testing.ts'

const BOOKMARKS = `<!DOCTYPE NETSCAPE-Bookmark-file-1>
<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=UTF-8">
<TITLE>Bookmarks</TITLE>
<H1>Bookmarks</H1>
<DL><p>
    <DT><H3 ADD_DATE="1690000000" PERSONAL_TOOLBAR_FOLDER="true">Bookmarks bar</H3>
    <DL><p>
        <DT><A HREF="https://soup.example.org/?a=1&amp;b=2" ADD_DATE="1700000000" ICON="data:image/png;base64,AAAA">Soups &amp; stews</A>
        <DT><H3>Kitchen</H3>
        <DL><p>
            <DT><H3>Bread</H3>
            <DL><p>
                <DT><A HREF="https://bread.example.org/" ADD_DATE="1700000001000" TAGS="flour,yeast" TOREAD="1">Bread</A>
                <DD>My note
over two lines
            </DL><p>
            <DT><A HREF="https://knives.example.org/">Knives</A>
        </DL><p>
    </DL><p>
    <DT><A HREF="javascript:alert(1)">A bookmarklet</A>
    <DT><A HREF="https://soup.example.org/?a=1&amp;b=2">The same again</A>
</DL><p>
`

const POCKET_HTML = `<!DOCTYPE html>
<html><head><meta http-equiv="Content-Type" content="text/html; charset=UTF-8" /><title>Pocket Export</title></head>
<body><h1>Unread</h1>
<ul><li><a href="https://one.example.org/" time_added="1600000000" tags="a,b">One</a></li></ul>
<h1>Read Archive</h1>
<ul><li><a href="https://two.example.org/" time_added="1600000001" tags="">Two</a></li></ul>
</body></html>`

const RAINDROP = [
  'id,title,note,excerpt,url,folder,tags,created,cover,highlights,favorite',
  '1,"A ""quoted"" title","First line\r\nsecond line",What it is about,https://one.example.org/,Cooking / Soups,"red, hot",2024-03-15T09:30:00.000Z,,"Highlight one",true',
  '2,Two,,,https://two.example.org/,Unsorted,,2024-03-16T09:30:00.000Z,,,false',
  '3,No address,,,,Unsorted,,2024-03-16T09:30:00.000Z,,,false',
  '4,Thrown away,,,https://four.example.org/,Trash,,2024-03-17T09:30:00.000Z,,,false',
  '',
].join('\r\n')

const POCKET = `\ufefftitle,url,time_added,tags,status
"Hello, world",https://one.example.org/,1700000000,a|b c,unread
https://two.example.org/,https://two.example.org/,1700000100,,archive
`

const KARAKEEP = {
  bookmarks: [
    {
      createdAt: 1700000000,
      title: 'One',
      tags: ['a'],
      lists: ['l1'],
      content: { type: 'link', url: 'https://one.example.org/' },
      note: 'A note',
      archived: true,
    },
    { createdAt: 1700000100, title: null, tags: [], content: { type: 'text', text: 'Only "text" ]}, [{' }, note: null },
    { createdAt: 1700000200, title: 'A file', tags: [], content: null, note: null },
    { createdAt: 'x', title: 5 },
  ],
  lists: [
    { id: 'l1', name: 'Reading list', description: null, icon: '*', type: 'manual', query: null, parentId: null },
  ],
}

const URLS = `# my links
https://one.example.org/a

  <https://two.example.org/b>
not an address
https://one.example.org/a
`

type Report = Awaited<ReturnType<typeof importFile>>
const counts = ({ total, created, duplicates, invalid }: Report) => ({ total, created, duplicates, invalid })

/** Cards as far as an import decides about them, by what they are called. */
const cardsOf = async (ada: TestAccount) => {
  const { items } = await ada.call(listCards, { query: { limit: 100, include: 'content', sort: 'oldest' } })
  return items.map(({ url, content, notes, tags, isFavorited, type }) => ({
    ...(url === null ? { content } : { url }),
    ...(notes === null ? {} : { notes }),
    tags,
    ...(isFavorited ? { isFavorited } : {}),
    ...(type === 'link' ? {} : { type }),
  }))
}

const momentsOf = async (ada: TestAccount) => {
  const { items } = await ada.call(listCards, { query: { limit: 100 } })
  return Object.fromEntries(items.map(({ url, content, createdAt }) => [url ?? content, createdAt]))
}

const utf16 = (text: string) => new Uint8Array(Buffer.from(`\ufeff${text}`, 'utf16le'))

for (const dialect of dialects) {
  describe(`imports (${dialect})`, async () => {
    const app = await testApp(dialect, { processing })

    /** Counts first, then imports, then imports again. */
    const thrice = async (ada: TestAccount, file: string | Uint8Array<ArrayBuffer>) => {
      const dry = await importFile(ada, file, { dryRun: 'true' })
      assert.deepEqual((await ada.call(listCards)).items, [])
      const report = await importFile(ada, file)
      const again = await importFile(ada, file)
      assert.deepEqual([dry.state, dry.error], ['done', null])
      assert.deepEqual([counts(dry), dry.problems], [counts(report), report.problems])
      assert.equal(again.created, 0)
      assert.equal(again.invalid, report.invalid)
      return report
    }

    it('take the bookmarks of a browser, with folders as tags', async () => {
      const ada = await app.account()

      const report = await thrice(ada, BOOKMARKS)

      assert.deepEqual(
        [report.format, counts(report)],
        ['bookmarks', { total: 5, created: 3, duplicates: 1, invalid: 1 }],
      )
      assert.deepEqual(report.problems, [
        { entry: 4, line: 20, message: 'Only addresses of the web, http or https, become cards.' },
      ])
      const found = await cardsOf(ada)
      assert.deepEqual(
        new Set(found.map((card) => JSON.stringify(card))),
        new Set([
          JSON.stringify({ url: 'https://soup.example.org/?a=1&b=2', tags: [] }),
          JSON.stringify({
            url: 'https://bread.example.org/',
            notes: 'My note\nover two lines',
            tags: ['Kitchen', 'Bread', 'flour', 'yeast', 'toread'],
          }),
          JSON.stringify({ url: 'https://knives.example.org/', tags: ['Kitchen'] }),
        ]),
      )
      const moments = await momentsOf(ada)
      assert.equal(moments['https://soup.example.org/?a=1&b=2'], 1_700_000_000_000)
      assert.equal(moments['https://bread.example.org/'], 1_700_000_001_000)
      const [soup] = (await ada.call(listCards, { query: { q: 'stews', include: 'metadata' } })).items
      assert.deepEqual([soup?.content, soup?.metadataTitle], ['Soups & stews', 'Soups & stews'])
    })

    it('take the older HTML of Pocket, and tag what was archived', async () => {
      const ada = await app.account()

      const report = await thrice(ada, POCKET_HTML)

      assert.deepEqual(counts(report), { total: 2, created: 2, duplicates: 0, invalid: 0 })
      assert.deepEqual(await cardsOf(ada), [
        { url: 'https://one.example.org/', tags: ['a', 'b'] },
        { url: 'https://two.example.org/', tags: ['archived'] },
      ])
    })

    it('take the table of Raindrop.io, with notes, highlights, stars and its trash', async () => {
      const ada = await app.account()

      const dry = await importFile(ada, RAINDROP, { dryRun: 'true' })
      const report = await importFile(ada, RAINDROP)

      assert.deepEqual(
        [report.format, counts(report)],
        ['raindrop', { total: 4, created: 3, duplicates: 0, invalid: 1 }],
      )
      assert.deepEqual(counts(dry), counts(report))
      assert.deepEqual(report.problems, [{ entry: 3, line: 5, message: 'There is no address.' }])
      assert.deepEqual(await cardsOf(ada), [
        {
          url: 'https://one.example.org/',
          notes: 'First line\r\nsecond line\n\nHighlight one',
          tags: ['Cooking', 'Soups', 'red', 'hot'],
          isFavorited: true,
        },
        { url: 'https://two.example.org/', tags: [] },
      ])
      const { items } = await ada.call(listTrash)
      assert.deepEqual(
        items.map(({ url, createdAt }) => [url, createdAt]),
        [['https://four.example.org/', Date.parse('2024-03-17T09:30:00.000Z')]],
      )
      const [one] = (await ada.call(listCards, { query: { sort: 'oldest' } })).items
      assert.deepEqual([one?.metadataTitle, one?.metadataDescription], ['A "quoted" title', 'What it is about'])
    })

    it('take the table of Pocket', async () => {
      const ada = await app.account()

      const report = await thrice(ada, POCKET)

      assert.deepEqual([report.format, counts(report)], ['pocket', { total: 2, created: 2, duplicates: 0, invalid: 0 }])
      assert.deepEqual(await cardsOf(ada), [
        { url: 'https://one.example.org/', tags: ['a', 'b c'] },
        { url: 'https://two.example.org/', tags: ['archived'] },
      ])
      assert.equal((await momentsOf(ada))['https://one.example.org/'], 1_700_000_000_000)
    })

    it('take the JSON of Karakeep, with lists as tags', async () => {
      const ada = await app.account()

      const report = await thrice(ada, JSON.stringify(KARAKEEP))

      assert.deepEqual(
        [report.format, counts(report)],
        ['karakeep', { total: 4, created: 2, duplicates: 0, invalid: 2 }],
      )
      assert.deepEqual(report.problems, [
        { entry: 3, line: null, message: 'There is no address.' },
        { entry: 4, line: null, message: 'The entry is no bookmark.' },
      ])
      assert.deepEqual(await cardsOf(ada), [
        { url: 'https://one.example.org/', notes: 'A note', tags: ['Reading list', 'a', 'archived'] },
        { content: 'Only "text" ]}, [{', tags: [], type: 'text' },
      ])
    })

    it('take a list of addresses', async () => {
      const ada = await app.account()
      await ada.call(createCard, { body: { url: 'https://two.example.org/b' } })

      const report = await importFile(ada, URLS)

      assert.deepEqual([report.format, counts(report)], ['urls', { total: 4, created: 1, duplicates: 2, invalid: 1 }])
      assert.deepEqual(report.problems, [
        { entry: 3, line: 5, message: 'This is no address of the web: not an address' },
      ])
    })

    it('read the encodings that programs write, and say where a text is in none', async () => {
      const ada = await app.account()
      const semicolons = 'title;url;time_added;tags;status\nGrün;https://utf16.example.org/;1;;unread\n'
      const latin = Buffer.from(
        '<META charset="windows-1252"><A HREF="https://latin.example.org/">Gr\u00fcn</A>',
        'latin1',
      )
      const broken = Buffer.concat([
        Buffer.from('title,url,time_added,tags,status\nGr'),
        Buffer.from([0xfc]),
        Buffer.from('n,https://broken.example.org/,1,,unread\nFine,https://fine.example.org/,1,,unread\n'),
      ])

      const reports = [
        await importFile(ada, utf16(semicolons)),
        await importFile(ada, new Uint8Array(latin)),
        await importFile(ada, new Uint8Array(broken)),
      ]

      const { items } = await ada.call(listCards)
      assert.deepEqual(
        reports.map(({ created, invalid }) => [created, invalid]),
        [
          [1, 0],
          [1, 0],
          [1, 1],
        ],
      )
      assert.deepEqual(reports[2]?.problems, [
        { entry: 1, line: 2, message: 'Its text is not in the encoding of the file.' },
      ])
      assert.deepEqual(new Set(items.map(({ content }) => content)), new Set(['Grün', 'Fine']))
    })

    it('refuse what nobody could import, with a reason and without a trace', async () => {
      const ada = await app.account()
      const refused = async (body: string | Uint8Array<ArrayBuffer>, query = '') =>
        failureOf(await ada.fetch(`/v1/imports${query}`, { method: 'POST', body }))

      assert.deepEqual(await refused(''), [400, 'UNREADABLE_IMPORT'])
      assert.deepEqual(await refused(new Uint8Array([1, 0, 2, 0, 0])), [400, 'UNREADABLE_IMPORT'])
      assert.deepEqual(await refused(POCKET, '?format=karakeep'), [400, 'UNREADABLE_IMPORT'])
      assert.deepEqual(await refused(POCKET, '?format=word'), [400, 'INVALID_INPUT'])
      assert.deepEqual(await refused(POCKET, '?fileName=a%2Fb'), [400, 'INVALID_INPUT'])
      assert.deepEqual(await refused(new Uint8Array(Buffer.from('PK\u0003\u0004nothing'))), [400, 'UNREADABLE_IMPORT'])
      assert.deepEqual((await ada.call(listCardImports)).items, [])
      await eventually(async () => (await ada.call(listFiles)).files.length === 0)
    })

    it('change nothing when their file turns out to be broken further on', async () => {
      const ada = await app.account()

      const cut = await importFile(ada, JSON.stringify(KARAKEEP).slice(0, 300))
      const open = await importFile(ada, `${POCKET}"never ends,https://x.example.org/\n`)

      assert.deepEqual([cut.state, cut.error?.code], ['failed', 'UNREADABLE_IMPORT'])
      assert.match(cut.error?.message ?? '', /ends in the middle/)
      assert.match(open.error?.message ?? '', /line 4 never ends/)
      assert.deepEqual((await ada.call(listCards)).items, [])
    })

    it('delete their file when they are over', async () => {
      const ada = await app.account()

      await importFile(ada, URLS)

      await eventually(async () => (await ada.call(listFiles)).files.length === 0)
    })

    it('are nobody else’s', async () => {
      const [ada, eve] = [await app.account(), await app.account()]
      const { id } = await importFile(ada, URLS)

      const answers = await Promise.all([
        eve.fetch(`/v1/imports/${id}`),
        eve.fetch(`/v1/imports/${id}`, { method: 'DELETE' }),
        eve.fetch('/v1/imports/cimport_nothing'),
      ])

      for (const answer of answers) assert.deepEqual(await failureOf(answer), [404, 'NOT_FOUND'])
      assert.deepEqual((await eve.call(listCardImports)).items, [])
      assert.deepEqual(
        (await ada.call(listCardImports)).items.map((item) => item.id),
        [id],
      )
    })

    it('that run end when they are cancelled, and keep what they have saved', async () => {
      const ada = await app.account()
      const many = Array.from({ length: 5000 }, (_, index) => `http://127.0.0.1:1/${index}`).join('\n')
      const id = await startImport(ada, many)
      await eventually(async () => (await ada.call(getCardImport, { params: { id } })).processed > 0)

      const cancelled = await ada.call(cancelCardImport, { params: { id } })

      const { processed, state } = await ada.call(getCardImport, { params: { id } })
      const { total } = await ada.call(searchCards)
      await eventually(async () => (await ada.call(listFiles)).files.length === 0)
      assert.deepEqual([cancelled.state, state], ['cancelled', 'cancelled'])
      assert.ok(processed > 0 && processed < 5000, `${processed} were processed`)
      assert.equal(total, processed)
    })

    it('let what people save meanwhile go first', async () => {
      const ada = await app.account()
      const many = Array.from({ length: 30 }, (_, index) => `http://127.0.0.1:1/${index}`).join('\n')

      const report = await importFile(ada, many)

      const { db } = app.app.core.database
      const cards = await db
        .selectFrom('card_processing')
        .select(['card_number', 'granted_at'])
        .where('account_id', '=', ada.id)
        .execute()
      const keys = cards.map(({ card_number }) => String(card_number))
      const waiting = await db.selectFrom('jobs').select('priority').where('key', 'in', keys).execute()
      assert.equal(report.created, 30)
      assert.ok(cards.every(({ granted_at }) => granted_at === 0))
      assert.ok(waiting.every(({ priority }) => priority < 0))
    })
  })

  describe(`imports that wait (${dialect})`, async () => {
    const app = await testApp(dialect, { roles: new Set(['http']), processing })

    it('can be cancelled, and are not too many', async () => {
      const ada = await app.account()
      const ids: string[] = []
      for (let number = 0; number < 5; number += 1) ids.push(await startImport(ada, URLS))

      const sixth = await ada.fetch('/v1/imports', { method: 'POST', body: URLS })
      const cancelled = await ada.call(cancelCardImport, { params: { id: ids[0] ?? '' } })
      const again = await ada.call(cancelCardImport, { params: { id: ids[0] ?? '' } })
      const sixthAgain = await startImport(ada, URLS)

      assert.deepEqual(await failureOf(sixth), [409, 'TOO_MANY_IMPORTS'])
      assert.deepEqual([cancelled.state, again.state], ['cancelled', 'cancelled'])
      assert.equal((await ada.call(getCardImport, { params: { id: sixthAgain } })).state, 'queued')
      assert.equal((await finishedImport(ada, ids[0] ?? '')).state, 'cancelled')
    })
  })
}
