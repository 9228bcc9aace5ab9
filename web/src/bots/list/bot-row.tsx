import { Link } from '@tanstack/react-router'
import { Bot as BotIcon, Copy, Ellipsis, FolderInput, Play, Square, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { IconButton } from '../../ui/button.tsx'
import { Menu } from '../../ui/menu.tsx'
import { type Bot, setPower, trashBot } from '../changes.ts'
import { BotStatus } from '../status.tsx'
import { botsTexts } from '../texts.ts'
import { CloneDialog } from './clone-dialog.tsx'
import { FolderDialog } from './folder-dialog.tsx'

/** One bot: its name leads to it; what can be done with it is in its menu. */
export const BotRow = ({ bot }: { readonly bot: Bot }) => {
  const t = botsTexts.use()
  const [above, setAbove] = useState<'folder' | 'clone'>()
  const isOn = bot.status === 'working'
  return (
    <li className="bots-item">
      <BotIcon aria-hidden size={22} strokeWidth={1.75} className="bots-hue" />
      <div className="bots-item-text">
        <Link to="/bots/$" params={{ _splat: bot.botid }} className="bots-item-name">
          {bot.bot_name}
        </Link>
        <span className="bots-muted">@{bot.bot_username}</span>
        {bot.problem !== null && <span className="bots-problem">{bot.problem}</span>}
      </div>
      <span className="bots-item-meta">
        {bot.simulated && (
          <span className="chip" data-area="bots">
            {t.simulated}
          </span>
        )}
        <BotStatus bot={bot} />
      </span>
      <Menu
        label={`${t.more}: ${bot.bot_name}`}
        trigger={
          <IconButton label={`${t.more}: ${bot.bot_name}`}>
            <Ellipsis aria-hidden size={18} />
          </IconButton>
        }
        actions={[
          {
            id: 'power',
            name: isOn ? t.stop : t.start,
            icon: isOn ? <Square aria-hidden size={16} /> : <Play aria-hidden size={16} />,
            isDisabled: bot.needs_token,
            onAction: () => void setPower(bot, isOn ? 'stop' : 'start'),
          },
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
            onAction: () => void trashBot(bot),
          },
        ]}
      />
      {above === 'folder' && <FolderDialog bot={bot} onClose={() => setAbove(undefined)} />}
      {above === 'clone' && <CloneDialog bot={bot} onClose={() => setAbove(undefined)} />}
    </li>
  )
}
