import { systemClock } from '../../platform/clock.ts'
import type { Db } from '../../platform/db/index.ts'
import { commandChain } from '../runs/chain.ts'
import { callRecorder } from '../runs/recorder.ts'
import { runFiles } from '../runs/run-files.ts'
import type { HostContext } from './context.ts'

/** The run of a command by user 42, without Telegram or a database unless they are given. */
export const hostContext = (given: Partial<HostContext> = {}): HostContext => {
  const calls = callRecorder(systemClock)
  return {
    accountId: 'acct_1',
    botId: '10000001',
    telegram: { call: () => Promise.reject(new Error('no Telegram here')) },
    token: '1:A',
    chatId: 42,
    userId: 42,
    updateId: 1,
    command: '/start',
    chainDepth: 0,
    trigger: 'update',
    calls,
    nested: commandChain({
      command: '/start',
      chain: { depth: 0, cap: 3 },
      lookUpCommand: () => undefined,
      warn: calls.warn,
    }),
    files: runFiles(),
    defaultParseMode: null,
    isTokenVisible: false,
    signal: new AbortController().signal,
    clock: systemClock,
    // Never touched by what is tested without one.
    db: undefined as unknown as Db,
    ...given,
  }
}
