import { useQuery } from '@tanstack/react-query'
import { MoreHorizontal, Plus, Users } from 'lucide-react'
import { useState } from 'react'
import { Link } from 'react-aria-components'
import type { Team } from '../../../../src/accounts/teams/contract.ts'
import { useActions } from '../../app/actions.ts'
import { teamsQuery } from '../../app/teams.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Menu } from '../../ui/menu.tsx'
import { Loaded } from '../loaded.tsx'
import { accountTexts } from '../texts.ts'
import { type TeamDialog, TeamDialogs } from './dialogs.tsx'
import { Members } from './members.tsx'

/** The teams that one is in, and who else is. */
export const TeamsPage = () => {
  const t = accountTexts.use()
  const teams = useQuery(teamsQuery)
  const [dialog, setDialog] = useState<TeamDialog>()
  useActions([{ id: 'teams.create', name: t.newTeam, keys: 'n', run: () => setDialog({ is: 'create' }) }])
  const create = (
    <Button tone="accent" onPress={() => setDialog({ is: 'create' })}>
      <Plus aria-hidden size={16} />
      {t.newTeam}
    </Button>
  )
  return (
    <>
      <header className="page-head">
        <h1>{t.teams}</h1>
        {create}
      </header>
      <p className="muted">{t.teamsText}</p>
      <Loaded query={teams}>
        {(all) =>
          all.length === 0 ? (
            <Empty title={t.noTeams} icon={<Users aria-hidden size={32} strokeWidth={1.5} />} action={create} />
          ) : (
            all.map((team) => <TeamPanel key={team.id} team={team} onDialog={setDialog} />)
          )
        }
      </Loaded>
      {dialog !== undefined && <TeamDialogs dialog={dialog} onClose={() => setDialog(undefined)} />}
    </>
  )
}

const TeamPanel = ({ team, onDialog }: { readonly team: Team; readonly onDialog: (dialog: TeamDialog) => void }) => {
  const t = accountTexts.use()
  const isManager = team.role === 'owner' || team.role === 'admin'
  return (
    <section className="panel" aria-label={team.name}>
      <div className="panel-head">
        <h2>{team.name}</h2>
        <span className="chip">{t[team.role]}</span>
        {isManager && <Button onPress={() => onDialog({ is: 'invite', team })}>{t.invite}</Button>}
        <Menu
          label={t.teamActions(team.name)}
          trigger={
            <IconButton label={t.teamActions(team.name)}>
              <MoreHorizontal aria-hidden size={18} />
            </IconButton>
          }
          actions={[
            { id: 'open', name: t.openDrive, href: `/files?team=${encodeURIComponent(team.id)}` },
            { id: 'rename', name: t.rename, isDisabled: !isManager, onAction: () => onDialog({ is: 'rename', team }) },
            null,
            { id: 'leave', name: t.leave, onAction: () => onDialog({ is: 'leave', team }) },
            {
              id: 'delete',
              name: t.deleteTeam,
              tone: 'danger',
              isDisabled: team.role !== 'owner',
              onAction: () => onDialog({ is: 'delete', team }),
            },
          ]}
        />
      </div>
      <Link href={`/files?team=${encodeURIComponent(team.id)}`}>{t.openDrive}</Link>
      <details>
        <summary>{t.members(team.members)}</summary>
        <Members team={team} isManager={isManager} onDialog={onDialog} />
      </details>
    </section>
  )
}
