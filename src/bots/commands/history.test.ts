import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { type Answer, ok, seen, simulatedBot, v2 } from '../v2.fixture.ts'
import { listCommands } from './contract.ts'

const base64 = (name: string): string => Buffer.from(name).toString('base64')
const AT = `/commands/${encodeURIComponent(base64('/a'))}`
const resultOf = <T>({ body }: Answer): T => (body as { result: T }).result
const codeOf = ({ body }: Answer): string => (body as { code: string }).code

interface Version {
  readonly version: number
  readonly command: string
  readonly saved_by: string
}

for (const dialect of dialects) {
  describe(`the history of commands (${dialect})`, async () => {
    const app = await testApp(dialect)
    const bot = async (code = 'one\n') => {
      const ada = await app.account()
      const { botid, params } = await simulatedBot(ada, { '/a': code })
      const call = (method: string, tail: string, body?: unknown) => v2(ada, method, `/v2/bots/${botid}${tail}`, body)
      const list = async () => (await ada.call(listCommands, { params })).commands
      return { ada, botid, params, call, list }
    }

    it('has a version for every save that changes code or name, and none for the others', async () => {
      const { call, list } = await bot()

      await call('PUT', AT, { code: 'two\n' })
      await call('PUT', AT, { code: 'two\n' })
      await call('PUT', AT, { code: 'two\n', pinned: true })
      await call('PATCH', `${AT}/rename`, { new_name: '/b' })
      await call('PATCH', `/commands/${encodeURIComponent(base64('/b'))}/rename`, { new_name: '/a' })
      const versions = resultOf<Version[]>(await call('GET', `${AT}/versions`))

      assert.deepEqual(
        versions.map(({ version, command }) => [version, command]),
        [
          [4, '/a'],
          [3, '/b'],
          [2, '/a'],
          [1, '/a'],
        ],
      )
      assert.ok(versions.every(({ saved_by }) => /^key:/.test(saved_by)))
      assert.equal((await list())[0]?.version, 4)
    })

    it('shows a version, what changed between two, and brings one back as a new one', async () => {
      const { call } = await bot('one\ntwo\n')
      await call('PUT', AT, { code: 'one\n2\n' })
      await call('PUT', AT, { code: 'one\n3\n' })

      const first = await call('GET', `${AT}/versions/1`)
      const last = await call('GET', `${AT}/diff`)
      const whole = await call('GET', `${AT}/diff?from=1&to=3`)
      const restored = await call('POST', `${AT}/versions/1/restore`)
      const command = await call('GET', AT)

      assert.equal(resultOf<{ code: string }>(first).code, 'one\ntwo\n')
      const diff = (from: number, to: number, old: string) =>
        `--- /a (version ${from})\n+++ /a (version ${to})\n@@ -1,2 +1,2 @@\n one\n-${old}\n+3\n`
      assert.deepEqual(seen(last), ok({ result: { from: 2, to: 3, diff: diff(2, 3, '2') } }))
      assert.deepEqual(seen(whole), ok({ result: { from: 1, to: 3, diff: diff(1, 3, 'two') } }))
      assert.deepEqual(seen(restored), ok({ result: 'Command restored successfully' }))
      assert.deepEqual(seen(command), ok({ command: { command: '/a', code: 'one\ntwo\n', is_pinned: false } }))
      assert.equal(resultOf<Version[]>(await call('GET', `${AT}/versions`))[0]?.version, 4)
      for (const missing of ['/versions/9', '/diff?from=9', '/diff?to=9'])
        assert.equal(codeOf(await call('GET', AT + missing)), 'command_version_not_found')
      assert.equal(codeOf(await call('POST', `${AT}/versions/9/restore`)), 'command_version_not_found')
      assert.equal((await call('GET', `${AT}/versions/x`)).status, 400)
      assert.equal(codeOf(await call('GET', '/commands/enp6/versions')), 'command_not_found')
      assert.equal(codeOf(await call('GET', '/commands/a/versions')), 'command_encoding_invalid')
    })

    it('keeps the last hundred versions', async () => {
      const { call } = await bot('0')
      for (let n = 1; n <= 102; n += 1) await call('PUT', AT, { code: String(n) })

      const versions = resultOf<Version[]>(await call('GET', `${AT}/versions`))

      assert.deepEqual([versions.length, versions[0]?.version, versions.at(-1)?.version], [100, 103, 4])
    })

    it('can be read and used with any name, also one whose base64 ends like an address of ours', async () => {
      const { call } = await bot()
      for (const name of ['a~?', '??>', 'Привет', '🟢 Joined', 'versions', 'diff', 'я/versions', 'x'.repeat(256)]) {
        const at = `/commands/${Buffer.from(name).toString('base64url')}`
        await call('POST', '/commands', { command: name, code: 'x' })
        assert.equal(resultOf<Version[]>(await call('GET', `${at}/versions`))[0]?.command, name)
        assert.equal((await call('PATCH', at, { folder: 'f' })).status, 200)
        assert.equal((await call('GET', at)).status, 200)
        assert.equal((await call('DELETE', `/commands/${base64(name)}`)).status, 200)
      }
    })

    it('refuses a change of what has changed meanwhile, where the request names what it has read', async () => {
      const { ada, botid, call } = await bot()
      const path = `/v2/bots/${botid}${AT}`
      const send = (method: string, at: string, etag: string, body?: object) =>
        ada.fetch(at, {
          method,
          headers: { 'content-type': 'application/json', 'if-match': etag },
          body: JSON.stringify(body ?? {}),
        })
      const old = (await ada.fetch(path)).headers.get('etag') ?? ''
      const saved = await send('PUT', path, old, { code: 'two' })
      const now = saved.headers.get('etag') ?? ''

      const refused = [
        await send('PUT', path, old, { code: 'three' }),
        await send('PATCH', path, old, { pinned: true }),
        await send('PATCH', `${path}/rename`, old, { new_name: '/b' }),
        await send('DELETE', path, old),
        await send('PUT', path, `W/${now}`, { code: 'three' }),
      ]

      assert.equal(saved.status, 200)
      assert.equal((await ada.fetch(path)).headers.get('etag'), now)
      for (const answer of refused) {
        const { result, code } = (await answer.json()) as { result: string; code: string }
        assert.deepEqual([answer.status, code], [412, 'command_changed'], result)
      }
      assert.deepEqual(seen(await call('GET', AT)), ok({ command: { command: '/a', code: 'two', is_pinned: false } }))
      assert.equal((await send('PATCH', path, now, { pinned: true })).status, 200)
      assert.equal((await send('PUT', path, '*', { code: 'three' })).status, 200)
      assert.equal((await send('DELETE', path, '*')).status, 200)
    })

    it('keeps pins, folders, aliases and who may run it apart from the code', async () => {
      const { call, list } = await bot()
      await call('POST', '/commands', { command: '/b', code: '', aliases: ['bee'] })

      const changed = await call('PATCH', AT, { pinned: true, folder: 'tools', admin_only: true, aliases: ['x', ' y ', 'x'] }) // biome-ignore format: one line
      const marked = (await list()).find(({ command }) => command === '/a')
      await call('PATCH', AT, { pinned: false })
      const later = (await list()).find(({ command }) => command === '/a')

      assert.deepEqual(seen(changed), ok({ command: '/a' }))
      const marks = { is_pinned: true, pinned: true, folder: 'tools', admin_only: true, aliases: ['x', 'y'] }
      assert.deepEqual({ ...marked, ...marks }, marked)
      assert.deepEqual({ ...later, ...marks, is_pinned: false, pinned: false }, later)
      for (const alias of ['/b', 'bee'])
        assert.equal(codeOf(await call('PATCH', AT, { aliases: [alias] })), 'alias_taken')
      assert.equal(codeOf(await call('POST', '/commands', { command: '/c', code: '', aliases: ['x'] })), 'alias_taken')
      assert.equal((await call('PATCH', AT, { aliases: ['x'] })).status, 200)
    })
  })

  describe(`deleted commands (${dialect})`, async () => {
    const app = await testApp(dialect)

    it('come back with their versions, under another name where theirs is taken, or go for good', async () => {
      const ada = await app.account()
      const { botid } = await simulatedBot(ada, { '/a': 'one' })
      const call = (method: string, tail: string, body?: unknown) => v2(ada, method, `/v2/bots/${botid}${tail}`, body)
      const trash = async () =>
        resultOf<{ _id: string; command: string; deleted_at: string; purged_after: string }[]>(await call('GET', '/trash')) // biome-ignore format: one line
      await call('PUT', AT, { code: 'two', folder: 'f', pinned: true })
      await call('DELETE', AT)
      await call('POST', '/commands', { command: '/a', code: 'another' })

      const [deleted] = await trash()
      const at = `/trash/${deleted?._id}`
      const taken = await call('POST', `${at}/restore`)
      const restored = await call('POST', `${at}/restore`, { new_name: '/a2' })
      const versions = await call('GET', `/commands/${base64('/a2').replaceAll('/', '%2F')}/versions`)
      const again = await call('POST', `${at}/restore`)

      const days = (Date.parse(deleted?.purged_after ?? '') - Date.parse(deleted?.deleted_at ?? '')) / 86_400_000
      assert.deepEqual([deleted?.command, days], ['/a', 90])
      assert.equal(codeOf(taken), 'command_exists')
      assert.deepEqual(seen(restored), ok({ result: 'Command restored successfully', command: '/a2' }))
      assert.equal(resultOf<Version[]>(versions).length, 2)
      assert.equal(codeOf(again), 'command_not_in_trash')
      await call('DELETE', AT)
      const [second] = await trash()
      assert.equal((await call('DELETE', `/trash/${second?._id}`)).status, 200)
      assert.equal(codeOf(await call('DELETE', `/trash/${second?._id}`)), 'command_not_in_trash')
      assert.deepEqual(await trash(), [])
      const { db } = app.app.core.database
      const left = await db.selectFrom('command_versions').select('name').where('bot_id', '=', botid).execute()
      assert.equal(left.length, 2)
    })
  })
}
