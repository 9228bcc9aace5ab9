import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Download } from 'lucide-react'
import { exportUsersFile } from '../../../../src/bots/exports/contract.ts'
import type { BotUser, UserFilter } from '../../../../src/bots/users/contract.ts'
import { blockBotUser, unblockBotUser } from '../../../../src/bots/users/contract.ts'
import { api, queries } from '../../api.ts'
import { useTyped } from '../../app/use-typed.ts'
import { formatAgo } from '../../texts.ts'
import { Button } from '../../ui/button.tsx'
import { Empty } from '../../ui/empty.tsx'
import { TextField } from '../../ui/field.tsx'
import { Menu } from '../../ui/menu.tsx'
import { Select } from '../../ui/select.tsx'
import { sayProblem } from '../../ui/toast.tsx'
import type { TabProps } from '../bot/tab-props.ts'
import { userCountQuery, usersQuery } from '../queries.ts'
import { saveResponse } from '../save-response.ts'
import { Failed, Loading, More } from '../states.tsx'
import { attempt, sayWithUndo } from '../undo.ts'
import { useBotsAddress } from '../use-bots-address.ts'
import { peopleTexts } from './texts.ts'

const FILTERS: readonly UserFilter[] = [
  'all',
  'reachable',
  'active_24h',
  'active_7d',
  'active_30d',
  'blocked',
  'blocked_bot',
]

const Users = ({ bot: { botid } }: TabProps) => {
  const t = peopleTexts.use()
  const { search, change } = useBotsAddress()
  const filter = FILTERS.find((each) => each === search.filter) ?? 'all'
  const q = search.q ?? ''
  const typed = useTyped(q, (text) => change({ q: text || undefined }))
  const users = useInfiniteQuery(usersQuery(botid, filter, q))
  const count = useQuery(userCountQuery(botid)).data
  const all = users.data?.pages.flatMap((page) => page.users) ?? []
  return (
    <div className="bots-stack">
      <div className="bots-row">
        <TextField label={t.search} type="search" value={typed.text} onChange={typed.setText} />
        <Select
          label={t.show}
          choices={FILTERS.map((id) => ({ id, name: t[id] }))}
          value={filter}
          onChange={(id) => change({ filter: id === 'all' ? undefined : id })}
        />
        <span className="bots-grow" />
        {count !== undefined && <span className="bots-muted">{t.count(count.total)}</span>}
        <Export botid={botid} />
      </div>
      {users.isPending && <Loading />}
      {users.isError && all.length === 0 && <Failed error={users.error} retry={users.refetch} />}
      {users.isSuccess && all.length === 0 && (
        <Empty {...(count?.total === 0 ? { title: t.none, text: t.noneText } : { title: t.noneFound })} />
      )}
      {all.length > 0 && <Rows botid={botid} users={all} />}
      <More of={users} />
    </div>
  )
}

const Export = ({ botid }: { readonly botid: string }) => {
  const t = peopleTexts.use()
  const save = async (format: 'csv' | 'json'): Promise<void> => {
    try {
      const body = { format, include_creation_date: true, include_last_active_date: true }
      await saveResponse(await api.raw(exportUsersFile, { params: { botid }, body }), `users.${format}`)
    } catch (error) {
      sayProblem(error)
    }
  }
  return (
    <Menu
      label={t.export}
      trigger={
        <Button>
          <Download aria-hidden size={16} />
          {t.export}
        </Button>
      }
      actions={[
        { id: 'csv', name: t.exportCsv, onAction: () => void save('csv') },
        { id: 'json', name: t.exportJson, onAction: () => void save('json') },
      ]}
    />
  )
}

const nameOf = ({ first_name, last_name, user_id }: BotUser): string =>
  [first_name, last_name].filter(Boolean).join(' ') || String(user_id)

type Pages = { pages: { users: BotUser[]; next_cursor: string | null }[]; pageParams: string[] }

/** Shown before the server has answered; what was before is a press away. */
const setBlocked = async (botid: string, user: BotUser, blocked: boolean): Promise<void> => {
  const t = peopleTexts.now()
  const params = { botid, userid: String(user.user_id) }
  const mark = (each: BotUser): BotUser => (each.user_id === user.user_id ? { ...each, blocked } : each)
  queries.setQueriesData<Pages>(
    { queryKey: ['bots', 'users', botid] },
    (old) => old && { ...old, pages: old.pages.map((page) => ({ ...page, users: page.users.map(mark) })) },
  )
  const call = (on: boolean) => api.call(on ? blockBotUser : unblockBotUser, { params })
  if (!(await attempt(() => call(blocked)))) return
  const text = blocked ? t.didBlock(nameOf(user)) : t.didUnblock(nameOf(user))
  sayWithUndo(text, () => call(!blocked))
}

const Rows = ({ botid, users }: { readonly botid: string; readonly users: readonly BotUser[] }) => {
  const t = peopleTexts.use()
  return (
    <ul className="bots-list">
      {users.map((user) => (
        <li key={user.user_id} className="bots-item">
          <div className="bots-item-text">
            <strong>{nameOf(user)}</strong>
            <span className="bots-muted">
              {user.username !== null && `@${user.username} · `}
              {user.user_id} · {t.seen}: {formatAgo(user.last_active_at)} · {t.since}: {formatAgo(user.created_at)}
            </span>
          </div>
          {user.blocked && <span className="chip">{t.blockedChip}</span>}
          {user.blocked_bot && <span className="chip">{t.leftChip}</span>}
          <Link to="/bots/$" params={{ _splat: `${botid}/data` }} search={{ user: String(user.user_id) } as never}>
            {t.data}
          </Link>
          <Button onPress={() => void setBlocked(botid, user, !user.blocked)}>
            {user.blocked ? t.unblock : t.block}
          </Button>
        </li>
      ))}
    </ul>
  )
}

export default Users
