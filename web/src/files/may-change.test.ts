import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { TEAM_ROLES } from '../../../src/accounts/teams/contract.ts'
import { mayChangeIn } from './may-change.ts'

describe('what a drive holds', () => {
  const teams = TEAM_ROLES.map((role) => ({ id: `team_${role}`, role }))

  it('may be changed in a team by all but viewers', () => {
    assert.deepEqual(
      TEAM_ROLES.filter((role) => mayChangeIn(teams, `team_${role}`)),
      ['owner', 'admin', 'editor'],
    )
  })

  it('may always be changed where it is one’s own', () => {
    assert.equal(mayChangeIn(undefined, undefined), true)
  })

  it('may not be changed before the role is known, nor in a team that one is not in', () => {
    assert.equal(mayChangeIn(undefined, 'team_owner'), false)
    assert.equal(mayChangeIn(teams, 'team_other'), false)
  })
})
