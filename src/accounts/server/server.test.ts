import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { eventually } from '../../../test/services/eventually.ts'
import { defineJob } from '../../platform/jobs/index.ts'

for (const dialect of dialects) {
  describe(`the server, to its administrators (${dialect})`, async () => {
    const app = await testApp(dialect, {})
    const ada = await app.account()
    const bob = await app.account()
    const as = async (account: typeof ada) => {
      const cookie = await account.signIn()
      return async (path: string, method = 'GET') => {
        const response = await app.fetch(path, { method, headers: { cookie, origin: app.url } })
        return { status: response.status, json: await response.json() }
      }
    }
    const [admin, other] = [await as(ada), await as(bob)]

    it('says what it is and which limits it has', async () => {
      const { status, json } = await admin('/api/server')

      assert.equal(status, 200)
      assert.deepEqual([json.database, json.roles, json.public_url], [dialect, ['http', 'worker', 'bots'], app.url])
      assert.equal(json.limits.LIMIT_CARDS_PER_MINUTE, 1_000_000)
      assert.equal(Object.values(json.limits).every(Number.isFinite), true)
    })

    it('shows jobs that failed for good, and runs one again', async () => {
      const job = defineJob({ name: 'test.breaks', payload: z.object({}), attempts: 1 })
      let runs = 0
      app.app.jobs.handle(job, async () => {
        runs += 1
        if (runs === 1) throw new Error('out of luck')
      })
      await app.app.jobs.enqueue(app.app.core.database.db, job, {})
      const dead = await eventually(async () => {
        const { json } = await admin('/api/server/jobs')
        assert.equal(json.dead.length, 1)
        return json.dead[0]
      })
      assert.deepEqual([dead.name, dead.attempts], ['test.breaks', 1])
      assert.match(dead.error, /out of luck/)

      assert.equal((await admin(`/api/server/jobs/${dead.id}/retry`, 'POST')).status, 200)

      await eventually(() => assert.equal(runs, 2))
      const again = await admin(`/api/server/jobs/${dead.id}/retry`, 'POST')
      assert.deepEqual([again.status, again.json.code], [404, 'job_not_found'])
    })

    it('is nobody else’s business, nor that of a key', async () => {
      for (const path of ['/api/server', '/api/server/jobs']) {
        const refused = await other(path)
        assert.deepEqual([refused.status, refused.json.code], [403, 'admin_only'])
        assert.notEqual((await ada.fetch(path)).status, 200)
      }
      assert.equal((await other('/api/server/jobs/job_x/retry', 'POST')).status, 403)
    })
  })
}
