import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { Form } from '../../ui/form.tsx'
import { say } from '../../ui/toast.tsx'
import { fetchFrom } from '../fetching.ts'
import type { Team } from '../queries.ts'
import { filesTexts } from '../texts.ts'

/** Asks for an address from which the server fetches a file by itself. */
export const ImportDialog = ({
  folder,
  team,
  onClose,
}: {
  readonly folder: string | null
  readonly team: Team
  readonly onClose: () => void
}) => {
  const t = filesTexts.use()
  const [url, setUrl] = useState('')
  const starting = useMutation({
    mutationFn: () => fetchFrom(url.trim(), folder, team),
    onSuccess: () => {
      say(t.fetching)
      onClose()
    },
  })
  return (
    <Dialog title={t.fromAddress} isOpen onClose={onClose}>
      <Form className="stack" onSubmit={() => starting.mutate()}>
        <TextField
          label={t.address}
          hint={t.addressHint}
          type="url"
          inputMode="url"
          value={url}
          onChange={setUrl}
          refusal={starting.error}
          isRequired
          autoFocus
        />
        <div className="dialog-actions">
          <Button type="submit" tone="accent" isPending={starting.isPending}>
            {t.fetch}
          </Button>
        </div>
      </Form>
    </Dialog>
  )
}
