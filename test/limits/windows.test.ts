import assert from 'node:assert/strict'
import { it } from 'node:test'
import { movableClock } from '../../src/platform/limits/limits-harness.ts'
import { testApp } from '../app.ts'
import { send } from '../requests.ts'

it('forgets the windows of addresses that have long gone', async () => {
  const clock = movableClock()
  const settings = { TRUSTED_PROXIES: '127.0.0.1', LIMIT_BOTS_PER_MINUTE: '60' }
  const app = await testApp('sqlite', { clock, settings, roles: new Set(['http']) })
  const { database, limits, accounts } = app.app.core
  const count = async () => (await database.db.selectFrom('rate_windows').select('subject').execute()).length
  for (const ip of ['192.0.2.1', '192.0.2.2'])
    await send(app.url, { path: '/v2/bots', headers: { 'x-forwarded-for': ip } })
  await limits.limiter.maintain()
  const before = await count()

  clock.advance(61_000)
  await accounts.forgetBefore(0)

  assert.deepEqual([before, await count()], [2, 0])
})
