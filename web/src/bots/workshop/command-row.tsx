import { CircleAlert, Ellipsis, Lock, PencilLine } from 'lucide-react'
import { useState } from 'react'
import { Button as AriaButton } from 'react-aria-components'
import { IconButton } from '../../ui/button.tsx'
import { Menu } from '../../ui/menu.tsx'
import { FolderPick } from '../folder-pick.tsx'
import type { BotCommand } from '../queries.ts'
import { setFlags, trashCommand } from './command-changes.ts'
import { AliasesDialog, RenameDialog } from './command-dialogs.tsx'
import { workshopTexts } from './texts.ts'

export interface CommandRowProps {
  readonly botid: string
  readonly command: BotCommand
  readonly commands: readonly BotCommand[]
  readonly isActive: boolean
  readonly isFailing: boolean
  readonly isUnsaved: boolean
  readonly onOpen: (name: string) => void
  readonly onRenamed: (from: string, to: string) => void
}

type Above = 'folder' | 'rename' | 'aliases' | undefined

/** A command in the list: its marks, and what can be done with it. */
export const CommandRow = (props: CommandRowProps) => {
  const t = workshopTexts.use()
  const { botid, command, isActive, isFailing, isUnsaved, onOpen } = props
  const [above, setAbove] = useState<Above>()
  const name = command.command
  return (
    <li className="workshop-command" data-active={isActive || undefined}>
      <AriaButton className="workshop-name" onPress={() => onOpen(name)} aria-current={isActive}>
        <span>{name}</span>
        {command.admin_only && <Lock role="img" size={12} aria-label={t.adminOnly} />}
        {isUnsaved && <PencilLine role="img" size={12} aria-label={t.unsaved} />}
        {isFailing && <CircleAlert role="img" size={13} className="workshop-failing" aria-label={t.failed} />}
      </AriaButton>
      <Menu
        label={t.more(name)}
        trigger={
          <IconButton label={t.more(name)}>
            <Ellipsis aria-hidden size={16} />
          </IconButton>
        }
        actions={[
          {
            id: 'pin',
            name: command.pinned ? t.unpin : t.pin,
            onAction: () => void setFlags(botid, command, { pinned: !command.pinned }),
          },
          { id: 'folder', name: t.move, onAction: () => setAbove('folder') },
          { id: 'rename', name: t.rename, onAction: () => setAbove('rename') },
          { id: 'aliases', name: t.aliases, onAction: () => setAbove('aliases') },
          {
            id: 'admin',
            name: command.admin_only ? t.forEverybody : t.adminOnly,
            onAction: () => void setFlags(botid, command, { admin_only: !command.admin_only }),
          },
          null,
          { id: 'delete', name: t.remove, tone: 'danger', onAction: () => void trashCommand(botid, command) },
        ]}
      />
      <RowDialog {...props} above={above} onClose={() => setAbove(undefined)} />
    </li>
  )
}

const RowDialog = ({
  botid,
  command,
  commands,
  onRenamed,
  above,
  onClose,
}: CommandRowProps & { readonly above: Above; readonly onClose: () => void }) => {
  const t = workshopTexts.use()
  if (above === 'aliases') return <AliasesDialog botid={botid} command={command} onClose={onClose} />
  if (above === 'rename') {
    const renamed = (to: string): void => onRenamed(command.command, to)
    return <RenameDialog botid={botid} command={command} onRenamed={renamed} onClose={onClose} />
  }
  if (above !== 'folder') return null
  const folders = [...new Set(commands.flatMap(({ folder }) => (folder === null ? [] : [folder])))].sort()
  return (
    <FolderPick
      title={t.move}
      folders={folders}
      now={command.folder ?? ''}
      onPick={(folder) => setFlags(botid, command, { folder: folder || null })}
      onClose={onClose}
    />
  )
}
