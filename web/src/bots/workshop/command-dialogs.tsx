import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { formatAgo } from '../../texts.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { Form } from '../../ui/form.tsx'
import { say } from '../../ui/toast.tsx'
import { type BotCommand, deletedCommandsQuery } from '../queries.ts'
import { Failed, Loading } from '../states.tsx'
import { attempt } from '../undo.ts'
import { bringBack, makeCommand, purge, renameTo, setFlags } from './command-changes.ts'
import { workshopTexts } from './texts.ts'

const NameForm = ({
  title,
  action,
  name,
  hint,
  onName,
  onClose,
}: {
  readonly title: string
  readonly action: string
  readonly name: string
  readonly hint?: string
  readonly onName: (name: string) => Promise<unknown>
  readonly onClose: () => void
}) => {
  const t = workshopTexts.use()
  const [text, setText] = useState(name)
  const saving = useMutation({ mutationFn: () => onName(text.trim()), onSuccess: onClose })
  return (
    <Dialog title={title} isOpen onClose={onClose}>
      <Form className="bots-stack" onSubmit={() => saving.mutate()}>
        <TextField
          label={t.commandName}
          value={text}
          onChange={setText}
          refusal={saving.error}
          {...(hint === undefined ? {} : { hint })}
          isRequired
          autoFocus
        />
        <div className="dialog-actions">
          <Button type="submit" tone="accent" isPending={saving.isPending}>
            {action}
          </Button>
        </div>
      </Form>
    </Dialog>
  )
}

export const NewCommandDialog = ({
  botid,
  onMade,
  onClose,
}: {
  readonly botid: string
  readonly onMade: (name: string) => void
  readonly onClose: () => void
}) => {
  const t = workshopTexts.use()
  const make = async (name: string): Promise<void> => {
    await makeCommand(botid, name, '')
    onMade(name)
  }
  return (
    <NameForm title={t.newCommand} action={t.newCommand} name="/" hint={t.nameHint} onName={make} onClose={onClose} />
  )
}

export const RenameDialog = ({
  botid,
  command,
  onRenamed,
  onClose,
}: {
  readonly botid: string
  readonly command: BotCommand
  readonly onRenamed: (name: string) => void
  readonly onClose: () => void
}) => {
  const t = workshopTexts.use()
  const rename = async (name: string): Promise<void> => {
    await renameTo(botid, command.command, name)
    onRenamed(name)
  }
  return <NameForm title={t.rename} action={t.rename} name={command.command} onName={rename} onClose={onClose} />
}

export const AliasesDialog = ({
  botid,
  command,
  onClose,
}: {
  readonly botid: string
  readonly command: BotCommand
  readonly onClose: () => void
}) => {
  const t = workshopTexts.use()
  const [text, setText] = useState(command.aliases.join('\n'))
  return (
    <Dialog title={t.aliases} isOpen onClose={onClose}>
      <TextField label={t.aliases} hint={t.aliasesHint} rows={5} value={text} onChange={setText} autoFocus />
      <div className="dialog-actions">
        <Button
          tone="accent"
          onPress={() => {
            onClose()
            const aliases = text.split('\n').map((line) => line.trim())
            void setFlags(botid, command, { aliases: aliases.filter((line) => line !== '') })
          }}
        >
          {t.save}
        </Button>
      </div>
    </Dialog>
  )
}

/** The commands that were deleted, each with its way back. */
export const DeletedDialog = ({ botid, onClose }: { readonly botid: string; readonly onClose: () => void }) => {
  const t = workshopTexts.use()
  const deleted = useQuery(deletedCommandsQuery(botid))
  const restore = async (id: string, name: string): Promise<void> => {
    if (await attempt(() => bringBack(botid, id))) say(t.restored(name))
  }
  return (
    <Dialog title={t.trash} isOpen onClose={onClose} place="side">
      {deleted.isPending && <Loading />}
      {deleted.isError && <Failed error={deleted.error} retry={deleted.refetch} />}
      {deleted.data?.length === 0 && <p className="bots-muted">{t.trashEmpty}</p>}
      <ul className="bots-list">
        {deleted.data?.map(({ _id, command, deleted_at }) => (
          <li key={_id} className="bots-item">
            <div className="bots-item-text">
              <code>{command}</code>
              <span className="bots-muted">{formatAgo(deleted_at)}</span>
            </div>
            <Button onPress={() => void restore(_id, command)}>{t.restore}</Button>
            <Button tone="danger" onPress={() => void attempt(() => purge(botid, _id))}>
              {t.purge}
            </Button>
          </li>
        ))}
      </ul>
    </Dialog>
  )
}
