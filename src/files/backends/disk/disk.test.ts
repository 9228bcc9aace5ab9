import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import * as fsPromises from 'node:fs/promises'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { thisProcess, toTag } from '../../../platform/process-owner.ts'
import { backendConformance } from '../conformance.ts'
import type { DiskFs } from './directories.ts'
import { openDiskBackend } from './disk.ts'
import { STALE_AFTER_MS } from './staging.ts'

const tempFolder = (t: TestContext): Promise<string> => {
  const made = mkdtemp(join(tmpdir(), 'latchkey-disk-'))
  t.after(async () => rm(await made, { recursive: true, force: true }))
  return made
}

const INVALID = [
  '',
  'chunk_1',
  '../0/chunk_1',
  '0/0/../../x',
  '0/0/',
  '/0/0/a',
  '0/0/a/b',
  '0/g/a',
  '0/0/a\0',
  '0\\0\\a',
]

backendConformance('disk', async () => {
  const root = await mkdtemp(join(tmpdir(), 'latchkey-disk-'))
  return {
    backend: await openDiskBackend({ root }),
    unknownLocator: '0/f/chunk_none',
    invalidLocators: INVALID,
    close: () => rm(root, { recursive: true }),
  }
})

const filesIn = async (folder: string): Promise<string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))

/** The real file system, but `method` of each opened file whose path `matches` fails with `code`. */
const failingFs = (method: 'writev' | 'datasync' | 'sync', code: string, matches = /./): DiskFs => ({
  ...fsPromises,
  open: async (path, flags, mode) => {
    const handle = await fsPromises.open(path, flags, mode)
    if (!matches.test(String(path))) return handle
    return Object.assign(handle, { [method]: () => Promise.reject(Object.assign(new Error(code), { code })) })
  },
})

describe('disk backend', () => {
  it('makes files that only their owner can read, in folders that only their owner can enter', async (t) => {
    const root = join(await tempFolder(t), 'made', 'on', 'demand')
    const backend = await openDiskBackend({ root })

    const staged = await backend.stage('chunk_1')
    await staged.write([Buffer.from('secret')], 0)
    const [stagedPath] = await filesIn(join(root, 'staging'))
    const modeWhileStaged = (await stat(stagedPath ?? '')).mode & 0o777
    const locator = await staged.commit()

    assert.equal(modeWhileStaged, 0o600)
    assert.equal((await stat(join(root, 'objects', locator))).mode & 0o777, 0o600)
    for (const folder of [
      '',
      'objects',
      'staging',
      `objects/${locator.slice(0, 1)}`,
      `objects/${locator.slice(0, 3)}`,
    ]) {
      assert.equal((await stat(join(root, folder))).mode & 0o777, 0o700, folder)
    }
  })

  it('shows a staged object only after commit, and leaves nothing in staging', async (t) => {
    const root = await tempFolder(t)
    const backend = await openDiskBackend({ root })
    const staged = await backend.stage('chunk_1')
    await staged.write([Buffer.from('he'), Buffer.from('llo')], 0)

    const before = await filesIn(join(root, 'objects'))
    const locator = await staged.commit()
    await staged.abort()

    assert.deepEqual(before, [])
    assert.equal(await readFile(join(root, 'objects', locator), 'utf8'), 'hello')
    assert.deepEqual(await filesIn(join(root, 'staging')), [])
  })

  it('syncs the file before the rename and its folder after it, also if the folder had to be made', async (t) => {
    const root = await tempFolder(t)
    const calls: string[] = []
    const short = (path: unknown) =>
      String(path)
        .replace(root, '')
        .replace(/staging\/.*/, 'staging/FILE')
    const fs: DiskFs = {
      ...fsPromises,
      open: async (path, flags, mode) => {
        const handle = await fsPromises.open(path, flags, mode)
        const { datasync, sync } = handle
        return Object.assign(handle, {
          datasync: () => {
            calls.push(`datasync ${short(path)}`)
            return datasync.call(handle)
          },
          sync: () => {
            calls.push(`sync ${short(path)}`)
            return sync.call(handle)
          },
        })
      },
      rename: (from, to) => {
        calls.push(`rename ${short(from)}`)
        return fsPromises.rename(from, to)
      },
    }
    const backend = await openDiskBackend({ root, fs })
    const commit = async () => {
      calls.length = 0
      const staged = await backend.stage('chunk_1')
      await staged.write([Buffer.from('x')], 0)
      return staged.commit()
    }

    const [first, second] = (await commit()).split('/')
    const callsAtFirst = [...calls]
    await commit()
    const callsLater = [...calls]
    await rm(join(root, 'objects', first ?? ''), { recursive: true })
    await commit()

    const made = ['sync /objects', `sync /objects/${first}`]
    const renamed = ['rename /staging/FILE', `sync /objects/${first}/${second}`]
    assert.deepEqual(callsAtFirst, ['datasync /staging/FILE', ...made, ...renamed])
    assert.deepEqual(callsLater, ['datasync /staging/FILE', ...renamed])
    assert.deepEqual(calls, ['datasync /staging/FILE', 'rename /staging/FILE', ...made, ...renamed])
  })

  for (const code of ['ENOSPC', 'EDQUOT']) {
    for (const method of ['writev', 'datasync'] as const) {
      it(`answers DISK_FULL when ${method} fails with ${code}, and leaves nothing`, async (t) => {
        const root = await tempFolder(t)
        const backend = await openDiskBackend({ root, fs: failingFs(method, code, /staging\/./) })

        const put = backend.put('chunk_1', oneOf(Buffer.alloc(1000)), 1000)

        await assert.rejects(put, { code: 'DISK_FULL', status: 507 })
        assert.deepEqual(await filesIn(root), [])
      })
    }
  }

  it('takes the object back if its folder cannot be synced after the rename', async (t) => {
    const root = await tempFolder(t)
    const backend = await openDiskBackend({ root, fs: failingFs('sync', 'EIO', /objects\/.\/.$/) })

    await assert.rejects(backend.put('chunk_1', oneOf(Buffer.alloc(10)), 10), {
      code: 'BACKEND_UNAVAILABLE',
      status: 503,
      retryAfterSeconds: 10,
    })

    assert.deepEqual(await filesIn(root), [])
  })

  it('goes on writing where the disk took a part only', async (t) => {
    const root = await tempFolder(t)
    const fs: DiskFs = {
      ...fsPromises,
      open: async (path, flags, mode) => {
        const handle = await fsPromises.open(path, flags, mode)
        const writeSome = async (pieces: readonly Buffer[], at: number) => {
          const part = Buffer.concat(pieces).subarray(0, 7)
          return { bytesWritten: (await handle.write(part, 0, part.length, at)).bytesWritten, buffers: pieces }
        }
        return Object.assign(handle, { writev: writeSome })
      },
    }
    const staged = await (await openDiskBackend({ root, fs })).stage('chunk_1')

    await staged.write([Buffer.from('abcde'), Buffer.from('fghij'), Buffer.from('klm'), Buffer.from('nopqrstuvw')], 0)

    assert.equal(await readFile(join(root, 'objects', await staged.commit()), 'utf8'), 'abcdefghijklmnopqrstuvw')
  })

  it('writes large objects in runs of at most 512 KiB, without cutting or copying a piece', async (t) => {
    const root = await tempFolder(t)
    const written: number[] = []
    const fs: DiskFs = {
      ...fsPromises,
      open: async (path, flags, mode) => {
        const handle = await fsPromises.open(path, flags, mode)
        const original = handle.writev
        const writev = (pieces: readonly Buffer[], at: number) => {
          written.push(pieces.reduce((sum, piece) => sum + piece.length, 0))
          return original.call(handle, pieces, at)
        }
        return Object.assign(handle, { writev })
      },
    }
    const pieces = [300, 200, 100, 600, 1].map((kib, index) => Buffer.alloc(kib * 1024, index))
    const staged = await (await openDiskBackend({ root, fs })).stage('chunk_1')

    await staged.write(pieces, 0)

    assert.deepEqual(written, [500 * 1024, 100 * 1024, 600 * 1024, 1024])
    assert.deepEqual(await readFile(join(root, 'objects', await staged.commit())), Buffer.concat(pieces))
  })

  it('makes its folders again if somebody removed them while it runs', async (t) => {
    const root = await tempFolder(t)
    const backend = await openDiskBackend({ root })
    const first = await backend.put('chunk_1', oneOf(Buffer.from('one')), 3)
    await rm(join(root, 'objects'), { recursive: true })
    await rm(join(root, 'staging'), { recursive: true })

    const again = await backend.put('chunk_1', oneOf(Buffer.from('one')), 3)

    assert.equal(again, first)
    assert.deepEqual(await backend.stat(again), { sizeBytes: 3 })
  })

  it('does not follow a symbolic link in the place of an object', async (t) => {
    const root = await tempFolder(t)
    const backend = await openDiskBackend({ root })
    const locator = await backend.put('chunk_1', oneOf(Buffer.from('one')), 3)
    await backend.delete([locator])
    await writeFile(join(root, 'outside'), 'not yours')
    await symlink(join(root, 'outside'), join(root, 'objects', locator))

    await assert.rejects(backend.get(locator, 0, 2), { code: 'BACKEND_UNAVAILABLE' })
  })

  it('refuses an id that is no plain name', async (t) => {
    const backend = await openDiskBackend({ root: await tempFolder(t) })

    for (const id of ['', '.', '..', 'a/b', 'a.b', 'a\0', 'x'.repeat(129)]) {
      await assert.rejects(backend.put(id, oneOf(Buffer.from('x')), 1), { code: 'LOCATOR_INVALID' })
    }
  })
})

describe('disk backend, at start', () => {
  const setUp = async (t: TestContext) => {
    const root = await tempFolder(t)
    await mkdir(join(root, 'staging'))
    const leave = async (name: string, ageMs = 0) => {
      await writeFile(join(root, 'staging', name), 'left')
      const moment = new Date(Date.now() - ageMs)
      await utimes(join(root, 'staging', name), moment, moment)
    }
    return { root, leave, self: thisProcess() }
  }

  it('removes at once what a dead process left', async (t) => {
    const { root, leave, self } = await setUp(t)
    const { pid } = spawnSync(process.execPath, ['--version'])
    await leave(`${toTag({ ...self, pid })}.aaaa`)
    await leave(`${toTag({ ...self, startTick: '1' })}.bbbb`)

    await openDiskBackend({ root })

    assert.deepEqual(await readdir(join(root, 'staging')), [])
  })

  it('leaves alone what a living process may still write', async (t) => {
    const { root, leave, self } = await setUp(t)
    const names = [
      `${toTag(self)}.aaaa`,
      `${toTag({ ...self, boot: 'ffffffffffff', pid: 1 })}.bbbb`,
      `${toTag({ ...self, namespace: '1', pid: 999_999 })}.cccc`,
      'of-somebody-else',
    ]
    for (const name of names) await leave(name, STALE_AFTER_MS - 60_000)

    await openDiskBackend({ root })

    assert.deepEqual((await readdir(join(root, 'staging'))).sort(), names.sort())
  })

  it('removes what nobody touched for an hour, whoever left it', async (t) => {
    const { root, leave, self } = await setUp(t)
    await leave(`${toTag({ ...self, namespace: '1' })}.cccc`, STALE_AFTER_MS + 60_000)
    await leave('of-somebody-else', STALE_AFTER_MS + 60_000)

    await openDiskBackend({ root })

    assert.deepEqual(await readdir(join(root, 'staging')), [])
  })

  it('keeps every object that was committed', async (t) => {
    const { root } = await setUp(t)
    const locator = await (await openDiskBackend({ root })).put('chunk_1', oneOf(Buffer.from('kept')), 4)

    const reopened = await openDiskBackend({ root })

    assert.deepEqual(await reopened.stat(locator), { sizeBytes: 4 })
  })
})

async function* oneOf(bytes: Buffer): AsyncIterable<Buffer> {
  yield bytes
}
