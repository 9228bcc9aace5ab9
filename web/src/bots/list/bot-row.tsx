import { Link } from '@tanstack/react-router'
import { Bot as BotIcon, Play, Square } from 'lucide-react'
import { BotMenu } from '../bot-menu.tsx'
import { type Bot, setPower } from '../changes.ts'
import { BotStatus } from '../status.tsx'
import { botsTexts } from '../texts.ts'

/** One bot: its name leads to it; what can be done with it is in its menu. */
export const BotRow = ({ bot }: { readonly bot: Bot }) => {
  const t = botsTexts.use()
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
      <BotMenu
        bot={bot}
        label={`${t.more}: ${bot.bot_name}`}
        power={{
          name: isOn ? t.stop : t.start,
          icon: isOn ? <Square aria-hidden size={16} /> : <Play aria-hidden size={16} />,
          onAction: () => void setPower(bot, isOn ? 'stop' : 'start'),
        }}
      />
    </li>
  )
}
