import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type TestAccount, testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { createBot, getBot, listBots } from '../bots/contract.ts'
import { tablesOfBots } from '../bots/trash-repo.ts'
import { listCommands } from '../commands/contract.ts'
import { testTelegram } from '../gateway/telegram.fixture.ts'
import { botUserRepo } from '../users/repo.ts'
import { type Answer, ok, seen, simulatedBot, v2 } from '../v2.fixture.ts'

const telegram = await testTelegram()
const CLONE_TOKEN = '1234567890:CLONEDAAAAAAAAAAAAAAAAAAAAAAA'
const resultOf = <T>({ body }: Answer): T => (body as { result: T }).result
const refused = ({ status, body }: Answer) => [status, (body as { result: string }).result]

for (const dialect of dialects) {
  describe(`transfers (${dialect})`, async () => {
    const app = await testApp(dialect, { settings: { TELEGRAM_API_ROOT: telegram.root } })
    const { database } = app.app.core
    const transfer = (who: TestAccount, botid: string, email: unknown) =>
      v2(who, 'POST', `/v2/bots/${botid}/transfer-bot`, { to_email: email })

    it('give a bot with its commands, versions and users to another account, which gives it a token', async () => {
      const [ada, bob] = [await app.account(), await app.account()]
      const { token } = telegram.bot(`given_${dialect}_bot`)
      const { result: made } = await ada.call(createBot, { body: { bot_token: token } })
      const { botid } = made
      const params = { botid }
      const call = (method: string, tail: string, body?: unknown) => v2(ada, method, `/v2/bots/${botid}${tail}`, body)
      await call('POST', '/commands', { command: '/a', code: 'one' })
      await call('PUT', '/commands/L2E=', { code: 'two', folder: 'f' })
      await call('PUT', '/secrets/KEY', { value: 'v' })
      await call('PATCH', '/settings', { admins: [5], chain_cap: 9, cards_bridge: true, files_bridge: true })
      await call('POST', '/pairing-codes')
      await call('POST', '/snapshots', { name: 's' })
      const person = { id: 7, username: null, firstName: 'X', lastName: null, languageCode: null }
      await botUserRepo(database.db).upsert(ada.id, botid, person, 1)

      const answer = await transfer(ada, botid, bob.email.toUpperCase())

      assert.deepEqual(seen(answer), ok({ result: 'Bot transferred successfully' }))
      assert.equal((await call('GET', '')).status, 404)
      const { result: bot } = await bob.call(getBot, { params })
      assert.deepEqual([bot.status, bot.needs_token, bot.bot_name], ['transferred', true, made.bot_name])
      const { commands } = await bob.call(listCommands, { params })
      assert.deepEqual(commands.map(({ command, code, folder }) => [command, code, folder]), [['/a', 'two', 'f']]) // biome-ignore format: one line
      const versions = resultOf<{ saved_by: string }[]>(await v2(bob, 'GET', `/v2/bots/${botid}/commands/L2E=/versions`)) // biome-ignore format: one line
      assert.deepEqual(versions.map(({ saved_by }) => saved_by), ['transfer', 'transfer']) // biome-ignore format: one line
      assert.deepEqual(resultOf(await v2(bob, 'GET', `/v2/bots/${botid}/secrets`)), [])
      const settings = resultOf<Record<string, unknown>>(await v2(bob, 'GET', `/v2/bots/${botid}/settings`)) // biome-ignore format: one line
      assert.deepEqual([settings.admins, settings.chain_cap], [[], 9])
      assert.deepEqual([settings.cards_bridge, settings.files_bridge], [false, false])
      const kept = await database.db.selectFrom('bot_values').select('scope').where('bot_id', '=', botid).execute()
      assert.deepEqual(kept, [], 'no code pairs anybody with it, and nothing is left to undo')
      assert.equal((await botUserRepo(database.db).find(bob.id, botid, 7))?.first_name, 'X')
      assert.deepEqual(refused(await v2(bob, 'POST', `/v2/bots/${botid}/start`)), [409, 'This bot has no token. Give it one first']) // biome-ignore format: one line
      assert.equal((await v2(bob, 'POST', `/v2/bots/${botid}/update-bot-token`, { token })).status, 200)
      assert.equal((await bob.call(getBot, { params })).result.status, 'stopped')
      for (const table of await tablesOfBots(database, database.db)) {
        const left = await database.db
          .selectFrom(table as 'commands')
          .select('bot_id')
          .where('account_id', '=', ada.id)
          .execute()
        assert.deepEqual(left, [], table)
      }
    })

    it('need an account that there is, and another one', async () => {
      const [ada, bob] = [await app.account(), await app.account()]
      const { botid } = await simulatedBot(ada)
      const { db } = database
      await db.updateTable('accounts').set({ status: 'disabled' }).where('id', '=', bob.id).execute()

      assert.deepEqual(refused(await transfer(ada, botid, 'nobody@example.org')), [404, 'User not found'])
      assert.deepEqual(refused(await transfer(ada, botid, bob.email)), [404, 'User not found'])
      assert.deepEqual(refused(await transfer(ada, botid, ada.email)), [400, 'This bot is yours already'])
      assert.deepEqual(refused(await transfer(ada, botid, ' ')), [400, 'to_email is required'])
      assert.deepEqual(refused(await transfer(ada, botid, undefined)), [400, 'to_email is required'])
      assert.deepEqual(refused(await transfer(ada, '12121212', 'nobody@example.org')), [404, 'Bot not found or not owned by you']) // biome-ignore format: one line
      assert.equal((await ada.call(getBot, { params: { botid } })).result.status, 'working')
    })

    it('asked for twice at once happen once', async () => {
      const [ada, bob, eve] = [await app.account(), await app.account(), await app.account()]
      const { botid } = await simulatedBot(ada, { '/a': 'x' })

      const answers = await Promise.all([bob, eve, bob, eve].map(({ email }) => transfer(ada, botid, email)))

      assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 404, 404, 404])
      const owners = await Promise.all([ada, bob, eve].map(async (who) => (await who.call(listBots)).result.length))
      assert.deepEqual(owners.sort(), [0, 0, 1])
    })
  })

  describe(`clones (${dialect})`, async () => {
    const app = await testApp(dialect, { settings: { TELEGRAM_API_ROOT: telegram.root } })

    it('have the commands and settings of their bot, and wait for a token unless they get one', async () => {
      const ada = await app.account()
      telegram.know(CLONE_TOKEN, 'cloned_bot')
      const { botid } = await simulatedBot(ada, { '/a': 'x', '*': '' })
      await v2(ada, 'PATCH', `/v2/bots/${botid}/commands/L2E=`, { pinned: true, aliases: ['aa'] })
      await v2(ada, 'PATCH', `/v2/bots/${botid}/settings`, { chain_cap: 7 })
      await v2(ada, 'POST', `/v2/bots/${botid}/version`, { version: '4.26.0' })
      await v2(ada, 'PUT', `/v2/bots/${botid}/secrets/KEY`, { value: 'v' })
      const clone = (body: object) => v2(ada, 'POST', `/v2/bots/${botid}/clone-bot`, body)

      const without = await clone({})
      const withToken = await clone({ new_token: CLONE_TOKEN })
      const simulated = await clone({ simulated: true })

      const states = []
      for (const answer of [without, withToken, simulated]) {
        const { botid: id, message } = resultOf<{ botid: string; message: string }>(answer)
        assert.deepEqual([answer.status, message], [200, 'Bot cloned successfully'])
        const { result: bot } = await ada.call(getBot, { params: { botid: id } })
        states.push([bot.status, bot.needs_token, bot.simulated, bot.version, bot.bot_name])
        const { commands } = await ada.call(listCommands, { params: { botid: id } })
        assert.deepEqual(
          commands.map(({ command, code, pinned, aliases }) => [command, code, pinned, aliases]),
          [
            ['/a', 'x', true, ['aa']],
            ['*', '', false, []],
          ],
        )
        assert.equal(resultOf<{ chain_cap: number }>(await v2(ada, 'GET', `/v2/bots/${id}/settings`)).chain_cap, 7)
        assert.deepEqual(resultOf(await v2(ada, 'GET', `/v2/bots/${id}/secrets`)), [])
      }
      assert.deepEqual(states, [
        ['cloned', true, false, '4.26.0', 'Test bot'],
        ['stopped', false, false, '4.26.0', 'Test bot'],
        ['working', false, true, '4.26.0', 'Test bot'],
      ])
    })

    it('are refused the token of another bot, and what is none', async () => {
      const ada = await app.account()
      const { token } = telegram.bot(`cloned_once_${dialect}_bot`)
      await ada.call(createBot, { body: { bot_token: token } })
      const { botid } = await simulatedBot(ada)
      const clone = (body: object) => v2(ada, 'POST', `/v2/bots/${botid}/clone-bot`, body)

      assert.deepEqual(refused(await clone({ new_token: token })), [409, 'Bot token already in use'])
      assert.deepEqual(refused(await clone({ new_token: 'x' })), [400, 'Invalid bot token format'])
      assert.deepEqual(refused(await clone({ new_token: `7000009999:${'A'.repeat(35)}` })), [400, 'Invalid bot token'])
      assert.deepEqual(refused(await clone({ new_token: CLONE_TOKEN, simulated: true })), [400, 'Invalid bot token format']) // biome-ignore format: one line
      assert.equal((await ada.call(listBots)).result.length, 2)
    })
  })
}
