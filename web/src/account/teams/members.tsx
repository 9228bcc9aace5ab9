import { useMutation, useQuery } from '@tanstack/react-query'
import {
  changeTeamMember,
  TEAM_ROLES,
  type Team,
  type TeamMember,
  type TeamRole,
  withdrawTeamInvite,
} from '../../../../src/accounts/teams/contract.ts'
import { api, queries } from '../../api.ts'
import { useAccount } from '../../app/session.ts'
import { formatAgo } from '../../texts.ts'
import { Button } from '../../ui/button.tsx'
import { Select } from '../../ui/select.tsx'
import { say, sayProblem } from '../../ui/toast.tsx'
import { Loaded } from '../loaded.tsx'
import { membersQuery, teamInvitesQuery } from '../queries.ts'
import { accountTexts } from '../texts.ts'
import type { TeamDialog } from './dialogs.tsx'

interface MembersProps {
  readonly team: Team
  readonly isManager: boolean
  readonly onDialog: (dialog: TeamDialog) => void
}

export const Members = ({ team, isManager, onDialog }: MembersProps) => {
  const members = useQuery(membersQuery(team.id))
  return (
    <>
      <Loaded query={members}>
        {(all) => (
          <ul className="rows">
            {all.map((member) => (
              <Member key={member.account_id} team={team} member={member} isManager={isManager} onDialog={onDialog} />
            ))}
          </ul>
        )}
      </Loaded>
      {isManager && <OpenInvites team={team} />}
    </>
  )
}

const Member = ({ team, member, isManager, onDialog }: MembersProps & { readonly member: TeamMember }) => {
  const t = accountTexts.use()
  const isMe = useAccount()?.id === member.account_id
  // Only owners change owners, or make somebody one.
  const mayChange = isManager && (team.role === 'owner' || member.role !== 'owner')
  const changing = useMutation({
    mutationFn: (role: TeamRole) =>
      api.call(changeTeamMember, { params: { id: team.id, account_id: member.account_id }, body: { role } }),
    onError: sayProblem,
    onSettled: () => queries.invalidateQueries({ queryKey: ['account', 'teams'] }),
  })
  const shown = changing.isPending ? changing.variables : member.role
  const roles = TEAM_ROLES.filter((role) => role !== 'owner' || team.role === 'owner')
  return (
    <li>
      <div className="row-text">
        <span>
          {member.email} {isMe && <small>({t.you})</small>}
        </span>
        {member.status === 'disabled' && <small>{t.disabled}</small>}
      </div>
      {mayChange ? (
        <Select
          label={t.roleOf(member.email)}
          choices={roles.map((id) => ({ id, name: t[id] }))}
          value={shown}
          onChange={(role) => changing.mutate(role)}
        />
      ) : (
        <span className="chip">{t[member.role]}</span>
      )}
      {mayChange && !isMe && <Button onPress={() => onDialog({ is: 'remove', team, member })}>{t.removeMember}</Button>}
    </li>
  )
}

const OpenInvites = ({ team }: { readonly team: Team }) => {
  const t = accountTexts.use()
  const { data: invites = [] } = useQuery(teamInvitesQuery(team.id))
  const withdrawing = useMutation({
    mutationFn: (inviteId: string) => api.call(withdrawTeamInvite, { params: { id: team.id, invite_id: inviteId } }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: teamInvitesQuery(team.id).queryKey })
      say(t.withdrawn)
    },
    onError: sayProblem,
  })
  if (invites.length === 0) return null
  return (
    <>
      <h3>{t.openInvites}</h3>
      <ul className="rows">
        {invites.map(({ id, email, role, expires_at }) => (
          <li key={id}>
            <div className="row-text">
              <span>{email ?? t.anybody}</span>
              <small>
                {t[role]} · {t.endsAt(formatAgo(expires_at))}
              </small>
            </div>
            <Button onPress={() => withdrawing.mutate(id)}>{t.withdraw}</Button>
          </li>
        ))}
      </ul>
    </>
  )
}
