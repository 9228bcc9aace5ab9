import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Form } from 'react-aria-components'
import { createSnapshot, deleteSnapshot, restoreSnapshot } from '../../../../src/bots/snapshots/contract.ts'
import { api, messageOf } from '../../api.ts'
import { formatAgo } from '../../texts.ts'
import { Button } from '../../ui/button.tsx'
import { Confirm } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { say } from '../../ui/toast.tsx'
import { snapshotsQuery } from '../queries.ts'
import { attempt, refreshBots } from '../undo.ts'
import { settingsTexts } from './texts.ts'

/** All commands of a moment under a name. */
export const Snapshots = ({ botid }: { readonly botid: string }) => {
  const t = settingsTexts.use()
  const snapshots = useQuery(snapshotsQuery(botid))
  const [name, setName] = useState('')
  const [asked, setAsked] = useState<{ readonly id: string; readonly what: 'bringBack' | 'delete' }>()
  const taking = useMutation({
    mutationFn: () => api.call(createSnapshot, { params: { botid }, body: { name: name.trim() } }),
    onSuccess: async () => {
      setName('')
      await refreshBots()
    },
  })
  const confirm = async (): Promise<void> => {
    if (asked === undefined) return
    setAsked(undefined)
    const params = { botid, snapshotid: asked.id }
    const done = await attempt(() => api.call(asked.what === 'delete' ? deleteSnapshot : restoreSnapshot, { params }))
    if (done) say(t.saved)
  }
  return (
    <section className="bots-section">
      <h2>{t.snapshots}</h2>
      <p className="bots-muted">{t.snapshotsText}</p>
      {snapshots.data?.length === 0 && <p className="bots-muted">{t.noSnapshots}</p>}
      <ul className="bots-list">
        {snapshots.data?.map(({ id, name: called, commands, created_at }) => (
          <li key={id} className="bots-item">
            <div className="bots-item-text">
              <strong>{called}</strong>
              <span className="bots-muted">
                {t.commands(commands)} · {formatAgo(created_at)}
              </span>
            </div>
            <Button onPress={() => setAsked({ id, what: 'bringBack' })}>{t.bringBack}</Button>
            <Button tone="danger" onPress={() => setAsked({ id, what: 'delete' })}>
              {t.delete}
            </Button>
          </li>
        ))}
      </ul>
      <Form
        className="bots-row"
        onSubmit={(event) => {
          event.preventDefault()
          taking.mutate()
        }}
      >
        <TextField
          label={t.snapshotName}
          value={name}
          onChange={setName}
          maxLength={64}
          error={taking.error === null ? undefined : messageOf(taking.error)}
          isRequired
        />
        <Button type="submit" isPending={taking.isPending}>
          {t.take}
        </Button>
      </Form>
      {asked !== undefined && (
        <Confirm
          title={t[asked.what]}
          text={t.snapshotsText}
          action={t[asked.what]}
          isOpen
          onConfirm={() => void confirm()}
          onClose={() => setAsked(undefined)}
        />
      )}
    </section>
  )
}
