import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testTelegram } from '../../src/bots/gateway/telegram.fixture.ts'
import { type Answer, v2 } from '../../src/bots/v2.fixture.ts'
import { testApp } from '../app.ts'
import { dialects } from '../database.ts'

// The tokens, names and bodies that the published page prints.
const TOKEN = '1234567890:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
const NEW_TOKEN = '1234567890:NEWAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
const CLONE_TOKEN = '1234567890:CLONEDAAAAAAAAAAAAAAAAAAAAAAA'
const HELLO = "bot.reply_to(message, 'Hello World!')"
const UPDATED = "bot.reply_to(message, 'Updated Hello World!')"

const telegram = await testTelegram()
telegram.know(TOKEN, 'mybotusername')

const answered = ({ status, body }: Answer): [number, unknown] => [status, body]
const done = (result: unknown): [number, unknown] => [200, { ok: true, result }]

for (const dialect of dialects) {
  describe(`the published page of bots (${dialect})`, async () => {
    const app = await testApp(dialect, { settings: { TELEGRAM_API_ROOT: telegram.root } })

    it('is answered example by example, to the letter', async () => {
      const [ada, bob] = [await app.account(), await app.account()]
      const call = async (method: string, path: string, body?: unknown) => answered(await v2(ada, method, path, body))
      telegram.know(TOKEN, 'mybotusername')

      const created = await v2(ada, 'POST', '/v2/create-bot', { bot_token: TOKEN, bot_name: 'My Bot' })
      const { botid } = (created.body as { result: { botid: string } }).result
      const bot = `/v2/bots/${botid}`
      assert.deepEqual(answered(created), done({ botid, bot_name: 'My Bot', bot_username: 'mybotusername' }))

      telegram.know(NEW_TOKEN, 'mynewbotusername')
      assert.deepEqual(await call('POST', `${bot}/update-bot-token`, { token: NEW_TOKEN }), done('Bot token updated successfully')) // biome-ignore format: one line
      assert.deepEqual(await call('POST', `${bot}/version`, { version: '4.19.0' }), done('Bot version updated successfully')) // biome-ignore format: one line

      const command = { command: 'hello', code: HELLO }
      assert.deepEqual(await call('POST', `${bot}/commands`, command), done('Command created successfully'))
      assert.deepEqual(await call('PUT', `${bot}/commands/aGVsbG8=`, { code: UPDATED }), [200, { ok: true, command: 'hello' }]) // biome-ignore format: one line
      const shown = { command: 'hello', code: UPDATED, is_pinned: false }
      assert.deepEqual(await call('GET', `${bot}/commands/aGVsbG8=`), [200, { ok: true, command: shown }])
      assert.deepEqual(await call('PATCH', `${bot}/commands/aGVsbG8=/rename`, { new_name: 'greet' }), done('Command renamed successfully')) // biome-ignore format: one line
      for (const name of ['help', 'start']) await call('POST', `${bot}/commands`, { command: name, code: '', folder: 'utility' }) // biome-ignore format: one line
      const folders = [{ name: 'utility', commands: ['help', 'start'] }]
      assert.deepEqual(await call('GET', `${bot}/commands/folders`), [200, { ok: true, folders }])

      const asked = { format: 'json', include_creation_date: true, include_last_active_date: true }
      assert.deepEqual(await call('POST', `/v2/export-users-file/${botid}`, asked), [200, []])
      const [, exported] = await call('GET', `${bot}/export-bot?format=json&include_data=false`)
      const file = Buffer.from(JSON.stringify(exported)).toString('base64')
      const imported = { import_data: file, format: 'json', remove_old_commands: false }
      assert.deepEqual(await call('POST', `${bot}/import-commands`, imported), done('Commands imported successfully'))
      assert.deepEqual(await call('DELETE', `${bot}/commands/Z3JlZXQ=`), done('Command deleted successfully'))

      telegram.know(CLONE_TOKEN, 'clonedbotusername')
      const cloned = await v2(ada, 'POST', `${bot}/clone-bot`, { new_token: CLONE_TOKEN })
      const copy = (cloned.body as { result: { botid: string } }).result.botid
      assert.deepEqual(answered(cloned), done({ botid: copy, message: 'Bot cloned successfully' }))
      assert.deepEqual(await call('POST', `${bot}/transfer-bot`, { to_email: bob.email }), done('Bot transferred successfully')) // biome-ignore format: one line
      assert.deepEqual(await call('DELETE', `/v2/bots/${copy}`), done('Bot deleted successfully'))
    })

    it('is refused in its words, under result and msg, with a code of ours', async () => {
      const ada = await app.account()
      const made = await v2(ada, 'POST', '/v2/create-bot', { simulated: true })
      const bot = `/v2/bots/${(made.body as { result: { botid: string } }).result.botid}`
      const open = async (path: string, headers: Record<string, string>): Promise<[number, unknown]> => {
        const response = await app.fetch(path, { headers })
        return [response.status, await response.json()]
      }
      const refused = (status: number, text: string, code: string) => [status, { ok: false, result: text, msg: text, code }] // biome-ignore format: one line

      assert.deepEqual(await open('/v2/bots', {}), refused(401, 'Authentication required', 'auth_missing'))
      const wrong = await open('/v2/bots', { authorization: 'Bearer tk_live_wrong' })
      assert.deepEqual([wrong[0], (wrong[1] as { result: string }).result], [401, 'Invalid API key'])
      assert.deepEqual(answered(await v2(ada, 'GET', '/v2/bots/1')), refused(404, 'Bot not found or not owned by you', 'bot_not_found')) // biome-ignore format: one line
      assert.deepEqual(answered(await v2(ada, 'GET', `${bot}/commands/L3N0YXJ0`)), refused(404, 'Command not found', 'command_not_found')) // biome-ignore format: one line
      const token = await v2(ada, 'POST', '/v2/create-bot', { bot_token: 'x', bot_name: 'My Bot' })
      assert.deepEqual([token.status, (token.body as { result: string }).result], [400, 'Invalid bot token format'])
    })

    it('names its commands as the page does, in both of its alphabets and with the key wherever it puts it', async () => {
      const ada = await app.account()
      const made = await v2(ada, 'POST', '/v2/create-bot', { simulated: true })
      const path = `/v2/bots/${(made.body as { result: { botid: string } }).result.botid}/commands`
      const table = {
        L3N0YXJ0: '/start',
        'L2hlbHA=': '/help',
        L3NldHRpbmdz: '/settings',
        'aGVsbG9fd29ybGQ=': 'hello_world',
        dXNlciBpbmZv: 'user info',
      }

      for (const [encoded, command] of Object.entries(table)) {
        const json = { 'content-type': 'application/json' }
        const body = JSON.stringify({ api_key: ada.key, command, code: "bot.reply_to(message, 'Test command')" })
        assert.equal((await app.fetch(path, { method: 'POST', headers: json, body })).status, 200)
        const answer = await app.fetch(`${path}/${encoded}?api_key=${ada.key}`)
        assert.equal(((await answer.json()) as { command: { command: string } }).command.command, command)
      }
      const listed = await (await app.fetch(`${path}?api_key=${ada.key}`)).json()
      const { commands } = listed as { commands: { command: string; pinned: boolean; admin_only: boolean }[] }
      assert.deepEqual(commands.map(({ command }) => command), Object.values(table)) // biome-ignore format: one line
    })
  })
}
