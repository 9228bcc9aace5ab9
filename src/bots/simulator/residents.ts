import type { Db } from '../../platform/db/index.ts'
import type { Log } from '../../platform/log/index.ts'
import type { Sealer } from '../../platform/sealed.ts'
import { UPDATE_TYPES } from '../../platform/telegram/api.ts'
import type { Emulator } from '../../platform/telegram/emulator/emulator.ts'
import { hashToken, tokenContext } from '../bots/identity.ts'
import type { SimulatedBot } from '../bots/repo.ts'
import { runRepo } from '../runs/repo.ts'

export interface ResidentsOptions {
  readonly db: Db
  readonly sealer: Sealer
  /** Keys the hash by which a token is found. */
  readonly hashKey: string
  readonly log: Log
}

export type Residents = ReturnType<typeof residents>

/** Whose Telegram it is: the bots in the database decide who lives on a simulator, and under which token. */
export const residents = ({ db, sealer, hashKey, log }: ResidentsOptions) => {
  const tokenOf = (bot: SimulatedBot): string | undefined => {
    try {
      return sealer.open(bot.token_sealed, tokenContext(bot.id))
    } catch (error) {
      log.error({ err: error, botId: bot.id }, 'a bot is missing on the simulator')
      return undefined
    }
  }

  const addMissing = async (accountId: string, { store, addBot }: Emulator): Promise<Map<string, SimulatedBot>> => {
    const tokens = new Map<string, SimulatedBot>()
    for (const bot of await listBots(db, accountId)) {
      const token = tokenOf(bot)
      if (token === undefined) continue
      tokens.set(token, bot)
      if (store.botByToken(token) !== undefined) continue
      const { id } = addBot({ token, username: bot.username, firstName: bot.name })
      const resident = store.bot(id)
      // As its poller will ask: until it has, updates that Telegram does not send unasked would be lost.
      if (resident !== undefined) resident.allowedUpdates = [...UPDATE_TYPES]
    }
    return tokens
  }

  return {
    /** Makes known what was made since. */
    addMissing,
    /**
     * Makes a simulator that was read agree with the database, which may be a second ahead of it after a crash: it
     * knows every bot, no bot that is gone, and gives no update a number that was given before.
     */
    async settle(accountId: string, emulator: Emulator): Promise<void> {
      const { store, removeBot } = emulator
      const tokens = await addMissing(accountId, emulator)
      for (const resident of store.bots()) {
        const bot = tokens.get(resident.token)
        if (bot === undefined) {
          removeBot(resident.id)
          continue
        }
        const last = await runRepo(db).lastUpdateId(accountId, bot.id)
        resident.nextUpdateId = Math.max(resident.nextUpdateId, bot.next_update_id ?? 0, (last ?? 0) + 1)
      }
      store.changed()
    },
    /** @returns Whose bot has a token, if it lives on a simulator. */
    async accountOf(token: string): Promise<string | undefined> {
      const row = await db
        .selectFrom('bots')
        .select('account_id')
        .where('token_hash', '=', hashToken(hashKey, token))
        .where('simulated', '=', 1)
        .where('deleted_at', 'is', null)
        .executeTakeFirst()
      return row?.account_id
    },
  }
}

const listBots = (db: Db, accountId: string): Promise<SimulatedBot[]> =>
  db
    .selectFrom('bots')
    .select(['id', 'account_id', 'username', 'name', 'token_sealed', 'next_update_id'])
    .where('account_id', '=', accountId)
    .where('simulated', '=', 1)
    .where('deleted_at', 'is', null)
    .execute()
