import { Copy, Ellipsis, FolderInput, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { IconButton } from '../ui/button.tsx'
import { Menu, type MenuAction } from '../ui/menu.tsx'
import { type Bot, trashBot } from './changes.ts'
import { CloneDialog } from './list/clone-dialog.tsx'
import { FolderDialog } from './list/folder-dialog.tsx'
import { botsTexts } from './texts.ts'

/** What can be done with a bot as a whole. */
export const BotMenu = ({
  bot,
  label,
  power,
  onTrashed,
}: {
  readonly bot: Bot
  readonly label: string
  /** What starts or stops it, as far as no button beside the menu does. */
  readonly power: Omit<MenuAction, 'id' | 'isDisabled'>
  readonly onTrashed?: () => void
}) => {
  const t = botsTexts.use()
  const [above, setAbove] = useState<'folder' | 'clone'>()
  const remove = async (): Promise<void> => {
    if (await trashBot(bot)) onTrashed?.()
  }
  const close = (): void => setAbove(undefined)
  return (
    <>
      <Menu
        label={label}
        trigger={
          <IconButton label={label}>
            <Ellipsis aria-hidden size={18} />
          </IconButton>
        }
        actions={[
          { ...power, id: 'power', isDisabled: bot.needs_token },
          {
            id: 'folder',
            name: t.moveToFolder,
            icon: <FolderInput aria-hidden size={16} />,
            onAction: () => setAbove('folder'),
          },
          { id: 'clone', name: t.clone, icon: <Copy aria-hidden size={16} />, onAction: () => setAbove('clone') },
          null,
          {
            id: 'delete',
            name: t.remove,
            tone: 'danger',
            icon: <Trash2 aria-hidden size={16} />,
            onAction: () => void remove(),
          },
        ]}
      />
      {above === 'folder' && <FolderDialog bot={bot} onClose={close} />}
      {above === 'clone' && <CloneDialog bot={bot} onClose={close} />}
    </>
  )
}
