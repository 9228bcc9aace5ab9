import { setTimeout as wait } from 'node:timers/promises'
import { type Helper, LOAD_CPU, SERVER_CPU, startHelper } from './processes.ts'
import type { BotsOrder, HostSettings } from './servers/bot-host.ts'
import type { PeopleOrder, PeopleResult, TelegramReady } from './servers/telegram.ts'

export type Commands = Extract<BotsOrder, { kind: 'make' }>['commands']

/** Longer than anything that looks at the clock now and then leaves between two looks. */
const SETTLES_MS = 6_000

/** What each bot of a measurement answers with. */
export const HELLO: Commands = { '/start': 'bot.sendMessage("Hello World")' }

/** A Telegram with people, and a server with bots, each in processes of their own. */
export interface BotPlace {
  readonly telegram: TelegramReady
  /** The server's own process. */
  readonly pid: number
  /** @returns The tokens of new bots that nobody serves yet. */
  tokens(count: number): Promise<string[]>
  /** Makes bots of ours, and starts them. @returns Their tokens. */
  bots(count: number, commands: Commands): Promise<string[]>
  /** Starts or stops a bot of ours. */
  turn(token: string, kind: 'start' | 'stop'): Promise<void>
  /** Lets time pass for the server, which then has `SETTLES_MS` for what is due. */
  age(ms: number): Promise<void>
  people(order: Exclude<PeopleOrder, { kind: 'bots' | 'write' }>): Promise<PeopleResult>
  write(tokens: readonly string[], text: string): Promise<void>
  stop(): Promise<void>
}

/**
 * @param pinned The server with its Python on one core and the people on another, where the system can do that; else
 * both everywhere.
 */
export const startBotPlace = async (pinned = true, runtime: HostSettings['runtime'] = 'pyodide'): Promise<BotPlace> => {
  const cpu = (core: number): number | undefined => (pinned ? core : undefined)
  const telegram = await startHelper<TelegramReady>('servers/telegram.ts', {}, cpu(LOAD_CPU))
  const helpers: Helper<unknown>[] = [telegram]
  const stop = async (): Promise<void> => {
    for (const helper of helpers.toReversed()) await helper.stop()
  }
  try {
    const settings: HostSettings = { apiRoot: telegram.ready.apiRoot, runtime }
    const host = await startHelper<null>('servers/bot-host.ts', settings, cpu(SERVER_CPU))
    helpers.push(host)
    const tokens = (count: number): Promise<string[]> => telegram.ask({ kind: 'bots', count } satisfies PeopleOrder)
    return {
      telegram: telegram.ready,
      pid: host.pid,
      tokens,
      async bots(count, commands) {
        const made = await tokens(count)
        await host.ask({ kind: 'make', tokens: made, commands } satisfies BotsOrder)
        return made
      },
      async age(ms) {
        await host.ask({ kind: 'age', ms } satisfies BotsOrder)
        await wait(SETTLES_MS)
      },
      turn: (token, kind) => host.ask({ kind, token } satisfies BotsOrder),
      people: (order) => telegram.ask<PeopleResult>(order),
      write: (to, text) => telegram.ask({ kind: 'write', tokens: to, text } satisfies PeopleOrder),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}
