import { useInfiniteQuery, useMutation } from '@tanstack/react-query'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import type { DataValue } from '../../../../src/bots/data/contract.ts'
import { useTyped } from '../../app/use-typed.ts'
import { formatAgo, formatBytes } from '../../texts.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Empty } from '../../ui/empty.tsx'
import { TextField } from '../../ui/field.tsx'
import { Form } from '../../ui/form.tsx'
import { Select } from '../../ui/select.tsx'
import type { TabProps } from '../bot/tab-props.ts'
import { dataQuery, dataUsersQuery } from '../queries.ts'
import { Failed, Loading, More } from '../states.tsx'
import { useBotsAddress } from '../use-bots-address.ts'
import { type Owner, removeValue, writeValue } from './data-changes.ts'
import { dataTexts } from './texts.ts'
import './data.css'

const Data = ({ bot: { botid } }: TabProps) => {
  const t = dataTexts.use()
  const { search, change } = useBotsAddress()
  const { user, q = '' } = search
  const typed = useTyped(q, (text) => change({ q: text || undefined }))
  const values = useInfiniteQuery(dataQuery(botid, user, q))
  const known = useInfiniteQuery(dataUsersQuery(botid)).data?.pages.flatMap((page) => page.users) ?? []
  const users = user === undefined || known.includes(user) ? known : [user, ...known]
  const [edited, setEdited] = useState<DataValue | 'new'>()
  const owner: Owner = { botid, user }
  const all = values.data?.pages.flatMap((page) => page.values) ?? []
  return (
    <div className="bots-stack">
      <div className="bots-row">
        <Select
          label={t.whose}
          choices={[{ id: '', name: t.ofBot }, ...users.map((id) => ({ id, name: t.ofUser(id) }))]}
          value={user ?? ''}
          onChange={(id) => change({ user: id || undefined })}
        />
        <TextField label={t.prefix} type="search" value={typed.text} onChange={typed.setText} />
        <span className="bots-grow" />
        <Button onPress={() => setEdited('new')}>
          <Plus aria-hidden size={16} />
          {t.add}
        </Button>
      </div>
      {values.isPending && <Loading />}
      {values.isError && all.length === 0 && <Failed error={values.error} retry={values.refetch} />}
      {values.isSuccess && all.length === 0 && <Empty title={t.none} text={t.noneText} />}
      <ul className="bots-list">
        {all.map((value) => (
          <li key={value.name} className="bots-item">
            <div className="bots-item-text">
              <code>{value.name}</code>
              <code className="data-json">{value.json.slice(0, 400)}</code>
              <span className="bots-muted">
                {formatBytes(value.size_bytes)} · {formatAgo(value.updated_at)}
              </span>
            </div>
            <Button onPress={() => setEdited(value)}>{t.edit}</Button>
            <Button tone="danger" onPress={() => void removeValue(owner, value)}>
              {t.remove}
            </Button>
          </li>
        ))}
      </ul>
      <More of={values} />
      {edited !== undefined && (
        <ValueDialog
          owner={owner}
          before={edited === 'new' ? undefined : edited}
          onClose={() => setEdited(undefined)}
        />
      )}
    </div>
  )
}

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const ValueDialog = ({
  owner,
  before,
  onClose,
}: {
  readonly owner: Owner
  readonly before: DataValue | undefined
  readonly onClose: () => void
}) => {
  const t = dataTexts.use()
  const [name, setName] = useState(before?.name ?? '')
  const [json, setJson] = useState(before?.json ?? '')
  const saving = useMutation({ mutationFn: () => writeValue(owner, name, json, before), onSuccess: onClose })
  const isWrong = json.trim() !== '' && !isJson(json)
  return (
    <Dialog title={before === undefined ? t.add : before.name} isOpen onClose={onClose}>
      <Form
        className="bots-stack"
        onSubmit={() => {
          if (isJson(json)) saving.mutate()
        }}
      >
        {before === undefined && <TextField label={t.name} value={name} onChange={setName} isRequired autoFocus />}
        <TextField
          label={t.value}
          value={json}
          onChange={setJson}
          rows={8}
          error={isWrong ? t.notJson : undefined}
          refusal={saving.error}
          isRequired
        />
        <div className="dialog-actions">
          <Button type="submit" tone="accent" isPending={saving.isPending}>
            {t.save}
          </Button>
        </div>
      </Form>
    </Dialog>
  )
}

export default Data
