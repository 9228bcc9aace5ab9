import { ArrowLeft, Play, RotateCw, Square } from 'lucide-react'
import { useState } from 'react'
import { useActions } from '../../app/actions.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { BotMenu } from '../bot-menu.tsx'
import { type Bot, setPower } from '../changes.ts'
import { CloneDialog } from '../list/clone-dialog.tsx'
import { BotStatus } from '../status.tsx'
import { botsTexts } from '../texts.ts'
import { useBotsAddress } from '../use-bots-address.ts'

/** The name of a bot, whether it works, and what can be done with it as a whole. */
export const BotHead = ({ bot }: { readonly bot: Bot }) => {
  const t = botsTexts.use()
  const { toList } = useBotsAddress()
  const [isCloning, setCloning] = useState(false)
  const isOn = bot.status === 'working'
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
    { id: 'bot.clone', name: t.clone, group: bot.bot_name, area: 'bots', run: () => setCloning(true) },
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
      <BotMenu
        bot={bot}
        label={t.more}
        power={{
          name: t.restart,
          icon: <RotateCw aria-hidden size={16} />,
          onAction: () => void setPower(bot, 'restart'),
        }}
        onTrashed={toList}
      />
      {isCloning && <CloneDialog bot={bot} onClose={() => setCloning(false)} />}
    </div>
  )
}
