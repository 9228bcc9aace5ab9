import type { Clock } from '../../platform/clock.ts'
import type { Db } from '../../platform/db/index.ts'
import type { BotApi } from '../../platform/telegram/api.ts'
import type { CommandChain } from '../runs/chain.ts'
import type { RunTrigger } from '../runs/contract.ts'
import type { CallRecorder } from '../runs/recorder.ts'
import type { RunFiles } from '../runs/run-files.ts'

/** Whose run makes a host call, and with what. One object for a whole run. */
export interface HostContext {
  readonly accountId: string
  readonly botId: string
  readonly telegram: BotApi
  readonly token: string
  readonly chatId: number | null
  readonly userId: number | null
  readonly updateId: number | null
  /** The command that runs right now; of a nested runCommand, the nested one. */
  readonly command: string
  /** How many commands ran before that in the same chain. */
  readonly chainDepth: number
  readonly trigger: RunTrigger
  /** Writes calls to Telegram, and warnings to the owner, into the run's record. */
  readonly calls: CallRecorder
  /** For runCommand. */
  readonly nested: CommandChain
  /** Bytes that this run holds. */
  readonly files: RunFiles
  /** Given to Telegram with every text for which the code names none. */
  readonly defaultParseMode: 'HTML' | 'Markdown' | 'MarkdownV2' | null
  /** Whether the code may see the bot's token. */
  readonly isTokenVisible: boolean
  /** Aborted when the run ends first. */
  readonly signal: AbortSignal
  readonly clock: Clock
  readonly db: Db
}
