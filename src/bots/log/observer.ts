import type { Clock } from '../../platform/clock.ts'
import type { Db } from '../../platform/db/index.ts'
import type { Log } from '../../platform/log/index.ts'
import type { Run } from '../runs/contract.ts'
import type { RunObserver } from '../runs/runner.ts'
import type { BotDays } from './days.ts'
import { botErrorRepo } from './error-repo.ts'
import { type LogHub, runEvent } from './hub.ts'

export interface ObserverOptions {
  readonly db: Db
  readonly clock: Clock
  readonly log: Log
  readonly hub: LogHub
  readonly days: BotDays
}

/** Tells followers of runs while they happen, counts them, and keeps a list of what fails. */
export const runObserver = ({ db, clock, log, hub, days }: ObserverOptions): RunObserver => {
  const noteFailure = async (accountId: string, botId: string, run: Run): Promise<void> => {
    if (run.error === null) return
    const { command, line, type, message } = run.error
    const atMs = clock.now().getTime()
    try {
      const failure = { command: command ?? run.command, line, type, message, runId: run.id, atMs }
      await botErrorRepo(db).add(accountId, botId, failure)
    } catch (error) {
      log.warn({ err: error, botId }, 'an error of a bot could not be counted')
    }
  }

  return {
    began({ botId, command, trigger, updateId, chat }) {
      if (!hub.watches(botId)) return
      const data = { command, trigger, update_id: updateId, chat_id: chat.chatId, user_id: chat.userId }
      hub.tell(botId, { event: 'begin', id: null, data })
    },
    called({ botId, command, updateId }, call) {
      if (hub.watches(botId))
        hub.tell(botId, { event: 'call', id: null, data: { command, update_id: updateId, ...call } })
    },
    ended({ accountId, botId }, run) {
      hub.tell(botId, runEvent(run))
      // The end of the server is no mistake of the command.
      if (run.outcome === 'closed') return
      days.add(accountId, botId, 'runs')
      if (run.outcome === 'ok') return
      days.add(accountId, botId, 'errors')
      void noteFailure(accountId, botId, run)
    },
  }
}
