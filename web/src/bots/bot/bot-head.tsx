import { ArrowLeft, Copy, Ellipsis, FolderInput, Play, RotateCw, Square, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { useActions } from '../../app/actions.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { Menu } from '../../ui/menu.tsx'
import { type Bot, setPower, trashBot } from '../changes.ts'
import { CloneDialog } from '../list/clone-dialog.tsx'
import { FolderDialog } from '../list/folder-dialog.tsx'
import { BotStatus } from '../status.tsx'
import { botsTexts } from '../texts.ts'
import { useBotsAddress } from '../use-bots-address.ts'

/** The name of a bot, whether it works, and what can be done with it as a whole. */
export const BotHead = ({ bot }: { readonly bot: Bot }) => {
  const t = botsTexts.use()
  const { toList } = useBotsAddress()
  const [above, setAbove] = useState<'folder' | 'clone'>()
  const isOn = bot.status === 'working'
  const remove = async (): Promise<void> => {
    if (await trashBot(bot)) toList()
  }
  const icon = isOn ? <Square aria-hidden size={16} /> : <Play aria-hidden size={16} />
  const power = (): void => void setPower(bot, isOn ? 'stop' : 'start')
  useActions([
    {
      id: 'bot.power',
      name: isOn ? t.stop : t.start,
      group: bot.bot_name,
      area: 'bots',
      icon,
      isDisabled: bot.needs_token,
      run: power,
    },
    { id: 'bot.clone', name: t.clone, group: bot.bot_name, area: 'bots', run: () => setAbove('clone') },
    { id: 'bots.back', name: t.back, keys: 'g l', group: t.bots, area: 'bots', run: toList },
  ])
  return (
    <div className="bot-head">
      <IconButton label={t.back} onPress={toList}>
        <ArrowLeft aria-hidden size={18} />
      </IconButton>
      <h1>{bot.bot_name}</h1>
      {bot.simulated ? (
        <span className="chip" data-area="bots">
          {t.simulated}
        </span>
      ) : (
        <a
          className="bots-muted"
          href={`https://t.me/${encodeURIComponent(bot.bot_username)}`}
          rel="noreferrer"
          target="_blank"
        >
          @{bot.bot_username}
        </a>
      )}
      <BotStatus bot={bot} />
      <span className="bots-grow" />
      <Button isDisabled={bot.needs_token} onPress={power}>
        {icon}
        {isOn ? t.stop : t.start}
      </Button>
      <Menu
        label={t.more}
        trigger={
          <IconButton label={t.more}>
            <Ellipsis aria-hidden size={18} />
          </IconButton>
        }
        actions={[
          {
            id: 'restart',
            name: t.restart,
            icon: <RotateCw aria-hidden size={16} />,
            isDisabled: bot.needs_token,
            onAction: () => void setPower(bot, 'restart'),
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
            onAction: () => void remove(),
          },
        ]}
      />
      {above === 'folder' && <FolderDialog bot={bot} onClose={() => setAbove(undefined)} />}
      {above === 'clone' && <CloneDialog bot={bot} onClose={() => setAbove(undefined)} />}
    </div>
  )
}
