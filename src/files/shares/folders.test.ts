import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { jsonOf, putFile, refusalOf } from '../files/testing.ts'
import { getShare } from './contract.ts'
import { BROWSER, cookiesOf, newFolder, post, putInto, sharedFile, shareFolder } from './testing.ts'

const Listing = z.object({
  name: z.string(),
  folders: z.array(z.object({ id: z.string(), name: z.string(), url: z.string() })),
  files: z.array(z.object({ id: z.string(), file_name: z.string(), url: z.string() })),
  next: z.string().nullable(),
})

for (const dialect of dialects) {
  describe(`links to folders (${dialect})`, async () => {
    const app = await testApp(dialect)
    const listing = async (path: string) => Listing.parse(await jsonOf(await app.fetch(path)))

    it('show what the folder holds, and what its folders hold, by name', async () => {
      const ada = await app.account()
      const top = await newFolder(ada, 'Holidays')
      const inner = await newFolder(ada, 'Beach', top)
      await putInto(ada, top, 'b.txt', 'b')
      await putInto(ada, top, 'A.txt', 'a')
      await putInto(ada, inner, 'sand.txt', 'sand')
      const link = await shareFolder(ada, top)

      const shown = await listing(`/s/${link.token}`)
      const below = await listing(shown.folders[0]?.url ?? '')
      const file = await app.fetch(below.files[0]?.url ?? '')

      assert.deepEqual([link.kind, link.folder_id, link.file_id], ['folder', top, null])
      assert.equal(shown.name, 'Holidays')
      assert.deepEqual(
        shown.folders.map(({ name }) => name),
        ['Beach'],
      )
      assert.deepEqual(
        shown.files.map(({ file_name }) => file_name),
        ['A.txt', 'b.txt'],
      )
      assert.deepEqual([below.name, await file.text()], ['Beach', 'sand'])
    })

    it('reach nothing outside of the folder', async () => {
      const ada = await app.account()
      const [outer, other] = [await newFolder(ada, 'Outer'), await newFolder(ada, 'Other')]
      const inner = await newFolder(ada, 'Inner', outer)
      const outside = [
        (await putFile(ada, 'top.txt', 'top')).id,
        await putInto(ada, outer, 'outer.txt', 'outer'),
        await putInto(ada, other, 'other.txt', 'other'),
      ]
      const link = await shareFolder(ada, inner)

      const answers = await Promise.all([
        ...outside.map((id) => app.fetch(`/s/${link.token}/files/${id}/content`)),
        ...[outer, other, 'folder_none'].map((id) => app.fetch(`/s/${link.token}/folders/${id}`)),
        app.fetch(`/s/${link.token}/content`),
      ])

      for (const answer of answers) assert.deepEqual(await refusalOf(answer), [404, 'share_file_not_found'])
    })

    it('lead nowhere while the folder is in the trash, and forget what left it', async () => {
      const ada = await app.account()
      const top = await newFolder(ada, 'Top')
      const file = await putInto(ada, top, 'a.txt', 'a')
      const link = await shareFolder(ada, top)
      const path = `/s/${link.token}/files/${file}/content`

      const before = await app.fetch(path)
      await post(ada, `/api/v1/files/${file}`, { folder_id: '' }, 'PATCH')
      const moved = await app.fetch(path)
      await ada.fetch(`/api/v1/folders/${top}`, { method: 'DELETE' })
      const trashed = await app.fetch(`/s/${link.token}`)

      assert.equal(before.status, 200)
      assert.deepEqual(await refusalOf(moved), [404, 'share_file_not_found'])
      assert.deepEqual(await refusalOf(trashed), [410, 'share_gone'])
    })

    it('count each file of each visitor', async () => {
      const ada = await app.account()
      const top = await newFolder(ada, 'Counted')
      const files = [
        await putInto(ada, top, 'a', 'a'),
        await putInto(ada, top, 'b', 'b'),
        await putInto(ada, top, 'c', 'c'),
      ]
      const link = await shareFolder(ada, top, { max_downloads: 2 })
      const cookie = cookiesOf(await app.fetch(`/s/${link.token}`, { headers: BROWSER }))
      const get = (id = '') => app.fetch(`/s/${link.token}/files/${id}/content`, { headers: { cookie } })

      const answers = [
        await get(files[0]),
        await get(files[0]),
        await get(files[1]),
        await get(files[2]),
        await get(files[1]),
      ]
      const stranger = await app.fetch(`/s/${link.token}`, { headers: BROWSER })
      const visitor = await app.fetch(`/s/${link.token}`, { headers: { ...BROWSER, cookie } })

      assert.deepEqual(
        answers.map(({ status }) => status),
        [200, 200, 200, 410, 200],
      )
      assert.equal((await ada.call(getShare, { params: { id: link.id } })).downloads, 2)
      assert.deepEqual([stranger.status, visitor.status], [410, 200])
    })

    it('show large folders page by page, to people and programs', async () => {
      const ada = await app.account()
      const top = await newFolder(ada, 'Large')
      for (let start = 0; start < 200; start += 20)
        await Promise.all(
          Array.from({ length: 20 }, (_, index) =>
            putInto(ada, top, `f${String(start + index).padStart(3, '0')}`, 'x'),
          ),
        )
      await newFolder(ada, 'one more', top)
      const link = await shareFolder(ada, top)

      const first = await listing(`/s/${link.token}`)
      const second = await listing(first.next ?? '')
      const page = await (await app.fetch(`/s/${link.token}`, { headers: BROWSER })).text()
      const strange = await app.fetch(`/s/${link.token}?after=eA`)

      assert.deepEqual([first.folders.length, first.files.length, second.files.length, second.next], [1, 199, 1, null])
      assert.equal(second.files[0]?.file_name, 'f199')
      assert.ok(page.includes(`href="${first.next}"`))
      assert.equal(strange.status, 400)
    })

    it('of a folder that others have are not made', async () => {
      const [ada, bob] = [await app.account(), await app.account()]
      const folder = await newFolder(ada, 'Mine')

      const answers = await Promise.all(
        ['share', 'request'].map((what) => post(bob, `/api/v1/folders/${folder}/${what}`, {})),
      )

      for (const answer of answers) assert.deepEqual(await refusalOf(answer), [404, 'folder_not_found'])
    })
  })

  describe(`links of team files (${dialect})`, async () => {
    const app = await testApp(dialect)

    it('are made by who may write there, and end for who leaves', async () => {
      const [ada, bob, eve] = [await app.account(), await app.account(), await app.account()]
      const { db } = app.app.core.database
      const team = `team_${ada.id}`
      await db.insertInto('teams').values({ id: team, name: 'Team', created_at: 0 }).execute()
      for (const [{ id }, role] of [
        [ada, 'owner'],
        [bob, 'editor'],
        [eve, 'viewer'],
      ] as const)
        await db.insertInto('team_members').values({ team_id: team, account_id: id, role, joined_at: 0 }).execute()
      const put = await ada.fetch(`/api/v1/files/content?name=t.txt&team_id=${team}`, { method: 'PUT', body: 'team' })
      const { id } = await jsonOf(put)

      const byEditor = await post(bob, `/api/v1/files/${id}/share`, {})
      const byViewer = await post(eve, `/api/v1/files/${id}/share`, {})
      const { token } = await jsonOf(byEditor)
      const before = await app.fetch(`/s/${token}/content`)
      await db.deleteFrom('team_members').where('account_id', '=', bob.id).execute()
      const afterwards = await app.fetch(`/s/${token}/content`)

      assert.equal(put.status, 201)
      assert.deepEqual([byEditor.status, byViewer.status], [201, 403])
      assert.equal(await before.text(), 'team')
      assert.deepEqual(await refusalOf(afterwards), [410, 'share_gone'])
    })
  })

  describe(`links that ask for one file (${dialect})`, async () => {
    const app = await testApp(dialect)

    it('take no address of a folder', async () => {
      const ada = await app.account()
      const { file, link } = await sharedFile(ada, 'a.txt', 'a')

      const answers = [
        await app.fetch(`/s/${link.token}/files/${file.id}/content`),
        await app.fetch(`/s/${link.token}/folders/folder_x`),
        await app.fetch(`/s/${link.token}/files`, { method: 'POST', body: new FormData() }),
      ]

      for (const answer of answers) assert.deepEqual(await refusalOf(answer), [404, 'share_file_not_found'])
    })
  })
}
