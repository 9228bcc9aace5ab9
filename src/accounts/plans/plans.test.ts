import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type TestAccount, testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { createClient } from '../../client/index.ts'
import { limitPlan, putFile } from '../../files/files/testing.ts'
import { getUsage } from '../../files/usage/contract.ts'
import { listPlans, updatePlan } from './contract.ts'

for (const dialect of dialects) {
  describe(`plans (${dialect})`, async () => {
    const app = await testApp(dialect)
    const admin = await app.account()

    const signedIn = async (account: TestAccount) =>
      createClient({ baseUrl: app.url, headers: { cookie: await account.signIn(), origin: app.url } })
    const giveOwnPlan = async (account: TestAccount): Promise<string> => {
      await limitPlan(app, account, {})
      return `plan-of-${account.id}`
    }

    it('are there by default, with how many accounts have each', async () => {
      const session = await signedIn(admin)

      const { plans } = await session.call(listPlans)

      const byId = new Map(plans.map((plan) => [plan.id, plan]))
      for (const id of ['free', 'pro', 'business', 'selfhost']) assert.ok(byId.has(id), id)
      const { accounts, ...business } = byId.get('business') ?? assert.fail()
      assert.equal(accounts, 0)
      assert.deepEqual(business, {
        id: 'business',
        api: true,
        max_bytes: null,
        max_file_bytes: null,
        max_links: null,
        max_seats: 10,
        max_keys: 10,
        per_minute_cap: 100,
        per_day: 10_000,
      })
      assert.ok((byId.get('selfhost')?.accounts ?? 0) >= 1)
    })

    it('are changed by administrators, and hold from the next request on', async () => {
      const ada = await app.account()
      const id = await giveOwnPlan(ada)
      const session = await signedIn(admin)
      assert.equal((await ada.fetch('/api/v1/files')).status, 200)

      const { plan } = await session.call(updatePlan, { params: { id }, body: { per_minute_cap: 3, max_bytes: 10 } })

      assert.deepEqual([plan.per_minute_cap, plan.max_bytes, plan.max_links], [3, 10, null])
      // The first call is one of the three.
      const statuses = []
      for (let call = 0; call < 3; call += 1) statuses.push((await ada.fetch('/api/v1/files')).status)
      assert.deepEqual(statuses, [200, 200, 429])
      await session.call(updatePlan, { params: { id }, body: { per_minute_cap: null, api: false } })
      assert.equal((await ada.fetch('/api/v1/files')).status, 403)
      await session.call(updatePlan, { params: { id }, body: { api: true } })
      assert.equal(
        (await ada.fetch('/api/v1/files/content?name=a', { method: 'PUT', body: 'eleven byte' })).status,
        413,
      )
    })

    it('take nothing away from who has more than they allow now', async () => {
      const ada = await app.account()
      const id = await giveOwnPlan(ada)
      const file = await putFile(ada, 'large', 'x'.repeat(100))
      const session = await signedIn(admin)

      await session.call(updatePlan, { params: { id }, body: { max_bytes: 10 } })

      assert.equal((await ada.fetch(`/api/v1/files/${file.id}/content`)).status, 200)
      assert.equal((await ada.call(getUsage)).used_bytes, 100)
    })

    it('refuse what is no plan and who is no administrator', async () => {
      const [session, eve] = [await signedIn(admin), await signedIn(await app.account())]
      const body = { max_bytes: 1 }

      await assert.rejects(session.call(updatePlan, { params: { id: 'none' }, body }), {
        status: 404,
        code: 'plan_not_found',
      })
      for (const wrong of [{ max_bytes: -1 }, { per_day: 0 }, { max_links: 1.5 }])
        await assert.rejects(session.call(updatePlan, { params: { id: 'free' }, body: wrong }), { status: 400 })
      await assert.rejects(eve.call(listPlans), { status: 403, code: 'admin_only' })
      await assert.rejects(eve.call(updatePlan, { params: { id: 'free' }, body }), { status: 403, code: 'admin_only' })
      await assert.rejects(admin.call(listPlans), { status: 403 })
    })

    it('are shown to their accounts with what is used of them', async () => {
      const ada = await app.account()
      const id = await giveOwnPlan(ada)
      const { db } = app.app.core.database
      await db.updateTable('plans').set({ per_day: 1000, max_keys: 3, max_links: 5 }).where('id', '=', id).execute()
      const file = await putFile(ada, 'a.txt', 'twelve bytes')
      const trashed = await putFile(ada, 'b.txt', 'gone')
      await ada.fetch(`/api/v1/files/${file.id}/share`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      })
      await ada.fetch(`/api/v1/files/${trashed.id}/trash`, { method: 'POST' })

      const usage = await ada.call(getUsage)

      assert.equal(usage.plan.id, id)
      const { plan: _, calls_today, ...figures } = usage
      assert.deepEqual(figures, {
        used_bytes: 16,
        trash_bytes: 4,
        max_bytes: null,
        files: 1,
        links: 1,
        max_links: 5,
        keys: 1,
        max_keys: 3,
        calls_per_day: 1000,
      })
      // Uploads, the share, the trash, and this call.
      assert.equal(calls_today, 5)
    })
  })
}
