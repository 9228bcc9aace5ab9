import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testApp } from '../../../test/app.ts'
import { testPlace } from '../../../test/database.ts'
import { eventually } from '../../../test/services/eventually.ts'
import { createClient } from '../../client/index.ts'
import { createBot, getBot, startBot } from '../bots/contract.ts'
import { createCommand, updateCommand } from '../commands/contract.ts'
import { sendMessage } from '../simulator/contract.ts'
import { testTelegram } from './telegram.fixture.ts'

describe('bots of two processes on one PostgreSQL', async () => {
  const place = await testPlace('postgres')
  const telegram = await testTelegram()
  const settings = { TELEGRAM_API_ROOT: telegram.root }
  const a = await testApp('postgres', { place, settings })
  const b = await testApp('postgres', { place, settings })

  it('are polled by one of them, hear of changes made in the other, and are taken over when it stops', {
    timeout: 60_000,
  }, async () => {
    const ada = await a.account()
    const adaAtB = createClient({ baseUrl: b.url, key: ada.key })
    const identity = telegram.bot('cluster_bot')
    let conflicts = 0
    telegram.emulator.onCall(({ status }) => {
      if (status === 409) conflicts += 1
    })
    const { result } = await ada.call(createBot, { body: { bot_token: identity.token } })
    const params = { botid: result.botid }
    const path = { ...params, '*': Buffer.from('*').toString('base64') }
    await ada.call(createCommand, { params, body: { command: '*', code: 'bot.sendMessage("1 " + msg)' } })
    await ada.call(startBot, { params })
    telegram.write(identity.id, 'a', 1)
    await eventually(() => assert.deepEqual(telegram.textsTo(1), ['1 a']), { deadlineMs: 90_000 })

    await adaAtB.call(updateCommand, { params: path, body: { code: 'bot.sendMessage("2 " + msg)' } })
    telegram.write(identity.id, 'b', 1)
    await eventually(() => assert.deepEqual(telegram.textsTo(1), ['1 a', '2 b']))

    const toy = await ada.call(createBot, { body: { simulated: true } })
    const toyParams = { botid: toy.result.botid }
    await ada.call(createCommand, { params: toyParams, body: { command: '*', code: 'print(msg)' } })
    await a.stop()
    telegram.write(identity.id, 'c', 1)
    await eventually(() => assert.deepEqual(telegram.textsTo(1), ['1 a', '2 b', '2 c']), { deadlineMs: 90_000 })
    const said = await adaAtB.call(sendMessage, { params: toyParams, body: { text: 'hi' } })

    assert.equal(conflicts, 0)
    assert.deepEqual(said.result.run?.prints, ['hi'])
    assert.equal((await adaAtB.call(getBot, { params: toyParams })).result.problem, null)
    await b.stop()
    await place.remove()
  })
})
