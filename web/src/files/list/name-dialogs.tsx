import { useMutation } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import type { Folder } from '../../../../src/files/folders/contract.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { Form } from '../../ui/form.tsx'
import { makeFolder, renameEntry } from '../changes.ts'
import { type Entry, nameOf, stemLength } from '../entry.ts'
import type { Team } from '../queries.ts'
import { filesTexts } from '../texts.ts'

interface NameDialogProps {
  readonly title: string
  readonly label: string
  readonly action: string
  readonly name: string
  readonly onName: (name: string) => Promise<unknown>
  readonly onClose: () => void
}

const NameDialog = ({ title, label, action, name, onName, onClose }: NameDialogProps) => {
  const [text, setText] = useState(name)
  const form = useRef<HTMLFormElement>(null)
  const saving = useMutation({ mutationFn: () => onName(text.trim()), onSuccess: onClose })
  // All but the extension, which mostly stays.
  useEffect(() => form.current?.querySelector('input')?.setSelectionRange(0, stemLength(name)), [name])
  return (
    <Dialog title={title} isOpen onClose={onClose}>
      <Form ref={form} className="stack" onSubmit={() => saving.mutate()}>
        <TextField label={label} value={text} onChange={setText} refusal={saving.error} isRequired autoFocus />
        <div className="dialog-actions">
          <Button type="submit" tone="accent" isPending={saving.isPending}>
            {action}
          </Button>
        </div>
      </Form>
    </Dialog>
  )
}

export const RenameDialog = ({ entry, onClose }: { readonly entry: Entry; readonly onClose: () => void }) => {
  const t = filesTexts.use()
  return (
    <NameDialog
      title={t.rename}
      label={t.newName}
      action={t.save}
      name={nameOf(entry)}
      onName={(name) => renameEntry(entry, name)}
      onClose={onClose}
    />
  )
}

export const NewFolderDialog = ({
  parent,
  team,
  onMade,
  onClose,
}: {
  readonly parent: string | null
  readonly team: Team
  readonly onMade?: (folder: Folder) => void
  readonly onClose: () => void
}) => {
  const t = filesTexts.use()
  return (
    <NameDialog
      title={t.newFolder}
      label={t.folderName}
      action={t.create}
      name=""
      onName={async (name) => {
        const made = await makeFolder(name, parent, team)
        onMade?.(made)
      }}
      onClose={onClose}
    />
  )
}
