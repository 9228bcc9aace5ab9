import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type TestAccount, testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { getFile, listFiles, updateFile } from '../files/contract.ts'
import { putFile } from '../files/testing.ts'
import { makeFolder, makeTeam, outcomes } from '../testing.ts'
import { trashFolder } from '../trash/contract.ts'
import { createFolder, getFolder, listFolders, updateFolder } from './contract.ts'

const UNKNOWN = 'folder_0000000000000000000000'

const namesOf = async (ada: TestAccount, query: { parent_id?: string; team_id?: string } = {}) =>
  (await ada.call(listFolders, { query })).folders.map(({ name }) => name)

for (const dialect of dialects) {
  describe(`folders (${dialect})`, async () => {
    const app = await testApp(dialect)

    it('are made in each other and know the way to themselves', async () => {
      const ada = await app.account()

      const top = await makeFolder(ada, 'Photos')
      const inner = await makeFolder(ada, 'cafe\u0301', { parent_id: top.id })

      const seen = await ada.call(getFolder, { params: { id: inner.id } })
      assert.deepEqual(Object.keys(top).toSorted(), ['created_at', 'id', 'name', 'parent_id', 'team_id', 'updated_at'])
      assert.deepEqual([top.parent_id, top.team_id, inner.parent_id, inner.name], [null, null, top.id, 'caf\u00e9'])
      assert.deepEqual(seen, {
        ...inner,
        path: [
          { id: top.id, name: 'Photos' },
          { id: inner.id, name: 'caf\u00e9' },
        ],
      })
      assert.deepEqual([await namesOf(ada), await namesOf(ada, { parent_id: top.id })], [['Photos'], ['caf\u00e9']])
      assert.deepEqual(await namesOf(ada, { parent_id: '' }), ['Photos'])
    })

    it('are listed by name, page by page', async () => {
      const ada = await app.account()
      for (const name of ['b', 'A', 'd', 'C', 'e']) await makeFolder(ada, name)

      const names: string[] = []
      let cursor: string | null = ''
      while (cursor !== null) {
        const { folders, next_cursor }: { folders: { name: string }[]; next_cursor: string | null } = await ada.call(
          listFolders,
          { query: { limit: 2, cursor } },
        )
        names.push(...folders.map(({ name }) => name))
        cursor = next_cursor
      }

      assert.deepEqual(names, ['A', 'b', 'C', 'd', 'e'])
      for (const query of ['limit=0', 'limit=x', 'cursor=nonsense'])
        assert.equal((await ada.fetch(`/api/v1/folders?${query}`)).status, 400, query)
      await assert.rejects(ada.call(listFolders, { query: { parent_id: UNKNOWN } }), { code: 'folder_not_found' })
    })

    it('share their names with files, in any case', async () => {
      const ada = await app.account()
      const folder = await makeFolder(ada, 'Report')
      const file = await putFile(ada, 'taken', '.')

      const inFolder = await putFile(ada, 'report', '.', {}).catch((error: Error) => error.message)

      assert.match(String(inFolder), /409.*folder_exists/)
      await assert.rejects(makeFolder(ada, 'REPORT'), { status: 409, code: 'folder_exists' })
      await assert.rejects(makeFolder(ada, 'Taken'), { status: 409, code: 'file_exists' })
      await assert.rejects(ada.call(updateFolder, { params: { id: folder.id }, body: { name: 'TAKEN' } }), {
        code: 'file_exists',
      })
      await assert.rejects(ada.call(updateFile, { params: { id: file.id }, body: { file_name: 'report' } }), {
        code: 'folder_exists',
      })
      const renamed = await ada.call(updateFolder, { params: { id: folder.id }, body: { name: 'REPORT' } })
      assert.equal(renamed.name, 'REPORT')
    })

    it('of one name at once: exactly one is made', async () => {
      const ada = await app.account()

      const { done, refusals } = await outcomes(
        Array.from({ length: 8 }, (_, number) => makeFolder(ada, number % 2 === 0 ? 'Same' : 'SAME')),
      )

      assert.deepEqual([done, refusals, (await namesOf(ada)).length], [1, ['folder_exists'], 1])
    })

    it('and files of one name at once: one of all is made', async () => {
      const ada = await app.account()

      const made = await Promise.all(
        Array.from({ length: 8 }, (_, number) =>
          number % 2 === 0
            ? ada.fetch('/api/v1/files/content?name=same&on_conflict=fail', { method: 'PUT', body: '.' })
            : ada.fetch('/api/v1/folders', {
                method: 'POST',
                body: '{"name":"Same"}',
                headers: { 'content-type': 'application/json' },
              }),
        ),
      )

      const statuses = made.map(({ status }) => status).toSorted()
      assert.deepEqual(statuses, [201, ...Array(7).fill(409)])
    })

    it('move with all that is in them, and not into themselves', async () => {
      const ada = await app.account()
      const [one, two] = [await makeFolder(ada, 'one'), await makeFolder(ada, 'two')]
      const inner = await makeFolder(ada, 'inner', { parent_id: one.id })
      const move = (id: string, parent_id: string | null) =>
        ada.call(updateFolder, { params: { id }, body: { parent_id } })

      const moved = await move(one.id, two.id)

      const { path } = await ada.call(getFolder, { params: { id: inner.id } })
      assert.equal(moved.parent_id, two.id)
      assert.deepEqual(
        path.map(({ name }) => name),
        ['two', 'one', 'inner'],
      )
      await assert.rejects(move(two.id, inner.id), { status: 409, code: 'folder_in_itself' })
      await assert.rejects(move(two.id, two.id), { status: 409, code: 'folder_in_itself' })
      await assert.rejects(move(one.id, UNKNOWN), { status: 404, code: 'folder_not_found' })
      assert.equal((await move(inner.id, null)).parent_id, null)
      assert.equal((await move(one.id, '')).parent_id, null)
    })

    it('that move into each other at once make no circle', async () => {
      const ada = await app.account()
      const all = await Promise.all(['a', 'b', 'c', 'd'].map((name) => makeFolder(ada, name)))

      const { done, refusals } = await outcomes(
        all.map(({ id }, index) =>
          ada.call(updateFolder, { params: { id }, body: { parent_id: all[(index + 1) % 4]?.id ?? null } }),
        ),
      )

      assert.deepEqual([done, refusals], [3, ['folder_in_itself']])
      const paths = await Promise.all(all.map(({ id }) => ada.call(getFolder, { params: { id } })))
      assert.deepEqual(paths.map(({ path }) => path.length).toSorted(), [1, 2, 3, 4])
    })

    it('go 64 levels deep, whether made or moved there', async () => {
      const ada = await app.account()
      let parent_id = (await makeFolder(ada, '1')).id
      for (let level = 2; level <= 64; level += 1) parent_id = (await makeFolder(ada, `${level}`, { parent_id })).id
      const other = await makeFolder(ada, 'other')

      await assert.rejects(makeFolder(ada, '65', { parent_id }), { status: 409, code: 'folders_too_deep' })

      await assert.rejects(ada.call(updateFolder, { params: { id: other.id }, body: { parent_id } }), {
        code: 'folders_too_deep',
      })
      assert.equal((await putFile(ada, 'deep', '.')).folder_id, null)
    })

    it('refuse names that no path could carry', async () => {
      const ada = await app.account()

      for (const name of ['', ' ', '.', '..', 'a/b', 'a\nb', 'x'.repeat(256)])
        await assert.rejects(makeFolder(ada, name), { status: 400 }, JSON.stringify(name))
      assert.equal((await makeFolder(ada, '😀'.repeat(255))).name, '😀'.repeat(255))
    })

    it('of another account answer as if they had never existed', async () => {
      const [ada, bob] = [await app.account(), await app.account()]
      const [folder, own] = [await makeFolder(ada, 'secret'), await makeFolder(bob, 'own')]
      const attempts = (id: string) => [
        () => bob.call(getFolder, { params: { id } }),
        () => bob.call(updateFolder, { params: { id }, body: { name: 'mine' } }),
        () => bob.call(updateFolder, { params: { id: own.id }, body: { parent_id: id } }),
        () => bob.call(trashFolder, { params: { id } }),
        () => bob.call(createFolder, { body: { name: 'in', parent_id: id } }),
        () => bob.call(listFolders, { query: { parent_id: id } }),
        () => bob.call(listFiles, { query: { folder_id: id } }),
      ]

      for (const attempt of [...attempts(folder.id), ...attempts(UNKNOWN)])
        await assert.rejects(attempt(), { status: 404, code: 'folder_not_found' })

      assert.equal(
        (await bob.fetch(`/api/v1/files/content?name=x&folder_id=${folder.id}`, { method: 'PUT', body: '.' })).status,
        404,
      )
      assert.deepEqual(await namesOf(ada), ['secret'])
    })

    it('need the scope of what is done with them', async () => {
      const [reader, manager] = [
        await app.account({ scopes: ['files:read'] }),
        await app.account({ scopes: ['folders:manage'] }),
      ]

      await assert.rejects(makeFolder(reader, 'x'), { status: 403 })

      const { id } = await makeFolder(manager, 'x')
      await assert.rejects(namesOf(manager), { status: 403 })
      assert.equal((await manager.call(updateFolder, { params: { id }, body: { name: 'y' } })).name, 'y')
    })

    it('of a team are there for its members, each as its role allows', async () => {
      const [ada, ed, vi, eve] = await Promise.all([app.account(), app.account(), app.account(), app.account()])
      const team_id = await makeTeam(app, ada, [
        [ed, 'editor'],
        [vi, 'viewer'],
      ])
      const folder = await makeFolder(ed, 'Plans', { team_id })
      const own = await makeFolder(ed, 'Own')

      const inner = await makeFolder(ada, 'Inner', { parent_id: folder.id })

      assert.deepEqual([folder.team_id, inner.team_id], [team_id, team_id])
      assert.deepEqual([await namesOf(vi, { team_id }), await namesOf(ed)], [['Plans'], ['Own']])
      assert.equal((await vi.call(getFolder, { params: { id: inner.id } })).path.length, 2)
      await assert.rejects(makeFolder(vi, 'x', { team_id }), { status: 403, code: 'role_too_small' })
      await assert.rejects(vi.call(updateFolder, { params: { id: inner.id }, body: { name: 'x' } }), { status: 403 })
      await assert.rejects(vi.call(trashFolder, { params: { id: inner.id } }), { status: 403 })
      await assert.rejects(makeFolder(eve, 'x', { team_id }), { status: 404, code: 'team_not_found' })
      await assert.rejects(makeFolder(ed, 'x', { team_id: 'team_0' }), { status: 404, code: 'team_not_found' })
      await assert.rejects(eve.call(getFolder, { params: { id: folder.id } }), { code: 'folder_not_found' })
      await assert.rejects(ed.call(updateFolder, { params: { id: own.id }, body: { parent_id: folder.id } }), {
        status: 409,
        code: 'other_space',
      })
      await assert.rejects(makeFolder(ed, 'x', { team_id, parent_id: own.id }), { code: 'folder_not_found' })
    })

    it('hold the files that are put into them, by both ways', async () => {
      const ada = await app.account()
      const folder = await makeFolder(ada, 'in')
      const form = new FormData()
      form.append('file', new Blob(['.']), 'form')
      form.append('folder_id', folder.id)

      const put = await ada.fetch(`/api/v1/files/content?name=put&folder_id=${folder.id}`, { method: 'PUT', body: '.' })
      const posted = await ada.fetch('/api/v1/files', { method: 'POST', body: form })
      await putFile(ada, 'top', '.')

      assert.deepEqual([put.status, posted.status], [201, 201])
      const list = async (folder_id?: string) => {
        const { files, pagination } = await ada.call(listFiles, { query: folder_id === undefined ? {} : { folder_id } })
        assert.equal(pagination.total, files.length)
        return files.map(({ file_name }) => file_name).toSorted()
      }
      assert.deepEqual(await list(folder.id), ['form', 'put'])
      assert.deepEqual(await list(''), ['top'])
      assert.deepEqual(await list(), ['form', 'put', 'top'])
      const [file] = (await ada.call(listFiles, { query: { folder_id: folder.id } })).files
      assert.equal((await ada.call(getFile, { params: { id: file?.id ?? '' } })).folder_id, folder.id)
    })
  })
}
