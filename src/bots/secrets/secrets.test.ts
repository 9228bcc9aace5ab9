import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { systemClock } from '../../platform/clock.ts'
import { createSealer } from '../../platform/sealed.ts'
import { type Answer, ok, seen, simulatedBot, v2 } from '../v2.fixture.ts'
import { secretService } from './service.ts'

const ENCRYPTION_KEY = 'a-secret-for-tests-that-is-long-enough-0123456789'
const VALUE = 'sk-very-secret-🟢\nsecond line'
const codeOf = ({ body }: Answer): unknown => (body as { code: unknown }).code

for (const dialect of dialects) {
  describe(`secrets of a bot (${dialect})`, async () => {
    const app = await testApp(dialect, { settings: { ENCRYPTION_KEY } })
    const { database, accounts } = app.app.core
    const secrets = secretService({
      database,
      clock: systemClock,
      sealer: createSealer(ENCRYPTION_KEY, 'bots'),
      audit: accounts.audit,
    })

    it('go in, are listed by name, and come out for the code of their bot alone', async () => {
      const [ada, eve] = [await app.account(), await app.account()]
      const { botid } = await simulatedBot(ada)
      const path = `/v2/bots/${botid}/secrets`
      const set = await v2(ada, 'PUT', `${path}/STRIPE_KEY`, { value: 'first' })
      await v2(ada, 'PUT', `${path}/STRIPE_KEY`, { value: VALUE })
      await v2(ada, 'PUT', `${path}/_a1`, { value: 'x' })

      const listed = await v2(ada, 'GET', path)
      const known = await secrets.secretsOf(ada.id, botid)
      const foreign = await secrets.secretsOf(eve.id, botid)
      const deleted = await v2(ada, 'DELETE', `${path}/_a1`)
      const again = await v2(ada, 'DELETE', `${path}/_a1`)

      assert.deepEqual(seen(set), ok({ result: 'Secret set successfully' }))
      const names = (listed.body as { result: { name: string }[] }).result.map(({ name }) => name)
      assert.deepEqual(names, ['STRIPE_KEY', '_a1'])
      assert.deepEqual([...known].sort(), [
        ['STRIPE_KEY', VALUE],
        ['_a1', 'x'],
      ])
      assert.equal(foreign.size, 0)
      assert.deepEqual(seen(deleted), ok({ result: 'Secret deleted successfully' }))
      assert.deepEqual([again.status, codeOf(again)], [404, 'secret_not_found'])
      assert.equal((await secrets.secretsOf(ada.id, botid)).size, 1)
    })

    it('are readable in no column, answer or log line', async () => {
      const ada = await app.account()
      const { botid } = await simulatedBot(ada)

      const answers = [
        await v2(ada, 'PUT', `/v2/bots/${botid}/secrets/KEY`, { value: VALUE }),
        await v2(ada, 'GET', `/v2/bots/${botid}/secrets`),
        await v2(ada, 'GET', `/v2/bots/${botid}`),
      ]

      assert.ok(answers.every(({ text }) => !text.includes('very-secret')))
      assert.ok(!app.log.join('').includes('very-secret'))
      const [row] = await database.db.selectFrom('bot_secrets').selectAll().where('bot_id', '=', botid).execute()
      assert.ok(!row?.sealed.toString('latin1').includes('very-secret'))
    })

    it('are named like variables, have a value, and are a hundred at most', async () => {
      const ada = await app.account()
      const { botid } = await simulatedBot(ada)
      const set = (name: string, body: object) => v2(ada, 'PUT', `/v2/bots/${botid}/secrets/${name}`, body)

      for (const name of ['1a', 'a-b', 'ä', 'a%20b', 'a'.repeat(65)])
        assert.equal((await set(name, { value: 'x' })).status, 400, name)
      for (const body of [{}, { value: '' }, { value: 5 }, { value: 'x'.repeat(16_385) }])
        assert.equal((await set('A', body)).status, 400)
      for (let n = 0; n < 100; n += 1) assert.equal((await set(`A${n}`, { value: 'x' })).status, 200)
      const refused = await set('B', { value: 'x' })

      assert.deepEqual([refused.status, codeOf(refused)], [403, 'secret_limit_reached'])
      assert.equal((await set('A5', { value: 'y' })).status, 200)
    })
  })
}
