import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testApp } from '../../../test/app.ts'
import { testPlace } from '../../../test/database.ts'
import { eventually } from '../../../test/services/eventually.ts'
import { createBot, startBot } from '../bots/contract.ts'
import { createCommand } from '../commands/contract.ts'
import { listRuns } from '../runs/contract.ts'
import { testTelegram } from './telegram.fixture.ts'

const NAP = 'import time\nbot.sendMessage("begun")\ntime.sleep(4)\nbot.sendMessage("done")'

describe('a server that is told to stop', async () => {
  const place = await testPlace('sqlite')
  const telegram = await testTelegram()
  const settings = { TELEGRAM_API_ROOT: telegram.root }

  it('waits for no slow command, begins none that waits, and makes up for both when it is back', {
    timeout: 60_000,
  }, async () => {
    const first = await testApp('sqlite', { place, settings })
    const ada = await first.account()
    const identity = telegram.bot('shutdown_bot')
    const params = { botid: (await ada.call(createBot, { body: { bot_token: identity.token } })).result.botid }
    await ada.call(createCommand, { params, body: { command: '/nap', code: NAP } })
    await ada.call(createCommand, { params, body: { command: '*', code: 'bot.sendMessage(msg)' } })
    await ada.call(startBot, { params })
    telegram.write(identity.id, '/nap', 1)
    telegram.write(identity.id, 'queued', 1)
    await eventually(() => assert.deepEqual(telegram.textsTo(1), ['begun']), { deadlineMs: 90_000 })

    await first.stop()
    assert.deepEqual(telegram.textsTo(1), ['begun'])
    const second = await testApp('sqlite', { place, settings })

    await eventually(() => assert.deepEqual(telegram.textsTo(1), ['begun', 'begun', 'done', 'queued']), {
      deadlineMs: 90_000,
    })
    const bob = await second.account()
    await assert.rejects(bob.call(listRuns, { params }), { status: 404 })
    const rows = await second.app.core.database.db.selectFrom('runs').select('outcome').orderBy('id').execute()
    await eventually(async () => {
      const left = await second.app.core.database.db.selectFrom('pending_updates').selectAll().execute()
      assert.deepEqual(left, [])
    })
    assert.deepEqual(rows.map(({ outcome }) => outcome).slice(0, 2), ['closed', 'ok'])
    assert.ok(
      !first.log.some((line) => line.includes('"level":"error"')),
      first.log.filter((line) => line.includes('error')).join(''),
    )
    await second.stop()
    await place.remove()
  })
})
