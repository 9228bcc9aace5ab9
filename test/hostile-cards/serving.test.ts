import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { createCard, listCards } from '../../src/cards/cards/contract.ts'
import { createFeed } from '../../src/cards/feeds/contract.ts'
import { createSavedSearch } from '../../src/cards/saved-searches/contract.ts'
import { uploadFile } from '../../src/cards/testing.ts'
import { dav } from '../../src/files/dav/testing.ts'
import { makeFolder } from '../../src/files/testing.ts'
import { samples } from '../../src/files/thumbnails/testing.ts'
import { type TestAccount, testApp } from '../app.ts'
import { settleAll } from './cards.ts'

// Whatever people upload, no browser may run it as a part of our origin. Every way that uploaded bytes come out is asked
// for every kind of file that browsers run, and for those that only look like something else.

const SCRIPT = '<script>alert(document.domain)</script>'
const PAGE = `<!doctype html><html><body>${SCRIPT}</body></html>`
const DRAWING = `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)">${SCRIPT}</svg>`
const XHTML = `<html xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></html>`

interface Upload {
  readonly name: string
  readonly type: string
  readonly content: string | Buffer
  /** Whether browsers may show it where it is, because they run nothing in it. */
  readonly isShown?: boolean
}

const UPLOADS: readonly Upload[] = [
  { name: 'page.html', type: 'text/html', content: PAGE },
  { name: 'page-charset.html', type: 'text/html; charset=utf-7', content: PAGE },
  { name: 'page.HTM', type: 'TEXT/HTML', content: PAGE },
  { name: 'page.xhtml', type: 'application/xhtml+xml', content: XHTML },
  { name: 'drawing.svg', type: 'image/svg+xml', content: DRAWING },
  { name: 'drawing.svgz', type: 'image/svg', content: DRAWING },
  { name: 'data.xml', type: 'application/xml', content: XHTML },
  { name: 'data-text.xml', type: 'text/xml', content: XHTML },
  { name: 'style.xsl', type: 'text/xsl', content: XHTML },
  { name: 'feed.rss', type: 'application/rss+xml', content: XHTML },
  { name: 'formula.mml', type: 'application/mathml+xml', content: XHTML },
  { name: 'script.js', type: 'text/javascript', content: 'alert(1)' },
  { name: 'script.mjs', type: 'application/javascript', content: 'alert(1)' },
  { name: 'style.css', type: 'text/css', content: '@import "http://127.0.0.1/"' },
  { name: 'module.wasm', type: 'application/wasm', content: Buffer.from('\0asm\x01\0\0\0', 'latin1') },
  {
    name: 'paper.pdf',
    type: 'application/pdf',
    content: '%PDF-1.4 /OpenAction << /S /JavaScript /JS (app.alert(1)) >>',
  },
  { name: 'page.mht', type: 'multipart/related', content: `Content-Type: text/html\r\n\r\n${PAGE}` },
  { name: 'message.eml', type: 'message/rfc822', content: `Content-Type: text/html\r\n\r\n${PAGE}` },
  { name: 'film.swf', type: 'application/x-shockwave-flash', content: 'FWS\x06' },
  { name: 'app.hta', type: 'application/hta', content: PAGE },
  { name: 'cache.manifest', type: 'text/cache-manifest', content: 'CACHE MANIFEST' },
  { name: 'stream.x', type: 'multipart/x-mixed-replace', content: PAGE },
  { name: 'no-type.html', type: 'application/octet-stream', content: PAGE },
  { name: 'no-type-and-no-name', type: 'application/octet-stream', content: PAGE },
  { name: 'unknown.xyz', type: 'unknown/unknown', content: PAGE },
  { name: 'wrong.png', type: 'image/png', content: PAGE, isShown: true },
  { name: 'wrong.txt', type: 'text/plain', content: PAGE, isShown: true },
  { name: 'wrong.mp4', type: 'video/mp4', content: DRAWING, isShown: true },
  { name: 'polyglot.gif', type: 'image/gif', content: `GIF89a/*${PAGE}*/=1;alert(1)`, isShown: true },
  {
    name: 'polyglot.html',
    type: 'image/jpeg',
    content: Buffer.concat([samples.jpeg, Buffer.from(PAGE)]),
    isShown: true,
  },
  { name: 'polyglot.png', type: 'text/html', content: Buffer.concat([samples.png, Buffer.from(PAGE)]) },
  { name: 'picture.png', type: 'image/png', content: samples.png, isShown: true },
  { name: '"><img src=x onerror=alert(1)>.html', type: 'text/html', content: PAGE },
  { name: 'photo\u202egnp.html', type: 'text/html', content: PAGE },
]

/** What a browser may show without running anything of it. */
const PASSIVE = /^(?:text\/plain|image\/(?:avif|bmp|gif|heic|jpeg|png|tiff|webp|x-icon)|video\/[\w.-]+|audio\/[\w.-]+)$/

/** @returns What is wrong with an answer that holds what somebody has uploaded. */
const faultsOf = ({ status, headers }: Response, isShown: boolean): string[] => {
  const [type = ''] = (headers.get('content-type') ?? '').split(';')
  const disposition = headers.get('content-disposition') ?? ''
  const policy = (headers.get('content-security-policy') ?? '').split(';').map((part) => part.trim())
  const isInline = /^inline(?:;|$)/.test(disposition)
  const checks: Record<string, boolean> = {
    [`status ${status}`]: [200, 206].includes(status),
    'no nosniff': headers.get('x-content-type-options') === 'nosniff',
    'a policy without a sandbox': policy.includes('sandbox') && policy.includes("default-src 'none'"),
    'no type': type !== '',
    [`disposition ${disposition}`]: isInline || /^attachment(?:;|$)/.test(disposition),
    [`inline as ${type}`]: !isInline || (isShown && PASSIVE.test(type)),
    'more than one line of name': !/[^\x20-\x7e]/.test(disposition),
  }
  return Object.entries(checks).flatMap(([fault, isRight]) => (isRight ? [] : [fault]))
}

/** What browsers run in the page that asks, and what they only show. */
const USES = {
  active: ['script', 'style', 'worker', 'sharedworker', 'serviceworker', 'audioworklet', 'paintworklet', 'xslt', 'object', 'embed'],
  passive: ['document', 'iframe', 'image', 'audio', 'video', 'track', 'font', 'empty'],
} // biome-ignore format: a table

/** The same bytes are asked for in each way that changes the answer. */
const WAYS: Record<string, RequestInit> = {
  whole: {},
  part: { headers: { range: 'bytes=0-3' } },
  'only headers': { method: 'HEAD' },
  'as a page': { headers: { accept: 'text/html', 'sec-fetch-dest': 'document' } },
}

describe('what somebody has uploaded', async () => {
  const app = await testApp('sqlite', { processing: { paceMs: 0 } })

  /** @returns What is wrong, by address and way. */
  const look = async (addresses: readonly Address[]): Promise<string[]> => {
    const faults: string[] = []
    for (const { what, isShown, ask, isOurPage } of addresses)
      for (const [way, init] of Object.entries(WAYS)) {
        const response = await ask(init)
        const body = await response.text()
        const isPage = way === 'as a page' && isOurPage === true
        if (isPage) faults.push(...pageFaults(response, body).map((fault) => `${what}, ${way}: ${fault}`))
        else faults.push(...faultsOf(response, isShown).map((fault) => `${what}, ${way}: ${fault}`))
      }
    return faults
  }

  it('is never active on our origin as the file of a card, or as its picture', async () => {
    const ada = await app.account()
    const ids = new Map<string, Upload>()
    for (const one of UPLOADS) {
      const file = await uploadFile(ada, one.name, Uint8Array.from(Buffer.from(one.content)), plain(one.type))
      ids.set((await ada.call(createCard, { body: file })).cardId, one)
    }

    const cards = await settleAll(app, ada)

    const addresses = [...cards].flatMap(([id, { item }]) => {
      const one = ids.get(id) ?? assert.fail('Another card is there.')
      const isShown = one.isShown === true
      const file = at(`file of ${one.name}`, isShown, item.fileUrl)
      return [
        ...file,
        ...at(`saved file of ${one.name}`, false, item.fileUrl && `${item.fileUrl}&download=1`),
        ...at(`thumbnail of ${one.name}`, true, item.thumbnailUrl),
      ]
    })
    assert.ok(addresses.length >= 2 * UPLOADS.length)
    assert.deepEqual(await look(addresses), [])
  })

  it('is never active on our origin as a file, as a thumbnail, through links, or by WebDAV', async () => {
    const ada = await app.account()
    const folder = await makeFolder(ada, 'Shared')
    const folderLink = await share(ada, `/api/v1/folders/${folder.id}/share`)
    const addresses: Address[] = []
    for (const one of UPLOADS) {
      const [body, isShown] = [Uint8Array.from(Buffer.from(one.content)), one.isShown === true]
      const path = `/api/v1/files/content?name=${encodeURIComponent(one.name)}&folder_id=${folder.id}`
      const headers = { 'content-type': one.type }
      const id = idOf(await (await ada.fetch(path, { method: 'PUT', body, headers })).json())
      const link = await share(ada, `/api/v1/files/${id}/share`)
      const davPath = `/${encodeURIComponent(`dav ${one.name}`)}`
      assert.equal((await dav(ada, 'PUT', davPath, { body, headers })).status, 201)
      const mine = (what: string, url: string): Address => ({
        what: `${what} of ${one.name}`,
        isShown,
        ask: (init) => ada.fetch(url, init),
      })
      addresses.push(
        mine('content', `/api/v1/files/${id}/content`),
        mine('WebDAV', `/dav${davPath}`),
        { what: `link of ${one.name}`, isShown, isOurPage: true, ask: (init) => app.fetch(`/s/${link}`, init) },
        ...at(`content of the link of ${one.name}`, isShown, `${app.url}/s/${link}/content`),
        ...at(`file of the shared folder: ${one.name}`, isShown, `${app.url}/s/${folderLink}/files/${id}/content`),
      )
      if (one.name === 'picture.png') {
        const thumbnail = `/api/v1/files/${id}/thumbnail?size=128`
        const ask = (init: RequestInit) => ada.fetch(thumbnail, init)
        assert.deepEqual(faultsOf(await ask({}), true), [])
      }
    }

    assert.deepEqual(await look(addresses), [])
    const page = await app.fetch(`/s/${folderLink}`, { headers: { accept: 'text/html' } })
    assert.deepEqual(pageFaults(page, await page.text()), [])
  })

  it('is refused to what would run it in a page of ours, in the words of who serves it', async () => {
    const ada = await app.account()
    const script = UPLOADS.find(({ name }) => name === 'script.js') ?? assert.fail()
    const body = Uint8Array.from(Buffer.from(script.content))
    const card = await uploadFile(ada, script.name, body, script.type)
    await ada.call(createCard, { body: card })
    const { items } = await ada.call(listCards, { query: { include: 'metadata' } })
    const fileUrl = items[0]?.fileUrl ?? assert.fail('The card has no file.')
    const put = await ada.fetch('/api/v1/files/content?name=script.js', { method: 'PUT', body })
    const id = idOf(await put.json())
    const link = await share(ada, `/api/v1/files/${id}/share`)
    const folder = await makeFolder(ada, 'Scripts')
    const inFolder = await ada.fetch(`/api/v1/files/content?name=a.js&folder_id=${folder.id}`, { method: 'PUT', body })
    const folderLink = await share(ada, `/api/v1/folders/${folder.id}/share`)
    const files: Record<string, readonly [url: string, refusal: RegExp]> = {
      content: [`/api/v1/files/${id}/content`, /"code":"active_use","request_id"/],
      WebDAV: ['/dav/script.js', /<L:code>active_use</],
      'the file of a card': [fileUrl, /^\{"code":"FORBIDDEN"/],
      'a link': [`/s/${link}`, /"code":"active_use"/],
      'the content of a link': [`/s/${link}/content`, /"code":"active_use"/],
      'a file of a shared folder': [`/s/${folderLink}/files/${idOf(await inFolder.json())}/content`, /"active_use"/],
    }

    for (const [what, [url, refusal]] of Object.entries(files)) {
      const etag = (await ada.fetch(url)).headers.get('etag') ?? ''
      const ask = (use: string) => ada.fetch(url, { headers: { 'sec-fetch-dest': use, 'if-none-match': etag } })

      for (const use of USES.active) {
        const response = await ask(use)
        assert.deepEqual([what, use, response.status], [what, use, 403])
        assert.match(await response.text(), refusal, what)
      }
      for (const use of USES.passive) assert.deepEqual([what, use, (await ask(use)).status], [what, use, 304])
    }
  })

  it('is text in feeds', async () => {
    const ada = await app.account()
    await ada.call(createCard, { body: { content: `]]>${PAGE}${DRAWING}`, cardType: 'text' } })
    const search = await ada.call(createSavedSearch, { body: { name: SCRIPT, query: 'type:text' } })
    const feed = await ada.call(createFeed, { params: { id: search.id } })
    const { items } = await ada.call(listCards, {})
    assert.equal(items.length, 1)

    for (const url of [feed.rss, feed.atom, feed.json]) {
      const response = await fetch(url)
      const text = await response.text()
      assert.equal(response.status, 200)
      assert.equal(response.headers.get('x-content-type-options'), 'nosniff')
      assert.match(response.headers.get('content-security-policy') ?? '', /sandbox/)
      assert.match(response.headers.get('content-type') ?? '', /^application\/(?:atom\+xml|rss\+xml|feed\+json)/)
      if (url !== feed.json) assert.doesNotMatch(text, /<script|<svg/)
    }
  })
})

interface Address {
  readonly what: string
  readonly isShown: boolean
  /** Whether browsers get a page of ours there, which tells of the file. */
  readonly isOurPage?: boolean
  readonly ask: (init: RequestInit) => Promise<Response>
}

const at = (what: string, isShown: boolean, url: string | null | undefined): Address[] =>
  url == null || url === '' ? [] : [{ what, isShown, ask: (init) => fetch(url, init) }]

/** A page of ours that names what was uploaded: nothing of the name is markup, and nothing could run if it were. */
const pageFaults = ({ headers }: Response, body: string): string[] => {
  const policy = headers.get('content-security-policy') ?? ''
  const checks: Record<string, boolean> = {
    'no nosniff': headers.get('x-content-type-options') === 'nosniff',
    'a policy that lets scripts run': policy.includes("default-src 'none'") && !policy.includes('script-src'),
    'a name that is markup': !body.includes('<img src=x') && !body.includes('<script'),
  }
  return Object.entries(checks).flatMap(([fault, isRight]) => (isRight ? [] : [fault]))
}

/** As announcements have it. */
const plain = (type: string): string => type.split(';', 1)[0]?.toLowerCase() ?? ''

const idOf = (answer: unknown): string => z.object({ id: z.string() }).parse(answer).id

/** @returns The token of a new link. */
const share = async (ada: TestAccount, path: string): Promise<string> => {
  const response = await ada.fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  })
  const answer = z.object({ url: z.string() }).parse(await response.json())
  return new URL(answer.url).pathname.split('/').at(-1) ?? ''
}
