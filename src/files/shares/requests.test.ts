import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { z } from 'zod'
import { type TestApp, testApp } from '../../../test/app.ts'
import { dialects, testPlace } from '../../../test/database.ts'
import { jsonOf, limitPlan, refusalOf, someBytes, totalsOf } from '../files/testing.ts'
import { getStats } from '../stats/contract.ts'
import { disableShare, getShare } from './contract.ts'
import { BROWSER, bring, change, formOf, newFolder, putInto, requestFiles } from './testing.ts'

const Folder = z.object({ files: z.array(z.object({ file_name: z.string(), file_size: z.int() })) })

for (const dialect of dialects) {
  describe(`links that ask for files (${dialect})`, async () => {
    const app = await testApp(dialect)
    const namesIn = async (ada: Awaited<ReturnType<TestApp['account']>>, folder: string) =>
      Folder.parse(await jsonOf(await ada.fetch(`/api/v1/files?folder_id=${folder}`)))
        .files.map(({ file_name }) => file_name)
        .toSorted()

    it('take several files at once, and charge them to whoever made the link', async () => {
      const ada = await app.account()
      const folder = await newFolder(ada, 'Inbox')
      const link = await requestFiles(ada, folder, { name: 'Homework' })
      const large = someBytes(2_200_000)

      const response = await bring(app, link.token, { 'a.txt': 'hello', 'b.bin': large, empty: '' })

      assert.equal(response.status, 201)
      assert.deepEqual(await jsonOf(response), {
        received: [
          { file_name: 'a.txt', file_size: 5 },
          { file_name: 'b.bin', file_size: large.length },
          { file_name: 'empty', file_size: 0 },
        ],
      })
      assert.deepEqual(await namesIn(ada, folder), ['a.txt', 'b.bin', 'empty'])
      assert.deepEqual(await totalsOf(ada), { totalFiles: 3, totalSizeBytes: 5 + large.length })
      assert.equal((await ada.call(getShare, { params: { id: link.id } })).files_received, 3)
    })

    it('tell nothing of what the folder holds, not even which names are taken', async () => {
      const ada = await app.account()
      const folder = await newFolder(ada, 'Inbox')
      const file = await putInto(ada, folder, 'secret.txt', 'secret')
      const link = await requestFiles(ada, folder)

      const sent = await jsonOf(await bring(app, link.token, { 'secret.txt': 'mine' }))
      const answers = await Promise.all(
        [
          `/s/${link.token}/content`,
          `/s/${link.token}/files/${file}/content`,
          `/s/${link.token}/folders/${folder}`,
        ].map((path) => app.fetch(path)),
      )
      const seen = [
        await (await app.fetch(`/s/${link.token}`)).text(),
        await (await app.fetch(`/s/${link.token}`, { headers: BROWSER })).text(),
      ].join('')

      assert.deepEqual(sent, { received: [{ file_name: 'secret.txt', file_size: 4 }] })
      assert.deepEqual(await namesIn(ada, folder), ['secret (1).txt', 'secret.txt'].toSorted())
      for (const answer of answers) assert.deepEqual(await refusalOf(answer), [404, 'share_file_not_found'])
      assert.doesNotMatch(seen, /secret|Inbox/)
    })

    it('refuse what is too large, and keep what came before it', async () => {
      const ada = await app.account()
      const folder = await newFolder(ada, 'Inbox')
      const link = await requestFiles(ada, folder, { max_file_bytes: 1000 })

      const response = await bring(app, link.token, { fits: 'x'.repeat(1000), large: 'x'.repeat(1001), never: 'x' })
      const answer = await jsonOf(response)

      assert.deepEqual([response.status, answer.code], [413, 'upload_too_large'])
      assert.deepEqual(answer.details, { received: [{ file_name: 'fits', file_size: 1000 }], max_file_bytes: 1000 })
      assert.deepEqual(await namesIn(ada, folder), ['fits'])
      assert.equal((await ada.call(getShare, { params: { id: link.id } })).files_received, 1)
    })

    it('do not tell strangers how much room the account has', async () => {
      const ada = await app.account()
      const folder = await newFolder(ada, 'Inbox')
      await limitPlan(app, ada, { maxBytes: 4321 })
      const link = await requestFiles(ada, folder)

      const response = await bring(app, link.token, { large: 'x'.repeat(5000) })
      const answer = await response.text()

      assert.equal(response.status, 413)
      assert.match(answer, /quota_exceeded/)
      assert.doesNotMatch(answer, /4321/)
    })

    it('are used up with the last file, and give a place back that a broken upload had', async () => {
      const ada = await app.account()
      const folder = await newFolder(ada, 'Inbox')
      const link = await requestFiles(ada, folder, { max_files: 2, max_file_bytes: 10 })

      const tooLarge = await bring(app, link.token, { large: 'x'.repeat(11) })
      const badName = await bring(app, link.token, { 'a\u0001b': 'x' })
      const noName = await bring(app, link.token, { '..': 'x' })
      const three = await bring(app, link.token, { a: '1', b: '2', c: '3' })
      const page = await app.fetch(`/s/${link.token}`, { headers: BROWSER })
      const used = await ada.call(getStats)
      await change(ada, link.id, { max_files: 3 })
      const last = await bring(app, link.token, { c: '3' })

      assert.deepEqual(
        [tooLarge.status, badName.status, noName.status, three.status, page.status, last.status],
        [413, 400, 400, 410, 410, 201],
      )
      assert.equal((await jsonOf(three)).code, 'share_exhausted')
      assert.equal(used.activeShareLinks, 0)
      assert.deepEqual(await namesIn(ada, folder), ['a', 'b', 'c'])
    })

    it('close with their password, their end and their maker', async () => {
      const ada = await app.account()
      const folder = await newFolder(ada, 'Inbox')
      const locked = await requestFiles(ada, folder, { password: 'x' })
      const disabled = await requestFiles(ada, folder)
      const trashed = await requestFiles(ada, await newFolder(ada, 'Trashed'))
      await ada.call(disableShare, { params: { id: disabled.id } })
      await ada.fetch(`/api/v1/folders/${trashed.folder_id}`, { method: 'DELETE' })

      const answers = [
        await bring(app, locked.token, { a: 'a' }),
        await bring(app, locked.token, { a: 'a' }, { 'x-share-password': 'x' }),
        await bring(app, disabled.token, { a: 'a' }),
        await bring(app, trashed.token, { a: 'a' }),
      ]

      assert.deepEqual(
        answers.map(({ status }) => status),
        [401, 201, 410, 410],
      )
    })

    it('take a form from a browser without a script, and say what has arrived', async () => {
      const ada = await app.account()
      const folder = await newFolder(ada, 'Inbox')
      const link = await requestFiles(ada, folder, { max_files: 5, max_file_bytes: 100 })
      const nothing = formOf({})
      nothing.append('files', new Blob([]), '')

      const sent = await bring(app, link.token, { '<b>.txt': 'a', 'c.txt': 'c' }, BROWSER)
      const partly = await bring(app, link.token, { d: 'd', large: 'x'.repeat(101) }, BROWSER)
      const empty = await app.fetch(`/s/${link.token}/files`, { method: 'POST', body: nothing, headers: BROWSER })
      const [sentPage, partlyPage, emptyPage] = [await sent.text(), await partly.text(), await empty.text()]

      assert.deepEqual([sent.status, partly.status, empty.status], [201, 413, 201])
      assert.match(sentPage, /Your 2 files have arrived: <bdi>&lt;b&gt;.txt<\/bdi>, <bdi>c.txt<\/bdi>/)
      assert.match(sentPage, /room for 3 more files/)
      assert.match(partlyPage, /Your file has arrived: <bdi>d<\/bdi>.*larger than the link takes/s)
      assert.match(emptyPage, /No file was chosen/)
      assert.match(sent.headers.get('content-security-policy') ?? '', /default-src 'none'/)
    })

    it('want a form', async () => {
      const ada = await app.account()
      const link = await requestFiles(ada, await newFolder(ada, 'Inbox'))
      const path = `/s/${link.token}/files`
      const type = { 'content-type': 'multipart/form-data; boundary=x' }

      const answers = [
        await app.fetch(path, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } }),
        await app.fetch(path, { method: 'POST', body: '--x\r\nContent-Disp', headers: type }),
      ]

      assert.deepEqual(
        answers.map(({ status }) => status),
        [415, 400],
      )
      assert.equal((await ada.call(getShare, { params: { id: link.id } })).files_received, 0)
    })
  })

  describe(`places of links that ask for files (${dialect})`, async () => {
    const place = await testPlace(dialect)
    const settings = { TRUSTED_PROXIES: '127.0.0.1' }
    const first = await testApp(dialect, { settings, place })
    const second = dialect === 'sqlite' ? first : await testApp(dialect, { settings, place })
    after(() => place.remove())

    it('are given out exactly, however many send at once to several processes', async () => {
      const ada = await first.account()
      const link = await requestFiles(ada, await newFolder(ada, 'Inbox'), { max_files: 7 })

      const answers = await Promise.all(
        Array.from({ length: 40 }, (_, index) =>
          bring(index % 2 === 0 ? first : second, link.token, { 'same.txt': `${index}` }),
        ),
      )

      const counts = [201, 410].map((wanted) => answers.filter(({ status }) => status === wanted).length)
      const share = await ada.call(getShare, { params: { id: link.id } })
      assert.deepEqual(counts, [7, 33])
      assert.deepEqual([share.files_received, share.state], [7, 'exhausted'])
      assert.equal((await totalsOf(ada)).totalFiles, 7)
      assert.equal((await ada.call(getStats)).activeShareLinks, 0)
    })
  })
}
