import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { describe, it } from 'node:test'
import { unzipSync } from 'fflate'
import { testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { bytesOf, filesOnDisk, refusalOf, someBytes } from '../files/testing.ts'
import { getStats } from '../stats/contract.ts'
import { safeName } from './archive.ts'
import { getShare } from './contract.ts'
import { BROWSER, cookiesOf, newFolder, putInto, sharedFile, shareFolder } from './testing.ts'

const MIB = 1024 * 1024
const unpacked = (bytes: Buffer): Record<string, string> =>
  Object.fromEntries(Object.entries(unzipSync(bytes)).map(([path, content]) => [path, Buffer.from(content).toString()]))

for (const dialect of dialects) {
  describe(`archives of shared folders (${dialect})`, async () => {
    const app = await testApp(dialect)

    it('hold all that is in the folder and below it, under names that can be unpacked anywhere', async () => {
      const ada = await app.account()
      const top = await newFolder(ada, 'Holidays')
      const inner = await newFolder(ada, 'Beach', top)
      await newFolder(ada, 'Nothing yet', top)
      await putInto(ada, top, 'a.txt', 'a')
      await putInto(ada, top, 'what? why.txt', 'w')
      await putInto(ada, top, 'what_ why.txt', 'taken')
      await putInto(ada, inner, 'sand 砂.txt', 'sand')
      await putInto(ada, inner, 'empty', '')
      const link = await shareFolder(ada, top)

      const answer = await app.fetch(`/s/${link.token}/zip`)
      const bytes = await bytesOf(answer)
      const below = await bytesOf(await app.fetch(`/s/${link.token}/zip?folder=${inner}`))

      assert.equal(answer.status, 200)
      assert.equal(answer.headers.get('content-type'), 'application/zip')
      assert.equal(answer.headers.get('content-length'), String(bytes.length))
      assert.match(answer.headers.get('content-disposition') ?? '', /filename="?Holidays\.zip/)
      assert.deepEqual(unpacked(bytes), {
        'a.txt': 'a',
        'what_ why.txt': 'w',
        'what_ why (2).txt': 'taken',
        'Beach/empty': '',
        'Beach/sand 砂.txt': 'sand',
        'Nothing yet/': '',
      })
      assert.deepEqual(unpacked(below), { empty: '', 'sand 砂.txt': 'sand' })
    })

    it('count as one download, and none for who only asks how long they are or comes again', async () => {
      const ada = await app.account()
      const top = await newFolder(ada, 'Counted')
      for (const name of ['a', 'b', 'c']) await putInto(ada, top, name, name)
      const link = await shareFolder(ada, top, { max_downloads: 1 })
      const path = `/s/${link.token}/zip`
      const cookie = cookiesOf(await app.fetch(`/s/${link.token}`, { headers: BROWSER }))

      const asked = await app.fetch(path, { method: 'HEAD' })
      const first = await app.fetch(path, { headers: { cookie } })
      const length = (await bytesOf(first)).length
      const again = await app.fetch(path, { headers: { cookie } })
      const stranger = await app.fetch(path)

      assert.deepEqual([asked.status, asked.headers.get('content-length')], [200, String(length)])
      assert.deepEqual([first.status, again.status], [200, 200])
      assert.deepEqual(await refusalOf(stranger), [410, 'share_exhausted'])
      await bytesOf(again)
      assert.equal((await ada.call(getShare, { params: { id: link.id } })).downloads, 1)
      assert.equal((await ada.call(getStats)).totalDownloads, 1)
    })

    it('are behind the password of the link, reach nothing outside of it, and are of folders only', async () => {
      const ada = await app.account()
      const [outer, locked] = [await newFolder(ada, 'Outer'), await newFolder(ada, 'Locked')]
      const inner = await newFolder(ada, 'Inner', outer)
      const link = await shareFolder(ada, inner)
      const secret = await shareFolder(ada, locked, { password: 'under the mat' })
      const file = await sharedFile(ada, 'one.txt', 'one')

      const answers = [
        await app.fetch(`/s/${link.token}/zip?folder=${outer}`),
        await app.fetch(`/s/${file.link.token}/zip`),
        await app.fetch(`/s/${secret.token}/zip`),
      ]
      const opened = await app.fetch(`/s/${secret.token}/zip`, { headers: { 'x-share-password': 'under the mat' } })

      assert.deepEqual(await Promise.all(answers.map(refusalOf)), [
        [404, 'share_file_not_found'],
        [404, 'share_file_not_found'],
        [401, 'share_password_required'],
      ])
      assert.deepEqual(unpacked(await bytesOf(opened)), {})
    })

    it('never look complete when a file cannot be read', async () => {
      const ada = await app.account()
      const top = await newFolder(ada, 'Broken')
      const bytes = someBytes(3 * MIB)
      await ada.fetch(`/api/v1/files/content?name=big.bin&folder_id=${top}`, { method: 'PUT', body: bytes })
      const link = await shareFolder(ada, top)
      const path = (await filesOnDisk(app)).at(-1) ?? ''
      const damaged = await readFile(path)
      damaged.writeUInt8(damaged.readUInt8(2 * MIB + 5) ^ 1, 2 * MIB + 5)
      await writeFile(path, damaged)

      const late = await app.fetch(`/s/${link.token}/zip`)
      await assert.rejects(bytesOf(late))
      damaged.writeUInt8(damaged.readUInt8(5) ^ 1, 5)
      await writeFile(path, damaged)
      const early = await app.fetch(`/s/${link.token}/zip`)

      assert.equal(late.status, 200)
      assert.deepEqual(await refusalOf(early), [500, 'chunk_damaged'])
      assert.equal((await ada.call(getShare, { params: { id: link.id } })).downloads, 1)
    })
  })
}

describe('names in an archive', () => {
  it('are such as every file system takes', () => {
    const names = ['plain.txt', '..\\..\\evil', 'a:b*?', 'con', 'NUL.txt', 'dots...', 'a\u0007b', 'ok (1).txt']

    assert.deepEqual(names.map(safeName), [
      'plain.txt',
      '.._.._evil',
      'a_b__',
      '_con',
      '_NUL.txt',
      'dots_',
      'a_b',
      'ok (1).txt',
    ])
  })
})
