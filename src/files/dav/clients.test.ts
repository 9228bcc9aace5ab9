import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { type TestAccount, testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { rcloneProgram } from '../../../test/services/rclone.ts'
import { someBytes, totalsOf } from '../files/testing.ts'
import { dav, listOf } from './testing.ts'

const run = promisify(execFile)
const program = await rcloneProgram()
const place = await mkdtemp(join(tmpdir(), 'latchkey-dav-'))
after(() => rm(place, { recursive: true }))

/** 200 small files, deep, empty, and named in ways that have to be escaped; and a large one. */
const makeTree = async (root: string): Promise<void> => {
  const names = [
    ...Array.from({ length: 120 }, (_, index) => `many/file ${index}.txt`),
    ...Array.from({ length: 60 }, (_, index) => `ünï cödé/100% & #${index}+?;'.bin`),
    ...Array.from({ length: 18 }, (_, index) => `a/b/c/d/e/日本語/ファイル${index}`),
    'empty',
    'a/empty too',
  ]
  for (const [index, name] of names.entries()) {
    await mkdir(dirname(join(root, name)), { recursive: true })
    await writeFile(join(root, name), name.includes('empty') ? '' : someBytes(index * 137))
    await utimes(join(root, name), 1_000_000_000 + index, 1_000_000_000 + index)
  }
  await writeFile(join(root, 'large.bin'), someBytes(30 * 1024 * 1024))
}

const tree = join(place, 'tree')
await makeTree(tree)

for (const dialect of dialects) {
  describe(`clients of WebDAV (${dialect})`, async () => {
    const app = await testApp(dialect)

    /** rclone with the account's drive as `lk:`. @returns What it says. */
    const rcloneFor = async (ada: TestAccount) => {
      const { stdout: pass } = await run(program, ['obscure', ada.key])
      const env = {
        ...process.env,
        RCLONE_CONFIG: join(place, 'none.conf'),
        RCLONE_CONFIG_LK_TYPE: 'webdav',
        RCLONE_CONFIG_LK_URL: `${app.url}/dav`,
        RCLONE_CONFIG_LK_VENDOR: 'owncloud',
        RCLONE_CONFIG_LK_USER: 'ada',
        RCLONE_CONFIG_LK_PASS: pass.trim(),
      }
      return async (...args: string[]): Promise<string> => {
        const { stdout, stderr } = await run(program, [...args, '--retries', '1', '-v'], { env })
        return stdout + stderr
      }
    }

    it('rclone copies a tree up and down, finds it the same, and has nothing to do again', async () => {
      const ada = await app.account()
      const rclone = await rcloneFor(ada)
      const down = join(place, `down-${dialect}`)

      await rclone('copy', tree, 'lk:up')
      const upAgain = await rclone('sync', tree, 'lk:up')
      await rclone('copy', 'lk:up', down)
      const downAgain = await rclone('sync', 'lk:up', down)
      const compared = [
        await rclone('check', tree, 'lk:up'),
        await rclone('check', '--download', 'lk:up', tree),
        await rclone('check', tree, down),
      ]

      for (const said of [upAgain, downAgain]) assert.match(said, /There was nothing to transfer/)
      for (const said of compared) assert.match(said, /0 differences found/)
      const moments = await Promise.all(
        [tree, down].map(async (root) => (await stat(join(root, 'many/file 7.txt'))).mtimeMs),
      )
      assert.equal(moments[0], moments[1])
      assert.equal((await totalsOf(ada)).totalFiles, 201)
    })

    it('rclone moves, copies on the server, syncs a change and purges', async () => {
      const ada = await app.account()
      const rclone = await rcloneFor(ada)
      const source = join(place, `small-${dialect}`)
      for (const name of ['a.txt', 'in/b.txt']) {
        await mkdir(dirname(join(source, name)), { recursive: true })
        await writeFile(join(source, name), name)
      }

      await rclone('copy', source, 'lk:one')
      await rclone('move', 'lk:one', 'lk:two')
      await rclone('copy', 'lk:two', 'lk:three')
      await rclone('moveto', 'lk:three/a.txt', 'lk:three/A.TXT')
      await writeFile(join(source, 'a.txt'), 'changed')
      await rm(join(source, 'in'), { recursive: true })
      await rclone('sync', source, 'lk:two')

      assert.match(await rclone('check', source, 'lk:two'), /0 differences found/)
      assert.deepEqual(await listOf(ada, '/three'), ['/dav/three/', '/dav/three/in/', '/dav/three/A.TXT'])
      await rclone('purge', 'lk:two')
      await rclone('purge', 'lk:three')
      assert.deepEqual(await totalsOf(ada), { totalFiles: 0, totalSizeBytes: 0 })
    })

    it('curl sends a file, and fetches a part of it', async () => {
      const ada = await app.account()
      const file = join(place, `curl-${dialect}`)
      await writeFile(file, someBytes(2_500_000))
      const curl = async (...args: string[]) =>
        (await run('curl', ['-fsS', '-u', `ada:${ada.key}`, ...args], { encoding: 'buffer' })).stdout

      await curl('-T', file, `${app.url}/dav/a%20b.bin`)
      const part = await curl('-r', '100-199', `${app.url}/dav/a%20b.bin`)

      assert.ok(part.equals((await readFile(file)).subarray(100, 200)))
      assert.equal((await dav(ada, 'HEAD', '/a%20b.bin')).headers.get('content-length'), '2500000')
    })
  })
}
