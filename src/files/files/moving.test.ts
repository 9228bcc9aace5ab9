import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type TestAccount, testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { getStats } from '../stats/contract.ts'
import { makeFolder, makeTeam, outcomes } from '../testing.ts'
import { listTrash } from '../trash/contract.ts'
import { copyFile, getFile, listFiles, updateFile } from './contract.ts'
import { bytesOf, contentOf, filesOnDisk, limitPlan, putFile, putRaw, someBytes, totalsOf } from './testing.ts'

const UNKNOWN = 'file_0000000000000000000000'

for (const dialect of dialects) {
  describe(`moving and copying files (${dialect})`, async () => {
    const app = await testApp(dialect)

    it('a file gets another name and another folder, and keeps its bytes', async () => {
      const ada = await app.account()
      const [file, folder] = [await putFile(ada, 'a.txt', 'hello'), await makeFolder(ada, 'in')]

      const moved = await change(ada, file.id, { file_name: 'b.txt', folder_id: folder.id })

      assert.deepEqual([moved.id, moved.file_name, moved.folder_id], [file.id, 'b.txt', folder.id])
      assert.equal(await (await contentOf(ada, file.id)).text(), 'hello')
      assert.deepEqual(await change(ada, file.id, {}), moved)
      assert.equal((await change(ada, file.id, { folder_id: null })).folder_id, null)
      assert.equal((await change(ada, file.id, { file_name: 'B.TXT' })).file_name, 'B.TXT')
    })

    it('a name that is taken is refused, numbered or replaced, as told', async () => {
      const ada = await app.account()
      const [one, two] = [await putFile(ada, 'one', '1'), await putFile(ada, 'two', '22')]
      await makeFolder(ada, 'folder')

      await assert.rejects(change(ada, one.id, { file_name: 'TWO' }), { status: 409, code: 'file_exists' })
      const numbered = await change(ada, one.id, { file_name: 'two', on_conflict: 'rename' })
      const replacing = await change(ada, one.id, { file_name: 'two', on_conflict: 'replace' })

      assert.deepEqual([numbered.file_name, replacing.file_name], ['two (1)', 'two'])
      const { items } = await ada.call(listTrash)
      assert.deepEqual(
        items.map(({ id, name }) => [id, name]),
        [[two.id, 'two']],
      )
      assert.deepEqual(await totalsOf(ada), { totalFiles: 1, totalSizeBytes: 1 })
      for (const on_conflict of ['replace', 'fail'] as const)
        await assert.rejects(change(ada, one.id, { file_name: 'Folder', on_conflict }), { code: 'folder_exists' })
      assert.equal((await change(ada, one.id, { file_name: 'folder', on_conflict: 'rename' })).file_name, 'folder (1)')
    })

    it('refuses names and places that do not work', async () => {
      const ada = await app.account()
      const file = await putFile(ada, 'a', '.')

      for (const body of [{ file_name: '' }, { file_name: 'a/b' }, { name: 'x' }, { folder_id: 7 }]) {
        const response = await ada.fetch(`/api/v1/files/${file.id}`, {
          method: 'PATCH',
          body: JSON.stringify(body),
          headers: { 'content-type': 'application/json' },
        })
        assert.equal(response.status, 400, JSON.stringify(body))
      }

      await assert.rejects(change(ada, file.id, { folder_id: 'folder_0' }), { status: 404, code: 'folder_not_found' })
      await assert.rejects(change(ada, UNKNOWN, { file_name: 'x' }), { status: 404, code: 'file_not_found' })
    })

    it('files that move to one name at once: exactly one gets it', async () => {
      const ada = await app.account()
      const files = await Promise.all([1, 2, 3, 4].map((number) => putFile(ada, `${number}`, '.')))

      const { done, refusals } = await outcomes(files.map(({ id }) => change(ada, id, { file_name: 'same' })))

      assert.deepEqual([done, refusals], [1, ['file_exists']])
    })

    it('a copy shares the bytes and counts them', async () => {
      const ada = await app.account()
      const bytes = someBytes(100_000)
      const file = await putFile(ada, 'a.bin', bytes)
      const before = (await filesOnDisk(app)).length

      const beside = await ada.fetch(`/api/v1/files/${file.id}/copy`, {
        method: 'POST',
        body: '{}',
        headers: { 'content-type': 'application/json' },
      })
      const folder = await makeFolder(ada, 'in')
      const inside = await ada.call(copyFile, {
        params: { id: file.id },
        body: { folder_id: folder.id, file_name: 'b.bin' },
      })

      assert.deepEqual([beside.status, (await filesOnDisk(app)).length], [201, before])
      assert.deepEqual([inside.file_name, inside.folder_id, inside.sha256], ['b.bin', folder.id, file.sha256])
      assert.ok((await bytesOf(await contentOf(ada, inside.id))).equals(bytes))
      assert.deepEqual(await totalsOf(ada), { totalFiles: 3, totalSizeBytes: 300_000 })
      // What one of them becomes is nothing to the others.
      await putRaw(ada, 'a.bin', 'new')
      assert.ok((await bytesOf(await contentOf(ada, inside.id))).equals(bytes))
    })

    it('copies take exactly the room there is', async () => {
      const ada = await app.account()
      const { id } = await putFile(ada, 'a', 'x'.repeat(1000))
      await limitPlan(app, ada, { maxBytes: 4500 })

      const { done, refusals } = await outcomes(
        Array.from({ length: 8 }, () => ada.call(copyFile, { params: { id }, body: {} })),
      )

      assert.deepEqual([done, refusals], [3, ['quota_exceeded']])
      assert.deepEqual(await totalsOf(ada), { totalFiles: 4, totalSizeBytes: 4000 })
    })

    it('of another account is as if it had never existed', async () => {
      const [ada, bob] = [await app.account(), await app.account()]
      const file = await putFile(ada, 'secret', '.')

      for (const id of [file.id, UNKNOWN]) {
        await assert.rejects(change(bob, id, { file_name: 'x' }), { status: 404, code: 'file_not_found' })
        await assert.rejects(bob.call(copyFile, { params: { id }, body: {} }), { status: 404, code: 'file_not_found' })
      }

      assert.equal((await ada.call(getFile, { params: { id: file.id } })).file_name, 'secret')
    })

    it('in a team goes as far as the role allows, and counts for who stored it', async () => {
      const [ada, ed, vi, eve] = await Promise.all([app.account(), app.account(), app.account(), app.account()])
      const team_id = await makeTeam(app, ada, [
        [ed, 'editor'],
        [vi, 'viewer'],
      ])
      const put = await ed.fetch(`/api/v1/files/content?name=plan&team_id=${team_id}`, { method: 'PUT', body: 'plan' })
      const { files } = await vi.call(listFiles, { query: { team_id } })
      const id = files[0]?.id ?? ''

      const renamed = await change(ada, id, { file_name: 'Plan B' })
      const taken = await vi.call(copyFile, { params: { id }, body: { team_id: null } })

      assert.deepEqual([put.status, renamed.team_id, taken.team_id], [201, team_id, null])
      assert.equal(await (await contentOf(vi, id)).text(), 'plan')
      assert.equal((await vi.call(getFile, { params: { id } })).file_name, 'Plan B')
      assert.deepEqual(
        [await totalsOf(ada), await totalsOf(ed), await totalsOf(vi)].map(({ totalFiles }) => totalFiles),
        [0, 1, 1],
      )
      await assert.rejects(change(vi, id, { file_name: 'x' }), { status: 403, code: 'role_too_small' })
      await assert.rejects(vi.call(copyFile, { params: { id }, body: {} }), { status: 403, code: 'role_too_small' })
      await assert.rejects(eve.call(getFile, { params: { id } }), { status: 404, code: 'file_not_found' })
      assert.equal((await contentOf(eve, id)).status, 404)
      const own = await makeFolder(ed, 'own')
      await assert.rejects(change(ed, id, { folder_id: own.id }), { status: 409, code: 'other_space' })
      await assert.rejects(ed.call(copyFile, { params: { id: taken.id }, body: {} }), { status: 404 })
    })

    it('new content by another member moves the bytes to its account', async () => {
      const [ada, ed] = [await app.account(), await app.account()]
      const team_id = await makeTeam(app, ada, [[ed, 'editor']])
      const path = `/api/v1/files/content?name=plan&team_id=${team_id}`
      await ada.fetch(path, { method: 'PUT', body: 'from ada' })

      const replaced = await ed.fetch(path, { method: 'PUT', body: 'from ed, longer' })

      assert.equal(replaced.status, 200)
      const [seenByAda, seenByEd] = [await ada.call(getStats), await ed.call(getStats)]
      assert.deepEqual([seenByAda.totalFiles, seenByAda.totalSizeBytes], [0, 0])
      assert.deepEqual([seenByEd.totalFiles, seenByEd.totalSizeBytes], [1, 15])
      assert.equal((await ada.call(listFiles)).pagination.total, 0)
      assert.equal((await ed.call(listFiles)).pagination.total, 0)
    })
  })
}

const change = (
  ada: TestAccount,
  id: string,
  body: { file_name?: string; folder_id?: string | null; on_conflict?: 'rename' | 'replace' | 'fail' },
) => ada.call(updateFile, { params: { id }, body })
