import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type TestAccount, testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { createClient } from '../../client/index.ts'
import { getServer, listJobs, retryJob } from './contract.ts'

for (const dialect of dialects) {
  describe(`the server, to its administrators (${dialect})`, async () => {
    const app = await testApp(dialect, {})
    const ada = await app.account()
    const bob = await app.account()
    const signedIn = async (account: TestAccount) =>
      createClient({ baseUrl: app.url, headers: { cookie: await account.signIn(), origin: app.url } })
    const [admin, other] = [await signedIn(ada), await signedIn(bob)]
    const { db } = app.app.core.database

    it('says what it is and which limits it has', async () => {
      const facts = await admin.call(getServer)

      assert.deepEqual([facts.database, facts.roles, facts.public_url], [dialect, ['http', 'worker', 'bots'], app.url])
      assert.equal(facts.limits.LIMIT_CARDS_PER_MINUTE, 1_000_000)
      assert.equal(Object.values(facts.limits).every(Number.isFinite), true)
    })

    it('shows jobs that failed for good, and gives one all its attempts again', async () => {
      const row = {
        ...{ id: 'job_dead', name: 'test.breaks', key: null, state: 'dead' as const, priority: 0, payload: '{}' },
        ...{ attempts: 5, max_attempts: 5, last_error: 'out of luck', run_at: 1, created_at: 1, finished_at: 2 },
      }
      await db.insertInto('jobs').values(row).execute()
      const { jobs, dead } = await admin.call(listJobs)
      assert.deepEqual(
        dead.map(({ id, name, attempts, error }) => [id, name, attempts, error]),
        [['job_dead', 'test.breaks', 5, 'out of luck']],
      )
      assert.equal(jobs.find(({ name }) => name === 'test.breaks')?.dead, 1)

      await admin.call(retryJob, { params: { id: 'job_dead' } })

      const { state, attempts } = await db
        .selectFrom('jobs')
        .select(['state', 'attempts'])
        .where('id', '=', 'job_dead')
        .executeTakeFirstOrThrow()
      assert.deepEqual([state, attempts], ['ready', 0])
      await assert.rejects(admin.call(retryJob, { params: { id: 'job_dead' } }), { status: 404, code: 'job_not_found' })
    })

    it('is nobody else’s business, nor that of a key', async () => {
      for (const endpoint of [getServer, listJobs])
        await assert.rejects(other.call(endpoint), { status: 403, code: 'admin_only' })
      await assert.rejects(other.call(retryJob, { params: { id: 'job_x' } }), { status: 403, code: 'admin_only' })
      assert.equal((await ada.fetch('/api/server')).status, 403)
    })
  })
}
