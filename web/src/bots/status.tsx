import { CircleAlert, CirclePause, CirclePlay, KeyRound } from 'lucide-react'
import type { Bot } from './changes.ts'
import { botsTexts } from './texts.ts'

/** Whether a bot works, as a sign and a word. */
export const BotStatus = ({ bot }: { readonly bot: Bot }) => {
  const t = botsTexts.use()
  const [kind, Icon, word] = bot.needs_token
    ? (['warn', KeyRound, t.needsToken] as const)
    : bot.status !== 'working'
      ? (['off', CirclePause, t.stopped] as const)
      : bot.problem !== null
        ? (['warn', CircleAlert, t.working] as const)
        : (['ok', CirclePlay, t.working] as const)
  return (
    <span className="bot-status" data-kind={kind}>
      <Icon aria-hidden size={14} />
      {word}
    </span>
  )
}
