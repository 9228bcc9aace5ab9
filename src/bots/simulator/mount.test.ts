import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { describe, it } from 'node:test'
import { type TestAccount, type TestApp, testApp } from '../../../test/app.ts'
import { loadConfig } from '../../platform/config/index.ts'
import { createSealer } from '../../platform/sealed.ts'
import { httpBotApi } from '../../platform/telegram/client.ts'
import { telegramFiles } from '../../platform/telegram/files.ts'
import { tokenContext } from '../bots/identity.ts'
import { simulatedBot, v2 } from '../v2.fixture.ts'

/** As only the server itself can: with its encryption key. */
const tokenOf = async (app: TestApp, botid: string): Promise<string> => {
  const { db } = app.app.core.database
  const row = await db.selectFrom('bots').select('token_sealed').where('id', '=', botid).executeTakeFirstOrThrow()
  const { ENCRYPTION_KEY } = loadConfig({}, { DATA_DIR: app.place.dataDir })
  return createSealer(ENCRYPTION_KEY, 'bots').open(row.token_sealed, tokenContext(botid))
}

describe('the Bot API of the simulator', async () => {
  const app = await testApp('sqlite')
  const stopped = async (account: TestAccount) => {
    const bot = await simulatedBot(account, { hello: 'print(1)' })
    await bot.say('hello')
    await v2(account, 'POST', `/v2/bots/${bot.botid}/stop`)
    return { ...bot, token: await tokenOf(app, bot.botid) }
  }

  it('answers a stock client, without an API key', async () => {
    const bot = await stopped(await app.account())
    const api = httpBotApi({ apiRoot: `${app.url}/simulator` })

    const me = await api.call(bot.token, 'getMe')
    await api.call(bot.token, 'sendMessage', { chat_id: 1_000_001, text: 'from outside' })
    const byForm = await app.fetch(`/simulator/bot${bot.token}/sendMessage`, {
      method: 'POST',
      body: new URLSearchParams({ chat_id: '1000001', text: 'by form' }),
    })
    const byQuery = await app.fetch(`/simulator/bot${bot.token}/getMe?x=1`)

    assert.equal((me as { username: string }).username, bot.username)
    assert.deepEqual([byForm.status, byQuery.status], [200, 200])
    assert.deepEqual(
      (await bot.chat()).map(({ text }) => text),
      ['hello', 'from outside', 'by form'],
    )
    api.close()
  })

  it('takes files, and hands them out again', async () => {
    const bot = await stopped(await app.account())
    const files = telegramFiles({ apiRoot: `${app.url}/simulator` })
    const { token } = bot

    const source = Readable.from([Buffer.from('kept')])
    const document = { token, chatId: 1_000_001, fileName: 'a.txt', sizeBytes: 4, source }
    const { fileId } = await files.sendDocument(document)
    const { filePath } = await files.getFile({ token, fileId })
    const bytes = await (await files.download({ token, filePath })).toArray()

    assert.equal(`${Buffer.concat(bytes)}`, 'kept')
    assert.ok(!app.log.join('').includes(token.split(':')[1] ?? ''))
    files.close()
  })

  it('refuses tokens that nobody has, has had, or that are none', async () => {
    const ada = await app.account()
    const bot = await stopped(ada)
    await v2(ada, 'DELETE', `/v2/bots/${bot.botid}`)

    for (const token of [
      bot.token,
      `${bot.token}x`,
      `7000000001:${'A'.repeat(35)}`,
      'x:y',
      '%zz',
      '0:0',
      ':',
      '1'.repeat(500),
    ]) {
      const response = await app.fetch(`/simulator/bot${token}/getMe`)
      assert.ok([400, 401, 421].includes(response.status), `${token} ${response.status}`)
    }
    assert.equal((await app.fetch('/simulator/')).status, 404)
    assert.equal((await app.fetch('/simulator/bot')).status, 404)
  })

  it('never logs a token', async () => {
    const bot = await stopped(await app.account())
    const secret = bot.token.split(':')[1] ?? ''

    await app.fetch(`/simulator/bot${bot.token}/getMe`)
    await app.fetch(`/simulator/bot${bot.token}/noSuchMethod`, { method: 'PUT' })
    await app.fetch(`/simulator/bot${bot.token}/sendMessage`, {
      method: 'POST',
      body: '{',
      headers: { 'content-type': 'application/json' },
    })

    assert.ok(secret.length > 30 && !app.log.join('').includes(secret))
  })

  it('lets no bot have its updates posted anywhere', async () => {
    const bot = await stopped(await app.account())

    const response = await app.fetch(`/simulator/bot${bot.token}/setWebhook?url=${encodeURIComponent(app.url)}`)

    assert.equal(response.status, 400)
  })
})
