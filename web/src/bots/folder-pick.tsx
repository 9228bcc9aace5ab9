import { useState } from 'react'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { TextField } from '../ui/field.tsx'
import { Form } from '../ui/form.tsx'
import { botsTexts } from './texts.ts'

/** Asks for a folder by name: one of those that there are, a new one, or none. */
export const FolderPick = ({
  title,
  folders,
  now,
  onPick,
  onClose,
}: {
  readonly title: string
  readonly folders: readonly string[]
  readonly now: string
  readonly onPick: (folder: string) => Promise<unknown>
  readonly onClose: () => void
}) => {
  const t = botsTexts.use()
  const [name, setName] = useState(now)
  const pick = (folder: string): void => {
    onClose()
    void onPick(folder.trim())
  }
  return (
    <Dialog title={title} isOpen onClose={onClose}>
      <div className="bots-row">
        {['', ...folders].map((folder) => (
          <Button key={folder} tone={folder === now ? 'accent' : 'plain'} onPress={() => pick(folder)}>
            {folder === '' ? t.noFolder : folder}
          </Button>
        ))}
      </div>
      <Form className="bots-stack" onSubmit={() => pick(name)}>
        <TextField label={t.folder} value={name} onChange={setName} maxLength={64} autoFocus />
        <div className="dialog-actions">
          <Button type="submit" tone="accent">
            {t.save}
          </Button>
        </div>
      </Form>
    </Dialog>
  )
}
