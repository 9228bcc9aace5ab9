import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testApp } from '../../test/app.ts'
import { dialects } from '../../test/database.ts'
import { putFile } from './files/testing.ts'
import { type Occupant, placeResolver } from './places.ts'
import { makeFolder } from './testing.ts'

const nameOf = (occupant: Occupant | undefined): string | undefined =>
  occupant?.kind === 'file' ? occupant.file.name : occupant?.folder.name

for (const dialect of dialects) {
  describe(`places (${dialect})`, async () => {
    const app = await testApp(dialect)
    const places = placeResolver(app.app.core.database.db)

    it('are found by their path, in any case', async () => {
      const ada = await app.account()
      const space = { accountId: ada.id, teamId: null }
      const one = await makeFolder(ada, 'One')
      const two = await makeFolder(ada, 'Two', { parent_id: one.id })
      await ada.fetch(`/api/v1/files/content?name=a.txt&folder_id=${two.id}`, { method: 'PUT', body: 'a' })
      const resolve = (...names: string[]) => places.resolve(space, names)

      const file = await resolve('one', 'TWO', 'A.txt')

      assert.deepEqual([file?.found?.kind, nameOf(file?.found), file?.where.folderId], ['file', 'a.txt', two.id])
      assert.deepEqual(await resolve(), { where: { space, folderId: null }, found: undefined })
      assert.deepEqual([(await resolve('One'))?.where.folderId, nameOf((await resolve('One'))?.found)], [null, 'One'])
      for (const path of [['Two'], ['One', 'a.txt'], ['One', 'Two', 'a.txt', 'b'], ['']])
        assert.equal(await resolve(...path), undefined)
      const bob = await app.account()
      assert.equal(await places.resolve({ accountId: bob.id, teamId: null }, ['One']), undefined)
    })

    it('tell everything that lies in them, folders first', async () => {
      const ada = await app.account()
      for (const name of ['b', 'a']) await makeFolder(ada, name)
      for (const name of ['d', 'C']) await putFile(ada, name, '.')

      const names: (string | undefined)[] = []
      for await (const page of places.children({ space: { accountId: ada.id, teamId: null }, folderId: null }))
        names.push(...page.map(nameOf))

      assert.deepEqual(names, ['a', 'b', 'C', 'd'])
    })
  })
}
