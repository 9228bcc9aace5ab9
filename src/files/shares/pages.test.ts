import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { html } from '../../platform/pages/html.ts'
import { putRaw } from '../files/testing.ts'
import { disableShare, getShare } from './contract.ts'
import { BROWSER, newFolder, putInto, requestFiles, share, sharedFile, shareFolder } from './testing.ts'

for (const dialect of dialects) {
  describe(`pages of links (${dialect})`, async () => {
    const app = await testApp(dialect)
    const open = (token: string, headers: Record<string, string> = BROWSER) => app.fetch(`/s/${token}`, { headers })

    it('run nothing, are kept nowhere, and tell nobody where they are', async () => {
      const ada = await app.account()
      const folder = await newFolder(ada, 'Folder')
      const tokens = [
        (await sharedFile(ada, 'a.txt', 'a')).link.token,
        (await sharedFile(ada, 'b.txt', 'b', { password: 'x' })).link.token,
        (await shareFolder(ada, folder)).token,
        (await requestFiles(ada, folder)).token,
        '0123456789012345678901',
      ]

      const answers = await Promise.all(tokens.map((token) => open(token)))

      assert.deepEqual(
        answers.map(({ status }) => status),
        [200, 401, 200, 200, 404],
      )
      for (const answer of answers) {
        const page = await answer.text()
        const style = /<style>(.*)<\/style>/s.exec(page)?.[1] ?? ''
        const hash = createHash('sha256').update(style).digest('base64')
        assert.equal(
          answer.headers.get('content-security-policy'),
          `default-src 'none'; style-src 'sha256-${hash}'; img-src 'self'; media-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
        )
        assert.deepEqual(
          ['content-type', 'x-content-type-options', 'referrer-policy', 'cache-control', 'x-robots-tag'].map((name) =>
            answer.headers.get(name),
          ),
          ['text/html; charset=utf-8', 'nosniff', 'no-referrer', 'no-store', 'noindex, nofollow'],
        )
        assert.match(answer.headers.get('vary') ?? '', /accept/)
        assert.doesNotMatch(page, /<script|style="|javascript:|https?:\/\//)
      }
    })

    it('say what the file is and until when it is there', async () => {
      const ada = await app.account()
      const { link } = await sharedFile(ada, 'report.pdf', Buffer.alloc(2048), {
        expires_at: '2099-01-15T10:30:00Z',
        max_downloads: 2,
      })

      const page = await (await open(link.token)).text()

      for (const text of ['report.pdf', '2.0 KB, application/pdf', '15 January 2099', '10:30 UTC', '2 more downloads'])
        assert.ok(page.includes(text), text)
      assert.ok(page.includes(`href="/s/${link.token}/content?download=1"`))
      assert.equal((await ada.call(getShare, { params: { id: link.id } })).downloads, 0)
    })

    it('print names as text, whatever is in them', async () => {
      const ada = await app.account()
      const name = `"><img src=x onerror=alert(1)>&amp;'\u202egpj.exe`
      const folder = await newFolder(ada, `<i>${"'"}`)
      await putInto(ada, folder, name, 'x')
      const { link } = await sharedFile(ada, name, 'x', { name: '<u>' })
      const tokens = [
        link.token,
        (await shareFolder(ada, folder)).token,
        (await requestFiles(ada, folder, { name: '<u>' })).token,
      ]

      const pages = await Promise.all(tokens.map(async (token) => (await open(token)).text()))

      for (const page of pages) assert.doesNotMatch(page, /<img|<i>|<u>|\u202e/)
      for (const page of pages.slice(0, 2))
        assert.ok(page.includes('<bdi>&quot;&gt;&lt;img src=x onerror=alert(1)&gt;&amp;amp;&#39;gpj.exe</bdi>'))
    })

    it('show pictures, films and sound where that is safe and costs no download', async () => {
      const ada = await app.account()
      const pageOf = async (name: string, type: string, wish = {}) => {
        const { id } = (await (await putRaw(ada, name, 'x', { 'content-type': type })).json()) as { id: string }
        return (await open((await share(ada, id, wish)).token)).text()
      }

      const pages = {
        picture: await pageOf('a.png', 'image/png'),
        film: await pageOf('a.mp4', 'video/mp4'),
        sound: await pageOf('a.mp3', 'audio/mpeg'),
        drawing: await pageOf('a.svg', 'image/svg+xml'),
        page: await pageOf('a.html', 'text/html'),
        counted: await pageOf('b.png', 'image/png', { max_downloads: 1 }),
      }

      const shown = Object.entries(pages).map(([name, page]) => [name, /<(img|video|audio) class/.exec(page)?.[1]])
      assert.deepEqual(Object.fromEntries(shown), {
        picture: 'img',
        film: 'video',
        sound: 'audio',
        drawing: undefined,
        page: undefined,
        counted: undefined,
      })
    })

    it('are what messengers get that look at links, so that looking uses nothing up', async () => {
      const ada = await app.account()
      const { link } = await sharedFile(ada, 'a.txt', 'secret text', { max_downloads: 1 })

      const answers = await Promise.all(
        ['TelegramBot (like TwitterBot)', 'Slackbot-LinkExpanding 1.0', 'WhatsApp/2.0', 'facebookexternalhit/1.1'].map(
          (agent) => open(link.token, { 'user-agent': agent, accept: '*/*' }),
        ),
      )

      for (const answer of answers) assert.match(answer.headers.get('content-type') ?? '', /text\/html/)
      assert.equal((await ada.call(getShare, { params: { id: link.id } })).downloads, 0)
    })

    it('tell people what has become of a link', async () => {
      const ada = await app.account()
      const { link: disabled } = await sharedFile(ada, 'a', 'a')
      const { link: used } = await sharedFile(ada, 'b', 'b', { max_downloads: 1 })
      await ada.call(disableShare, { params: { id: disabled.id } })
      await app.fetch(`/s/${used.token}`)

      const answers = await Promise.all([disabled.token, used.token, 'none'].map((token) => open(token)))

      assert.deepEqual(
        answers.map(({ status }) => status),
        [410, 410, 404],
      )
      const titles = await Promise.all(answers.map(async (answer) => /<h1>(.*)<\/h1>/.exec(await answer.text())?.[1]))
      assert.deepEqual(titles, ['This link was switched off', 'This link has been used up', 'There is no such link'])
    })

    it('go with the account that was switched off', async () => {
      const ada = await app.account()
      const { link } = await sharedFile(ada, 'a', 'a')
      const { db } = app.app.core.database
      await db.updateTable('accounts').set({ status: 'disabled' }).where('id', '=', ada.id).execute()

      const answer = await open(link.token)

      assert.equal(answer.status, 410)
    })
  })
}

describe('pieces of HTML', () => {
  it('escape what is put into them, once', () => {
    const inner = html`<b>${'<&>"\''}</b>`

    const { text } = html`<p title="${'"'}">${inner}${[1, undefined, html`<br>`]}</p>`

    assert.equal(text, '<p title="&quot;"><b>&lt;&amp;&gt;&quot;&#39;</b>1<br></p>')
  })
})
