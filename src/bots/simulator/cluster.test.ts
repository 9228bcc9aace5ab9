import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { describe, it } from 'node:test'
import { testApp } from '../../../test/app.ts'
import { testPlace } from '../../../test/database.ts'
import { eventually } from '../../../test/services/eventually.ts'
import { loadConfig } from '../../platform/config/index.ts'
import { createSealer } from '../../platform/sealed.ts'
import { httpBotApi } from '../../platform/telegram/client.ts'
import { telegramFiles } from '../../platform/telegram/files.ts'
import { tokenContext } from '../bots/identity.ts'
import { simulatedBot, texts, v2 } from '../v2.fixture.ts'

describe('simulators of several processes on one PostgreSQL', async () => {
  const place = await testPlace('postgres')
  const front = await testApp('postgres', { place, roles: new Set(['http']) })
  const startBots = () => testApp('postgres', { place, roles: new Set(['worker', 'bots']) })
  const tokenOf = async (botid: string): Promise<string> => {
    const { db } = front.app.core.database
    const row = await db.selectFrom('bots').select('token_sealed').where('id', '=', botid).executeTakeFirstOrThrow()
    const { ENCRYPTION_KEY } = loadConfig({}, { DATA_DIR: place.dataDir })
    return createSealer(ENCRYPTION_KEY, 'bots').open(row.token_sealed, tokenContext(botid))
  }

  it('are played from a process that runs no bots, in the one that does, and go over to the next', {
    timeout: 150_000,
  }, async () => {
    const ada = await front.account()
    const bot = await simulatedBot(ada, { '*': 'bot.sendMessage("echo " + msg)\nprint(msg)' })
    const path = `/v2/bots/${bot.botid}/simulator/messages`

    // Nobody runs bots.
    const alone = await ada.fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ text: 'too early' }),
    })
    assert.deepEqual([alone.status, alone.headers.get('retry-after')], [503, '5'])
    assert.match(await alone.text(), /simulator_away/)

    // One process does.
    const first = await startBots()
    const said = await bot.say('a')
    const wrong = await v2(ada, 'POST', `/v2/bots/${bot.botid}/simulator/callbacks`, { data: 'x', message_id: 9 })
    assert.deepEqual([said.done, said.run?.prints, texts(said.messages)], [true, ['a'], ['a', 'echo a']])
    assert.deepEqual(await bot.chat(), said.messages)
    assert.equal(wrong.status, 404)

    // A stock client, by way of the process that runs no bots.
    await v2(ada, 'POST', `/v2/bots/${bot.botid}/stop`)
    const token = await tokenOf(bot.botid)
    const api = httpBotApi({ apiRoot: `${front.url}/simulator` })
    const files = telegramFiles({ apiRoot: `${front.url}/simulator` })
    await api.call(token, 'sendMessage', { chat_id: 1_000_001, text: 'by hand' })
    const source = Readable.from([Buffer.from('kept')])
    const { fileId } = await files.sendDocument({ token, chatId: 1_000_001, fileName: 'a.txt', sizeBytes: 4, source })
    const read = async () => {
      const { filePath } = await files.getFile({ token, fileId })
      return `${Buffer.concat(await (await files.download({ token, filePath })).toArray())}`
    }
    assert.equal(await read(), 'kept')
    await assert.rejects(api.call(token, 'sendMessage', { chat_id: 5, text: 'x' }), /chat not found/)

    // It goes over to another one, with every message and every byte.
    await first.stop()
    const second = await startBots()
    const after = await bot.chat()
    assert.deepEqual(texts(after), ['a', 'echo a', 'by hand', undefined])
    assert.equal(await read(), 'kept')
    await v2(ada, 'POST', `/v2/bots/${bot.botid}/start`)
    assert.deepEqual((await bot.say('b')).run?.prints, ['b'])

    // And two of them share the work: one has the simulator, and either may have the bot.
    const third = await startBots()
    const other = await simulatedBot(ada, { '*': 'print("other", msg)' })
    assert.deepEqual((await other.say('c')).run?.prints, ['other c'])
    assert.deepEqual((await bot.say('d')).run?.prints, ['d'])
    await second.stop()
    await eventually(async () => assert.deepEqual((await bot.say('e')).run?.prints, ['e']), { deadlineMs: 60_000 })
    const open = await front.app.core.database.db.selectFrom('simulator_calls').select('id').execute()

    assert.deepEqual(open, [])
    api.close()
    files.close()
    await third.stop()
    await front.stop()
    await place.remove()
  })
})
