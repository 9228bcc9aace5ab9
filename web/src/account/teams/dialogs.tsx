import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import {
  createTeam,
  createTeamInvite,
  deleteTeam,
  removeTeamMember,
  renameTeam,
  type Team,
  type TeamMember,
} from '../../../../src/accounts/teams/contract.ts'
import { api, messageOf, queries } from '../../api.ts'
import { useAccount } from '../../app/session.ts'
import { Button } from '../../ui/button.tsx'
import { CopyButton } from '../../ui/copy.tsx'
import { Confirm, Dialog } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { Form } from '../../ui/form.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Select } from '../../ui/select.tsx'
import { sayProblem } from '../../ui/toast.tsx'
import { accountTexts } from '../texts.ts'

export type TeamDialog =
  | { readonly is: 'create' }
  | { readonly is: 'rename'; readonly team: Team }
  | { readonly is: 'invite'; readonly team: Team }
  | TeamEnding

type TeamEnding =
  | { readonly is: 'leave' | 'delete'; readonly team: Team }
  | { readonly is: 'remove'; readonly team: Team; readonly member: TeamMember }

interface Closing {
  readonly onClose: () => void
}

const refresh = (): Promise<void> => queries.invalidateQueries({ queryKey: ['account', 'teams'] })

export const TeamDialogs = ({ dialog, onClose }: Closing & { readonly dialog: TeamDialog }) => {
  if (dialog.is === 'create') return <NameTeam onClose={onClose} />
  switch (dialog.is) {
    case 'rename':
      return <NameTeam team={dialog.team} onClose={onClose} />
    case 'invite':
      return <Invite team={dialog.team} onClose={onClose} />
    default:
      return <Ending dialog={dialog} onClose={onClose} />
  }
}

const NameTeam = ({ team, onClose }: Closing & { readonly team?: Team }) => {
  const t = accountTexts.use()
  const [name, setName] = useState(team?.name ?? '')
  const saving = useMutation({
    mutationFn: () =>
      team === undefined
        ? api.call(createTeam, { body: { name } })
        : api.call(renameTeam, { params: { id: team.id }, body: { name } }),
    onSuccess: async () => {
      await refresh()
      onClose()
    },
  })
  return (
    <Dialog title={team === undefined ? t.newTeam : t.rename} isOpen onClose={onClose}>
      <Form className="stack" onSubmit={() => saving.mutate()}>
        {saving.error !== null && <Notice tone="danger">{messageOf(saving.error)}</Notice>}
        <TextField label={t.teamName} value={name} onChange={setName} maxLength={80} isRequired autoFocus />
        <div className="dialog-actions">
          <Button type="submit" tone="accent" isPending={saving.isPending}>
            {team === undefined ? t.create : t.save}
          </Button>
        </div>
      </Form>
    </Dialog>
  )
}

const ROLES = ['viewer', 'editor', 'admin'] as const

const Invite = ({ team, onClose }: Closing & { readonly team: Team }) => {
  const t = accountTexts.use()
  const [role, setRole] = useState<(typeof ROLES)[number]>('viewer')
  const [email, setEmail] = useState('')
  const inviting = useMutation({
    mutationFn: () =>
      api.call(createTeamInvite, {
        params: { id: team.id },
        body: { role, email: email.trim() === '' ? null : email.trim() },
      }),
    onSuccess: refresh,
  })
  if (inviting.data !== undefined)
    return (
      <Dialog title={t.inviteTo(team.name)} isOpen onClose={onClose} isDismissable={false}>
        <p>{t.linkText}</p>
        <div className="secret">
          <code>{inviting.data.url}</code>
          <CopyButton text={inviting.data.url} />
        </div>
      </Dialog>
    )
  return (
    <Dialog title={t.inviteTo(team.name)} isOpen onClose={onClose}>
      <Form className="stack" onSubmit={() => inviting.mutate()}>
        {inviting.error !== null && <Notice tone="danger">{messageOf(inviting.error)}</Notice>}
        <Select label={t.role} choices={ROLES.map((id) => ({ id, name: t[id] }))} value={role} onChange={setRole} />
        <TextField label={t.inviteEmail} hint={t.inviteEmailHint} type="email" value={email} onChange={setEmail} />
        <div className="dialog-actions">
          <Button type="submit" tone="accent" isPending={inviting.isPending}>
            {t.makeLink}
          </Button>
        </div>
      </Form>
    </Dialog>
  )
}

const Ending = ({ dialog, onClose }: Closing & { readonly dialog: TeamEnding }) => {
  const t = accountTexts.use()
  const me = useAccount()?.id ?? ''
  const { team } = dialog
  const ending = useMutation({
    mutationFn: () => {
      if (dialog.is === 'delete') return api.call(deleteTeam, { params: { id: team.id } })
      const account = dialog.is === 'remove' ? dialog.member.account_id : me
      return api.call(removeTeamMember, { params: { id: team.id, account_id: account } })
    },
    onSuccess: refresh,
    onError: sayProblem,
    onSettled: onClose,
  })
  const words = {
    delete: { title: t.deleteTeamTitle(team.name), text: t.deleteTeamText, action: t.deleteTeam },
    leave: { title: t.leaveTitle(team.name), text: t.leaveText, action: t.leave },
    remove: {
      title: t.removeMemberTitle(dialog.is === 'remove' ? dialog.member.email : ''),
      text: t.removeMemberText,
      action: t.removeMember,
    },
  }[dialog.is]
  return <Confirm {...words} isOpen isPending={ending.isPending} onConfirm={() => ending.mutate()} onClose={onClose} />
}
