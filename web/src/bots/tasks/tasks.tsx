import { useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { cancelTask, createTask } from '../../../../src/bots/timers/contract.ts'
import { clearWaits } from '../../../../src/bots/waits/contract.ts'
import { api } from '../../api.ts'
import { formatAgo, formatDate } from '../../texts.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { Form } from '../../ui/form.tsx'
import { Select } from '../../ui/select.tsx'
import type { TabProps } from '../bot/tab-props.ts'
import { commandsQuery, tasksQuery, waitsQuery } from '../queries.ts'
import { Failed, Loading, More } from '../states.tsx'
import { attempt, refreshBots } from '../undo.ts'
import { useBotsAddress } from '../use-bots-address.ts'
import { tasksTexts } from './texts.ts'
import { Webhooks } from './webhooks.tsx'

const Tasks = ({ bot: { botid } }: TabProps) => (
  <div>
    <Timers botid={botid} />
    <Waits botid={botid} />
    <Webhooks botid={botid} />
  </div>
)

const Timers = ({ botid }: { readonly botid: string }) => {
  const t = tasksTexts.use()
  const { search, change } = useBotsAddress()
  const state = search.filter === 'finished' ? 'finished' : 'waiting'
  const tasks = useInfiniteQuery(tasksQuery(botid, state))
  const [isAdding, setAdding] = useState(false)
  const all = tasks.data?.pages.flatMap((page) => page.tasks) ?? []
  return (
    <section className="bots-section">
      <h2>{t.tasks}</h2>
      <div className="bots-row">
        <Select
          label={t.show}
          choices={[
            { id: 'waiting', name: t.waiting },
            { id: 'finished', name: t.finished },
          ]}
          value={state}
          onChange={(id) => change({ filter: id === 'waiting' ? undefined : id })}
        />
        <span className="bots-grow" />
        <Button onPress={() => setAdding(true)}>{t.add}</Button>
      </div>
      {tasks.isPending && <Loading />}
      {tasks.isError && all.length === 0 && <Failed error={tasks.error} retry={tasks.refetch} />}
      {tasks.isSuccess && all.length === 0 && <p className="bots-muted">{t.noTasks}</p>}
      <ul className="bots-list">
        {all.map(({ id, command, state: now, run_at, user_id }) => (
          <li key={id} className="bots-item">
            <div className="bots-item-text">
              <code>{command}</code>
              <span className="bots-muted">
                {t[now]} · {t.at(formatDate(run_at))}
                {user_id !== null && ` · ${user_id}`}
              </span>
            </div>
            {(now === 'pending' || now === 'held') && (
              <Button onPress={() => void attempt(() => api.call(cancelTask, { params: { botid, taskid: id } }))}>
                {t.cancel}
              </Button>
            )}
          </li>
        ))}
      </ul>
      <More of={tasks} />
      {isAdding && <TaskDialog botid={botid} onClose={() => setAdding(false)} />}
    </section>
  )
}

const TaskDialog = ({ botid, onClose }: { readonly botid: string; readonly onClose: () => void }) => {
  const t = tasksTexts.use()
  const commands = useQuery(commandsQuery(botid)).data ?? []
  const [command, setCommand] = useState('')
  const [seconds, setSeconds] = useState('60')
  const [user, setUser] = useState('')
  const chosen = command || (commands[0]?.command ?? '')
  const saving = useMutation({
    mutationFn: () => {
      const person = user.trim() === '' ? {} : { user_id: Number(user), chat_id: Number(user) }
      return api.call(createTask, {
        params: { botid },
        body: { command: chosen, after_seconds: Number(seconds), ...person },
      })
    },
    onSuccess: async () => {
      await refreshBots()
      onClose()
    },
  })
  return (
    <Dialog title={t.add} isOpen onClose={onClose}>
      <Form className="bots-stack" onSubmit={() => saving.mutate()}>
        <Select
          label={t.command}
          choices={commands.map((each) => ({ id: each.command, name: each.command }))}
          value={chosen}
          onChange={setCommand}
        />
        <TextField
          label={t.seconds}
          inputMode="decimal"
          pattern="[0-9]+([.][0-9]+)?"
          value={seconds}
          onChange={setSeconds}
          refusal={saving.error}
          isRequired
        />
        <TextField label={t.user} inputMode="numeric" pattern="[1-9][0-9]*" value={user} onChange={setUser} />
        <div className="dialog-actions">
          <Button type="submit" tone="accent" isPending={saving.isPending} isDisabled={chosen === ''}>
            {t.create}
          </Button>
        </div>
      </Form>
    </Dialog>
  )
}

const Waits = ({ botid }: { readonly botid: string }) => {
  const t = tasksTexts.use()
  const waits = useQuery(waitsQuery(botid))
  const clear = (query: { user_id?: string; chat_id?: string }) => (): void =>
    void attempt(() => api.call(clearWaits, { params: { botid }, query }))
  return (
    <section className="bots-section">
      <h2>{t.waits}</h2>
      {waits.isPending && <Loading rows={1} />}
      {waits.isError && waits.data === undefined && <Failed error={waits.error} retry={waits.refetch} />}
      {waits.data?.length === 0 && <p className="bots-muted">{t.noWaits}</p>}
      <ul className="bots-list">
        {waits.data?.map(({ user_id, chat_id, command, created_at }) => (
          <li key={`${user_id} ${chat_id}`} className="bots-item">
            <div className="bots-item-text">
              <code>{command}</code>
              <span className="bots-muted">
                {t.wait(String(user_id), String(chat_id))} · {formatAgo(created_at)}
              </span>
            </div>
            <Button onPress={clear({ user_id: String(user_id), chat_id: String(chat_id) })}>{t.forget}</Button>
          </li>
        ))}
      </ul>
      {(waits.data?.length ?? 0) > 1 && (
        <div className="bots-row">
          <Button onPress={clear({})}>{t.forgetAll}</Button>
        </div>
      )}
    </section>
  )
}

export default Tasks
