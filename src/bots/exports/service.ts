import type { Readable } from 'node:stream'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { namesEtag } from '../../platform/http/etag.ts'
import { assertCleanText } from '../../platform/http/text.ts'
import { type BotRow, botRepo } from '../bots/repo.ts'
import { commandsEtag, putCommands, toWanted } from '../commands/bulk.ts'
import { assertCodeFits, type CommandLimits, commandChanges } from '../commands/changing.ts'
import { commandRepo } from '../commands/repo.ts'
import type { By } from '../envelope.ts'
import { BotErrors } from '../errors.ts'
import { botUserRepo } from '../users/repo.ts'
import type { BotData } from './data.ts'
import { type ExportFormat, type ImportedBot, parseImport, printExport, readDocument } from './document.ts'
import { FileProblem } from './txt.ts'
import { type UsersWish, usersFile } from './users.ts'

export interface ExportServiceOptions {
  readonly database: Database
  readonly clock: Clock
  readonly limits: CommandLimits
  readonly data: BotData
  /** Called after a bot's commands have changed. */
  readonly changed: (botId: string) => void
}

export interface ExportedFile {
  readonly name: string
  readonly text: string
  readonly etag: string
}

export interface ImportWish {
  readonly data: unknown
  readonly format: ExportFormat
  readonly removeOthers: boolean
  readonly includeData: boolean
  /** The value of `If-Match`. */
  readonly ifMatch: string | undefined
}

export type ExportService = ReturnType<typeof exportService>

export const exportService = ({ database, clock, limits, data, changed }: ExportServiceOptions) => {
  const change = commandChanges({ database, clock, changed })

  const getBot = async (accountId: string, botId: string): Promise<BotRow> => {
    const bot = await botRepo(database.db).find(accountId, botId)
    if (bot === undefined) throw new AppError(BotErrors.BOT_NOT_FOUND)
    return bot
  }

  return {
    /** @throws {AppError} BOT_NOT_FOUND */
    async exportBot(
      accountId: string,
      botId: string,
      { format, includeData }: { format: ExportFormat; includeData: boolean },
    ): Promise<ExportedFile> {
      const bot = await getBot(accountId, botId)
      const rows = await commandRepo(database.db).list(accountId, botId)
      const text = printExport(
        {
          ...bot,
          createdAt: new Date(bot.created_at),
          exportedAt: clock.now(),
          commands: rows.map(toWanted),
          data: includeData ? await data.list(database.db, accountId, botId) : undefined,
        },
        format,
      )
      return { name: `${bot.username || bot.id}.${format}`, text, etag: commandsEtag(rows) }
    },
    /**
     * All or nothing: one transaction.
     *
     * @returns The `ETag` of the commands now.
     * @throws {AppError} BOT_NOT_FOUND, IMPORT_INVALID, COMMAND_NAME_INVALID, COMMAND_LIMIT_REACHED, CODE_TOO_LARGE,
     * COMMANDS_CHANGED
     */
    async importCommands(by: By, botId: string, wish: ImportWish): Promise<string> {
      // Before the file is read: whoever has no such bot is told nothing else.
      await getBot(by.accountId, botId)
      const file = readFile(wish)
      for (const { code } of file.commands) assertCodeFits(code, limits)
      return change(by, botId, async (saving) => {
        const commands = commandRepo(saving.tx)
        const rows = await commands.list(by.accountId, botId)
        if (wish.ifMatch !== undefined && !namesEtag(wish.ifMatch, commandsEtag(rows), false))
          throw new AppError(BotErrors.COMMANDS_CHANGED)
        await putCommands(saving, rows, file.commands, { removeOthers: wish.removeOthers, limits })
        if (wish.includeData && file.data.length > 0) await data.put(saving.tx, by.accountId, botId, file.data)
        return commandsEtag(await commands.list(by.accountId, botId))
      })
    },
    /** @throws {AppError} BOT_NOT_FOUND */
    async exportUsers(accountId: string, botId: string, wish: UsersWish): Promise<{ name: string; file: Readable }> {
      const { username, id } = await getBot(accountId, botId)
      const file = usersFile(botUserRepo(database.reader), accountId, botId, wish)
      return { name: `${username || id}-users.${wish.format}`, file }
    },
  }
}

const readFile = ({ data, format }: ImportWish): ImportedBot => {
  try {
    const file = typeof data === 'string' ? parseImport(textOf(data), format) : readDocument(data)
    assertCleanText(file)
    return file
  } catch (error) {
    if (!(error instanceof FileProblem)) throw error
    throw new AppError(BotErrors.IMPORT_INVALID, { message: error.message, cause: error })
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** No file of any format is valid base64 itself: each has a sign that base64 lacks. */
const textOf = (data: string): string => {
  const digits = data.replace(/\s+/g, '').replace(/={1,2}$/, '')
  if (digits === '') throw new FileProblem('import_data is empty')
  if (!/^[A-Za-z0-9+/_-]+$/.test(digits) || digits.length % 4 === 1) return data
  try {
    return utf8.decode(Buffer.from(digits, 'base64'))
  } catch {
    return data
  }
}
