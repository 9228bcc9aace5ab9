import { useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query'
import { MoreHorizontal, UserPlus } from 'lucide-react'
import { useState } from 'react'
import { type ManagedAccount, removeAccount, updateAccount } from '../../../src/accounts/users/admin-contract.ts'
import { createInvite } from '../../../src/accounts/users/contract.ts'
import { Loaded } from '../account/loaded.tsx'
import { api, queries } from '../api.ts'
import { accountQuery, useAccount } from '../app/session.ts'
import { formatAgo, formatDate } from '../texts.ts'
import { Button, IconButton } from '../ui/button.tsx'
import { CopyButton } from '../ui/copy.tsx'
import { Confirm, Dialog } from '../ui/dialog.tsx'
import { Menu } from '../ui/menu.tsx'
import { Select } from '../ui/select.tsx'
import { Table } from '../ui/table.tsx'
import { say, sayProblem } from '../ui/toast.tsx'
import { accountsQuery, plansQuery } from './queries.ts'
import { adminTexts } from './texts.ts'

interface Asking {
  readonly is: 'disable' | 'remove'
  readonly account: ManagedAccount
}

interface Change {
  readonly status?: 'active' | 'disabled'
  readonly is_admin?: boolean
  readonly plan?: string
}

const useChanges = () => {
  const t = adminTexts.use()
  const settled = {
    onSuccess: () => say(t.changed),
    onError: sayProblem,
    onSettled: async () => {
      await queries.invalidateQueries({ queryKey: ['admin'] })
      await queries.invalidateQueries({ queryKey: accountQuery.queryKey, exact: true })
    },
  }
  const updating = useMutation({
    mutationFn: ({ id, ...body }: Change & { readonly id: string }) =>
      api.call(updateAccount, { params: { id }, body }),
    ...settled,
  })
  const removing = useMutation({
    mutationFn: (id: string) => api.call(removeAccount, { params: { id } }),
    ...settled,
  })
  return { update: updating.mutate, remove: removing.mutate }
}

/** Everybody who has an account here. */
export const AccountsPage = () => {
  const t = adminTexts.use()
  const accounts = useInfiniteQuery(accountsQuery)
  const [asking, setAsking] = useState<Asking>()
  const changes = useChanges()
  return (
    <>
      <header className="page-head">
        <h1>{t.accounts}</h1>
        <InviteButton />
      </header>
      <Loaded query={accounts}>
        {({ pages }) => (
          <Table label={t.accounts} columns={[t.account, t.state, t.plan, { wideOnly: t.lastSignIn }, '']}>
            {pages
              .flatMap((page) => page.accounts)
              .map((account) => (
                <Row key={account.id} account={account} onAsk={setAsking} onChange={changes.update} />
              ))}
          </Table>
        )}
      </Loaded>
      {accounts.hasNextPage && (
        <Button onPress={() => void accounts.fetchNextPage()} isPending={accounts.isFetchingNextPage}>
          {t.more}
        </Button>
      )}
      {asking !== undefined && (
        <Confirm
          title={asking.is === 'disable' ? t.disableTitle(asking.account.email) : t.removeTitle(asking.account.email)}
          text={asking.is === 'disable' ? t.disableText : t.removeText}
          action={asking.is === 'disable' ? t.disable : t.remove}
          isOpen
          onClose={() => setAsking(undefined)}
          onConfirm={() => {
            const { id } = asking.account
            if (asking.is === 'disable') changes.update({ id, status: 'disabled' })
            else changes.remove(id)
          }}
        />
      )}
    </>
  )
}

const Row = ({
  account,
  onAsk,
  onChange,
}: {
  readonly account: ManagedAccount
  readonly onAsk: (asking: Asking) => void
  readonly onChange: (change: Change & { readonly id: string }) => void
}) => {
  const t = adminTexts.use()
  const { data: plans = [] } = useQuery(plansQuery)
  const { id, email, status, is_admin, plan, created_at, last_sign_in_at } = account
  const isMe = useAccount()?.id === id
  const planIds = [...new Set([plan, ...plans.map((one) => one.id)])]
  return (
    <tr>
      <td>
        {email} {isMe && <small>({t.you})</small>}
        <small className="line">{formatDate(created_at)}</small>
      </td>
      <td>
        <span className="chip">{t[status]}</span> {is_admin && <span className="chip">{t.admin}</span>}
      </td>
      <td>
        <Select
          label={t.planOf(email)}
          choices={planIds.map((one) => ({ id: one, name: one }))}
          value={plan}
          onChange={(wanted) => onChange({ id, plan: wanted })}
        />
      </td>
      <td className="wide-only">
        {last_sign_in_at === null ? t.never : <time dateTime={last_sign_in_at}>{formatAgo(last_sign_in_at)}</time>}
      </td>
      <td>
        <Menu
          label={t.actions(email)}
          trigger={
            <IconButton label={t.actions(email)}>
              <MoreHorizontal aria-hidden size={18} />
            </IconButton>
          }
          actions={[
            is_admin
              ? { id: 'demote', name: t.demote, onAction: () => onChange({ id, is_admin: false }) }
              : { id: 'promote', name: t.promote, onAction: () => onChange({ id, is_admin: true }) },
            status === 'active'
              ? { id: 'disable', name: t.disable, onAction: () => onAsk({ is: 'disable', account }) }
              : { id: 'enable', name: t.enable, onAction: () => onChange({ id, status: 'active' }) },
            null,
            {
              id: 'remove',
              name: t.remove,
              tone: 'danger',
              isDisabled: isMe,
              onAction: () => onAsk({ is: 'remove', account }),
            },
          ]}
        />
      </td>
    </tr>
  )
}

const InviteButton = () => {
  const t = adminTexts.use()
  const inviting = useMutation({ mutationFn: () => api.call(createInvite), onError: sayProblem })
  const link = `${location.origin}/join#invite=${encodeURIComponent(inviting.data?.invite ?? '')}`
  return (
    <>
      <Button tone="accent" onPress={() => inviting.mutate()} isPending={inviting.isPending}>
        <UserPlus aria-hidden size={16} />
        {t.invite}
      </Button>
      {inviting.data !== undefined && (
        <Dialog title={t.invite} isOpen onClose={() => inviting.reset()} isDismissable={false}>
          <p>{t.inviteText}</p>
          <div className="secret">
            <code>{link}</code>
            <CopyButton text={link} />
          </div>
        </Dialog>
      )}
    </>
  )
}
