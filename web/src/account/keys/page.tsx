import { useQuery } from '@tanstack/react-query'
import { KeyRound, MoreHorizontal, Plus } from 'lucide-react'
import { useState } from 'react'
import { Button as AriaButton } from 'react-aria-components'
import { useActions } from '../../app/actions.ts'
import { formatAgo, formatDate } from '../../texts.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Menu } from '../../ui/menu.tsx'
import { Table } from '../../ui/table.tsx'
import { Loaded } from '../loaded.tsx'
import { type ApiKey, keysQuery, keyUsageQuery } from '../queries.ts'
import { CreateKey } from './create.tsx'
import { type KeyDialog, KeyDialogs } from './dialogs.tsx'
import { ScopeMarks } from './marks.tsx'
import { NewKey } from './new-key.tsx'
import { warningsOf } from './presets.ts'
import { Spark } from './spark.tsx'
import { keyTexts } from './texts.ts'

/** Every key of the account. */
export const KeysPage = () => {
  const t = keyTexts.use()
  const keys = useQuery(keysQuery)
  const [isCreating, setIsCreating] = useState(false)
  const [shown, setShown] = useState<string>()
  const [dialog, setDialog] = useState<KeyDialog>()
  useActions([{ id: 'keys.create', name: t.create, keys: 'n', run: () => setIsCreating(true) }])
  const create = (
    <Button tone="accent" onPress={() => setIsCreating(true)}>
      <Plus aria-hidden size={16} />
      {t.create}
    </Button>
  )
  return (
    <>
      <header className="page-head">
        <h1>{t.title}</h1>
        {create}
      </header>
      <p className="muted">{t.about}</p>
      <Loaded query={keys}>
        {(all) => {
          const live = all.filter(({ status }) => status === 'active')
          const over = all.filter(({ status }) => status !== 'active')
          return (
            <>
              {live.length === 0 ? (
                <Empty
                  title={t.noKeys}
                  text={t.noKeysText}
                  icon={<KeyRound aria-hidden size={32} strokeWidth={1.5} />}
                  action={create}
                />
              ) : (
                <KeyTable keys={live} onDialog={setDialog} />
              )}
              {over.length > 0 && (
                <details>
                  <summary>{t.over}</summary>
                  <KeyTable keys={over} onDialog={setDialog} />
                </details>
              )}
            </>
          )
        }}
      </Loaded>
      {isCreating && (
        <CreateKey
          onClose={() => setIsCreating(false)}
          onCreated={(value) => {
            setIsCreating(false)
            setShown(value)
          }}
        />
      )}
      {dialog !== undefined && <KeyDialogs dialog={dialog} onDialog={setDialog} onCreated={setShown} />}
      {shown !== undefined && <NewKey value={shown} onClose={() => setShown(undefined)} />}
    </>
  )
}

interface TableProps {
  readonly keys: readonly ApiKey[]
  readonly onDialog: (dialog: KeyDialog) => void
}

const KeyTable = ({ keys, onDialog }: TableProps) => {
  const t = keyTexts.use()
  const usage = useQuery(keyUsageQuery).data
  return (
    <Table label={t.title} columns={[t.name, t.scopes, { wideOnly: t.lastUsed }, { wideOnly: t.uses }, t.expires, '']}>
      {keys.map((key) => (
        <KeyRow
          key={key.id}
          apiKey={key}
          requests={usage?.keys.find(({ id }) => id === key.id)?.requests}
          onDialog={onDialog}
        />
      ))}
    </Table>
  )
}

const NO_DAYS: readonly number[] = Array.from({ length: 14 }, () => 0)

const KeyRow = ({
  apiKey,
  requests = NO_DAYS,
  onDialog,
}: {
  readonly apiKey: ApiKey
  readonly requests: readonly number[] | undefined
  readonly onDialog: TableProps['onDialog']
}) => {
  const t = keyTexts.use()
  const { name, prefix, scopes, status, last_used_at, last_used_ip, expires_at } = apiKey
  return (
    <tr>
      <td className="key-name">
        <AriaButton className="key-open" onPress={() => onDialog({ is: 'details', key: apiKey })}>
          {name}
        </AriaButton>
        <code>{prefix}…</code>
        {warningsOf(apiKey, Date.now()).map((warning) => (
          <small key={warning} className="warn">
            {t[warning]}
          </small>
        ))}
      </td>
      <td>
        <ScopeMarks scopes={scopes} />
      </td>
      <td className="wide-only">
        {last_used_at === null ? (
          t.never
        ) : (
          <time dateTime={last_used_at} title={formatDate(last_used_at)}>
            {formatAgo(last_used_at)}
          </time>
        )}
        {last_used_ip !== null && last_used_ip !== '' && <small className="line">{t.from(last_used_ip)}</small>}
      </td>
      <td className="wide-only">
        <Spark requests={requests} />
      </td>
      <td>
        {status === 'active' ? (
          expires_at === null ? (
            t.noEnd
          ) : (
            <time dateTime={expires_at} title={formatDate(expires_at)}>
              {formatAgo(expires_at)}
            </time>
          )
        ) : (
          t[status]
        )}
      </td>
      <td>
        {status === 'active' && (
          <Menu
            label={t.actions(name)}
            trigger={
              <IconButton label={t.actions(name)}>
                <MoreHorizontal aria-hidden size={18} />
              </IconButton>
            }
            actions={[
              { id: 'rename', name: t.rename, onAction: () => onDialog({ is: 'rename', key: apiKey }) },
              { id: 'rotate', name: t.rotate, onAction: () => onDialog({ is: 'rotate', key: apiKey }) },
              null,
              { id: 'revoke', name: t.revoke, tone: 'danger', onAction: () => onDialog({ is: 'revoke', key: apiKey }) },
            ]}
          />
        )}
      </td>
    </tr>
  )
}
