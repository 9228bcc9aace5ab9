import { Document, parse as parseYaml, visit } from 'yaml'
import { z } from 'zod'
import type { WantedCommand } from '../commands/bulk.ts'
import { toCommandName } from '../commands/names.ts'
import type { BotValue } from './data.ts'
import { parseJson, printJson } from './json.ts'
import { FileProblem, parseText, printText } from './txt.ts'

export type ExportFormat = 'json' | 'yaml' | 'txt'

/** What an export says of a bot, before it is printed. */
export interface ExportedBot {
  readonly id: string
  readonly name: string
  readonly username: string
  readonly version: string
  readonly createdAt: Date
  readonly exportedAt: Date
  readonly commands: readonly WantedCommand[]
  /** The values that its code keeps; undefined where they were not asked for. */
  readonly data: readonly BotValue[] | undefined
}

/** What a file gives a bot. */
export interface ImportedBot {
  readonly commands: readonly WantedCommand[]
  readonly data: readonly BotValue[]
}

const EXPORT_VERSION = '1.0'
// In one line each: a text that is folded does not always come back as it was.
const YAML_OUT = { lineWidth: 0, doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER }
// Aliases that name each other would grow without bound.
const YAML_IN = { maxAliasCount: 100, logLevel: 'error', intAsBigInt: true } as const

/** @returns The file. Whoever imports it gets the same commands; a `txt` has their names and code only. */
export const printExport = (bot: ExportedBot, format: ExportFormat): string => {
  const commands = bot.commands.map(({ name, code }) => ({ command: name, code }))
  if (format === 'txt') return printText(commands)
  const document = documentOf(bot, commands)
  return format === 'json' ? `${printJson(document, 2)}\n` : printYaml(document)
}

const documentOf = (bot: ExportedBot, commands: readonly { command: string; code: string }[]) => ({
  bot: {
    botid: bot.id,
    bot_name: bot.name,
    bot_username: bot.username,
    creation_date: bot.createdAt.toISOString(),
    _export_date: bot.exportedAt.toISOString(),
  },
  commands,
  ...(bot.data === undefined ? {} : { global_data: bot.data }),
  export_info: { date: bot.exportedAt.toISOString(), exporter: 'Latchkey', version: EXPORT_VERSION },
  // What the published format has no room for. Others skip it.
  latchkey: {
    telebot_version: bot.version,
    commands: bot.commands.map(({ name, isPinned, adminOnly, folder, aliases }) => ({
      command: name,
      pinned: isPinned,
      admin_only: adminOnly,
      folder,
      aliases,
    })),
  },
})

// A block that begins with blanks, or ends with a line of them, is read otherwise than it was written, and so is what
// counts as an end of a line to some.
const NO_BLOCK =
  /^[\s]|\n[ \t]+\n*$|[^\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]/u

/** Code of several lines as a block, which people can read; other texts in quotes wherever that is safer. */
const printYaml = (tree: unknown): string => {
  const document = new Document(tree)
  visit(document, {
    Scalar(_key, scalar) {
      if (typeof scalar.value !== 'string') return
      if (NO_BLOCK.test(scalar.value)) scalar.type = 'QUOTE_DOUBLE'
      else if (scalar.value.includes('\n')) scalar.type = 'BLOCK_LITERAL'
    },
  })
  return document.toString(YAML_OUT)
}

const Marks = z.object({
  pinned: z.boolean().optional(),
  is_pinned: z.boolean().optional(),
  admin_only: z.boolean().optional(),
  folder: z.string().max(64).nullish(),
  aliases: z.array(z.string().min(1).max(256)).max(20).optional(),
})
type Marks = z.infer<typeof Marks>
const FileCommand = Marks.extend({ command: z.string(), code: z.string().nullish() })
const Commands = z.array(FileCommand)
const File = z.union([
  z.object({
    commands: Commands,
    global_data: z.array(z.object({ name: z.string().min(1).max(256), data: z.unknown() })).nullish(),
    latchkey: z.object({ commands: z.array(Marks.extend({ command: z.string() })) }).optional(),
  }),
  Commands.transform((commands) => ({ commands, global_data: undefined, latchkey: undefined })),
])

/**
 * Reads a file that was exported here or elsewhere.
 *
 * @throws {FileProblem}
 * @throws {AppError} COMMAND_NAME_INVALID
 */
export const parseImport = (text: string, format: ExportFormat): ImportedBot => {
  const clean = text.replace(/^\uFEFF/, '')
  if (format !== 'txt') return readDocument(parseTree(clean, format))
  const commands = parseText(clean).map(({ name, code }) => ({ name: toCommandName(name), code }))
  assertDistinct(commands)
  return { commands, data: [] }
}

/** @param tree A file that is parsed already. @throws {FileProblem} @throws {AppError} COMMAND_NAME_INVALID */
export const readDocument = (tree: unknown): ImportedBot => {
  const read = File.safeParse(tree)
  if (!read.success)
    throw new FileProblem('The file needs a list "commands", and in it objects with the texts "command" and "code"')
  const marks = new Map(read.data.latchkey?.commands.map((each) => [each.command, each]))
  const commands = read.data.commands.map((each) => ({
    name: toCommandName(each.command),
    code: each.code ?? '',
    ...marksOf(each, marks.get(each.command)),
  }))
  assertDistinct(commands)
  return {
    commands,
    data: (read.data.global_data ?? []).map(({ name, data }) => ({ name, data: data ?? null })),
  }
}

const parseTree = (text: string, format: 'json' | 'yaml'): unknown => {
  try {
    return format === 'json' ? parseJson(text) : parseYaml(text, YAML_IN)
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : ''
    throw new FileProblem(`The file is not valid ${format.toUpperCase()}: ${reason.slice(0, 200).replace(/:$/, '')}`)
  }
}

/** What the command says of itself counts for more than the list behind. */
const marksOf = (own: Marks, listed: Marks | undefined) => ({
  isPinned: own.pinned ?? own.is_pinned ?? listed?.pinned,
  adminOnly: own.admin_only ?? listed?.admin_only,
  folder: own.folder ?? listed?.folder,
  aliases: own.aliases ?? listed?.aliases,
})

const assertDistinct = (commands: readonly { readonly name: string }[]): void => {
  const seen = new Set<string>()
  for (const { name } of commands) {
    if (seen.has(name)) throw new FileProblem(`The file has the command ${name} twice`)
    seen.add(name)
  }
}
