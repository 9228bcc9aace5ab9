import { promisify } from 'node:util'
import { deflate, inflate } from 'node:zlib'
import { z } from 'zod'
import { AppError } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import { putCommands, toWanted } from '../commands/bulk.ts'
import { assertOwned, commandChanges } from '../commands/changing.ts'
import { commandRepo } from '../commands/repo.ts'
import type { CommandServiceOptions } from '../commands/service.ts'
import type { By } from '../envelope.ts'
import { BotErrors } from '../errors.ts'
import { type SnapshotRow, snapshotRepo } from './repo.ts'

export type SnapshotService = ReturnType<typeof snapshotService>

const MAX_SNAPSHOTS = 30
const pack = promisify(deflate)
const unpack = promisify(inflate)

const Packed = z.array(
  z.object({
    name: z.string(),
    code: z.string(),
    isPinned: z.boolean(),
    adminOnly: z.boolean(),
    folder: z.string().nullable(),
    aliases: z.array(z.string()),
  }),
)

/** All commands of a bot as they were at a moment, to go back to at once. */
export const snapshotService = (options: CommandServiceOptions) => {
  const { database, limits } = options
  const change = commandChanges(options)

  return {
    /** @throws {AppError} BOT_NOT_FOUND */
    async list(accountId: string, botId: string): Promise<SnapshotRow[]> {
      await assertOwned(database.db, accountId, botId)
      return snapshotRepo(database.db).list(accountId, botId)
    },
    /** @throws {AppError} BOT_NOT_FOUND, SNAPSHOT_LIMIT_REACHED */
    create: (by: By, botId: string, name: string): Promise<SnapshotRow> =>
      change(by, botId, async ({ tx, accountId, actor, nowMs }) => {
        const snapshots = snapshotRepo(tx)
        if ((await snapshots.list(accountId, botId)).length >= MAX_SNAPSHOTS)
          throw new AppError(BotErrors.SNAPSHOT_LIMIT_REACHED)
        const commands = (await commandRepo(tx).list(accountId, botId)).map(toWanted)
        const row = { id: newId('snap'), name, command_count: commands.length, created_at: nowMs, created_by: actor }
        await snapshots.insert(accountId, botId, { ...row, packed: await pack(JSON.stringify(commands)) })
        return row
      }),
    /** All or nothing: one transaction. @throws {AppError} BOT_NOT_FOUND, SNAPSHOT_NOT_FOUND, COMMAND_LIMIT_REACHED */
    restore: (by: By, botId: string, id: string): Promise<void> =>
      change(by, botId, async (saving) => {
        const found = await snapshotRepo(saving.tx).findPacked(by.accountId, botId, id)
        if (found === undefined) throw new AppError(BotErrors.SNAPSHOT_NOT_FOUND)
        const commands = Packed.parse(JSON.parse((await unpack(found.packed)).toString()))
        const rows = await commandRepo(saving.tx).list(by.accountId, botId)
        await putCommands(saving, rows, commands, { removeOthers: true, limits })
      }),
    /** @throws {AppError} BOT_NOT_FOUND, SNAPSHOT_NOT_FOUND */
    async remove({ accountId }: By, botId: string, id: string): Promise<void> {
      await assertOwned(database.db, accountId, botId)
      if (!(await snapshotRepo(database.db).delete(accountId, botId, id)))
        throw new AppError(BotErrors.SNAPSHOT_NOT_FOUND)
    },
  }
}
