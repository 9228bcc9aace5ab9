import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { deflateSync } from 'node:zlib'
import { strToU8, zipSync } from 'fflate'
import { overlapping } from '../../../../test/hostile-cards/bombs.ts'
import { documentParser } from './process.ts'

const parser = documentParser({ idleMs: 2_000 })
after(() => parser.stop())

const URL_OF_PAGE = 'https://news.example/2026/soup.html?utm=1'
const html = (text: string) => Buffer.from(text)
const page = (text: string, contentType?: string) => parser.page(html(text), contentType, URL_OF_PAGE)

const PARAGRAPH = 'The soup simmers for three hours, slowly, over a low flame, until the carrots are soft and sweet. '

describe('what a page says of itself', () => {
  it('Open Graph comes first, with entities and relative addresses resolved', async () => {
    const found = await page(`<html><head><base href="/media/"><title>Old &amp; plain</title>
      <meta property="og:title" content="Soup &amp; bread &#x2014; slow">
      <meta name="description" content="How  to\ncook it.">
      <meta property="og:image" content="../img/soup.png?x=1&amp;y=2">
      <meta property="og:site_name" content="Kitchen"><meta name="author" content="Ada L.">
      <meta property="article:published_time" content="2026-02-03T04:05:06Z">
      <link rel="canonical" href="https://news.example/soup"><link rel="shortcut icon" href="/i.ico" sizes="32x32">`)

    assert.equal(found.title, 'Soup & bread — slow')
    assert.equal(found.description, 'How to cook it.')
    assert.equal(found.imageUrl, 'https://news.example/img/soup.png?x=1&y=2')
    assert.equal(found.siteName, 'Kitchen')
    assert.equal(found.author, 'Ada L.')
    assert.equal(found.publishedAt, Date.UTC(2026, 1, 3, 4, 5, 6))
    assert.equal(found.canonicalUrl, 'https://news.example/soup')
    assert.deepEqual(found.iconUrls, ['https://news.example/i.ico', 'https://news.example/favicon.ico'])
  })

  it('JSON-LD fills what is missing, wherever in the graph it stands', async () => {
    const data = {
      '@graph': [
        { '@type': 'BreadcrumbList' },
        {
          '@type': ['NewsArticle'],
          headline: 'From the graph',
          author: [{ name: 'Ada' }, { name: 'Bob' }],
          publisher: { name: 'Press' },
          image: [{ url: '/g.jpg' }],
          datePublished: '2025-12-31',
        },
      ],
    }

    const found = await page(`<title>T</title><script type="application/ld+json">${JSON.stringify(data)}</script>`)

    assert.equal(found.title, 'From the graph')
    assert.equal(found.author, 'Ada, Bob')
    assert.equal(found.publisher, 'Press')
    assert.equal(found.imageUrl, 'https://news.example/g.jpg')
    assert.equal(found.publishedAt, Date.UTC(2025, 11, 31))
  })

  it('addresses that are not of the web are left out', async () => {
    const found = await page(`<meta property="og:image" content="javascript:alert(1)">
      <link rel="canonical" href="file:///etc/passwd"><link rel="icon" href="data:image/png;base64,AAAA">`)

    assert.equal(found.imageUrl, null)
    assert.equal(found.canonicalUrl, null)
    assert.deepEqual(found.iconUrls, ['https://news.example/favicon.ico'])
  })

  const WORD = 'Grüße'
  const CHARSETS: [name: string, bytes: Buffer, contentType: string | undefined][] = [
    ['the header', Buffer.from(`<title>${WORD}</title>`, 'latin1'), 'text/html; charset=ISO-8859-1'],
    ['a meta element', Buffer.from(`<meta charset="iso-8859-1"><title>${WORD}</title>`, 'latin1'), 'text/html'],
    [
      'a meta element of the old kind',
      Buffer.from(
        `<meta http-equiv=Content-Type content="text/html; charset=windows-1252"><title>${WORD}</title>`,
        'latin1',
      ),
      undefined,
    ],
    ['a byte order mark', Buffer.from(`\ufeff<title>${WORD}</title>`, 'utf16le'), 'text/html; charset=utf-8'],
    ['being UTF-8', Buffer.from(`<title>${WORD}</title>`), undefined],
    ['not being UTF-8', Buffer.from(`<title>${WORD}</title>`, 'latin1'), 'text/html; charset=nonsense'],
  ]
  for (const [name, bytes, contentType] of CHARSETS)
    it(`its encoding is known by ${name}`, async () => {
      assert.equal((await parser.page(bytes, contentType, URL_OF_PAGE)).title, WORD)
    })

  it('the text is the article, without what stands around it', async () => {
    const found = await page(`<body><nav><p>Home, products, about us, and many more links to see here</p></nav>
      <div class="content"><h1>Soup</h1><p>${PARAGRAPH}</p><p>${PARAGRAPH}</p><p>Short.</p>
      <script>var secret = 1</script></div>
      <div class="comments"><p>I made it yesterday, and it was good, and my cat liked it as well.</p></div>
      <footer><p>All rights reserved, and so on, for a long time to come, everywhere.</p></footer>`)

    assert.match(found.text, /Soup\nThe soup simmers/)
    assert.match(found.text, /Short\.$/)
    assert.doesNotMatch(found.text, /products|yesterday|rights|secret/)
  })
})

describe('pages that are made to break something', () => {
  const HOSTILE: Record<string, string> = {
    'a million nested elements': '<div>'.repeat(400_000),
    'half a million attributes': `<div ${Array.from({ length: 250_000 }, (_, n) => `a${n}=`).join(' ')}>`,
    'one attribute of two megabytes': `<meta property="og:title" content="${'x'.repeat(2_000_000)}">`,
    'a tag that never ends': `<a ${'<'.repeat(2_000_000)}`,
    'a comment that never ends': `<!--${'-'.repeat(2_000_000)}`,
    'entities without end': '&amp;'.repeat(400_000),
    'JSON nested to its limit': `<script type="application/ld+json">${'['.repeat(400_000)}</script>`,
    'unclosed formatting': '<b><i><a>'.repeat(200_000),
    'nothing but closing tags': '</p>'.repeat(500_000),
  }
  for (const [name, text] of Object.entries(HOSTILE))
    it(`${name}: what came before is known, and the next page is read`, async () => {
      const found = await page(`<meta name="description" content="Before."><title>Before</title>${text}`)

      assert.equal(found.description, 'Before.')
      assert.equal((await page('<title>Next</title>')).title, 'Next')
    })
})

const slide = (text: string) => `<p:sld><a:p><a:r><a:t>${text}</a:t></a:r></a:p></p:sld>`
const office = (parts: Record<string, string>) =>
  zipSync(Object.fromEntries(Object.entries(parts).map(([name, text]) => [name, strToU8(text)])))
const textOf = async (bytes: Uint8Array) => (await parser.document(bytes, 'office', '')).text

describe('the text of documents', () => {
  it('Word: paragraphs, notes and the title', async () => {
    const found = await parser.document(
      office({
        'word/document.xml': '<w:p><w:r><w:t>One &amp; </w:t></w:r><w:r><w:t>two</w:t></w:r></w:p><w:p>three</w:p>',
        'word/footnotes.xml': '<w:p>a note</w:p>',
        'docProps/core.xml': '<cp:x><dc:title>Report</dc:title><dc:creator>Ada</dc:creator></cp:x>',
      }),
      'office',
      '',
    )

    assert.equal(found.text, 'One & two\nthree\na note')
    assert.equal(found.title, 'Report')
  })

  it('PowerPoint: slides in their order, and how many', async () => {
    const deck = office({
      'ppt/slides/slide10.xml': slide('ten'),
      'ppt/slides/slide2.xml': slide('two'),
      'ppt/notesSlides/notesSlide1.xml': slide('said'),
    })

    const found = await parser.document(deck, 'office', '')

    assert.deepEqual(found.text.split('\n').sort(), ['said', 'ten', 'two'])
    assert.ok(found.text.indexOf('two') < found.text.indexOf('ten'))
    assert.equal(found.slideCount, 2)
  })

  it('Excel: shared texts and numbers, without formulas', async () => {
    const text = await textOf(
      office({
        'xl/sharedStrings.xml': '<sst><si><t>Turnover</t></si></sst>',
        'xl/worksheets/sheet1.xml': '<row><c t="s"><v>0</v></c><c><f>SUM(A1)</f><v>4711</v></c></row>',
      }),
    )

    assert.match(text, /Turnover/)
    assert.match(text, /^4711$/m)
    assert.doesNotMatch(text, /SUM/)
  })

  it('OpenDocument and EPUB', async () => {
    assert.equal(await textOf(office({ 'content.xml': '<text:p>Open</text:p>' })), 'Open')
    assert.equal(await textOf(office({ 'OEBPS/ch1.xhtml': '<head>x</head><p>Chapter</p>' })), 'Chapter')
  })

  it('PDF', async () => {
    const found = await parser.document(pdfOf('Hello from paper'), 'pdf', '')

    assert.match(found.text, /Hello from paper/)
  })

  it('plain text in its encoding, and HTML without its tags', async () => {
    const latin = await parser.document(Buffer.from('Gr\xfc\xdfe', 'latin1'), 'text', 'text/plain; charset=latin1')
    const page = await parser.document(html(`<p>${PARAGRAPH}</p>`), 'html', 'text/html')

    assert.equal(latin.text, 'Grüße')
    assert.equal(page.text, PARAGRAPH.trim())
  })
})

describe('documents that are made to break something', () => {
  const unreadable = { code: 'DOCUMENT_UNREADABLE' }

  it('a part that unpacks to a thousand times its size is refused', async () => {
    const bomb = office({ 'word/document.xml': ' '.repeat(20_000_000) })

    await assert.rejects(textOf(bomb), unreadable)
  })

  it('many parts that together are too large are refused', async () => {
    const part = 'word word '.repeat(300_000) + Math.random()
    const sheets = Array.from({ length: 30 }, (_, n) => [`xl/worksheets/sheet${n}.xml`, part])

    await assert.rejects(textOf(office(Object.fromEntries(sheets))), unreadable)
  })

  it('a part that lies about its size gets the room that it claims', async () => {
    const bytes = zipSync({ 'content.xml': strToU8(`<text:p>${'a'.repeat(500_000)}</text:p>`) })
    const directory = bytes.findLastIndex(
      (_, at) => Buffer.from(bytes).readUInt32LE(Math.min(at, bytes.length - 4)) === 0x02014b50,
    )
    Buffer.from(bytes.buffer, bytes.byteOffset).writeUInt32LE(100, directory + 24)

    const text = await textOf(bytes).catch(() => '')

    assert.ok(text.length <= 100)
  })

  it('parts that are all the same bytes are refused before the time for a document is over', async () => {
    for (const claimedBytes of [0, 1_000, 2 * 1024 * 1024])
      await assert.rejects(textOf(overlapping(1_500, claimedBytes)), unreadable)
  })

  it('entities that are declared are not expanded', async () => {
    const lol = `<!DOCTYPE x [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;">]><w:p>&b;</w:p>`

    assert.doesNotMatch(await textOf(office({ 'word/document.xml': lol })), /lollol/)
  })

  it('a PDF whose stream unpacks to gigabytes is given up, and the next document is read', async () => {
    const inner = deflateSync(Buffer.alloc(200_000_000, 0x20))
    const bomb = pdfOf('', deflateSync(inner), '/Filter [/FlateDecode /FlateDecode]')

    const text = await parser.document(bomb, 'pdf', '').then(
      (found) => found.text.trim(),
      () => '',
    )

    assert.equal(text, '')
    assert.equal((await parser.document(html('next'), 'text', '')).text, 'next')
  })

  for (const kind of ['pdf', 'office', 'text'] as const)
    it(`noise is no ${kind}`, async () => {
      const noise = Buffer.from(Array.from({ length: 5_000 }, (_, n) => (n * 7919) % 251))

      await assert.rejects(parser.document(noise, kind, ''), unreadable)
    })

  it('one that takes too long is ended', async () => {
    const hasty = documentParser({ documentMs: 1 })

    await assert.rejects(hasty.document(html('x'), 'text', ''), { code: 'DOCUMENT_TOO_COMPLEX' })
    hasty.stop()
  })
})

/** The least that is a PDF: one page that says something. */
const pdfOf = (text: string, stream?: Buffer, filter = ''): Buffer => {
  const content = stream ?? Buffer.from(`BT /F1 24 Tf 72 700 Td (${text}) Tj ET`)
  const objects = [
    Buffer.from('<< /Type /Catalog /Pages 2 0 R >>'),
    Buffer.from('<< /Type /Pages /Kids [3 0 R] /Count 1 >>'),
    Buffer.from(
      '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    ),
    Buffer.concat([
      Buffer.from(`<< /Length ${content.length} ${filter} >>\nstream\n`),
      content,
      Buffer.from('\nendstream'),
    ]),
    Buffer.from('<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>'),
  ]
  const parts: Buffer[] = [Buffer.from('%PDF-1.4\n')]
  const offsets = objects.map((object, index) => {
    const at = parts.reduce((sum, part) => sum + part.length, 0)
    parts.push(Buffer.from(`${index + 1} 0 obj\n`), object, Buffer.from('\nendobj\n'))
    return at
  })
  const start = parts.reduce((sum, part) => sum + part.length, 0)
  const table = offsets.map((at) => `${String(at).padStart(10, '0')} 00000 n \n`).join('')
  parts.push(
    Buffer.from(
      `xref\n0 6\n0000000000 65535 f \n${table}trailer << /Size 6 /Root 1 0 R >>\nstartxref\n${start}\n%%EOF`,
    ),
  )
  return Buffer.concat(parts)
}
