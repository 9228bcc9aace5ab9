import type { AuditLog } from '../../accounts/index.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import type { By } from '../envelope.ts'
import { BotErrors } from '../errors.ts'
import { botRepo } from './repo.ts'
import { tokenless } from './tokenless.ts'
import { botTrashRepo, deleteFromTables, type TrashedBot, tablesOfBots } from './trash-repo.ts'

export interface BotTrashOptions {
  readonly database: Database
  readonly clock: Clock
  readonly audit: AuditLog
  /** Called after a bot came back. */
  readonly changed: (botId: string) => void
}

export type BotTrash = ReturnType<typeof botTrash>

const BATCH = 50

/** Bots that were deleted. Everything of theirs stays with them, until they come back or it is time. */
export const botTrash = ({ database, clock, audit, changed }: BotTrashOptions) => {
  const purge = async ({ accountId, actor }: By, id: string): Promise<boolean> =>
    database.transaction(async (tx) => {
      const trash = botTrashRepo(tx)
      if (!(await trash.lock(accountId, id))) return false
      await deleteFromTables(tx, await tablesOfBots(database, tx), accountId, id)
      await trash.delete(accountId, id)
      await audit.append(tx, { accountId, actor, action: 'bot.purged', target: id })
      return true
    })

  return {
    list: (accountId: string): Promise<TrashedBot[]> => botTrashRepo(database.db).list(accountId),
    /**
     * It comes back stopped, and without its token where another bot has that by now.
     *
     * @throws {AppError} BOT_NOT_FOUND
     */
    async restore({ accountId, actor }: By, id: string): Promise<void> {
      await database.transaction(async (tx) => {
        const trash = botTrashRepo(tx)
        const bot = (await trash.lock(accountId, id)) ? await trash.find(accountId, id) : undefined
        if (bot === undefined) throw new AppError(BotErrors.BOT_NOT_FOUND)
        await botRepo(tx).lockToken(database.dialect, bot.token_hash)
        const isTaken = (await botRepo(tx).findByToken(bot.token_hash)) !== undefined
        const token = isTaken ? tokenless('stopped', 'Another bot has the token by now. Give this one another.') : undefined // biome-ignore format: one line
        await trash.restore(accountId, id, clock.now().getTime(), token)
        await audit.append(tx, { accountId, actor, action: 'bot.restored', target: id })
      })
      changed(id)
    },
    /** For good, with all that it has. @throws {AppError} BOT_NOT_FOUND */
    async purge(by: By, id: string): Promise<void> {
      if (!(await purge(by, id))) throw new AppError(BotErrors.BOT_NOT_FOUND)
    },
    /** Of every account: deletes for good what was deleted before. */
    async purgeBefore(beforeMs: number): Promise<void> {
      for (;;) {
        const expired = await botTrashRepo(database.db).listExpired(beforeMs, BATCH)
        for (const { id, account_id: accountId } of expired) await purge({ accountId, actor: 'system' }, id)
        if (expired.length < BATCH) return
      }
    },
  }
}
