import assert from 'node:assert/strict'
import { StatementSync } from 'node:sqlite'
import { after, it } from 'node:test'
import { testPlace } from '../../../test/database.ts'
import { createApp, ROLES } from '../../app.ts'
import { systemClock } from '../../platform/clock.ts'
import { loadConfig } from '../../platform/config/index.ts'
import { createLog } from '../../platform/log/index.ts'

/** An app that answers requests and does nothing else: no housekeeping whose statements could be counted. */
const quietApp = async () => {
  const place = await testPlace('sqlite')
  const app = await createApp({
    config: loadConfig({}, { DATA_DIR: place.dataDir, HOST: '127.0.0.1', PORT: '0', SQLITE_SYNC: 'NORMAL' }),
    clock: systemClock,
    log: createLog('error'),
    roles: new Set(ROLES),
  })
  const url = await app.server.listen({ host: '127.0.0.1', port: 0 })
  after(async () => {
    await app.stop()
    await place.remove()
  })
  const { users, keys } = app.core.accounts
  await users.createOwner('ada@example.org', 'correct horse battery staple', undefined)
  const { id } = await app.core.database.db.selectFrom('accounts').select('id').executeTakeFirstOrThrow()
  const { key } = await keys.create(id, 'test', { kind: 'files', name: 'Warm' })
  return { statsStatus: async () => (await fetch(`${url}/api/v1/stats`, { headers: { 'x-api-key': key } })).status }
}

it('a request whose key was seen before executes no SQL', async (t) => {
  const { statsStatus } = await quietApp()
  const executed = ['all', 'get', 'run', 'iterate'].map((name) =>
    t.mock.method(StatementSync.prototype, name as 'all' | 'get' | 'run' | 'iterate'),
  )
  const count = (): number => executed.reduce((sum, { mock }) => sum + mock.callCount(), 0)
  await statsStatus()
  const cold = count()

  for (let sent = 0; sent < 10; sent++) assert.equal(await statsStatus(), 200)

  assert.ok(cold > 0)
  assert.equal(count() - cold, 0)
})
