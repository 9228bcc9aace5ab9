import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { revokeKey, rotateKey, updateKey } from '../../../../src/accounts/api-keys/contract.ts'
import { api, messageOf, queries } from '../../api.ts'
import { Button } from '../../ui/button.tsx'
import { Confirm, Dialog } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { Form } from '../../ui/form.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Select } from '../../ui/select.tsx'
import { say, sayProblem } from '../../ui/toast.tsx'
import { type ApiKey, keysQuery } from '../queries.ts'
import { KeyDetails } from './details.tsx'
import { keyTexts } from './texts.ts'

export interface KeyDialog {
  readonly is: 'details' | 'rename' | 'rotate' | 'revoke'
  readonly key: ApiKey
}

interface DialogProps {
  readonly apiKey: ApiKey
  readonly onClose: () => void
}

const refresh = (): Promise<void> => queries.invalidateQueries({ queryKey: keysQuery.queryKey })

export const KeyDialogs = ({
  dialog,
  onDialog,
  onCreated,
}: {
  readonly dialog: KeyDialog
  readonly onDialog: (dialog: KeyDialog | undefined) => void
  readonly onCreated: (value: string) => void
}) => {
  const { key } = dialog
  const onClose = (): void => onDialog(undefined)
  if (dialog.is === 'details')
    return <KeyDetails apiKey={key} onClose={onClose} onAsk={(is) => onDialog({ is, key })} />
  if (dialog.is === 'rename') return <Rename apiKey={key} onClose={onClose} />
  if (dialog.is === 'revoke') return <Revoke apiKey={key} onClose={onClose} />
  return <Rotate apiKey={key} onClose={onClose} onCreated={onCreated} />
}

const Rename = ({ apiKey, onClose }: DialogProps) => {
  const t = keyTexts.use()
  const [name, setName] = useState(apiKey.name)
  const saving = useMutation({
    mutationFn: () => api.call(updateKey, { params: { id: apiKey.id }, body: { name: name.trim() } }),
    onSuccess: async () => {
      await refresh()
      onClose()
    },
  })
  return (
    <Dialog title={t.rename} isOpen onClose={onClose}>
      <Form className="stack" onSubmit={() => saving.mutate()}>
        {saving.error !== null && <Notice tone="danger">{messageOf(saving.error)}</Notice>}
        <TextField label={t.name} value={name} onChange={setName} maxLength={80} isRequired autoFocus />
        <div className="dialog-actions">
          <Button type="submit" tone="accent" isPending={saving.isPending}>
            {t.save}
          </Button>
        </div>
      </Form>
    </Dialog>
  )
}

const Revoke = ({ apiKey, onClose }: DialogProps) => {
  const t = keyTexts.use()
  const revoking = useMutation({
    mutationFn: () => api.call(revokeKey, { params: { id: apiKey.id } }),
    onSuccess: async () => {
      await refresh()
      say(t.revokedNow)
    },
    onError: sayProblem,
    onSettled: onClose,
  })
  return (
    <Confirm
      title={t.revokeTitle(apiKey.name)}
      text={t.revokeText}
      action={t.revoke}
      isOpen
      isPending={revoking.isPending}
      onConfirm={() => revoking.mutate()}
      onClose={onClose}
    />
  )
}

const HOURS = ['0', '1', '24', '168'] as const

const Rotate = ({ apiKey, onClose, onCreated }: DialogProps & { readonly onCreated: (value: string) => void }) => {
  const t = keyTexts.use()
  const mayOverlap = apiKey.kind === 'files'
  const [hours, setHours] = useState<(typeof HOURS)[number]>(mayOverlap ? '24' : '0')
  const rotating = useMutation({
    mutationFn: () =>
      api.call(rotateKey, { params: { id: apiKey.id }, body: { overlap_seconds: Number(hours) * 3600 } }),
    onSuccess: async ({ key }) => {
      await refresh()
      onClose()
      onCreated(key)
    },
  })
  return (
    <Dialog title={t.rotate} isOpen onClose={onClose}>
      {rotating.error !== null && <Notice tone="danger">{messageOf(rotating.error)}</Notice>}
      <p>{mayOverlap ? t.rotateText : t.rotateOnce}</p>
      {mayOverlap && (
        <Select
          label={t.overlap}
          choices={HOURS.map((id) => ({ id, name: id === '0' ? t.overlapNone : t.overlapHours(Number(id)) }))}
          value={hours}
          onChange={setHours}
        />
      )}
      <div className="dialog-actions">
        <Button tone="accent" onPress={() => rotating.mutate()} isPending={rotating.isPending}>
          {t.rotate}
        </Button>
      </div>
    </Dialog>
  )
}
