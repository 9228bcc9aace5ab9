import type { Bot } from '../changes.ts'

/** What every tab of a bot's page is given. */
export interface TabProps {
  readonly bot: Bot
}
