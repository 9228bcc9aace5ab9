import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { z } from 'zod'
import { type TestAccount, testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { makeFolder, makeTeam } from '../testing.ts'
import { trashFile } from '../trash/contract.ts'
import { copyFile, listFiles } from './contract.ts'
import { MAX_HITS } from './name-search.ts'
import { putFile } from './testing.ts'

type Query = z.input<(typeof listFiles)['query']>
type Page = z.infer<(typeof listFiles)['returns'][1]>

const namesOf = async (ada: TestAccount, query: Query) => {
  const { files, pagination } = await ada.call(listFiles, { query })
  assert.equal(pagination.total, files.length)
  return files.map(({ file_name }) => file_name)
}

const pagedNames = async (ada: TestAccount, query: Query) => {
  const names: string[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const page: Page = await ada.call(listFiles, { query: { limit: 2, cursor, ...query } })
    names.push(...page.files.map(({ file_name }) => file_name))
    cursor = page.pagination.next_cursor ?? null
  }
  return names
}

for (const dialect of dialects) {
  describe(`lists of files (${dialect})`, async () => {
    const app = await testApp(dialect)

    it('are filtered by type, media type and time', async () => {
      const ada = await app.account()
      for (const name of ['a.png', 'b.jpg', 'c.mp3', 'd.pdf']) await putFile(ada, name, Buffer.from('.'))

      const byType = await namesOf(ada, { file_type: 'photo', sort: 'file_name' })

      assert.deepEqual(byType, ['a.png', 'b.jpg'])
      assert.deepEqual(await namesOf(ada, { mime_type: 'IMAGE/', sort: 'file_name' }), ['a.png', 'b.jpg'])
      assert.deepEqual(await namesOf(ada, { mime_type: 'image/png' }), ['a.png'])
      assert.deepEqual(await namesOf(ada, { mime_type: 'image' }), [])
      assert.equal((await namesOf(ada, { created_after: '2020-01-01T00:00:00Z' })).length, 4)
      assert.deepEqual(await namesOf(ada, { created_before: '2020-01-01T00:00:00Z' }), [])
      assert.deepEqual(await namesOf(ada, { created_after: '2100-01-01T00:00:00+02:00' }), [])
    })

    it('are sorted by each of four, both ways, and paged so', async () => {
      const ada = await app.account()
      const sizes = { delta: 3, Alpha: 1, charlie: 3, Bravo: 2, echo: 1 }
      for (const [name, size] of Object.entries(sizes)) await putFile(ada, name, 'x'.repeat(size))
      await putFile(ada, 'delta', 'new')
      const sorts = ['created_at', 'updated_at', 'file_name', 'file_size'] as const

      for (const sort of sorts)
        for (const order of ['asc', 'desc'] as const) {
          const whole = await namesOf(ada, { sort, order })
          assert.deepEqual(await pagedNames(ada, { sort, order }), whole, `${sort} ${order}`)
        }

      assert.deepEqual(await namesOf(ada, { sort: 'file_name' }), ['Alpha', 'Bravo', 'charlie', 'delta', 'echo'])
      assert.equal((await namesOf(ada, { sort: 'updated_at' }))[0], 'delta')
      const bySize = await namesOf(ada, { sort: 'file_size' })
      assert.deepEqual(
        bySize.map((name) => sizes[name as keyof typeof sizes]),
        [3, 3, 2, 1, 1],
      )
    })

    it('refuse what no filter takes, and cursors of other lists', async () => {
      const ada = await app.account()
      for (const name of ['a', 'b', 'c']) await putFile(ada, name, '.')
      const { pagination } = await ada.call(listFiles, { query: { limit: 1, cursor: '', sort: 'file_name' } })
      const cursor = pagination.next_cursor ?? ''

      const bad = ['sort=id', 'order=up', 'file_type=x', 'trashed=1', 'created_after=now', 'created_before=2026']
      for (const query of [
        ...bad,
        `cursor=${cursor}`,
        `cursor=${cursor}&sort=file_size`,
        `cursor=${cursor}&order=desc`,
      ])
        assert.equal((await ada.fetch(`/api/v1/files?${query}`)).status, 400, query)
      for (const forged of [['a\0', 'x'], [1.5, 'x'], [null, 'x'], []]) {
        const value = Buffer.from(JSON.stringify([...forged, 'x'])).toString('base64url')
        assert.equal((await ada.fetch(`/api/v1/files?sort=file_name&cursor=${value}`)).status, 400)
      }

      const next = await ada.call(listFiles, { query: { limit: 1, cursor, sort: 'file_name' } })
      assert.equal(next.files[0]?.file_name, 'b')
    })

    it('find what is renamed, and no more what is gone', async () => {
      const ada = await app.account()
      const file = await putFile(ada, 'quarterly report.pdf', '.')
      await ada.call(copyFile, { params: { id: file.id }, body: { file_name: 'annual "report" 100%_.pdf' } })

      const both = await namesOf(ada, { search: 'REPORT', sort: 'file_name' })
      const quoted = await namesOf(ada, { search: '"report" 100%_' })
      await ada.call(trashFile, { params: { id: file.id } })

      assert.deepEqual(both, ['annual "report" 100%_.pdf', 'quarterly report.pdf'])
      assert.deepEqual(quoted, ['annual "report" 100%_.pdf'])
      assert.deepEqual(await namesOf(ada, { search: 'report' }), ['annual "report" 100%_.pdf'])
      assert.deepEqual(await namesOf(ada, { search: 'terly', trashed: 'true' }), ['quarterly report.pdf'])
      assert.deepEqual(await namesOf(ada, { search: 'report', folder_id: (await makeFolder(ada, 'f')).id }), [])
    })

    it('find the same by the index as by reading every name', async () => {
      const ada = await app.account()
      await fill(app, ada, MAX_HITS + 200)
      const count = async (search: string) =>
        (await ada.call(listFiles, { query: { search, limit: 1 } })).pagination.total

      const first = await ada.call(listFiles, { query: { search: 'common', limit: 3, sort: 'file_name' } })

      assert.equal(first.pagination.total, MAX_HITS + 200)
      assert.deepEqual(
        first.files.map(({ file_name }) => file_name),
        ['common 0 even', 'common 1 odd', 'common 10 even'],
      )
      assert.deepEqual(
        [
          await count('n 77 '),
          await count('even'),
          await count('om'),
          await count('ommonx'),
          await count('7 odd even'),
        ],
        [1, MAX_HITS / 2 + 100, MAX_HITS + 200, 0, 0],
      )
      const page = await ada.call(listFiles, { query: { search: '99 odd', limit: 5, cursor: '' } })
      assert.deepEqual(page.files[0]?.file_name, 'common 10199 odd')
      assert.equal((await pagedNames(ada, { search: '99 odd', limit: 50 })).length, page.pagination.total)
    })

    it('say that a large total is an estimate, and count when they are asked to', async () => {
      const ada = await app.account()
      const all = 2 * MAX_HITS + 400
      await fill(app, ada, all)
      const search = async (query: Query) => (await ada.call(listFiles, { query: { limit: 1, ...query } })).pagination

      const even = await search({ search: 'even' })

      assert.ok(even.total_is_estimate)
      assert.ok(Math.abs(even.total - all / 2) < all / 50, `${even.total} is not near ${all / 2}`)
      assert.deepEqual(await search({ search: 'even', total: 'exact' }), { total: all / 2, limit: 1, offset: 0 })
      assert.deepEqual(await search({ search: 'n 77 ' }), { total: 1, limit: 1, offset: 0 })
    })

    it('of a team are for its members, and a total follows every change', async () => {
      const [ada, vi, eve] = [await app.account(), await app.account(), await app.account()]
      const team_id = await makeTeam(app, ada, [[vi, 'viewer']])
      const own = await putFile(ada, 'own', '.')
      const path = `/api/v1/files/content?team_id=${team_id}&name=`

      const totals = []
      for (const name of ['a', 'b', 'a']) {
        assert.ok((await ada.fetch(`${path}${name}`, { method: 'PUT', body: name })).ok)
        totals.push((await vi.call(listFiles, { query: { team_id } })).pagination.total)
      }

      assert.deepEqual(totals, [1, 2, 2])
      assert.deepEqual([await namesOf(ada, {}), await namesOf(vi, {})], [[own.file_name], []])
      assert.deepEqual(await namesOf(vi, { team_id, sort: 'file_name' }), ['a', 'b'])
      await assert.rejects(namesOf(eve, { team_id }), { status: 404, code: 'team_not_found' })
      assert.equal((await vi.fetch(`${path}x`, { method: 'PUT', body: '.' })).status, 403)
      assert.equal((await eve.fetch(`${path}x`, { method: 'PUT', body: '.' })).status, 404)
    })
  })
}

/** Rows without bytes: what a list is made of. */
const fill = async ({ app }: Awaited<ReturnType<typeof testApp>>, ada: TestAccount, count: number) => {
  const { blob_id } = await app.core.database.db
    .selectFrom('files')
    .select('blob_id')
    .where('id', '=', (await putFile(ada, 'seed', '.')).id)
    .executeTakeFirstOrThrow()
  const rows = Array.from({ length: count }, (_, number) => {
    const name = `common ${number} ${number % 2 === 0 ? 'even' : 'odd'}`
    const content = { blob_id, type: 'document' as const, mime_type: 'text/plain', size_bytes: 1 }
    const place = { account_id: ada.id, team_id: null, folder_id: null }
    return {
      id: `file_${ada.id.slice(-8)}${number.toString().padStart(8, '0')}`,
      ...place,
      ...content,
      name,
      name_key: name,
      created_at: number,
      updated_at: number,
    }
  })
  for (let from = 0; from < count; from += 500)
    await app.core.database.db
      .insertInto('files')
      .values(rows.slice(from, from + 500))
      .execute()
  await app.files.counters.change(ada.id, async () => ({ result: undefined, add: { files: count } }))
}
