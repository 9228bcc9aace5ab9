import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import { after, describe, it } from 'node:test'
import { type TestApp, testApp } from '../../../test/app.ts'
import { dialects, testPlace } from '../../../test/database.ts'
import { send, sendTogether, statuses, times } from '../../../test/requests.ts'
import { bytesOf, refusalOf, sha256, someBytes } from '../files/testing.ts'
import { getStats } from '../stats/contract.ts'
import { disableShare, getShare } from './contract.ts'
import { change, cookiesOf, movingClock, sharedFile } from './testing.ts'

const HOUR_MS = 3_600_000

for (const dialect of dialects) {
  describe(`downloads through links (${dialect})`, async () => {
    const app = await testApp(dialect)
    const contentOf = (token: string, headers: Record<string, string> = {}, query = '') =>
      app.fetch(`/s/${token}/content${query}`, { headers })

    it('give the file to who has no key, with its name, tag and digest', async () => {
      const ada = await app.account()
      const content = someBytes(3_000_000)
      const { link } = await sharedFile(ada, 'Grüße.bin', content)

      const response = await contentOf(link.token, {}, '?download=1')
      const bytes = await bytesOf(response)

      assert.equal(response.status, 200)
      assert.deepEqual(bytes, content)
      assert.equal(response.headers.get('etag'), `"${sha256(content).toString('hex')}"`)
      assert.equal(
        response.headers.get('content-disposition'),
        `attachment; filename="Gru_e.bin"; filename*=UTF-8''Gr%C3%BC%C3%9Fe.bin`,
      )
      for (const [name, value] of [
        ['accept-ranges', 'bytes'],
        ['x-content-type-options', 'nosniff'],
        ['referrer-policy', 'no-referrer'],
        ['x-robots-tag', 'noindex, nofollow'],
        ['cache-control', 'private, no-cache'],
      ])
        assert.equal(response.headers.get(name ?? ''), value)
      assert.match(response.headers.get('content-security-policy') ?? '', /sandbox/)
    })

    it('answer ranges, conditions and HEAD as for files of one’s own', async () => {
      const ada = await app.account()
      const content = someBytes(2_500_000)
      const { link } = await sharedFile(ada, 'a.bin', content)
      const etag = `"${sha256(content).toString('hex')}"`

      const range = await contentOf(link.token, { range: 'bytes=1048570-1048589' })
      const same = await contentOf(link.token, { 'if-none-match': etag })
      const beyond = await contentOf(link.token, { range: 'bytes=9999999-' })
      const failed = await contentOf(link.token, { 'if-match': '"other"' })
      const head = await app.fetch(`/s/${link.token}/content`, { method: 'HEAD' })

      assert.equal(range.status, 206)
      assert.equal(range.headers.get('content-range'), `bytes 1048570-1048589/${content.length}`)
      assert.deepEqual(await bytesOf(range), content.subarray(1048570, 1048590))
      assert.equal(same.status, 304)
      assert.equal(beyond.headers.get('content-range'), `bytes */${content.length}`)
      assert.deepEqual(await refusalOf(beyond), [416, 'range_not_satisfiable'])
      assert.deepEqual(await refusalOf(failed), [412, 'precondition_failed'])
      assert.deepEqual([head.status, head.headers.get('content-length')], [200, String(content.length)])
      // The one range that was sent, and nothing else.
      assert.equal((await ada.call(getShare, { params: { id: link.id } })).downloads, 1)
    })

    it('say what has happened to a link that does not work', async () => {
      const ada = await app.account()
      const [gone, disabled, used] = [
        await sharedFile(ada, 'gone', 'a'),
        await sharedFile(ada, 'disabled', 'a'),
        await sharedFile(ada, 'used', 'a', { max_downloads: 1 }),
      ]
      await ada.fetch(`/api/v1/files/${gone.file.id}/trash`, { method: 'POST' })
      await ada.call(disableShare, { params: { id: disabled.link.id } })
      await contentOf(used.link.token)

      const answers = await Promise.all(
        [gone.link.token, disabled.link.token, used.link.token, '0123456789012345678901', 'a%2Fb'].map((token) =>
          contentOf(token),
        ),
      )

      assert.deepEqual(await Promise.all(answers.map(refusalOf)), [
        [410, 'share_gone'],
        [410, 'share_disabled'],
        [410, 'share_exhausted'],
        [404, 'share_not_found'],
        [404, 'share_not_found'],
      ])
    })

    it('work again when the file comes back from the trash', async () => {
      const ada = await app.account()
      const { file, link } = await sharedFile(ada, 'back', 'a')
      await ada.fetch(`/api/v1/files/${file.id}/trash`, { method: 'POST' })

      const trashed = await contentOf(link.token)
      await ada.fetch(`/api/v1/files/${file.id}/restore`, { method: 'POST' })
      const restored = await contentOf(link.token)

      assert.deepEqual([trashed.status, restored.status], [410, 200])
    })

    it('end with the next request when the file’s links are disabled as the published API does it', async () => {
      const ada = await app.account()
      const { file, link } = await sharedFile(ada, 'a', 'a')

      await ada.fetch(`/api/v1/files/${file.id}`, { method: 'DELETE' })
      const response = await contentOf(link.token)

      assert.deepEqual(await refusalOf(response), [410, 'share_disabled'])
      assert.equal((await ada.call(getStats)).activeShareLinks, 0)
    })

    it('go on for a visitor with the cookie, and count once', async () => {
      const ada = await app.account()
      const { link } = await sharedFile(ada, 'a.txt', 'hello world', { max_downloads: 1 })

      const first = await contentOf(link.token, { range: 'bytes=0-3' })
      const cookie = cookiesOf(first)
      const rest = await contentOf(link.token, { range: 'bytes=4-', cookie })
      const whole = await contentOf(link.token, { cookie })
      const stranger = await contentOf(link.token, { cookie: 'latchkey_visitor=0123456789012345678901' })

      assert.match(
        first.headers.get('set-cookie') ?? '',
        new RegExp(`^latchkey_visitor=\\w{22}; Path=/s/${link.token}; HttpOnly; SameSite=Lax; Max-Age=21600$`),
      )
      assert.deepEqual([await rest.text(), await whole.text()], ['o world', 'hello world'])
      assert.deepEqual(await refusalOf(stranger), [410, 'share_exhausted'])
      assert.equal((await ada.call(getShare, { params: { id: link.id } })).downloads, 1)
      assert.equal((await ada.call(getStats)).totalDownloads, 1)
    })

    it('go on for a program without cookies, at the same address, behind the first byte only', async () => {
      const ada = await app.account()
      const { link } = await sharedFile(ada, 'a.txt', 'hello world', { max_downloads: 1 })
      const curl = { 'user-agent': 'curl/8.0' }
      const early = await contentOf(link.token, { ...curl, range: 'bytes=4-' })
      await early.text()

      const rest = await contentOf(link.token, { ...curl, range: 'bytes=6-' })
      const start = await contentOf(link.token, { ...curl, range: 'bytes=0-' })
      const whole = await contentOf(link.token, { ...curl, range: 'bytes=6-', 'if-range': '"changed"' })
      const other = await contentOf(link.token, { 'user-agent': 'other', range: 'bytes=6-' })

      assert.deepEqual([early.status, rest.status, await rest.text()], [206, 206, 'world'])
      assert.deepEqual([start.status, whole.status, other.status], [410, 410, 410])
      assert.equal((await ada.call(getShare, { params: { id: link.id } })).downloads, 1)
    })

    it('of one visitor that begin at once are one', async () => {
      const ada = await app.account()
      const { link } = await sharedFile(ada, 'a.txt', 'hello', { max_downloads: 3 })
      const cookie = 'latchkey_visitor=abcdefghijklmnopqrstuv'

      const answers = await sendTogether(
        app.url,
        times(8, () => ({ path: `/s/${link.token}/content`, headers: { cookie } })),
      )

      assert.deepEqual(statuses(answers), { 200: 8 })
      assert.equal((await ada.call(getShare, { params: { id: link.id } })).downloads, 1)
    })

    it('end a link with the last one, in the figures too, until it gets more room', async () => {
      const ada = await app.account()
      const { link } = await sharedFile(ada, 'a.txt', 'a', { max_downloads: 2 })
      const seen: unknown[] = []
      const look = async () => {
        const { state, downloads } = await ada.call(getShare, { params: { id: link.id } })
        const { activeShareLinks, totalDownloads } = await ada.call(getStats)
        seen.push([state, downloads, activeShareLinks, totalDownloads])
      }

      await contentOf(link.token)
      await look()
      await contentOf(link.token)
      await look()
      await change(ada, link.id, { max_downloads: 3 })
      await look()
      await change(ada, link.id, { max_downloads: 1 })
      await look()

      assert.deepEqual(seen, [
        ['active', 1, 1, 1],
        ['exhausted', 2, 0, 2],
        ['active', 2, 1, 2],
        ['exhausted', 2, 0, 2],
      ])
    })

    it('that are under way may end after the link was disabled', async () => {
      const ada = await app.account()
      const content = someBytes(12_000_000)
      const { link } = await sharedFile(ada, 'long.bin', content)
      const sent = request(new URL(`/s/${link.token}/content`, app.url), { agent: false })
      sent.end()
      const [response] = await once(sent, 'response')

      await ada.call(disableShare, { params: { id: link.id } })
      const pieces: Buffer[] = []
      for await (const piece of response) pieces.push(piece)

      assert.deepEqual(Buffer.concat(pieces), content)
      assert.equal((await contentOf(link.token)).status, 410)
    })

    it('follow new content under the old link', async () => {
      const ada = await app.account()
      const { link } = await sharedFile(ada, 'a.txt', 'old')

      await ada.fetch('/api/v1/files/content?name=a.txt', { method: 'PUT', body: 'new' })
      const response = await contentOf(link.token)

      assert.equal(await response.text(), 'new')
    })
  })

  describe(`counted downloads (${dialect})`, async () => {
    const clock = movingClock()
    const place = await testPlace(dialect)
    const settings = { TRUSTED_PROXIES: '127.0.0.1' }
    const first = await testApp(dialect, { clock, settings, place })
    // SQLite has one process; PostgreSQL has as many as are wanted.
    const second = dialect === 'sqlite' ? first : await testApp(dialect, { clock, settings, place })
    after(() => place.remove())

    it('are exactly as many as allowed, of a hundred at once in several processes', async () => {
      const ada = await first.account()
      const content = someBytes(300_000)
      const { link } = await sharedFile(ada, 'a.bin', content, { max_downloads: 10 })
      const calls = (app: TestApp, count: number) =>
        times(count, (index) =>
          send(app.url, { path: `/s/${link.token}/content`, headers: { 'x-forwarded-for': `10.0.0.${index}` } }),
        )

      const answers = await Promise.all([...calls(first, 50), ...calls(second, 50)])

      assert.deepEqual(statuses(answers), { 200: 10, 410: 90 })
      const share = await ada.call(getShare, { params: { id: link.id } })
      const stats = await ada.call(getStats)
      assert.deepEqual([share.downloads, share.state], [10, 'exhausted'])
      assert.deepEqual([stats.totalDownloads, stats.activeShareLinks], [10, 0])
    })

    it('can be resumed for six hours, and not longer', async () => {
      const ada = await first.account()
      const { link } = await sharedFile(ada, 'a.txt', 'hello world', { max_downloads: 1 })
      const path = `/s/${link.token}/content`
      const cookie = cookiesOf(await first.fetch(path))
      const resume = async () => (await second.fetch(path, { headers: { cookie, range: 'bytes=6-' } })).status

      clock.advance(5.9 * HOUR_MS)
      const within = await resume()
      clock.advance(0.2 * HOUR_MS)
      const later = await resume()

      assert.deepEqual([within, later], [206, 410])
    })

    it('are forgotten by the sweep when nobody can resume them any more', async () => {
      const ada = await first.account()
      const { link } = await sharedFile(ada, 'a.txt', 'a')
      await first.fetch(`/s/${link.token}/content`)
      const rows = () => first.app.core.database.db.selectFrom('share_downloads').select('visitor').execute()
      const before = await rows()

      clock.advance(7 * HOUR_MS)
      await first.app.files.shares.expiry.sweep()

      assert.ok(before.length > 0)
      assert.deepEqual(await rows(), [])
    })

    it('end at the moment that the link names, for the figures of each account exactly once', async () => {
      const ada = await first.account()
      const { link } = await sharedFile(ada, 'a.txt', 'a', { expires_in: 60 })
      const { link: other } = await sharedFile(ada, 'b.txt', 'b', { expires_in: 7200 })
      await ada.call(getStats)

      clock.advance(61_000)
      const [served, stats] = [await second.fetch(`/s/${link.token}/content`), await ada.call(getStats)]
      await Promise.all([first, second, first].map((app) => app.app.files.shares.expiry.sweep()))
      const swept = await ada.call(getStats)
      const revived = await change(ada, link.id, { expires_in: 60 })
      const alive = await ada.call(getStats)

      assert.deepEqual(await refusalOf(served), [410, 'share_expired'])
      assert.deepEqual(
        [stats, swept, alive].map(({ activeShareLinks }) => activeShareLinks),
        [1, 1, 2],
      )
      assert.equal(revived.state, 'active')
      assert.equal((await ada.call(getShare, { params: { id: other.id } })).state, 'active')
    })

    it('are refused in every process with the next request after the link was disabled', async () => {
      const ada = await first.account()
      const { link } = await sharedFile(ada, 'a.txt', 'a')
      const path = `/s/${link.token}/content`
      const before = await second.fetch(path)

      await ada.call(disableShare, { params: { id: link.id } })
      const afterwards = await second.fetch(path, { headers: { cookie: cookiesOf(before) } })

      assert.deepEqual([before.status, afterwards.status], [200, 410])
    })

    it('are limited for each address, and for no other', async () => {
      const ada = await first.account()
      const { link } = await sharedFile(ada, 'a.txt', 'a')
      const call = (address: string) => ({
        method: 'HEAD',
        path: `/s/${link.token}/content`,
        headers: { 'x-forwarded-for': address },
      })

      const answers = []
      for (let round = 0; round < 7; round += 1)
        answers.push(
          ...(await sendTogether(
            first.url,
            times(100, () => call('10.9.9.9')),
          )),
        )
      const refused = answers.find(({ status }) => status === 429)
      const other = await send(first.url, call('10.9.9.8'))

      assert.deepEqual(statuses(answers), { 200: 600, 429: 100 })
      assert.ok(Number(refused?.headers['retry-after']) > 0)
      assert.equal(other.status, 200)
    })
  })
}
