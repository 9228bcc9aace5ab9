import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type TestAccount, testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { createCommand, listCommands } from '../commands/contract.ts'
import { botPlace } from '../data/places.ts'
import { valueRepo } from '../data/values-repo.ts'
import { botUserRepo } from '../users/repo.ts'
import { seen, simulatedBot, v2 } from '../v2.fixture.ts'

const FORMATS = ['json', 'yaml', 'txt'] as const
const KB = 1024

// What text formats break on.
const HARD: Readonly<Record<string, string>> = {
  '/fence': 'a\n---\nCommand: /x\n---\nb\n----\n',
  '/title': '=== /x ===\nx = 1\n=== ===\n',
  '/tabs': 'if x:\n\tpass\n\t\n \t y\n',
  '/windows': 'a = 1\r\nb = 2\r\n',
  '🟢 Joined': 'bot.sendMessage("🟢 Привет — ‍👩‍👩‍👧")',
  '*': '',
  '/large': `${'# ü🟢\n'.repeat(36_000)}`.slice(0, 36_000),
  '/full': 'x'.repeat(256 * KB),
}

// Which bot it is of, and when it was made.
const withoutIdentity = (file: string): string => file.replace(/^ +"?(botid|bot_username|\w*date)"?:.*\n/gm, '')

// When a file was made is no part of what it holds.
const withoutDates = (file: string): string => file.replace(/\b(_export_date|date)("?: *"?)[^",\n]+/g, '$1$2then')

for (const dialect of dialects) {
  describe(`exports (${dialect})`, async () => {
    const app = await testApp(dialect)
    const bot = async (commands: Readonly<Record<string, string>> = {}) => {
      const ada = await app.account()
      return { ada, ...(await simulatedBot(ada, commands)) }
    }
    const download = async (who: TestAccount, botid: string, query: string) => {
      const response = await who.fetch(`/v2/bots/${botid}/export-bot${query}`)
      return { response, text: await response.text() }
    }
    const importInto = (who: TestAccount, botid: string, body: object, headers: Record<string, string> = {}) =>
      who.fetch(`/v2/bots/${botid}/import-commands`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      })
    const commandsOf = async (who: TestAccount, botid: string) =>
      (await who.call(listCommands, { params: { botid } })).commands
    const base64 = (text: string): string => Buffer.from(text).toString('base64')

    for (const format of FORMATS)
      it(`come back byte for byte in ${format}, into the same bot and into another, whatever code they hold`, async () => {
        const { ada, botid, params } = await bot(HARD)
        const marks = { admin_only: true, folder: 'tools', aliases: ['marked'], pinned: true }
        await ada.call(createCommand, { params, body: { command: '/marked', code: 'x', ...marks } })
        const other = await simulatedBot(ada, { '/old': 'gone' })
        const first = await download(ada, botid, `?format=${format}`)

        const same = await importInto(ada, botid, {
          import_data: base64(first.text),
          format,
          remove_old_commands: true,
        })
        const again = await download(ada, botid, `?format=${format}`)
        const elsewhere = { import_data: base64(first.text), format, remove_old_commands: true }
        assert.equal((await importInto(ada, other.botid, elsewhere)).status, 200)
        const there = await download(ada, other.botid, `?format=${format}`)

        assert.deepEqual(await same.json(), { ok: true, result: 'Commands imported successfully' })
        assert.equal(withoutDates(again.text), withoutDates(first.text))
        assert.equal(withoutIdentity(there.text), withoutIdentity(first.text))
        const code = Object.fromEntries((await commandsOf(ada, other.botid)).map((each) => [each.command, each.code]))
        assert.deepEqual(code, { ...HARD, '/marked': 'x' })
      })

    it('are files with a name, a type and a tag; json unless something else is asked for', async () => {
      const { ada, botid, username } = await bot({ '/a': 'x' })
      const types = {
        '': 'application/json; charset=utf-8',
        '?format=JSON': 'application/json; charset=utf-8',
        '?format=yml': 'application/yaml; charset=utf-8',
        '?format=txt&include_data=true': 'text/plain; charset=utf-8',
      }

      for (const [query, type] of Object.entries(types)) {
        const { response } = await download(ada, botid, query)
        assert.equal(response.headers.get('content-type'), type)
        assert.match(response.headers.get('content-disposition') ?? '', new RegExp(`^attachment; filename="${username}\\.\\w+"$`)) // biome-ignore format: one line
        assert.match(response.headers.get('etag') ?? '', /^"[\w-]{22}"$/)
      }
      const byPost = await v2(ada, 'POST', `/v2/bots/${botid}/export-bot`, { format: 'json', include_data: true })
      assert.deepEqual((byPost.body as { commands: unknown }).commands, [{ command: '/a', code: 'x' }])
      const byBoth = await ada.fetch(`/v2/bots/${botid}/export-bot?format=txt`, { method: 'POST' })
      assert.equal(await byBoth.text(), 'Command: /a\n---\nx\n---\n')
      const wrong = await v2(ada, 'GET', `/v2/bots/${botid}/export-bot?format=xml`)
      assert.deepEqual([wrong.status, (wrong.body as { result: string }).result], [400, 'format must be json, yaml or txt']) // biome-ignore format: one line
    })

    it('change commands of the same name, add the others, and remove the rest only on request', async () => {
      const { ada, botid } = await bot({ '/kept': 'old', '/changed': 'old' })
      const file = { commands: [{ command: '/changed', code: 'new' }, { command: '/added', code: 'new' }] } // biome-ignore format: one line

      assert.equal((await importInto(ada, botid, { import_data: file })).status, 200)
      const before = (await commandsOf(ada, botid)).map(({ command, code }) => [command, code])
      await importInto(ada, botid, { import_data: JSON.stringify(file), remove_old_commands: 'true' })
      const after = (await commandsOf(ada, botid)).map(({ command, code, version }) => [command, code, version])

      assert.deepEqual(before, [
        ['/kept', 'old'],
        ['/changed', 'new'],
        ['/added', 'new'],
      ])
      assert.deepEqual(after, [
        ['/changed', 'new', 2],
        ['/added', 'new', 1],
      ])
      const trash = await v2(ada, 'GET', `/v2/bots/${botid}/trash`)
      assert.deepEqual(
        (trash.body as { result: { command: string }[] }).result.map(({ command }) => command),
        ['/kept'],
      )
    })

    it('come in as base64 of either alphabet, as text and as an object', async () => {
      const { ada, botid } = await bot()
      const text = JSON.stringify({ commands: [{ command: '/a?>~', code: '???>>>~~~' }] })
      const ways: [data: unknown, format: string][] = [
        [base64(text), 'json'],
        [Buffer.from(text).toString('base64url'), 'json'],
        [base64(text).replace(/(.{20})/g, '$1\r\n'), 'json'],
        [text, 'json'],
        [JSON.parse(text), 'json'],
        [text, 'yaml'],
        ['commands:\n  - command: /a?>~\n    code: ???>>>~~~\n', 'yml'],
        ['Command: /a?>~\n---\n???>>>~~~\n---\n', 'TXT'],
        ['=== /a?>~ ===\n???>>>~~~', 'txt'],
      ]

      for (const [data, format] of ways) {
        const answer = await importInto(ada, botid, { import_data: data, format, remove_old_commands: true })
        assert.equal(answer.status, 200, `${format}: ${await answer.text()}`)
        const commands = (await commandsOf(ada, botid)).map(({ command, code }) => [command, code])
        assert.deepEqual(commands, [['/a?>~', '???>>>~~~']])
      }
    })

    it('are refused whole when anything is wrong with them', async () => {
      const { ada, botid } = await bot({ '/kept': 'x' })
      const good = { command: '/good', code: 'x' }
      const many = Array.from({ length: 400 }, (_, n) => ({ command: `/c${n}`, code: '' }))
      const wrong: [file: object | string, format: string, status: number, sentence: RegExp][] = [
        ['', 'json', 400, /^import_data is empty$/],
        ['not json', 'json', 400, /^The file is not valid JSON: /],
        [base64('a: ['), 'yaml', 400, /^The file is not valid YAML: /],
        ['hello', 'txt', 400, /^The text has no line such as/],
        [{ commands: [good, { command: ' ', code: '' }] }, 'json', 400, /^Command name is required$/],
        [{ commands: [good, { command: 'a'.repeat(257) }] }, 'json', 400, /^A command name has 1 to 256 bytes/],
        [{ commands: [good, good] }, 'json', 400, /^The file has the command \/good twice$/],
        [{ commands: [good, { command: '/b', code: 5 }] }, 'json', 400, /^The file needs a list/],
        [{ commands: [good, { command: '/b', code: 'x'.repeat(256 * KB + 1) }] }, 'json', 413, /^The code of a command may have 256 KB at most$/], // biome-ignore format: one line
        [{ commands: many }, 'json', 403, /^This bot has as many commands as it may have/],
        [base64('{"commands":[{"command":"/n","code":"a\\u0000b"}]}'), 'json', 400, /^Text must be valid Unicode/],
        [base64('{"commands":[{"command":"/n","code":"\\ud800"}]}'), 'json', 400, /^Text must be valid Unicode/],
      ]

      for (const [data, format, status, sentence] of wrong) {
        const answer = await importInto(ada, botid, { import_data: data, format, remove_old_commands: false })
        const { ok: isOk, result } = (await answer.json()) as { ok: boolean; result: string }
        assert.deepEqual([answer.status, isOk], [status, false], result)
        assert.match(result, sentence)
        assert.deepEqual((await commandsOf(ada, botid)).map(({ command }) => command), ['/kept']) // biome-ignore format: one line
      }
      const late = { commands: [good], global_data: [{ name: 'n', data: 1 }, { name: 'big', data: 'x'.repeat(2 * KB * KB) }] } // biome-ignore format: one line
      const halfway = await importInto(ada, botid, { import_data: late, include_data: true, remove_old_commands: true })
      assert.equal(((await halfway.json()) as { result: string }).result, 'The value big is larger than 2 MB')
      assert.deepEqual((await commandsOf(ada, botid)).map(({ command }) => command), ['/kept']) // biome-ignore format: one line
      assert.equal((await importInto(ada, botid, { import_data: { commands: many }, remove_old_commands: true })).status, 200) // biome-ignore format: one line
    })

    it('are refused when commands have changed since the export whose tag they name', async () => {
      const { ada, botid, params } = await bot({ '/a': 'x' })
      const { response, text } = await download(ada, botid, '')
      const etag = response.headers.get('etag') ?? ''
      await ada.call(createCommand, { params, body: { command: '/b', code: '' } })

      const stale = await importInto(ada, botid, { import_data: text }, { 'if-match': etag })
      const fresh = (await download(ada, botid, '?format=txt')).response.headers.get('etag') ?? ''
      const accepted = await importInto(ada, botid, { import_data: text }, { 'if-match': fresh })

      assert.equal(stale.status, 412)
      assert.equal(((await stale.json()) as { code: string }).code, 'commands_changed')
      assert.equal(accepted.status, 200)
      assert.equal(accepted.headers.get('etag'), (await download(ada, botid, '')).response.headers.get('etag'))
    })

    it('hold the values of the bot on request, and give them to a bot on request', async () => {
      const { ada, botid } = await bot({ '/a': 'x' })
      const copy = await simulatedBot(ada)
      const { db } = app.app.core.database
      const values = valueRepo(db)
      const kept = { count: '12345678901234567890', 'list of all': '[1,{"a":null}]' }
      for (const [name, json] of Object.entries(kept))
        await values.put(botPlace(ada.id, botid), { name, json, sizeBytes: json.length, nowMs: 1 })
      const valuesOf = async (id: string) =>
        Object.fromEntries((await values.list(botPlace(ada.id, id), '', undefined, 9)).map(({ name, value }) => [name, value])) // biome-ignore format: one line

      for (const format of ['json', 'yaml'] as const) {
        const { text } = await download(ada, botid, `?format=${format}&include_data=true`)
        await importInto(ada, copy.botid, { import_data: base64(text), format })
        assert.deepEqual(await valuesOf(copy.botid), {})
        await importInto(ada, copy.botid, { import_data: base64(text), format, include_data: true })
        assert.deepEqual(await valuesOf(copy.botid), kept)
        await db.deleteFrom('bot_values').where('bot_id', '=', copy.botid).execute()
      }
      assert.ok(!(await download(ada, botid, '')).text.includes('global_data'))
      const clones = [
        await v2(ada, 'POST', `/v2/bots/${botid}/clone-bot`, {}),
        await v2(ada, 'POST', `/v2/bots/${botid}/clone-bot`, { include_data: true }),
      ].map(({ body }) => (body as { result: { botid: string } }).result.botid)
      assert.deepEqual([await valuesOf(clones[0] ?? ''), await valuesOf(clones[1] ?? '')], [{}, kept])
    })

    it('hold neither the token nor the secrets of the bot', async () => {
      const { ada, botid } = await bot({ '/a': 'x' })
      await v2(ada, 'PUT', `/v2/bots/${botid}/secrets/KEY`, { value: 'the secret value' })

      for (const format of FORMATS) {
        const { text } = await download(ada, botid, `?format=${format}&include_data=true`)
        assert.doesNotMatch(text, /the secret value|\d+:[\w-]{29,}/)
      }
    })
  })

  describe(`exports of users (${dialect})`, async () => {
    const app = await testApp(dialect)

    it('are an array of objects, or lines of cells that no table program computes', async () => {
      const ada = await app.account()
      const { botid } = await simulatedBot(ada)
      const users = botUserRepo(app.app.core.database.db)
      const nowMs = Date.parse('2026-01-15T10:30:00Z')
      const person = { lastName: null, languageCode: 'de', username: null }
      await users.upsert(
        ada.id,
        botid,
        { ...person, id: 7, firstName: '=HYPERLINK("http://x")', username: '@x' },
        nowMs,
      )
      await users.upsert(ada.id, botid, { ...person, id: 9, firstName: 'A, "B"\n', lastName: '-1+1' }, nowMs)
      const send = async (body: object) => {
        const response = await ada.fetch(`/v2/export-users-file/${botid}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        })
        return { response, text: await response.text() }
      }

      const asked = { include_creation_date: true, include_last_active_date: true }
      const json = await send({ format: 'json', ...asked })
      const plain = await send({})
      const csv = await send({ format: 'CSV', ...asked })

      assert.match(json.response.headers.get('content-disposition') ?? '', /^attachment; filename="\w+-users\.json"$/)
      const moment = '2026-01-15T10:30:00.000Z'
      assert.deepEqual(JSON.parse(json.text)[0], {
        user_id: 7,
        username: '@x',
        first_name: '=HYPERLINK("http://x")',
        last_name: null,
        language_code: 'de',
        created_at: moment,
        last_active: moment,
      })
      assert.deepEqual(Object.keys(JSON.parse(plain.text)[1]), ['user_id', 'username', 'first_name', 'last_name', 'language_code']) // biome-ignore format: one line
      assert.equal(csv.response.headers.get('content-type'), 'text/csv; charset=utf-8')
      assert.equal(
        csv.text,
        'user_id,username,first_name,last_name,language_code,created_at,last_active\r\n' +
          `7,'@x,"'=HYPERLINK(""http://x"")",,de,${moment},${moment}\r\n` +
          `9,,"A, ""B""\n",'-1+1,de,${moment},${moment}\r\n`,
      )
    })

    it('are empty for a bot that nobody has written to, and go on over more than a page', async () => {
      const ada = await app.account()
      const { botid } = await simulatedBot(ada)
      const path = `/v2/export-users-file/${botid}`
      const empty = await v2(ada, 'POST', path, { format: 'json' })
      const { db } = app.app.core.database
      const rows = Array.from({ length: 2_001 }, (_, n) => ({ bot_id: botid, account_id: ada.id, user_id: n + 1, username: null, first_name: 'x', last_name: null, language_code: null, search_text: 'x', created_at: 1, last_active_at: 0, blocked_at: null, blocked_bot_at: null })) // biome-ignore format: one line
      for (let at = 0; at < rows.length; at += 500) await db.insertInto('bot_users').values(rows.slice(at, at + 500)).execute() // biome-ignore format: one line

      const full = await v2(ada, 'POST', path, { include_last_active_date: true })

      assert.deepEqual(seen(empty), { status: 200, body: [] })
      const users = full.body as { user_id: number; last_active: string | null }[]
      assert.deepEqual(
        users.map((user) => user.user_id),
        rows.map((row) => row.user_id),
      )
      assert.equal(users[0]?.last_active, null)
    })
  })
}
