import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type TestAccount, testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import type { Clock } from '../../platform/clock.ts'
import { copyFile, getFile, listFiles, updateFile } from '../files/contract.ts'
import {
  bytesOf,
  contentOf,
  filesOnDisk,
  limitPlan,
  putFile,
  putRaw,
  refusalOf,
  someBytes,
  totalsOf,
} from '../files/testing.ts'
import { getFolder, listFolders, updateFolder } from '../folders/contract.ts'
import { shareFile } from '../shares/contract.ts'
import { getStats } from '../stats/contract.ts'
import { makeFolder, makeTeam, outcomes } from '../testing.ts'
import {
  listTrash,
  purgeTrash,
  purgeTrashItem,
  restoreFile,
  restoreFolder,
  trashFile,
  trashFolder,
} from './contract.ts'

const DAY_MS = 86_400_000
const UNKNOWN = { params: { id: 'file_0000000000000000000000' } }
const of = (id: string) => ({ params: { id } })

const putInto = async (ada: TestAccount, folder_id: string, name: string, body: string | Buffer) => {
  const path = `/api/v1/files/content?name=${encodeURIComponent(name)}&folder_id=${folder_id}`
  const response = await ada.fetch(path, { method: 'PUT', body: Buffer.from(body) })
  assert.equal(response.status, 201)
  const { files } = await ada.call(listFiles, { query: { folder_id, search: name } })
  return files[0]!
}

const trashOf = async (ada: TestAccount, team_id?: string) =>
  (await ada.call(listTrash, { query: team_id === undefined ? {} : { team_id } })).items.map(({ name }) => name)

for (const dialect of dialects) {
  describe(`the trash (${dialect})`, async () => {
    const app = await testApp(dialect)

    it('takes a file out of sight and out of the figures, and gives it back', async () => {
      const ada = await app.account()
      const file = await putFile(ada, 'a.txt', 'hello')

      const trashed = await ada.call(trashFile, of(file.id))

      const { trashed_at, purged_after, ...item } = trashed
      const figures = { files: 1, folders: 0, size_bytes: 5 }
      assert.deepEqual(item, { id: file.id, kind: 'file', name: 'a.txt', team_id: null, ...figures })
      assert.equal(Date.parse(purged_after) - Date.parse(trashed_at), 30 * DAY_MS)
      assert.deepEqual((await ada.call(listTrash)).items, [trashed])
      assert.deepEqual(await totalsOf(ada), { totalFiles: 0, totalSizeBytes: 0 })
      assert.deepEqual((await ada.call(listFiles)).files, [])
      assert.deepEqual((await ada.call(listFiles, { query: { trashed: 'true' } })).files[0]?.id, file.id)
      for (const attempt of [getFile, trashFile]) await assert.rejects(ada.call(attempt, of(file.id)), { status: 404 })
      assert.equal((await contentOf(ada, file.id)).status, 404)

      const restored = await ada.call(restoreFile, of(file.id))

      assert.deepEqual({ ...restored, updated_at: '' }, { ...file, updated_at: '' })
      assert.equal(await (await contentOf(ada, file.id)).text(), 'hello')
      assert.deepEqual(await totalsOf(ada), { totalFiles: 1, totalSizeBytes: 5 })
      assert.deepEqual([await trashOf(ada), (await ada.call(listFiles)).pagination.total], [[], 1])
      await assert.rejects(ada.call(restoreFile, of(file.id)), { status: 404, code: 'file_not_found' })
    })

    it('takes a folder with all that is in it, and gives back exactly that', async () => {
      const ada = await app.account()
      const top = await makeFolder(ada, 'top')
      const inner = await makeFolder(ada, 'inner', { parent_id: top.id })
      const [one, two] = [await putInto(ada, top.id, 'one.txt', '1'), await putInto(ada, inner.id, 'two.txt', '22')]
      const before = await putInto(ada, inner.id, 'before.txt', '333')
      await ada.call(trashFile, of(before.id))

      const item = await ada.call(trashFolder, of(top.id))

      assert.deepEqual([item.kind, item.files, item.folders, item.size_bytes], ['folder', 2, 2, 3])
      assert.deepEqual(await totalsOf(ada), { totalFiles: 0, totalSizeBytes: 0 })
      assert.deepEqual((await ada.call(listFolders)).folders, [])
      for (const { id } of [one, two]) await assert.rejects(ada.call(getFile, of(id)), { code: 'file_not_found' })
      await assert.rejects(ada.call(getFolder, of(inner.id)), { code: 'folder_not_found' })
      await assert.rejects(ada.call(restoreFolder, of(inner.id)), { status: 409, code: 'trashed_with_folder' })

      await ada.call(restoreFolder, of(top.id))

      assert.deepEqual((await ada.call(getFile, of(two.id))).folder_id, inner.id)
      assert.equal((await ada.call(getFolder, of(inner.id))).path.length, 2)
      assert.deepEqual(await totalsOf(ada), { totalFiles: 2, totalSizeBytes: 3 })
      assert.deepEqual(await trashOf(ada), ['before.txt'])
      assert.equal((await ada.call(restoreFile, of(before.id))).folder_id, inner.id)
    })

    it('gives back to the top what has lost its folder, and numbers names that were taken', async () => {
      const ada = await app.account()
      const [folder, other] = [await makeFolder(ada, 'docs'), await makeFolder(ada, 'other')]
      const inside = await putInto(ada, folder.id, 'a.txt', 'a')
      const single = await putInto(ada, folder.id, 'b.txt', 'b')
      const inner = await makeFolder(ada, 'inner', { parent_id: folder.id })
      await ada.call(trashFile, of(single.id))
      await ada.call(trashFolder, of(inner.id))
      await ada.call(trashFolder, of(folder.id))
      await putFile(ada, 'b.txt', 'another')
      await putFile(ada, 'docs', 'a file of this name')

      const back = await ada.call(restoreFile, of(single.id))
      const taken = await ada.call(restoreFile, of(inside.id))
      const innerBack = await ada.call(restoreFolder, of(inner.id))
      const folderBack = await ada.call(restoreFolder, of(folder.id))

      assert.deepEqual([back.file_name, back.folder_id], ['b (1).txt', null])
      assert.deepEqual([taken.file_name, taken.folder_id], ['a.txt', null])
      assert.deepEqual([innerBack.parent_id, folderBack.name], [null, 'docs (1)'])
      assert.deepEqual(await trashOf(ada), [])
      assert.equal((await totalsOf(ada)).totalFiles, 4)
      await ada.call(updateFolder, { ...of(folder.id), body: { parent_id: other.id } })
    })

    it('counts against the quota until it is purged', async () => {
      const ada = await app.account()
      const file = await putFile(ada, 'a', 'x'.repeat(600))
      await limitPlan(app, ada, { maxBytes: 1000 })
      await ada.call(trashFile, of(file.id))

      const full = await refusalOf(await putRaw(ada, 'b', 'x'.repeat(500)))
      const purged = await ada.call(purgeTrashItem, of(file.id))

      assert.deepEqual(full, [413, 'quota_exceeded'])
      assert.deepEqual(purged, { success: true, files: 1, folders: 0, size_bytes: 600 })
      assert.equal((await putRaw(ada, 'b', 'x'.repeat(500))).status, 201)
      await assert.rejects(ada.call(restoreFile, of(file.id)), { status: 404 })
      await assert.rejects(ada.call(purgeTrashItem, of(file.id)), { status: 404, code: 'trash_not_found' })
    })

    it('is emptied at once, and keeps what only lay in a purged folder', async () => {
      const ada = await app.account()
      const folder = await makeFolder(ada, 'folder')
      const [inside, single] = [await putInto(ada, folder.id, 'in', '1'), await putInto(ada, folder.id, 'single', '22')]
      await ada.call(trashFile, of(single.id))
      await ada.call(trashFolder, of(folder.id))

      await ada.call(purgeTrashItem, of(folder.id))

      assert.equal((await ada.call(restoreFile, of(single.id))).folder_id, null)
      await assert.rejects(ada.call(restoreFile, of(inside.id)), { code: 'file_not_found' })
      for (const name of ['x', 'y', 'z']) await ada.call(trashFile, of((await putFile(ada, name, name)).id))
      assert.deepEqual(await ada.call(purgeTrash), { success: true, files: 3, folders: 0, size_bytes: 3 })
      assert.deepEqual([await trashOf(ada), await totalsOf(ada)], [[], { totalFiles: 1, totalSizeBytes: 2 }])
      assert.deepEqual(await ada.call(purgeTrash), { success: true, files: 0, folders: 0, size_bytes: 0 })
    })

    it('is listed the newest first, page by page', async () => {
      const ada = await app.account()
      for (const name of ['1', '2', '3', '4', '5']) await ada.call(trashFile, of((await putFile(ada, name, '.')).id))

      const names: string[] = []
      let cursor: string | null = ''
      while (cursor !== null) {
        const page: { items: { name: string }[]; next_cursor: string | null } = await ada.call(listTrash, {
          query: { limit: 2, cursor },
        })
        names.push(...page.items.map(({ name }) => name))
        cursor = page.next_cursor
      }

      assert.deepEqual(names, ['5', '4', '3', '2', '1'])
      for (const query of ['limit=0', 'cursor=x', 'team_id=team_0&limit=x'])
        assert.equal((await ada.fetch(`/api/v1/trash?${query}`)).status, 400, query)
    })

    it('of another account is as if it had never been', async () => {
      const [ada, bob] = [await app.account(), await app.account()]
      const [file, folder] = [await putFile(ada, 'secret', '.'), await makeFolder(ada, 'folder')]
      const trashed = await putFile(ada, 'trashed', '.')
      await ada.call(trashFile, of(trashed.id))
      await ada.call(trashFolder, of(folder.id))

      for (const { params } of [of(file.id), of(trashed.id), UNKNOWN]) {
        await assert.rejects(bob.call(trashFile, { params }), { status: 404, code: 'file_not_found' })
        await assert.rejects(bob.call(restoreFile, { params }), { status: 404, code: 'file_not_found' })
        await assert.rejects(bob.call(purgeTrashItem, { params }), { status: 404, code: 'trash_not_found' })
      }
      await assert.rejects(bob.call(restoreFolder, of(folder.id)), { status: 404, code: 'folder_not_found' })

      assert.deepEqual(await bob.call(purgeTrash), { success: true, files: 0, folders: 0, size_bytes: 0 })
      assert.deepEqual([await trashOf(bob), (await trashOf(ada)).toSorted()], [[], ['folder', 'trashed']])
    })

    it('of a team is for who may delete there, whoever stored it', async () => {
      const [ada, ed, vi, eve] = await Promise.all([app.account(), app.account(), app.account(), app.account()])
      const team_id = await makeTeam(app, ada, [
        [ed, 'editor'],
        [vi, 'viewer'],
      ])
      const folder = await makeFolder(ada, 'folder', { team_id })
      const [one, two] = [await putInto(ada, folder.id, 'one', '1'), await putInto(ed, folder.id, 'two', '22')]

      await assert.rejects(vi.call(trashFile, of(one.id)), { status: 403, code: 'role_too_small' })
      await assert.rejects(eve.call(trashFolder, of(folder.id)), { status: 404 })
      await ed.call(trashFolder, of(folder.id))

      assert.deepEqual([await trashOf(vi, team_id), await trashOf(ed)], [['folder'], []])
      assert.deepEqual([(await totalsOf(ada)).totalFiles, (await totalsOf(ed)).totalFiles], [0, 0])
      await assert.rejects(vi.call(restoreFolder, of(folder.id)), { status: 403 })
      await assert.rejects(vi.call(purgeTrashItem, of(folder.id)), { status: 403 })
      await assert.rejects(vi.call(purgeTrash, { query: { team_id } }), { status: 403 })
      await assert.rejects(trashOf(eve, team_id), { status: 404, code: 'team_not_found' })
      await ada.call(restoreFolder, of(folder.id))
      assert.deepEqual([(await totalsOf(ada)).totalSizeBytes, (await totalsOf(ed)).totalSizeBytes], [1, 2])
      assert.equal((await vi.call(getFile, of(two.id))).folder_id, folder.id)
      await ada.call(trashFolder, of(folder.id))
      assert.equal((await ed.call(purgeTrash, { query: { team_id } })).files, 2)
      assert.deepEqual((await vi.call(listFiles, { query: { team_id } })).files, [])
    })

    it('ends what is asked of one file at once in one state', async () => {
      const ada = await app.account()
      const file = await putFile(ada, 'a', 'hello')

      const { done, refusals } = await outcomes(Array.from({ length: 4 }, () => ada.call(trashFile, of(file.id))))

      assert.deepEqual([done, refusals], [1, ['file_not_found']])
      const mixed = await outcomes([
        ada.call(restoreFile, of(file.id)),
        ada.call(purgeTrashItem, of(file.id)),
        ada.call(restoreFile, of(file.id)),
      ])
      assert.equal(mixed.done, 1)
      const { totalFiles } = await totalsOf(ada)
      assert.equal((await ada.call(listFiles)).files.length, totalFiles)
    })

    it('takes the links of what is purged out of the figures', async () => {
      const ada = await app.account()
      const file = await putFile(ada, 'a', 'hello')
      await ada.call(shareFile, { ...of(file.id), body: {} })
      await ada.call(trashFile, of(file.id))

      await ada.call(purgeTrashItem, of(file.id))

      assert.equal((await ada.call(getStats)).activeShareLinks, 0)
    })

    it('frees the bytes that no file has any more, when the grace time is over, and no others', async () => {
      let nowMs = Date.now()
      const clock: Clock = { now: () => new Date(nowMs), monotonicMs: () => performance.now() }
      const timed = await testApp(dialect, { clock, settings: { PURGE_GRACE_DAYS: '2', TRASH_DAYS: '10' } })
      const ada = await timed.account()
      const bytes = someBytes(100_000)
      const [shared, alone] = [await putFile(ada, 'shared', bytes), await putFile(ada, 'alone', someBytes(100_000))]
      const copy = await ada.call(copyFile, { ...of(shared.id), body: {} })
      for (const { id } of [shared, alone]) await ada.call(trashFile, of(id))

      nowMs += 9 * DAY_MS
      const early = await timed.app.files.trash.sweep()
      nowMs += 1 * DAY_MS + 1
      const swept = await timed.app.files.trash.sweep()
      await timed.app.files.sweep()
      const kept = (await filesOnDisk(timed)).length
      nowMs += 2 * DAY_MS + 1
      await timed.app.files.sweep()

      assert.deepEqual([early, swept, kept], [0, 2, 2])
      assert.equal((await filesOnDisk(timed)).length, 1)
      assert.ok((await bytesOf(await contentOf(ada, copy.id))).equals(bytes))
      assert.deepEqual(await trashOf(ada), [])
      await timed.stop()
    })

    it('is left by a file that is replaced, and by what is moved over it', async () => {
      const ada = await app.account()
      const [one, two] = [await putFile(ada, 'one', '1'), await putFile(ada, 'two', '22')]

      await ada.call(updateFile, { ...of(one.id), body: { file_name: 'two', on_conflict: 'replace' } })
      const back = await ada.call(restoreFile, of(two.id))

      assert.equal(back.file_name, 'two (1)')
    })
  })
}
