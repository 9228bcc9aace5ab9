import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { jsonOf, putFile, refusalOf } from '../files/testing.ts'
import { getStats } from '../stats/contract.ts'
import { changeShare, disableShare, getShare, listShares } from './contract.ts'
import { change, post, share, sharedFile } from './testing.ts'

for (const dialect of dialects) {
  describe(`share links (${dialect})`, async () => {
    const app = await testApp(dialect)

    it('are made for a file, with an address that nobody can guess', async () => {
      const ada = await app.account()
      const file = await putFile(ada, 'a.txt', 'a')

      const response = await post(ada, `/api/v1/files/${file.id}/share`, { max_downloads: 3, name: 'For Bob' })
      const link = await jsonOf(response)

      assert.equal(response.status, 201)
      assert.equal(response.headers.get('location'), `/api/v1/shares/${link.id}`)
      assert.match(String(link.token), /^\w{22}$/)
      assert.deepEqual(link, {
        id: link.id,
        kind: 'file',
        state: 'active',
        url: `${app.url}/s/${link.token}`,
        token: link.token,
        name: 'For Bob',
        file_id: file.id,
        folder_id: null,
        disposition: 'inline',
        has_password: false,
        expires_at: null,
        max_downloads: 3,
        downloads: 0,
        max_file_bytes: null,
        max_files: null,
        files_received: 0,
        created_at: link.created_at,
        disabled_at: null,
      })
    })

    it('end at a moment, or so many seconds from now', async () => {
      const ada = await app.account()
      const file = await putFile(ada, 'a.txt', 'a')

      const at = await share(ada, file.id, { expires_at: '2099-01-15T10:30:00.250+02:00' })
      const after = await share(ada, file.id, { expires_in: 3600 })

      assert.equal(at.expires_at, '2099-01-15T08:30:01Z')
      const seconds = (Date.parse(after.expires_at ?? '') - Date.now()) / 1000
      assert.ok(seconds > 3500 && seconds <= 3601, String(seconds))
    })

    it('are refused with what makes no sense, and nothing is made', async () => {
      const ada = await app.account()
      const file = await putFile(ada, 'a.txt', 'a')
      const wishes = [
        { expires_at: '2001-01-01T00:00:00Z' },
        { expires_at: 'tomorrow' },
        { expires_in: 0 },
        { expires_in: 1.5 },
        { expires_at: '2099-01-01T00:00:00Z', expires_in: 5 },
        { max_downloads: 0 },
        { max_downloads: '5' },
        { password: '' },
        { password: 'x'.repeat(257) },
        { disposition: 'sideways' },
      ]

      const answers = await Promise.all(wishes.map((wish) => post(ada, `/api/v1/files/${file.id}/share`, wish)))

      assert.deepEqual(
        answers.map(({ status }) => status),
        wishes.map(() => 400),
      )
      assert.deepEqual(await ada.call(listShares), { shares: [], next_cursor: null })
    })

    it('of others are not there, and neither are links to what others have', async () => {
      const [ada, bob] = [await app.account(), await app.account()]
      const { file, link } = await sharedFile(ada, 'a.txt', 'a')
      const path = `/api/v1/shares/${link.id}`

      const answers = [
        await post(bob, `/api/v1/files/${file.id}/share`, {}),
        await post(bob, '/api/v1/files/file_none/share', {}),
        await bob.fetch(path),
        await post(bob, path, { max_downloads: 1 }, 'PATCH'),
        await bob.fetch(path, { method: 'DELETE' }),
      ]

      assert.deepEqual(await Promise.all(answers.map(refusalOf)), [
        [404, 'file_not_found'],
        [404, 'file_not_found'],
        [404, 'share_not_found'],
        [404, 'share_not_found'],
        [404, 'share_not_found'],
      ])
      assert.deepEqual((await bob.call(listShares)).shares, [])
      assert.equal((await ada.call(getShare, { params: { id: link.id } })).state, 'active')
    })

    it('need the permission to write, and to delete for disabling', async () => {
      const ada = await app.account({ scopes: ['files:read'] })

      const answers = [
        await post(ada, '/api/v1/files/file_any/share', {}),
        await post(ada, '/api/v1/folders/folder_any/share', {}),
        await post(ada, '/api/v1/folders/folder_any/request', {}),
        await post(ada, '/api/v1/shares/share_any', {}, 'PATCH'),
        await ada.fetch('/api/v1/shares/share_any', { method: 'DELETE' }),
        await ada.fetch('/api/v1/shares'),
      ]

      assert.deepEqual(
        answers.map(({ status }) => status),
        [403, 403, 403, 403, 403, 200],
      )
    })

    it('are listed page by page, the newest first, of one file if wanted', async () => {
      const ada = await app.account()
      const { file, link: first } = await sharedFile(ada, 'a.txt', 'a')
      const { link: other } = await sharedFile(ada, 'b.txt', 'b')
      const second = await share(ada, file.id)

      const page = await ada.call(listShares, { query: { limit: 2 } })
      const rest = await ada.call(listShares, { query: { limit: 2, cursor: page.next_cursor ?? '' } })
      const ofFile = await ada.call(listShares, { query: { file_id: file.id } })
      const strange = await ada.fetch(`/api/v1/shares?file_id=${file.id}&cursor=${page.next_cursor}`)

      assert.deepEqual(
        [page, rest, ofFile].map(({ shares }) => shares.map(({ id }) => id)),
        [[second.id, other.id], [first.id], [second.id, first.id]],
      )
      assert.equal(rest.next_cursor, null)
      assert.equal(strange.status, 400)
    })

    it('can be given more time, other limits, another name and no password', async () => {
      const ada = await app.account()
      const { link } = await sharedFile(ada, 'a.txt', 'a', { password: 'open', expires_in: 60, max_downloads: 1 })

      const longer = await change(ada, link.id, {
        expires_in: 7200,
        max_downloads: 9,
        name: 'New',
        disposition: 'attachment',
      })
      const open = await change(ada, link.id, { password: null, expires_at: null, max_downloads: null })

      assert.ok(Date.parse(longer.expires_at ?? '') > Date.parse(link.expires_at ?? ''))
      assert.deepEqual(
        [longer.max_downloads, longer.name, longer.disposition, longer.has_password],
        [9, 'New', 'attachment', true],
      )
      assert.deepEqual([open.expires_at, open.max_downloads, open.has_password, open.name], [null, null, false, 'New'])
    })

    it('are disabled once and for all', async () => {
      const ada = await app.account()
      const { link } = await sharedFile(ada, 'a.txt', 'a')
      const before = await ada.call(getStats)

      const disabled = await ada.call(disableShare, { params: { id: link.id } })
      const again = await ada.call(disableShare, { params: { id: link.id } })
      const changed = ada.call(changeShare, { params: { id: link.id }, body: { max_downloads: 5 } })

      assert.equal(disabled.state, 'disabled')
      assert.deepEqual(again, disabled)
      await assert.rejects(changed, { status: 410, code: 'share_disabled' })
      assert.deepEqual([before.activeShareLinks, (await ada.call(getStats)).activeShareLinks], [1, 0])
    })

    it('are as many as the plan allows, also when they are made at once', async () => {
      const ada = await app.account()
      const file = await putFile(ada, 'a.txt', 'a')
      const { db } = app.app.core.database
      const plan = await db.selectFrom('plans').selectAll().where('id', '=', 'selfhost').executeTakeFirstOrThrow()
      await db
        .insertInto('plans')
        .values({ ...plan, id: `links-${ada.id}`, max_links: 2 })
        .execute()
      await db
        .updateTable('accounts')
        .set({ plan_id: `links-${ada.id}` })
        .where('id', '=', ada.id)
        .execute()

      const answers = await Promise.all(
        Array.from({ length: 6 }, () => post(ada, `/api/v1/files/${file.id}/share`, {})),
      )
      const refused = answers.find(({ status }) => status === 403)
      const { shares } = await ada.call(listShares)
      await ada.call(disableShare, { params: { id: shares[0]?.id ?? '' } })
      const after = await post(ada, `/api/v1/files/${file.id}/share`, {})

      assert.equal(answers.filter(({ status }) => status === 201).length, 2)
      assert.equal((await jsonOf(refused ?? new Response('{}'))).code, 'link_limit_reached')
      assert.equal(after.status, 201)
    })
  })
}
