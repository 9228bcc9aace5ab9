import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, it } from 'node:test'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import type { AppOptions } from '../../src/app.ts'
import { type TestApp, testApp } from '../app.ts'
import { dialects } from '../database.ts'
import { saveLink, settleAll } from './cards.ts'
import { INSIDE_TITLE, names, OUTSIDE, openWeb } from './web.ts'

// Links as somebody saves them who wants the server to fetch what only the server can reach, or to never come to an end.
// Each goes the whole way: saved through HTTP, processed by the job, and looked at as its owner sees it.

const PRIVATE = /is not public/
const PORT = /from this port/
const NO_ADDRESS = /no address that can be fetched/
const UNREACHABLE = /cannot be reached/
const CIRCLES = /redirects in circles/
const SLOW = /took too long/
const LARGE = /more than is wanted/
const GARBLED = /as servers of the web do/
const PACKED = /cannot be undone/
const DAMAGED = /damaged/
/** The card is not even saved. */
const NOT_SAVED = 'not saved'
/** The page is read, and what it wants beside that is not. */
const READ = 'read'

type Outcome = RegExp | typeof NOT_SAVED | typeof READ

const NAMES = {
  'site.test': [[OUTSIDE]],
  'control.test': [['127.0.0.1']],
  'inside.test': [['127.0.0.1']],
  localhost: [['127.0.0.1', '::1']],
  'foo.localhost': [['127.0.0.1']],
  'localhost.': [['127.0.0.1']],
  'metadata.google.internal': [['169.254.169.254']],
  'mapped.test': [['::ffff:127.0.0.1']],
  'compatible.test': [['::127.0.0.1']],
  'nat64.test': [['64:ff9b::7f00:1']],
  'ula.test': [['fd12:3456::1']],
  'scoped.test': [['fe80::1%lo']],
  'mixed.test': [[OUTSIDE, '127.0.0.1']],
  'mixed-6.test': [[OUTSIDE, '::1']],
  'public.test': [['93.184.215.14']],
  'nobody.test': [[]],
  'nonsense.test': [['no address', '']],
  // First the internet, and inside from the second look on.
  'rebinds.test': [[OUTSIDE], ['127.0.0.1']],
  'rebinds-image.test': [[OUTSIDE], ['127.0.0.1']],
}

/** Addresses that are refused as they stand, with `P` for the port of the canary. */
const ADDRESSES: Record<string, Outcome> = {
  'http://127.0.0.1:P/': PRIVATE,
  'http://127.0.0.1.:P/': PRIVATE,
  'http://127.1:P/': PRIVATE,
  'http://127.0.1:P/': PRIVATE,
  'http://2130706433:P/': PRIVATE,
  'http://0x7f000001:P/': PRIVATE,
  'http://0x7f.0.0.1:P/': PRIVATE,
  'http://0x7F.1:P/': PRIVATE,
  'http://017700000001:P/': PRIVATE,
  'http://0177.0.0.1:P/': PRIVATE,
  'http://0177.0x0.0.1:P/': PRIVATE,
  'http://0:P/': PRIVATE,
  'http://0.0.0.0:P/': PRIVATE,
  'http://%31%32%37.0.0.1:P/': PRIVATE,
  'http://１２７.０.０.１:P/': PRIVATE,
  'http://127。0。0。1:P/': PRIVATE,
  'http://①②⑦.⓪.⓪.①:P/': PRIVATE,
  'https://127.0.0.1:P/': PRIVATE,
  'http://4294967297:P/': NOT_SAVED,
  'http://[::1]:P/': PRIVATE,
  'http://[::]:P/': PRIVATE,
  'http://[0:0:0:0:0:0:0:1]:P/': PRIVATE,
  'http://[::ffff:127.0.0.1]:P/': PRIVATE,
  'http://[::ffff:7f00:1]:P/': PRIVATE,
  'http://[::ffff:0:127.0.0.1]:P/': PRIVATE,
  'http://[::127.0.0.1]:P/': PRIVATE,
  'http://[64:ff9b::127.0.0.1]:P/': PRIVATE,
  'http://[64:ff9b:1::7f00:1]:P/': PRIVATE,
  'http://[2002:7f00:1::1]:P/': PRIVATE,
  'http://[2001:0:7f00:1::1]:P/': PRIVATE,
  'http://[fd12:3456::1]:P/': PRIVATE,
  'http://[fe80::1]:P/': PRIVATE,
  'http://[fe80::1%25lo]:P/': NOT_SAVED,
  'http://[ff02::1]:P/': PRIVATE,
  'http://10.0.0.1/': PRIVATE,
  'http://172.16.0.1/': PRIVATE,
  'http://192.168.0.1/': PRIVATE,
  'http://100.100.100.200/latest/meta-data/': PRIVATE,
  'http://169.254.169.254/latest/meta-data/': PRIVATE,
  'http://[fd00:ec2::254]/latest/meta-data/': PRIVATE,
  'http://metadata.google.internal/computeMetadata/v1/': PRIVATE,
  'http://224.0.0.1/': PRIVATE,
  'http://255.255.255.255/': PRIVATE,
  'http://localhost:P/': PRIVATE,
  'http://LOCALHOST:P/': PRIVATE,
  'http://localhost.:P/': PRIVATE,
  'http://localhost..:P/': PRIVATE,
  'http://foo.localhost:P/': PRIVATE,
  'http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:P/': PRIVATE,
  'http://localhoſt:P/': PRIVATE,
  'http://inside.test:P/': PRIVATE,
  'http://inside.test.:P/': PRIVATE,
  'http://ｉｎｓｉｄｅ．test:P/': PRIVATE,
  'http://mapped.test:P/': PRIVATE,
  'http://compatible.test:P/': PRIVATE,
  'http://nat64.test:P/': PRIVATE,
  'http://ula.test:P/': PRIVATE,
  'http://scoped.test:P/': PRIVATE,
  'http://mixed.test:P/': PRIVATE,
  'http://mixed-6.test:P/': PRIVATE,
  'http://nonsense.test:P/': PRIVATE,
  'http://nobody.test:P/': UNREACHABLE,
  'http://unknown.test:P/': UNREACHABLE,
  'http://user:secret@127.0.0.1:P/': NO_ADDRESS,
  'http://site.test@127.0.0.1:P/': NO_ADDRESS,
  'http://user@site.test:P/': NO_ADDRESS,
  'http://127.0.0.1:P\\@site.test/': PRIVATE,
  'http://127.0.0.1:P#@site.test/': PRIVATE,
  'http://127.0.0.1:P?@site.test/': PRIVATE,
  'http://127.0.\t0.1:P/': NOT_SAVED,
  'http://8.8.8.8:22/': PORT,
  'https://[2606:4700:4700::1111]:6379/': PORT,
  'http://public.test:25/': PORT,
  'http://public.test:11211/': PORT,
  'http://127.0.0.1:99999/': NOT_SAVED,
  'ftp://127.0.0.1:P/': NOT_SAVED,
  'file:///etc/passwd': NOT_SAVED,
  'gopher://127.0.0.1:P/_GET': NOT_SAVED,
  'data:text/html,<title>x</title>': NOT_SAVED,
  [`http://site.test:P/${'x'.repeat(5000)}`]: NO_ADDRESS,
}

const INSIDE = 'http://127.0.0.1:P/'

/** Where the site sends whoever asks. */
const REDIRECTS: Record<string, { status: number; to: string; outcome: Outcome }> = {
  ...Object.fromEntries(
    [301, 302, 303, 307, 308].map((status) => [`to-loopback-${status}`, { status, to: INSIDE, outcome: PRIVATE }]),
  ),
  'to-metadata': { status: 302, to: 'http://169.254.169.254/latest/meta-data/', outcome: PRIVATE },
  'to-decimal': { status: 302, to: 'http://2130706433:P/', outcome: PRIVATE },
  'to-a-name': { status: 302, to: 'http://inside.test:P/', outcome: PRIVATE },
  'to-a-mixed-name': { status: 302, to: 'http://mixed.test:P/', outcome: PRIVATE },
  'without-a-scheme': { status: 302, to: '//localhost:P/', outcome: PRIVATE },
  'with-backslashes': { status: 302, to: '\\\\127.0.0.1:P\\', outcome: PRIVATE },
  'to-a-password': { status: 302, to: 'http://a:b@site.test:P/page', outcome: NO_ADDRESS },
  'to-a-file': { status: 302, to: 'file:///etc/passwd', outcome: NO_ADDRESS },
  'to-gopher': { status: 302, to: 'gopher://127.0.0.1:P/_GET', outcome: NO_ADDRESS },
  'to-data': { status: 302, to: 'data:text/html,<title>x</title>', outcome: NO_ADDRESS },
  'to-a-script': { status: 302, to: 'javascript:alert(1)', outcome: NO_ADDRESS },
  'to-nowhere': { status: 302, to: 'http://', outcome: NO_ADDRESS },
  'to-another-port': { status: 302, to: 'http://8.8.8.8:22/', outcome: PORT },
  'to-itself': { status: 302, to: '/to-itself', outcome: CIRCLES },
  'to-each-other': { status: 302, to: '/to-the-other', outcome: CIRCLES },
  'to-the-other': { status: 302, to: '/to-each-other', outcome: CIRCLES },
  'to-a-chain': { status: 308, to: '/to-a-chain-2', outcome: PRIVATE },
  'to-a-chain-2': { status: 307, to: '../to-a-name', outcome: PRIVATE },
  'to-a-proxy': { status: 305, to: INSIDE, outcome: /status 305/ },
  'to-a-choice': { status: 300, to: INSIDE, outcome: /status 300/ },
}

/** What pages say; each is read, and nothing that it names is. */
const PAGES: Record<string, string> = {
  'meta-refresh': `<meta http-equiv="refresh" content="0; url=${INSIDE}">`,
  script: `<script>location = '${INSIDE}'</script>`,
  'og-image': `<meta property="og:image" content="${INSIDE}a.png">`,
  'og-image-secure': `<meta property="og:image:secure_url" content="https://127.0.0.1:P/a.png">`,
  'og-image-name': '<meta property="og:image" content="http://inside.test:P/a.png">',
  'og-image-redirected': '<meta property="og:image" content="/to-loopback-302">',
  'og-video': `<meta property="og:video" content="${INSIDE}a.mp4"><meta property="og:audio" content="${INSIDE}a.mp3">`,
  'twitter-image': `<meta name="twitter:image" content="http://[::1]:P/a.png"><meta name="twitter:player" content="${INSIDE}">`,
  icon: `<link rel="icon" href="${INSIDE}favicon.ico"><link rel="apple-touch-icon" href="http://localhost:P/a.png">`,
  'icon-redirected': '<link rel="icon" href="/to-loopback-301">',
  base: `<base href="${INSIDE}"><meta property="og:image" content="a.png"><link rel="icon" href="b.png">`,
  oembed: `<link rel="alternate" type="application/json+oembed" href="${INSIDE}oembed">`,
  canonical: `<link rel="canonical" href="${INSIDE}"><meta property="og:url" content="${INSIDE}">`,
  resources: `<link rel="stylesheet" href="${INSIDE}"><link rel="preload" href="${INSIDE}"><link rel="manifest" href="${INSIDE}"><script src="${INSIDE}"></script><img src="${INSIDE}"><iframe src="${INSIDE}"></iframe>`,
  'linked-data': `<script type="application/ld+json">{"@type":"Article","image":"${INSIDE}a.png"}</script>`,
  entities: `<!DOCTYPE html [<!ENTITY x SYSTEM "${INSIDE}">]><p>&x;</p>`,
  'og-image-scheme':
    '<meta property="og:image" content="file:///etc/passwd"><link rel="icon" href="ftp://127.0.0.1:P/">',
}

const HTML = { 'content-type': 'text/html' }
const TITLE = '<title>Read</title>'
const MEGABYTE = Buffer.alloc(1024 * 1024, ' ')

/** Bytes that have left for somebody who took them. */
let sentBytes = 0

const pour = (response: ServerResponse, first = ''): void => {
  const more = (): void => {
    while (!response.destroyed && response.write(MEGABYTE)) sentBytes += MEGABYTE.length
    if (!response.destroyed) response.once('drain', more)
  }
  response.write(first)
  more()
}

const drip = (target: { write(text: string): unknown; destroyed: boolean }, text: string, first = text): void => {
  target.write(first)
  const timer = setInterval(() => (target.destroyed ? clearInterval(timer) : target.write(text)), 20)
}

const raw =
  (text: string) =>
  ({ socket }: IncomingMessage): void =>
    void socket.end(text)

const packed =
  (encoding: string, bytes: Buffer, type = 'text/html') =>
  (_: IncomingMessage, response: ServerResponse) =>
    response.writeHead(200, { 'content-type': type, 'content-encoding': encoding }).end(bytes)

type Answer = (request: IncomingMessage, response: ServerResponse) => unknown

/** Answers that are made to be too much, and what becomes of their cards. */
const ANSWERS: Record<string, { answer: Answer; outcome: Outcome }> = {
  'endless-page': { answer: (_, response) => pour(response.writeHead(200, HTML), TITLE), outcome: READ },
  'endless-without-a-type': { answer: (_, response) => pour(response, TITLE), outcome: READ },
  'endless-film': {
    answer: (_, response) => pour(response.writeHead(200, { 'content-type': 'video/mp4' })),
    outcome: /^$/,
  },
  'endless-image': {
    answer: (_, response) => pour(response.writeHead(200, { 'content-type': 'image/png' })),
    outcome: LARGE,
  },
  'endless-pdf': {
    answer: (_, response) => pour(response.writeHead(200, { 'content-type': 'application/pdf' })),
    outcome: LARGE,
  },
  'endless-error': { answer: (_, response) => pour(response.writeHead(404, HTML)), outcome: /status 404/ },
  'endless-redirect': {
    answer: (_, response) => pour(response.writeHead(302, { location: '/page' })),
    outcome: READ,
  },
  'gzip-bomb': { answer: packed('gzip', gzipSync(TITLE + ' '.repeat(100_000_000))), outcome: READ },
  'brotli-bomb': { answer: packed('br', brotliCompressSync(TITLE + ' '.repeat(50_000_000))), outcome: READ },
  'gzip-bomb-image': {
    answer: packed('gzip', gzipSync(Buffer.alloc(100_000_000)), 'image/png'),
    outcome: LARGE,
  },
  'packed-twice': { answer: packed('gzip, gzip', gzipSync(gzipSync(TITLE))), outcome: PACKED },
  'packed-unknown': { answer: packed('zstd', Buffer.from('x')), outcome: PACKED },
  'packed-not': { answer: packed('gzip', Buffer.from(TITLE)), outcome: PACKED },
  'packed-half': { answer: packed('br', brotliCompressSync(TITLE).subarray(0, 9)), outcome: PACKED },
  'huge-headers': { answer: raw(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(1_000_000)}\r\n\r\n`), outcome: GARBLED },
  'many-headers': { answer: raw(`HTTP/1.1 200 OK\r\n${'X: x\r\n'.repeat(100_000)}\r\n`), outcome: GARBLED },
  'another-protocol': { answer: raw('SSH-2.0-OpenSSH_9.9\r\n'), outcome: GARBLED },
  'switch-of-protocols': {
    answer: raw('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'),
    outcome: GARBLED,
  },
  'two-lengths': {
    answer: raw('HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 9\r\n\r\nx'),
    outcome: GARBLED,
  },
  'pdf-that-is-none': {
    answer: (_, response) => response.writeHead(200, { 'content-type': 'application/pdf' }).end('x'),
    outcome: DAMAGED,
  },
  'image-that-is-none': {
    answer: (_, response) => response.writeHead(200, { 'content-type': 'image/png' }).end('<svg onload="alert(1)"/>'),
    outcome: /^$/,
  },
  drawing: {
    answer: (_, response) =>
      response.writeHead(200, { 'content-type': 'image/svg+xml' }).end(`<svg><image href="${INSIDE}"/></svg>`),
    outcome: /^$/,
  },
  'strange-type': {
    answer: (_, response) => response.writeHead(200, { 'content-type': ';;;,,"' }).end(TITLE),
    outcome: /^$/,
  },
  'nothing-at-all': { answer: (_, response) => response.writeHead(204).end(), outcome: /^$/ },
}

/** Answers that take their time. */
const SLOW_ANSWERS: Record<string, { answer: Answer; outcome: Outcome }> = {
  silence: { answer: () => {}, outcome: SLOW },
  'headers-that-drip': { answer: ({ socket }) => drip(socket, 'x', 'HTTP/1.1 200 OK\r\nX: '), outcome: SLOW },
  'hints-without-end': {
    answer: ({ socket }) => drip(socket, 'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n'),
    outcome: SLOW,
  },
  'body-that-drips': { answer: (_, response) => drip(response.writeHead(200, HTML), 'x'), outcome: SLOW },
  'packed-body-that-drips': {
    answer: (_, response) => drip(response.writeHead(200, { ...HTML, 'content-encoding': 'br' }), ' '),
    outcome: /took too long|cannot be undone/,
  },
  'less-than-announced': {
    answer: (_, response) => response.writeHead(200, { ...HTML, 'content-length': 1_000_000 }).write('x'),
    outcome: SLOW,
  },
  'picture-that-drips': {
    answer: (_, response) =>
      response
        .writeHead(200, HTML)
        .end(`${TITLE}<meta property="og:image" content="/dripping.png"><link rel="icon" href="/dripping.png">`),
    outcome: READ,
  },
}

const answers: Record<string, Answer> = {
  '/page': (_, response) => response.writeHead(200, HTML).end(TITLE),
  '/dripping.png': (_, response) => drip(response.writeHead(200, { 'content-type': 'image/png' }), '\x89PNG'),
  ...Object.fromEntries(
    [...Object.entries(ANSWERS), ...Object.entries(SLOW_ANSWERS)].map(([path, { answer }]) => [`/${path}`, answer]),
  ),
}

const web = await openWeb((request, response) => {
  response.on('error', () => {})
  const path = (request.url ?? '').slice(1)
  const [redirect, page, answer] = [REDIRECTS[path], PAGES[path], answers[`/${path}`]]
  const here = (text: string): string => text.replaceAll(':P', `:${web.port}`)
  if (redirect !== undefined) response.writeHead(redirect.status, { location: here(redirect.to) }).end()
  else if (path === 'rebinds') response.writeHead(302, { location: '/again' }).end()
  else if (path === 'rebinds-image')
    response.writeHead(200, HTML).end(`${TITLE}<meta property="og:image" content="/x.png">`)
  else if (path === 'refresh-header')
    response
      .writeHead(200, { ...HTML, refresh: `0; url=${here(INSIDE)}`, link: `<${here(INSIDE)}>; rel=icon` })
      .end(TITLE)
  else if (page !== undefined) response.writeHead(200, HTML).end(TITLE + here(page))
  else if (answer !== undefined) answer(request, response)
  else response.writeHead(404).end()
})

const onSite = (path: string): string => `http://site.test:P/${path}`

const FAST: Record<string, Outcome> = {
  ...ADDRESSES,
  ...Object.fromEntries(Object.entries(REDIRECTS).map(([path, { outcome }]) => [onSite(path), outcome])),
  ...Object.fromEntries(Object.keys(PAGES).map((path) => [onSite(path), READ])),
  [onSite('refresh-header')]: READ,
  'http://rebinds.test:P/rebinds': PRIVATE,
  'http://rebinds-image.test:P/rebinds-image': READ,
}

const outcomesOf = (answers: typeof ANSWERS): Record<string, Outcome> =>
  Object.fromEntries(Object.entries(answers).map(([path, { outcome }]) => [onSite(path), outcome]))

const start = (dialect: (typeof dialects)[number], patience: AppOptions['processing'] = {}): Promise<TestApp> =>
  testApp(dialect, {
    settings: { FETCH_ALLOW: `${OUTSIDE},control.test`, FETCH_PORTS: `80,443,${web.port}` },
    processing: { resolve: names(NAMES), paceMs: 0, ...patience },
  })

/** Saves them all, and looks at what each has become. */
const judge = async (app: TestApp, links: Readonly<Record<string, Outcome>>): Promise<void> => {
  const ada = await app.account()
  const saved = new Map<string, string | undefined>()
  for (const url of Object.keys(links)) saved.set(url, await saveLink(ada, url.replaceAll(':P', `:${web.port}`)))
  const settled = await settleAll(app, ada)
  const wrong = Object.entries(links).flatMap(([url, outcome]) => {
    const id = saved.get(url)
    const card = id === undefined ? undefined : settled.get(id)
    const said = card === undefined ? NOT_SAVED : (card.reason ?? (card.item.metadataTitle === 'Read' ? READ : ''))
    const isRight = typeof outcome === 'string' ? said === outcome : outcome.test(said)
    const picture = card?.item.linkPreviewImageUrl ?? null
    return isRight && picture === null ? [] : [`${url.slice(0, 100)}: ${said} instead of ${outcome}`]
  })
  assert.deepEqual(wrong, [])
  const titles = [...settled.values()].map(({ item }) => item.metadataTitle)
  assert.ok(!titles.includes(INSIDE_TITLE))
}

for (const dialect of dialects) {
  describe(`links of somebody hostile (${dialect})`, async () => {
    const app = await start(dialect)

    it(`${Object.keys(FAST).length} addresses, redirects and pages lead nowhere inside, and each card says why`, async () => {
      const before = web.caught()

      await judge(app, FAST)

      assert.equal(web.caught(), before)
    })

    it('the canary notices who gets through', async () => {
      const ada = await app.account()
      const before = web.caught()

      const id = await saveLink(ada, `http://control.test:${web.port}/`)

      const card = (await settleAll(app, ada)).get(id ?? '')
      assert.equal(card?.item.metadataTitle, INSIDE_TITLE)
      assert.ok(web.caught() > before)
    })
  })
}

// What is done here is not done in the database, so one is enough.
describe('answers of somebody hostile', () => {
  it(`${Object.keys(ANSWERS).length} without end, measure or sense are read as far as is wanted`, async () => {
    const before = web.caught()

    await judge(await start('sqlite'), outcomesOf(ANSWERS))

    assert.equal(web.caught(), before)
    assert.ok(sentBytes < 150 * MEGABYTE.length, `${sentBytes} bytes were taken`)
  })

  it(`${Object.keys(SLOW_ANSWERS).length} that take their time are given up`, async () => {
    await judge(await start('sqlite', { linkMs: 1_000, picturesMs: 500 }), outcomesOf(SLOW_ANSWERS))
  })
})
