import type { Db } from '../../platform/db/index.ts'
import type { Log } from '../../platform/log/index.ts'
import type { Sealer } from '../../platform/sealed.ts'
import { tokenContext } from '../bots/identity.ts'
import { botRepo, type SimulatedBot } from '../bots/repo.ts'
import { runRepo } from '../runs/repo.ts'
import type { SimulatorWorlds } from './worlds.ts'

export interface ResidentsOptions {
  readonly db: Db
  readonly sealer: Sealer
  readonly log: Log
  readonly worlds: SimulatorWorlds
}

/**
 * Makes the simulator agree with the database, which is a second ahead of it after a crash: it knows every bot, no bot
 * that is gone, and gives no update a number that was given before.
 */
export const settleResidents = async ({ db, sealer, log, worlds }: ResidentsOptions): Promise<void> => {
  const tokens = new Map<string, Set<string>>()
  for (const bot of await botRepo(db).listSimulated()) {
    try {
      const token = sealer.open(bot.token_sealed, tokenContext(bot.id))
      const lastUpdateId = await runRepo(db).lastUpdateId(bot.account_id, bot.id)
      settle(worlds, bot, token, Math.max(bot.next_update_id ?? 0, (lastUpdateId ?? 0) + 1))
      tokens.set(bot.account_id, (tokens.get(bot.account_id) ?? new Set()).add(token))
    } catch (error) {
      log.error({ err: error, botId: bot.id }, 'a bot is missing on the simulator')
    }
  }
  for (const accountId of worlds.accounts()) {
    const { store, removeBot } = worlds.of(accountId)
    for (const { id, token } of store.bots()) if (!tokens.get(accountId)?.has(token)) removeBot(id)
  }
}

/** Makes a bot known where it is not: another process has made it, or this one forgot it in a crash. */
export const ensureResident = (worlds: SimulatorWorlds, bot: SimulatedBot, token: string): void => {
  const { store, addBot } = worlds.of(bot.account_id)
  if (store.botByToken(token) === undefined) addBot({ token, username: bot.username, firstName: bot.name })
}

const settle = (worlds: SimulatorWorlds, bot: SimulatedBot, token: string, nextUpdateId: number): void => {
  ensureResident(worlds, bot, token)
  const { store } = worlds.of(bot.account_id)
  const resident = store.botByToken(token)
  if (resident === undefined || resident.nextUpdateId >= nextUpdateId) return
  resident.nextUpdateId = nextUpdateId
  store.changed()
}
