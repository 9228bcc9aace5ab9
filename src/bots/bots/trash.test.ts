import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sql } from 'kysely'
import { type TestAccount, testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { systemClock } from '../../platform/clock.ts'
import { TRASH_MS } from '../envelope.ts'
import { testTelegram } from '../gateway/telegram.fixture.ts'
import { type Answer, ok, seen, simulatedBot, v2 } from '../v2.fixture.ts'
import { createBot, getBot, listBots, listDeletedBots } from './contract.ts'
import { botTrash } from './trash.ts'
import { tablesOfBots } from './trash-repo.ts'

const telegram = await testTelegram()
const resultOf = ({ body }: Answer): unknown => (body as { result: unknown }).result
const codeOf = ({ body }: Answer): unknown => (body as { code: unknown }).code

for (const dialect of dialects) {
  describe(`deleted bots (${dialect})`, async () => {
    const app = await testApp(dialect, { settings: { TELEGRAM_API_ROOT: telegram.root } })
    const { database, accounts } = app.app.core
    const make = async (ada: TestAccount, token: string): Promise<string> =>
      (await ada.call(createBot, { body: { bot_token: token } })).result.botid

    it('are listed for 90 days, and come back stopped with all that they had', async () => {
      const ada = await app.account()
      const { botid, params } = await simulatedBot(ada, { '/a': 'x' })
      await v2(ada, 'PUT', `/v2/bots/${botid}/secrets/KEY`, { value: 'v' })
      await v2(ada, 'DELETE', `/v2/bots/${botid}`)

      const { result: deleted } = await ada.call(listDeletedBots)
      const restored = await v2(ada, 'POST', `/v2/trash/bots/${botid}/restore`)
      const again = await v2(ada, 'POST', `/v2/trash/bots/${botid}/restore`)
      const { result: bot } = await ada.call(getBot, { params })

      const [{ botid: listed, purged_after: after, deleted_at: at } = { purged_after: '', deleted_at: '' }] = deleted
      assert.deepEqual([listed, Date.parse(after) - Date.parse(at)], [botid, TRASH_MS])
      assert.deepEqual(seen(restored), ok({ result: 'Bot restored successfully' }))
      assert.deepEqual([again.status, codeOf(again)], [404, 'bot_not_found'])
      assert.deepEqual([bot.status, bot.needs_token], ['stopped', false])
      assert.equal((await v2(ada, 'POST', `/v2/bots/${botid}/start`)).status, 200)
      assert.equal((await v2(ada, 'GET', `/v2/bots/${botid}/commands/L2E=`)).status, 200)
      assert.deepEqual(await ada.call(listDeletedBots), { ok: true, result: [] })
      const secrets = resultOf(await v2(ada, 'GET', `/v2/bots/${botid}/secrets`)) as { name: string }[]
      assert.deepEqual(secrets.map(({ name }) => name), ['KEY']) // biome-ignore format: one line
    })

    it('come back without their token when another bot has it by now, and say so', async () => {
      const ada = await app.account()
      const { token } = telegram.bot('passed_on_bot')
      const first = await make(ada, token)
      await v2(ada, 'DELETE', `/v2/bots/${first}`)
      const second = await make(ada, token)

      await v2(ada, 'POST', `/v2/trash/bots/${first}/restore`)
      const { result: bot } = await ada.call(getBot, { params: { botid: first } })
      const started = await v2(ada, 'POST', `/v2/bots/${first}/start`)
      const moved = await v2(ada, 'POST', `/v2/bots/${first}/update-bot-token`, { simulated: true })

      assert.notEqual(first, second)
      assert.deepEqual([bot.needs_token, bot.status], [true, 'stopped'])
      assert.match(bot.problem ?? '', /^Another bot has the token/)
      assert.deepEqual([started.status, codeOf(started)], [409, 'bot_needs_token'])
      assert.equal(moved.status, 200)
      assert.equal((await v2(ada, 'POST', `/v2/bots/${first}/start`)).status, 200)
    })

    it('are gone for good with all that they had, at once on request and otherwise after 90 days', async () => {
      const ada = await app.account()
      const bots = [await simulatedBot(ada, { '/a': 'x' }), await simulatedBot(ada, { '/b': 'y' })]
      const [wanted, late] = bots
      for (const { botid } of bots) {
        await v2(ada, 'PUT', `/v2/bots/${botid}/secrets/KEY`, { value: 'v' })
        await v2(ada, 'POST', `/v2/bots/${botid}/snapshots`, { name: 's' })
        await v2(ada, 'DELETE', `/v2/bots/${botid}`)
      }
      const clock = systemClock
      const trash = botTrash({ database, clock, audit: accounts.audit, changed() {} })
      const rowsOf = async (botId: string): Promise<string[]> => {
        const tables = await tablesOfBots(database, database.db)
        const found = await Promise.all(
          tables.map(async (table) => {
            const rows = await database.db
              .selectFrom(table as 'commands')
              .select('bot_id')
              .where('bot_id', '=', botId)
              .execute()
            return rows.length > 0 ? [table] : []
          }),
        )
        return found.flat()
      }

      const purged = await v2(ada, 'DELETE', `/v2/trash/bots/${wanted?.botid}`)
      await trash.purgeBefore(Date.now() - 1_000_000)
      const early = await rowsOf(late?.botid ?? '')
      await trash.purgeBefore(Date.now() + 1)

      assert.deepEqual(seen(purged), ok({ result: 'Bot deleted for good' }))
      assert.deepEqual(await rowsOf(wanted?.botid ?? ''), [])
      assert.deepEqual(early, ['bot_secrets', 'bot_snapshots', 'command_versions', 'commands'])
      assert.deepEqual(await rowsOf(late?.botid ?? ''), [])
      assert.deepEqual(await ada.call(listDeletedBots), { ok: true, result: [] })
    })

    it('leave nothing behind in any table that points at bots', async () => {
      const known = new Set(await tablesOfBots(database, database.db))
      const pointing =
        dialect === 'sqlite'
          ? sql<{ name: string }>`select m.name from sqlite_master m, pragma_foreign_key_list(m.name) f
              where m.type = 'table' and f."table" = 'bots'`
          : sql<{ name: string }>`select distinct conrelid::regclass::text as name from pg_constraint
              where contype = 'f' and confrelid = 'bots'::regclass`

      const { rows } = await pointing.execute(database.db)

      assert.ok(rows.length > 8)
      assert.deepEqual(
        rows.map(({ name }) => name).filter((name) => !known.has(name)),
        [],
      )
    })

    it('of others are not there', async () => {
      const [ada, eve] = [await app.account(), await app.account()]
      const { botid } = await simulatedBot(ada)
      await v2(ada, 'DELETE', `/v2/bots/${botid}`)

      for (const [method, tail] of [
        ['POST', '/restore'],
        ['DELETE', ''],
      ] as const) {
        // biome-ignore format: one line
        const foreign = await v2(eve, method, `/v2/trash/bots/${botid}${tail}`)
        const unknown = await v2(eve, method, `/v2/trash/bots/12121212${tail}`)
        assert.deepEqual(foreign, unknown)
        assert.equal(foreign.status, 404)
      }
      assert.deepEqual((await eve.call(listDeletedBots)).result, [])
    })
  })

  describe(`tokens (${dialect})`, async () => {
    const app = await testApp(dialect, { settings: { TELEGRAM_API_ROOT: telegram.root } })

    it('given to twenty bots at once belong to one of them, and the others are told', async () => {
      const ada = await app.account()
      const { token } = telegram.bot(`wanted_${dialect}_bot`)
      const bots = await Promise.all(Array.from({ length: 10 }, () => simulatedBot(ada)))

      const answers = await Promise.all(
        bots.flatMap(({ botid }) => [
          v2(ada, 'POST', `/v2/bots/${botid}/update-bot-token`, { token }),
          v2(ada, 'POST', `/v2/bots/${botid}/clone-bot`, { new_token: token }),
        ]),
      )

      assert.deepEqual([...new Set(answers.map(({ status }) => status))].sort(), [200, 409])
      assert.equal(answers.filter(({ status }) => status === 200).length, 1)
      assert.ok(answers.every((answer) => answer.status === 200 || codeOf(answer) === 'token_in_use'))
    })

    it('given to one bot twice at once are its token', async () => {
      const ada = await app.account()
      const { token } = telegram.bot(`twice_${dialect}_bot`)
      const { botid } = await simulatedBot(ada)

      const answers = await Promise.all(
        Array.from({ length: 8 }, () => v2(ada, 'POST', `/v2/bots/${botid}/update-bot-token`, { token })),
      )

      assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
      await v2(ada, 'POST', `/v2/bots/${botid}/stop`)
    })

    it('wanted by a new bot and by one out of the trash at once belong to one of them', async () => {
      const ada = await app.account()
      const { token } = telegram.bot(`contended_${dialect}_bot`)
      const { result } = await ada.call(createBot, { body: { bot_token: token } })
      await v2(ada, 'DELETE', `/v2/bots/${result.botid}`)

      const [made, restored] = await Promise.all([
        v2(ada, 'POST', '/v2/create-bot', { bot_token: token }),
        v2(ada, 'POST', `/v2/trash/bots/${result.botid}/restore`),
      ])

      assert.deepEqual([made.status, restored.status], [200, 200])
      const bots = (await ada.call(listBots)).result
      assert.equal(bots.filter((bot) => !bot.needs_token).length, 1)
    })
  })

  describe(`bots (${dialect})`, async () => {
    const app = await testApp(dialect, { settings: { TELEGRAM_API_ROOT: telegram.root } })

    it('are set to a version of the library that there is', async () => {
      const ada = await app.account()
      const { botid, params } = await simulatedBot(ada)
      const set = (version: unknown) => v2(ada, 'POST', `/v2/bots/${botid}/version`, { version })

      const published = await set('4.19.0')
      const others = await Promise.all(['4.14.0', '4.15.5', '4.36.1', '4.37.1', 'latest', ' 4.26.0 '].map(set))
      const wrong = await Promise.all(['4.13.0', '4.19.3', '5.0.0', '4.19', '', 'Latest', 5, undefined].map(set))

      assert.deepEqual(seen(published), ok({ result: 'Bot version updated successfully' }))
      assert.ok(others.every(({ status }) => status === 200))
      for (const answer of wrong) {
        assert.deepEqual([answer.status, codeOf(answer)], [400, 'version_invalid'])
        assert.match(String(resultOf(answer)), /^Invalid version\. Valid are 4\.14\.0, .*4\.19\.0, .*, latest$/)
      }
      await set('4.20.0')
      assert.equal((await ada.call(getBot, { params })).result.version, '4.20.0')
    })

    it('lie in folders of their own', async () => {
      const ada = await app.account()
      const bots = [await simulatedBot(ada), await simulatedBot(ada), await simulatedBot(ada)]
      const [one, two] = bots.map(({ botid }) => botid)
      for (const botid of [one, two]) await v2(ada, 'POST', `/v2/bots/${botid}/move-to-folder`, { folder: 'shop' })
      const full = await v2(ada, 'GET', '/v2/bot-folders')

      const moved = await v2(ada, 'POST', `/v2/bots/${two}/move-to-folder`, { folder: null })

      assert.deepEqual(seen(full), ok({ folders: [{ name: 'shop', bots: [one, two] }] }))
      assert.deepEqual(seen(moved), ok({ result: 'Bot moved successfully' }))
      assert.deepEqual(seen(await v2(ada, 'GET', '/v2/bot-folders')), ok({ folders: [{ name: 'shop', bots: [one] }] }))
    })

    it('tell what Telegram says of their webhook, and never its path', async () => {
      const ada = await app.account()
      const { token } = telegram.bot(`hooked_${dialect}_bot`)
      const { result } = await ada.call(createBot, { body: { bot_token: token } })
      const simulated = await simulatedBot(ada)
      const set = { url: 'https://hooks.example.org/secret-path' }
      await fetch(`${telegram.root}/bot${token}/setWebhook?${new URLSearchParams(set)}`)

      const hooked = await v2(ada, 'GET', `/v2/bots/${result.botid}/webhook-health`)
      const none = await v2(ada, 'GET', `/v2/bots/${simulated.botid}/webhook-health`)

      const health = resultOf(hooked) as { url: string; warning: string; receives_by: string }
      assert.deepEqual([health.receives_by, health.url], ['polling', 'https://hooks.example.org'])
      assert.match(health.warning, /^Telegram sends the updates of this bot to a webhook/)
      assert.ok(!hooked.text.includes('secret-path'))
      assert.deepEqual(
        seen(none),
        ok({
          result: {
            receives_by: 'polling',
            url: '',
            pending_update_count: 0,
            last_error_at: null,
            last_error: null,
            warning: null,
          },
        }),
      )
    })
  })
}
