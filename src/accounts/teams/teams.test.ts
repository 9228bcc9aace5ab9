import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { createTeam, listTeams } from './contract.ts'

for (const dialect of dialects) {
  describe(`teams (${dialect})`, async () => {
    const app = await testApp(dialect)

    it('are listed with the published fields', async () => {
      const ada = await app.account()
      const created = await ada.call(createTeam, { body: { name: ' Design Team ' } })

      const response = await ada.fetch('/api/v1/teams')

      assert.equal(response.status, 200)
      assert.deepEqual(await response.json(), { teams: [created] })
      assert.match(created.id, /^team_\w{22}$/)
      assert.deepEqual({ ...created, id: 't1' }, { id: 't1', name: 'Design Team', role: 'owner', members: 1 })
    })

    it('are counted and named with the role of who asks', async () => {
      const [ada, bob] = [await app.account(), await app.account()]
      const { id } = await ada.call(createTeam, { body: { name: 'Design' } })
      const { db } = app.app.core.database
      await db
        .insertInto('team_members')
        .values({ team_id: id, account_id: bob.id, role: 'viewer', joined_at: 1 })
        .execute()

      const [seenByAda, seenByBob] = [await ada.call(listTeams), await bob.call(listTeams)]

      const team = { id, name: 'Design', members: 2 }
      assert.deepEqual(seenByAda.teams, [{ ...team, role: 'owner' }])
      assert.deepEqual(seenByBob.teams, [{ ...team, role: 'viewer' }])
    })

    it('of others are not listed, and without any the list is empty', async () => {
      const [ada, bob] = [await app.account(), await app.account({ scopes: ['files:read'] })]
      await ada.call(createTeam, { body: { name: 'Design' } })

      const { teams } = await bob.call(listTeams)

      assert.deepEqual(teams, [])
      await assert.rejects(bob.call(createTeam, { body: { name: 'Mine' } }), { status: 403 })
    })

    it('need a name', async () => {
      const ada = await app.account()

      for (const body of ['{"name":"  "}', '{}', '{"name":7}', `{"name":"${'x'.repeat(81)}"}`, '{"name":"a\\u0000"}']) {
        const headers = { 'content-type': 'application/json' }
        const response = await ada.fetch('/api/v1/teams', { method: 'POST', body, headers })
        assert.equal(response.status, 400, body)
      }
    })
  })
}
