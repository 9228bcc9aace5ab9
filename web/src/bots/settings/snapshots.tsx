import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { createSnapshot, deleteSnapshot, restoreSnapshot } from '../../../../src/bots/snapshots/contract.ts'
import { api } from '../../api.ts'
import { formatAgo } from '../../texts.ts'
import { Button } from '../../ui/button.tsx'
import { TextField } from '../../ui/field.tsx'
import { Form } from '../../ui/form.tsx'
import { say } from '../../ui/toast.tsx'
import { snapshotsQuery } from '../queries.ts'
import { refreshBots } from '../undo.ts'
import { ListSection } from './list-section.tsx'
import { settingsTexts } from './texts.ts'

/** All commands of a moment under a name. */
export const Snapshots = ({ botid }: { readonly botid: string }) => {
  const t = settingsTexts.use()
  const snapshots = useQuery(snapshotsQuery(botid))
  const [name, setName] = useState('')
  const taking = useMutation({
    mutationFn: () => api.call(createSnapshot, { params: { botid }, body: { name: name.trim() } }),
    onSuccess: async () => {
      setName('')
      await refreshBots()
    },
  })
  const items = snapshots.data?.map(({ id, name: called, commands, created_at }) => {
    const params = { botid, snapshotid: id }
    return {
      id,
      title: <strong>{called}</strong>,
      note: `${t.commands(commands)} · ${formatAgo(created_at)}`,
      actions: [
        {
          name: t.bringBack,
          question: t.snapshotsText,
          async run() {
            await api.call(restoreSnapshot, { params })
            say(t.saved)
          },
        },
        {
          name: t.delete,
          tone: 'danger' as const,
          question: t.snapshotGone(called),
          run: () => api.call(deleteSnapshot, { params }),
        },
      ],
    }
  })
  return (
    <ListSection title={t.snapshots} about={t.snapshotsText} none={t.noSnapshots} items={items} list={snapshots}>
      <Form className="bots-row" onSubmit={() => taking.mutate()}>
        <TextField
          label={t.snapshotName}
          value={name}
          onChange={setName}
          maxLength={64}
          refusal={taking.error}
          isRequired
        />
        <Button type="submit" isPending={taking.isPending}>
          {t.take}
        </Button>
      </Form>
    </ListSection>
  )
}
