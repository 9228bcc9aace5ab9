import type { TabProps } from '../bot/bot-page.tsx'
export default ({ bot }: TabProps) => bot.bot_name
