import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { type Answer, ok, seen, simulatedBot, v2 } from '../v2.fixture.ts'
import { createCommand, listCommands, renameCommand } from './contract.ts'

const base64 = (name: string): string => Buffer.from(name).toString('base64')
const CODE = "bot.reply_to(message, 'Hello World!')"
const refused = (status: number, result: string, code: string) => ({
  status,
  body: { ok: false, result, msg: result, code },
})
const resultOf = ({ body }: Answer): unknown => (body as { result: unknown }).result

for (const dialect of dialects) {
  describe(`commands (${dialect})`, async () => {
    const app = await testApp(dialect)
    const bot = async () => {
      const ada = await app.account()
      const { botid, params } = await simulatedBot(ada)
      const path = `/v2/bots/${botid}/commands`
      return {
        ada,
        params,
        path,
        call: (method: string, tail: string, body?: unknown) => v2(ada, method, path + tail, body),
      }
    }

    it('answer the published examples to the letter', async () => {
      const { call } = await bot()

      const created = await call('POST', '', { command: 'hello', code: CODE })
      const got = await call('GET', '/aGVsbG8=')
      const updated = await call('PUT', '/aGVsbG8=', { code: "bot.reply_to(message, 'Updated Hello World!')" })
      const renamed = await call('PATCH', '/aGVsbG8=/rename', { new_name: 'greet' })
      const deleted = await call('DELETE', '/Z3JlZXQ=')

      assert.deepEqual(seen(created), ok({ result: 'Command created successfully' }))
      assert.deepEqual(seen(got), ok({ command: { command: 'hello', code: CODE, is_pinned: false } }))
      assert.deepEqual(seen(updated), ok({ command: 'hello' }))
      assert.deepEqual(seen(renamed), ok({ result: 'Command renamed successfully' }))
      assert.deepEqual(seen(deleted), ok({ result: 'Command deleted successfully' }))
    })

    it('are renamed by the typed client, and changed in nothing else', async () => {
      const { ada, params, call } = await bot()
      await call('POST', '', { command: 'old', code: 'pass' })

      await ada.call(renameCommand, { params: { ...params, '*': base64('old') }, body: { new_name: 'new' } })

      const renamed = await call('GET', `/${base64('new')}`)
      assert.deepEqual(seen(renamed), ok({ command: { command: 'new', code: 'pass', is_pinned: false } }))
    })

    it('list folders as the published example does', async () => {
      const { ada, params, call } = await bot()
      const none = await call('GET', '/folders')
      for (const command of ['help', 'start'])
        await ada.call(createCommand, { params, body: { command, code: '', folder: 'utility' } })
      await ada.call(createCommand, { params, body: { command: 'loose', code: '', folder: '' } })

      const folders = await call('GET', '/folders/')

      assert.deepEqual(seen(none), ok({ folders: [] }))
      assert.deepEqual(seen(folders), ok({ folders: [{ name: 'utility', commands: ['help', 'start'] }] }))
    })

    it('are refused in the published words', async () => {
      const { call } = await bot()
      await call('POST', '', { command: 'a', code: '' })
      await call('POST', '', { command: 'b', code: '' })
      const missing = refused(404, 'Command not found', 'command_not_found')
      const taken = refused(409, 'Command already exists', 'command_exists')

      assert.deepEqual(seen(await call('GET', '/enp6')), missing)
      assert.deepEqual(seen(await call('PUT', '/enp6', { code: '' })), missing)
      assert.deepEqual(seen(await call('DELETE', '/enp6')), missing)
      assert.deepEqual(seen(await call('PATCH', '/enp6/rename', { new_name: 'c' })), missing)
      assert.deepEqual(seen(await call('POST', '', { command: 'a', code: '' })), taken)
      assert.deepEqual(seen(await call('PATCH', `/${base64('a')}/rename`, { new_name: 'b' })), taken)
      assert.equal((await call('PATCH', `/${base64('a')}/rename`, { new_name: 'a' })).status, 200)
      assert.equal(resultOf(await call('POST', '', { code: '' })), 'Command name is required')
      assert.equal(resultOf(await call('POST', '', { command: ' ', code: '' })), 'Command name is required')
      assert.equal((await call('POST', '', { command: 'a'.repeat(257), code: '' })).status, 400)
      assert.equal((await call('POST', '', { command: 'a\u0007', code: '' })).status, 400)
      const large = await call('PUT', `/${base64('a')}`, { code: 'ü'.repeat(131_073) })
      assert.deepEqual([large.status, resultOf(large)], [413, 'The code of a command may have 256 KB at most'])
    })

    it('are refused for encodings that cannot be read', async () => {
      const { call } = await bot()

      for (const encoded of ['a', 'abcde', '!!!!', '_w==', '%252F', '%'])
        for (const [method, tail, body] of [
          ['GET', ''],
          ['PUT', '', { code: '' }],
          ['DELETE', ''],
          ['PATCH', '/rename', { new_name: 'x' }],
        ] as const) {
          const answer = await call(method, `/${encoded}${tail}`, body)
          assert.equal(answer.status, 400, `${method} ${encoded}: ${answer.text}`)
          if (encoded !== '%') assert.equal(resultOf(answer), 'Invalid command encoding')
        }
    })

    it('keep what clients of the published API send along, and ignore the rest', async () => {
      const { ada, params, call } = await bot()
      await call('POST', '', { command: 'x', code: '1', unknown: [1], _id: 'mine' })

      await call('PUT', '/eA==', {
        code: '2',
        _id: 'mine',
        bot: 1,
        created_at: 'long ago',
        pinned: true,
        admin_only: true,
      })
      const got = await call('GET', '/eA==')
      const { commands } = await ada.call(listCommands, { params })

      assert.deepEqual(seen(got), ok({ command: { command: 'x', code: '2', is_pinned: true } }))
      assert.notEqual(commands[0]?._id, 'mine')
      assert.deepEqual(
        commands.map(({ command, pinned, is_pinned, admin_only }) => ({ command, pinned, is_pinned, admin_only })),
        [{ command: 'x', pinned: true, is_pinned: true, admin_only: true }],
      )
    })

    it('can be made with a form, and with the key in the body', async () => {
      const { ada, path, call } = await bot()
      const send = (type: string, body: string) =>
        app.fetch(path, { method: 'POST', headers: { 'content-type': type }, body })

      const form = new URLSearchParams({ command: 'a b+c', code: 'x = 1\ny = "ü&"', pinned: 'true', api_key: ada.key })
      const byForm = await send('application/x-www-form-urlencoded', `${form}`)
      const byJson = await send('application/json', JSON.stringify({ api_key: ada.key, command: 'test', code: CODE }))
      const got = await call('GET', `/${base64('a b+c')}`)

      assert.deepEqual([byForm.status, byJson.status], [200, 200])
      assert.deepEqual(seen(got), ok({ command: { command: 'a b+c', code: 'x = 1\ny = "ü&"', is_pinned: true } }))
    })

    it('live through their whole life under any valid name, in every encoding of it', async () => {
      const { call } = await bot()
      const names = fc
        .oneof(
          fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }),
          fc.stringMatching(/^[?>~я🟢 ]{1,12}$/u),
          fc.constantFrom('a~?', '??>', '/start', 'user info', 'Привет', '🟢 Joined', 'folders', 'я'.repeat(128)),
        )
        .map((name) => name.trim())
        .filter((name) => name !== '' && Buffer.byteLength(name) <= 256 && !/\p{Cc}/u.test(name))
      const encoders = [
        base64,
        (name: string) => base64(name).replace(/=+$/, ''),
        (name: string) => Buffer.from(name).toString('base64url'),
        (name: string) => encodeURIComponent(base64(name)),
      ]

      await fc.assert(
        fc.asyncProperty(names, fc.constantFrom(...encoders), async (name, encode) => {
          const at = `/${encode(name)}`
          assert.equal((await call('POST', '', { command: name, code: 'a' })).status, 200)
          assert.deepEqual(seen(await call('PUT', at, { code: 'b' })), ok({ command: name }))
          assert.deepEqual(seen(await call('GET', at)), ok({ command: { command: name, code: 'b', is_pinned: false } }))
          assert.equal((await call('PATCH', `${at}/rename`, { new_name: 'other' })).status, 200)
          assert.equal((await call('PATCH', `/${base64('other')}/rename`, { new_name: name })).status, 200)
          assert.equal((await call('DELETE', at)).status, 200)
          assert.equal((await call('GET', at)).status, 404)
        }),
        { numRuns: 40 },
      )
    })

    it('give a name to one of twenty who want it at once', async () => {
      const { call } = await bot()
      for (let n = 0; n < 10; n++) await call('POST', '', { command: `c${n}`, code: '' })

      const wishes = Array.from({ length: 10 }, (_, n) => [
        call('PATCH', `/${base64(`c${n}`)}/rename`, { new_name: 'wanted' }),
        call('POST', '', { command: 'wanted', code: '' }),
      ])
      const statuses = (await Promise.all(wishes.flat())).map(({ status }) => status)

      assert.equal(statuses.filter((status) => status === 200).length, 1)
      assert.equal(statuses.filter((status) => status === 409).length, 19)
    })
  })
}
