import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type TestAccount, testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { testTelegram } from '../gateway/telegram.fixture.ts'
import { ok, seen, simulatedBot, v2 } from '../v2.fixture.ts'
import { createBot, getBot, listBots } from './contract.ts'

const CREATE_TOKEN = '1234567890:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
const UPDATE_TOKEN = '1234567890:NEWAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
const CLONE_TOKEN = '1234567890:CLONEDAAAAAAAAAAAAAAAAAAAAAAA'
const NOT_FOUND = {
  ok: false,
  result: 'Bot not found or not owned by you',
  msg: 'Bot not found or not owned by you',
  code: 'bot_not_found',
}
const BAD_FORMAT = 'Invalid bot token format'

// Every address that names a bot, with a body that it accepts.
const ADDRESSES: readonly (readonly [method: string, path: string, body?: unknown])[] = [
  ['GET', ''],
  ['DELETE', ''],
  ['POST', '/update-bot-token', { token: CREATE_TOKEN }],
  ['POST', '/start'],
  ['POST', '/stop'],
  ['POST', '/restart'],
  ['GET', '/commands'],
  ['POST', '/commands', { command: 'hello', code: '' }],
  ['GET', '/commands/folders'],
  ['GET', '/commands/aGVsbG8='],
  ['PUT', '/commands/aGVsbG8=', { code: '' }],
  ['DELETE', '/commands/aGVsbG8='],
  ['PATCH', '/commands/aGVsbG8=/rename', { new_name: 'greet' }],
  ['GET', '/runs'],
  ['GET', '/runs/run_1'],
  ['POST', '/simulator/messages', { text: 'hi' }],
  ['POST', '/simulator/callbacks', { data: 'x', message_id: 1 }],
  ['POST', '/simulator/updates', { message: {} }],
  ['GET', '/simulator/messages'],
]

const telegram = await testTelegram()
telegram.know(CREATE_TOKEN, 'mybotusername')

for (const dialect of dialects) {
  describe(`bots (${dialect})`, async () => {
    const app = await testApp(dialect, { settings: { TELEGRAM_API_ROOT: telegram.root } })
    const account = (): Promise<TestAccount> => app.account()
    const create = (who: TestAccount, token: string, name?: string) =>
      v2(who, 'POST', '/v2/create-bot', { bot_token: token, ...(name === undefined ? {} : { bot_name: name }) })
    const botidOf = ({ body }: { body: unknown }): string => (body as { result: { botid: string } }).result.botid

    it('answers the published examples of create, update token and delete to the letter', async () => {
      const ada = await account()
      telegram.know(UPDATE_TOKEN, 'mynewbotusername')
      telegram.know(CREATE_TOKEN, 'mybotusername')

      const created = await create(ada, CREATE_TOKEN, 'My Bot')
      telegram.know(UPDATE_TOKEN, 'mynewbotusername')
      const botid = botidOf(created)
      const updated = await v2(ada, 'POST', `/v2/bots/${botid}/update-bot-token`, { token: UPDATE_TOKEN })
      const bot = await ada.call(getBot, { params: { botid } })
      const deleted = await v2(ada, 'DELETE', `/v2/bots/${botid}`)

      assert.deepEqual(seen(created), ok({ result: { botid, bot_name: 'My Bot', bot_username: 'mybotusername' } }))
      assert.match(botid, /^\d{8}$/)
      assert.deepEqual(seen(updated), ok({ result: 'Bot token updated successfully' }))
      assert.equal(bot.result.bot_username, 'mynewbotusername')
      assert.deepEqual(seen(deleted), ok({ result: 'Bot deleted successfully' }))
    })

    it('takes the shortest token that the published page prints', async () => {
      const ada = await account()
      telegram.know(CLONE_TOKEN, 'clone_bot')

      const created = await create(ada, CLONE_TOKEN)
      await v2(ada, 'DELETE', `/v2/bots/${botidOf(created)}`)

      assert.equal(created.status, 200)
    })

    it('has one answer for a bot that never was, a deleted one and one of somebody else, at every address', async () => {
      const ada = await account()
      const bob = await account()
      const [hers, gone] = [await simulatedBot(ada), await simulatedBot(bob)]
      await v2(bob, 'DELETE', `/v2/bots/${gone.botid}`)

      for (const [method, path, body] of ADDRESSES) {
        const answers = await Promise.all(
          [hers.botid, gone.botid, '10000000', 'x', '9'.repeat(99)].map((id) =>
            v2(bob, method, `/v2/bots/${id}${path}`, body),
          ),
        )

        for (const answer of answers) {
          assert.deepEqual(seen(answer), { status: 404, body: NOT_FOUND }, `${method} ${path}`)
          assert.equal(answer.text, answers[0]?.text)
        }
      }
      assert.equal((await ada.call(getBot, { params: hers.params })).result.status, 'working')
    })

    it('refuses what is no token with the published text', async () => {
      const ada = await account()
      const { botid } = await simulatedBot(ada)

      for (const token of [
        '',
        'x',
        '123:short',
        `0:${'A'.repeat(35)}`,
        `1:${'A'.repeat(28)}`,
        `1:${'!'.repeat(35)}`,
        5,
        null,
      ]) {
        const answers = [
          await v2(ada, 'POST', '/v2/create-bot', { bot_token: token }),
          await v2(ada, 'POST', `/v2/bots/${botid}/update-bot-token`, { token }),
          await v2(ada, 'POST', `/v2/bots/${botid}/update-bot-token`, { bot_token: token }),
        ]
        for (const { status, body } of answers) {
          assert.equal(status, 400)
          assert.equal((body as { result: string }).result, BAD_FORMAT, String(token))
        }
      }
      for (const body of [{}, { bot_name: 'My Bot' }, { bot_token: CREATE_TOKEN, simulated: true }])
        assert.equal(((await v2(ada, 'POST', '/v2/create-bot', body)).body as { result: string }).result, BAD_FORMAT)
    })

    it('asks Telegram whose a token is, and says when Telegram does not know it', async () => {
      const ada = await account()
      const known = telegram.bot('known_bot')

      const created = await create(ada, known.token)
      const unknown = await create(ada, `7000009999:${'A'.repeat(35)}`)

      assert.equal((created.body as { result: { bot_username: string } }).result.bot_username, 'known_bot')
      assert.equal((created.body as { result: { bot_name: string } }).result.bot_name, 'The known_bot')
      assert.deepEqual(seen(unknown), {
        status: 400,
        body: { ok: false, result: 'Invalid bot token', msg: 'Invalid bot token', code: 'token_refused' },
      })
    })

    it('gives the same bot for the same token, also to ten who ask at once, and a conflict to other accounts', async () => {
      const ada = await account()
      const bob = await account()
      const { token } = telegram.bot('once_bot')
      const other = telegram.bot('other_bot')

      const answers = await Promise.all(Array.from({ length: 10 }, () => create(ada, token)))
      const foreign = await create(bob, token)
      const bobs = botidOf(await create(bob, other.token))
      const moved = await v2(bob, 'POST', `/v2/bots/${bobs}/update-bot-token`, { token })

      assert.equal(new Set(answers.map(botidOf)).size, 1)
      const inUse = {
        status: 409,
        body: { ok: false, result: 'Bot token already in use', msg: 'Bot token already in use', code: 'token_in_use' },
      }
      assert.deepEqual(seen(foreign), inUse)
      assert.deepEqual(seen(moved), inUse)
      assert.equal((await ada.call(listBots)).result.length, 1)
    })

    it('says that Telegram is out of reach, and makes nothing', async () => {
      const ada = await account()
      const { token } = telegram.bot('far_bot')
      telegram.emulator.failNext('getMe', { errorCode: 502, description: 'Bad Gateway' })

      const answer = await create(ada, token)

      assert.equal(answer.status, 503)
      assert.equal((answer.body as { code: string }).code, 'telegram_unreachable')
      assert.deepEqual((await ada.call(listBots)).result, [])
    })

    it('lets a token be used again when its bot was deleted', async () => {
      const ada = await account()
      const bob = await account()
      const { token } = telegram.bot('second_hand_bot')
      const first = botidOf(await create(ada, token))
      await v2(ada, 'DELETE', `/v2/bots/${first}`)

      const again = await create(bob, token)

      assert.equal(again.status, 200)
      assert.notEqual(botidOf(again), first)
    })

    it('turns a simulated bot that gets a token into one on Telegram', async () => {
      const ada = await account()
      const { botid, params } = await simulatedBot(ada)
      const { token } = telegram.bot('grown_up_bot')

      const updated = await v2(ada, 'POST', `/v2/bots/${botid}/update-bot-token`, { token })

      assert.equal(updated.status, 200)
      const { result } = await ada.call(getBot, { params })
      assert.deepEqual([result.simulated, result.status, result.bot_username], [false, 'working', 'grown_up_bot'])
      await v2(ada, 'POST', `/v2/bots/${botid}/stop`)
    })

    it('takes form-encoded bodies, members nobody knows, and the key in the body', async () => {
      const ada = await account()
      const post = (body: string, type: string) =>
        app.fetch('/v2/create-bot', { method: 'POST', headers: { 'content-type': type }, body })

      const form = new URLSearchParams({ simulated: 'true', bot_name: 'Form & Söhne', api_key: ada.key, extra: '1' })
      const byForm = await post(`${form}`, 'application/x-www-form-urlencoded')
      const json = JSON.stringify({ simulated: true, api_key: ada.key, extra: { deep: [1] } })
      const byJson = await post(json, 'application/json')

      assert.deepEqual([byForm.status, byJson.status], [200, 200], await byForm.text())
      assert.deepEqual(
        (await ada.call(listBots)).result.map((bot) => bot.bot_name),
        ['Form & Söhne', 'Simulated bot'],
      )
    })

    it('keeps no token readable in any column, answer or log line', async () => {
      const ada = await account()
      const { token } = telegram.bot('secret_bot')
      const [, secret = ''] = token.split(':')

      const { result } = await ada.call(createBot, { body: { bot_token: token } })
      const answers = [await v2(ada, 'GET', `/v2/bots/${result.botid}`), await v2(ada, 'GET', '/v2/bots')]
      await v2(ada, 'POST', `/v2/bots/${result.botid}/update-bot-token`, { token: `${token}x` })

      assert.ok(answers.every(({ text }) => !text.includes(secret)))
      assert.ok(!app.log.join('').includes(secret))
      const rows = await app.app.core.database.db
        .selectFrom('bots')
        .selectAll()
        .where('id', '=', result.botid)
        .execute()
      for (const value of rows.flatMap((row) => Object.values(row))) {
        const text = Buffer.isBuffer(value) ? value.toString('latin1') : String(value)
        assert.ok(!text.includes(secret))
      }
    })
  })
}
