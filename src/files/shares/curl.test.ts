import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { someBytes } from '../files/testing.ts'
import { getShare } from './contract.ts'
import { newFolder, requestFiles, sharedFile } from './testing.ts'

const run = promisify(execFile)

for (const dialect of dialects) {
  describe(`curl and links (${dialect})`, async () => {
    const app = await testApp(dialect)
    const folder = mkdtempSync(join(tmpdir(), 'latchkey-curl-'))
    after(() => rmSync(folder, { recursive: true, force: true }))
    const curl = async (...args: string[]): Promise<string> => {
      const { stdout } = await run('curl', ['-sS', '--max-time', '30', ...args], { cwd: folder, encoding: 'utf8' })
      return stdout
    }

    it('save the file under its name, with nothing but the link', async () => {
      const ada = await app.account()
      const content = someBytes(1_500_000)
      const { link } = await sharedFile(ada, 'my report.bin', content)

      await curl('-OJ', link.url)

      assert.ok(readdirSync(folder).includes('my report.bin'))
      assert.deepEqual(readFileSync(join(folder, 'my report.bin')), content)
    })

    it('take a range', async () => {
      const ada = await app.account()
      const { link } = await sharedFile(ada, 'range.txt', 'hello world')

      assert.equal(await curl('-r', '6-10', link.url), 'world')
    })

    it('go on with a download that broke off, though it was the last one', async () => {
      const ada = await app.account()
      const content = someBytes(2_000_000)
      const { link } = await sharedFile(ada, 'broken.bin', content, { max_downloads: 1 })
      await curl('-o', 'broken.bin', link.url)
      // As if the line had gone down.
      writeFileSync(join(folder, 'broken.bin'), content.subarray(0, 700_000))

      await curl('-C', '-', '-o', 'broken.bin', link.url)
      const again = await curl('-o', '/dev/null', '-w', '%{http_code}', link.url)

      assert.deepEqual(readFileSync(join(folder, 'broken.bin')), content)
      assert.equal(again, '410')
      assert.equal((await ada.call(getShare, { params: { id: link.id } })).downloads, 1)
    })

    it('say a password in the usual way', async () => {
      const ada = await app.account()
      const { link } = await sharedFile(ada, 'locked.txt', 'secret', { password: 'open sesame' })

      const right = await curl('-u', ':open sesame', link.url)
      const header = await curl('-H', 'X-Share-Password: open sesame', link.url)
      const none = await curl('-o', '/dev/null', '-w', '%{http_code}', link.url)

      assert.deepEqual([right, header, none], ['secret', 'secret', '401'])
    })

    it('look at the headers only, without using a download up', async () => {
      const ada = await app.account()
      const { link } = await sharedFile(ada, 'head.txt', 'hello', { max_downloads: 1 })

      const head = await curl('-I', link.url)

      assert.match(head, /^HTTP\/1\.1 200 OK/)
      assert.match(head, /content-length: 5\r\n/i)
      assert.equal(await curl(link.url), 'hello')
    })

    it('bring files to a link that asks for them', async () => {
      const ada = await app.account()
      const link = await requestFiles(ada, await newFolder(ada, 'Inbox'))
      writeFileSync(join(folder, 'one.txt'), 'one')
      writeFileSync(join(folder, 'two.txt'), 'two')

      const answer = await curl('-F', 'files=@one.txt', '-F', 'files=@two.txt', `${link.url}/files`)

      assert.deepEqual(JSON.parse(answer), {
        received: [
          { file_name: 'one.txt', file_size: 3 },
          { file_name: 'two.txt', file_size: 3 },
        ],
      })
    })
  })
}
