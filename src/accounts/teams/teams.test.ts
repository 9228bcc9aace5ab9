import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type TestAccount, testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { makeFolder, outcomes } from '../../files/testing.ts'
import type { Clock } from '../../platform/clock.ts'
import {
  changeTeamMember,
  createTeam,
  createTeamInvite,
  deleteTeam,
  getTeam,
  joinTeam,
  listTeamInvites,
  listTeamMembers,
  listTeams,
  removeTeamMember,
  renameTeam,
  type TeamInvite,
  type TeamRole,
  withdrawTeamInvite,
} from './contract.ts'
import { leaveTeams } from './owners.ts'

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

    const found = async (owner: TestAccount): Promise<string> =>
      (await owner.call(createTeam, { body: { name: 'Design' } })).id
    const invited = async (owner: TestAccount, id: string, role: TeamInvite['role']): Promise<string> =>
      (await owner.call(createTeamInvite, { params: { id }, body: { role } })).token
    const join = async (owner: TestAccount, id: string, who: TestAccount, role: TeamInvite['role']) =>
      who.call(joinTeam, { body: { token: await invited(owner, id, role) } })
    const setRole = (by: TestAccount, id: string, who: TestAccount, role: TeamRole) =>
      by.call(changeTeamMember, { params: { id, account_id: who.id }, body: { role } })
    const remove = (by: TestAccount, id: string, who: TestAccount) =>
      by.call(removeTeamMember, { params: { id, account_id: who.id } })

    it('are joined by an invitation, once, with the role it names', async () => {
      const [ada, bob, eve] = [await app.account(), await app.account(), await app.account()]
      const id = await found(ada)
      const token = await invited(ada, id, 'editor')
      const open = await ada.call(listTeamInvites, { params: { id } })

      const team = await bob.call(joinTeam, { body: { token } })

      assert.deepEqual(team, { id, name: 'Design', role: 'editor', members: 2 })
      assert.equal(open.invites.length, 1)
      assert.deepEqual((await ada.call(listTeamInvites, { params: { id } })).invites, [])
      const { members } = await bob.call(listTeamMembers, { params: { id } })
      assert.deepEqual(
        members.map(({ account_id, email, role }) => [account_id, email, role]),
        [
          [ada.id, ada.email, 'owner'],
          [bob.id, bob.email, 'editor'],
        ],
      )
      for (const used of [token, 'nonsense'])
        await assert.rejects(eve.call(joinTeam, { body: { token: used } }), { status: 404, code: 'invite_not_found' })
      await assert.rejects(eve.call(listTeamMembers, { params: { id } }), { status: 404, code: 'team_not_found' })
    })

    it('are joined by one of many who use an invitation at once', async () => {
      const ada = await app.account()
      const others = await Promise.all(Array.from({ length: 4 }, () => app.account()))
      const token = await invited(ada, await found(ada), 'viewer')

      const { done, refusals } = await outcomes(others.map((other) => other.call(joinTeam, { body: { token } })))

      assert.deepEqual([done, refusals], [1, ['invite_not_found']])
    })

    it('can be invited to by owners and admins only, and an invitation can be withdrawn', async () => {
      const [ada, adam, ed] = [await app.account(), await app.account(), await app.account()]
      const id = await found(ada)
      await join(ada, id, adam, 'admin')
      await join(adam, id, ed, 'editor')
      const token = await invited(adam, id, 'viewer')
      const [invite] = (await adam.call(listTeamInvites, { params: { id } })).invites
      const params = { id, invite_id: invite?.id ?? '' }

      await assert.rejects(invited(ed, id, 'viewer'), { status: 403, code: 'role_too_small' })
      await assert.rejects(ed.call(listTeamInvites, { params: { id } }), { status: 403 })
      await assert.rejects(ed.call(withdrawTeamInvite, { params }), { status: 403 })
      await adam.call(withdrawTeamInvite, { params })

      await assert.rejects(adam.call(withdrawTeamInvite, { params }), { status: 404, code: 'invite_not_found' })
      await assert.rejects((await app.account()).call(joinTeam, { body: { token } }), { code: 'invite_not_found' })
    })

    it('have members whose role is changed by those above them', async () => {
      const [ada, adam, ed] = [await app.account(), await app.account(), await app.account()]
      const id = await found(ada)
      await join(ada, id, adam, 'admin')
      await join(ada, id, ed, 'viewer')

      const changed = await setRole(adam, id, ed, 'editor')

      assert.deepEqual([changed.account_id, changed.role], [ed.id, 'editor'])
      await assert.rejects(setRole(ed, id, adam, 'viewer'), { status: 403, code: 'role_too_small' })
      await assert.rejects(setRole(adam, id, ada, 'viewer'), { status: 403, code: 'role_too_small' })
      await assert.rejects(setRole(adam, id, adam, 'owner'), { status: 403, code: 'role_too_small' })
      await assert.rejects(remove(adam, id, ada), { status: 409, code: 'last_owner' })
      await assert.rejects(setRole(ada, id, await app.account(), 'viewer'), { status: 404, code: 'member_not_found' })
      await remove(adam, id, ed)
      await assert.rejects(ed.call(listTeamMembers, { params: { id } }), { status: 404 })
    })

    it('keep an owner, also when the last two leave at once', async () => {
      const [ada, bob] = [await app.account(), await app.account()]
      const id = await found(ada)
      await assert.rejects(remove(ada, id, ada), { status: 409, code: 'last_owner' })
      await assert.rejects(setRole(ada, id, ada, 'admin'), { status: 409, code: 'last_owner' })
      await join(ada, id, bob, 'admin')
      await setRole(ada, id, bob, 'owner')

      const { done, refusals } = await outcomes([remove(ada, id, ada), remove(bob, id, bob)])

      assert.deepEqual([done, refusals], [1, ['last_owner']])
    })

    it('of which somebody is a member stay as they are with another invitation', async () => {
      const [ada, bob] = [await app.account(), await app.account()]
      const id = await found(ada)
      await join(ada, id, bob, 'editor')

      const again = await join(ada, id, bob, 'viewer')

      assert.deepEqual([again.role, again.members], ['editor', 2])
    })

    it('have as many members as the plan of the owner has seats', async () => {
      const [ada, bob, eve] = [await app.account(), await app.account(), await app.account()]
      const id = await found(ada)
      const { db } = app.app.core.database
      const plan = await db.selectFrom('plans').selectAll().where('id', '=', 'selfhost').executeTakeFirstOrThrow()
      await db
        .insertInto('plans')
        .values({ ...plan, id: `two-${ada.id}`, max_seats: 2 })
        .execute()
      await db
        .updateTable('accounts')
        .set({ plan_id: `two-${ada.id}` })
        .where('id', '=', ada.id)
        .execute()

      await join(ada, id, bob, 'viewer')

      await assert.rejects(join(ada, id, eve, 'viewer'), { status: 409, code: 'team_full' })
    })

    it('are invited to by a link whose token stands behind the #, for one address if it is named', async () => {
      const [ada, bob, eve] = [await app.account(), await app.account(), await app.account()]
      const id = await found(ada)
      const body = { role: 'editor' as const, email: bob.email.toUpperCase() }

      const invite = await ada.call(createTeamInvite, { params: { id }, body })

      assert.deepEqual([invite.email, invite.created_by], [body.email, ada.id])
      assert.equal(invite.url, `${app.url}/join#t=${invite.token}`)
      const token = { body: { token: invite.token } }
      await assert.rejects(eve.call(joinTeam, token), { status: 403, code: 'invite_for_another' })
      assert.equal((await bob.call(joinTeam, token)).role, 'editor')
    })

    it('are not joined by what somebody gave who no longer manages them', async () => {
      const [ada, adam, bob] = [await app.account(), await app.account(), await app.account()]
      const id = await found(ada)
      await join(ada, id, adam, 'admin')
      const token = await invited(adam, id, 'admin')

      await setRole(ada, id, adam, 'viewer')

      await assert.rejects(bob.call(joinTeam, { body: { token } }), { status: 404, code: 'invite_not_found' })
      assert.deepEqual((await ada.call(listTeamInvites, { params: { id } })).invites, [])
    })

    it('are shown, and renamed by owners and admins', async () => {
      const [ada, ed, eve] = [await app.account(), await app.account(), await app.account()]
      const id = await found(ada)
      await join(ada, id, ed, 'editor')

      const renamed = await ada.call(renameTeam, { params: { id }, body: { name: ' Research ' } })

      assert.deepEqual(renamed, { id, name: 'Research', role: 'owner', members: 2 })
      assert.deepEqual(await ed.call(getTeam, { params: { id } }), { ...renamed, role: 'editor' })
      const body = { name: 'Mine' }
      await assert.rejects(ed.call(renameTeam, { params: { id }, body }), { status: 403, code: 'role_too_small' })
      for (const teamId of [id, 'team_none']) {
        const params = { id: teamId }
        await assert.rejects(eve.call(getTeam, { params }), { status: 404, code: 'team_not_found' })
        await assert.rejects(eve.call(renameTeam, { params, body }), { status: 404, code: 'team_not_found' })
        await assert.rejects(eve.call(deleteTeam, { params }), { status: 404, code: 'team_not_found' })
      }
    })

    it('are deleted by an owner when nothing is in them', async () => {
      const [ada, adam] = [await app.account(), await app.account()]
      const id = await found(ada)
      await join(ada, id, adam, 'admin')
      const token = await invited(ada, id, 'viewer')
      const params = { id }
      const folder = await makeFolder(ada, 'Plans', { team_id: id })
      await assert.rejects(adam.call(deleteTeam, { params }), { status: 403, code: 'role_too_small' })
      await assert.rejects(ada.call(deleteTeam, { params }), { status: 409, code: 'team_not_empty' })
      await ada.fetch(`/api/v1/folders/${folder.id}`, { method: 'DELETE' })
      await assert.rejects(ada.call(deleteTeam, { params }), { status: 409, code: 'team_not_empty' })
      await ada.fetch(`/api/v1/trash?team_id=${id}`, { method: 'DELETE' })

      await ada.call(deleteTeam, { params })

      assert.deepEqual((await adam.call(listTeams)).teams, [])
      await assert.rejects((await app.account()).call(joinTeam, { body: { token } }), { code: 'invite_not_found' })
      await assert.rejects(makeFolder(ada, 'Plans', { team_id: id }), { status: 404, code: 'team_not_found' })
    })

    it('that are deleted while something is put into them keep it, or are gone before it comes', async () => {
      const ada = await app.account()

      for (let round = 0; round < 5; round += 1) {
        const id = await found(ada)
        const { done } = await outcomes([
          makeFolder(ada, 'Plans', { team_id: id }),
          ada.call(deleteTeam, { params: { id } }),
        ])
        assert.equal(done, 1)
      }
      assert.deepEqual(
        app.log.filter((line) => line.includes('"level":50')),
        [],
      )
    })

    it('shut out who is removed, on the next request', async () => {
      const [ada, bob] = [await app.account(), await app.account()]
      const id = await found(ada)
      await join(ada, id, bob, 'editor')
      assert.equal((await bob.fetch(`/api/v1/files?team_id=${id}`)).status, 200)

      await remove(ada, id, bob)

      assert.equal((await bob.fetch(`/api/v1/files?team_id=${id}`)).status, 404)
      await assert.rejects(makeFolder(bob, 'Mine', { team_id: id }), { status: 404, code: 'team_not_found' })
    })

    it('keep an owner who can act: one that is disabled does not count, but stays a member', async () => {
      const [ada, bob] = [await app.account(), await app.account()]
      const id = await found(ada)
      await join(ada, id, bob, 'admin')
      await setRole(ada, id, bob, 'owner')
      const { db } = app.app.core.database
      await db.updateTable('accounts').set({ status: 'disabled' }).where('id', '=', bob.id).execute()

      await assert.rejects(remove(ada, id, ada), { status: 409, code: 'last_owner' })

      const { members } = await ada.call(listTeamMembers, { params: { id } })
      assert.deepEqual(
        members.map(({ status }) => status),
        ['active', 'disabled'],
      )
      await remove(ada, id, bob)
    })

    it('do not let their last owner delete the account before there is another', async () => {
      const [ada, bob] = [await app.account(), await app.account()]
      // Of two accounts the first is the server's only administrator, which is another reason to stay.
      const owner = await app.account()
      const id = await found(owner)
      await join(owner, id, ada, 'viewer')
      await join(owner, id, bob, 'admin')
      const remaining = async () =>
        (await bob.call(listTeamMembers, { params: { id } })).members.map(({ role, email }) => [role, email])
      const leave = async () =>
        app.fetch('/api/account', {
          method: 'DELETE',
          headers: {
            cookie: await owner.signIn(),
            'content-type': 'application/json',
            'sec-fetch-site': 'same-origin',
          },
          body: JSON.stringify({ password: owner.password }),
        })

      const early = await leave()
      await setRole(owner, id, bob, 'owner')
      const late = await leave()

      assert.deepEqual([early.status, late.status], [409, 200])
      assert.deepEqual(await remaining(), [
        ['viewer', ada.email],
        ['owner', bob.email],
      ])
    })

    it('pass to the highest of the others when the account of the last owner is deleted for them', async () => {
      const [owner, ed, adam] = [await app.account(), await app.account(), await app.account()]
      const id = await found(owner)
      await join(owner, id, ed, 'editor')
      await join(owner, id, adam, 'admin')
      const { database, accounts } = app.app.core
      const leaving = {
        audit: accounts.audit,
        dialect,
        by: { accountId: adam.id, actor: 'test' },
        lastOwner: 'hand-over',
      } as const

      await database.transaction((tx) => leaveTeams(tx, owner.id, leaving))

      const { members } = await adam.call(listTeamMembers, { params: { id } })
      assert.deepEqual(
        members.map(({ account_id, role }) => [account_id, role]),
        [
          [ed.id, 'editor'],
          [adam.id, 'owner'],
        ],
      )
    })

    it('write what is done to them into the log of who did it', async () => {
      const [ada, bob] = [await app.account(), await app.account()]
      const id = await found(ada)
      await join(ada, id, bob, 'viewer')
      await ada.call(renameTeam, { params: { id }, body: { name: 'Research' } })
      await setRole(ada, id, bob, 'editor')
      await remove(ada, id, bob)
      await ada.call(deleteTeam, { params: { id } })

      const { entries } = await app.app.core.accounts.users.auditPage(ada.id, 50, undefined)

      assert.deepEqual(entries.flatMap(({ action, target }) => (target === id ? [action] : [])).toReversed(), [
        'team.created',
        'team.invited',
        'team.renamed',
        'team.member-changed',
        'team.member-removed',
        'team.deleted',
      ])
    })

    it('cannot be joined after seven days', async () => {
      let nowMs = Date.now()
      const clock: Clock = { now: () => new Date(nowMs), monotonicMs: () => performance.now() }
      const timed = await testApp(dialect, { clock })
      const [ada, bob] = [await timed.account(), await timed.account()]
      const token = await invited(ada, await found(ada), 'viewer')

      nowMs += 7 * 86_400_000

      await assert.rejects(bob.call(joinTeam, { body: { token } }), { status: 404, code: 'invite_not_found' })
      await timed.stop()
    })
  })
}
