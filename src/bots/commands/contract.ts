import { z } from 'zod'
import { endpoint } from '../../platform/http/contract.ts'
import { BotPath, Flag, ok } from '../envelope.ts'
import { BotErrors } from '../errors.ts'

const {
  BOT_NOT_FOUND,
  COMMAND_NOT_FOUND,
  COMMAND_EXISTS,
  COMMAND_NAME_INVALID,
  COMMAND_ENCODING_INVALID,
  COMMAND_LIMIT_REACHED,
  COMMAND_CHANGED,
  ALIAS_TAKEN,
  CODE_TOO_LARGE,
} = BotErrors

const MAX_ALIASES = 20
const IF_MATCH =
  '`If-Match` with the `ETag` of the command refuses the change if somebody else has changed it meanwhile.'

const Code = z.string('Command code is required').describe('Python, up to 256 KB; may be empty.')

/** `*` is the name in base64, of either alphabet, with or without padding. */
export const CommandPath = BotPath.extend({ '*': z.string().meta({ title: 'command' }) })

/** One path segment: a `/` of the standard alphabet is written `%2F`. */
export const NamedCommandPath = BotPath.extend({
  command: z.string().describe('The name in base64; URL-safe, or with `/` as `%2F`.'),
})

export const Flags = z.object({
  pinned: Flag.optional(),
  is_pinned: Flag.optional(),
  admin_only: Flag.optional().describe('Only people in `admins` of the settings of the bot can run it.'),
  folder: z.string().trim().max(64).nullable().optional().describe('Null or empty: in no folder.'),
  aliases: z
    .array(z.string().trim().min(1).max(256))
    .max(MAX_ALIASES)
    .transform((aliases) => [...new Set(aliases)])
    .optional()
    .describe('Other names of the command. A command whose own name it is comes first.'),
})
export type Flags = z.infer<typeof Flags>

const Command = z
  .object({
    _id: z.string(),
    command: z.string(),
    code: z.string(),
    pinned: z.boolean(),
    is_pinned: z.boolean(),
    admin_only: z.boolean(),
    folder: z.string().nullable(),
    aliases: z.array(z.string()),
    version: z.int().describe('The number of its newest version.'),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'Command' })

export const createCommand = endpoint({
  method: 'POST',
  path: '/v2/bots/:botid/commands',
  scope: 'bots:write',
  summary: 'Create a command',
  params: BotPath,
  body: Flags.extend({ command: z.string('Command name is required'), code: Code }),
  returns: [200, ok(z.string())],
  errors: { BOT_NOT_FOUND, COMMAND_EXISTS, COMMAND_NAME_INVALID, COMMAND_LIMIT_REACHED, CODE_TOO_LARGE, ALIAS_TAKEN },
})

export const listCommands = endpoint({
  method: 'GET',
  path: '/v2/bots/:botid/commands',
  scope: 'bots:read',
  summary: 'List the commands of a bot',
  params: BotPath,
  returns: [200, z.object({ ok: z.literal(true), commands: z.array(Command) })],
  errors: { BOT_NOT_FOUND },
})

export const listFolders = endpoint({
  method: 'GET',
  path: '/v2/bots/:botid/commands/folders',
  scope: 'bots:read',
  summary: 'List the folders of a bot with the commands in them',
  params: BotPath,
  returns: [
    200,
    z.object({ ok: z.literal(true), folders: z.array(z.object({ name: z.string(), commands: z.array(z.string()) })) }),
  ],
  errors: { BOT_NOT_FOUND },
})

export const getCommand = endpoint({
  method: 'GET',
  path: '/v2/bots/:botid/commands/*',
  scope: 'bots:read',
  summary: 'Get a command',
  description: 'Its `ETag` is for `If-Match` of a change.',
  params: CommandPath,
  returns: [
    200,
    z.object({
      ok: z.literal(true),
      command: z.object({ command: z.string(), code: z.string(), is_pinned: z.boolean() }),
    }),
  ],
  errors: { BOT_NOT_FOUND, COMMAND_NOT_FOUND, COMMAND_ENCODING_INVALID },
})

export const updateCommand = endpoint({
  method: 'PUT',
  path: '/v2/bots/:botid/commands/*',
  scope: 'bots:write',
  summary: 'Change the code of a command',
  description: IF_MATCH,
  params: CommandPath,
  body: Flags.extend({ code: Code }),
  returns: [200, z.object({ ok: z.literal(true), command: z.string() })],
  errors: {
    BOT_NOT_FOUND,
    COMMAND_NOT_FOUND,
    COMMAND_ENCODING_INVALID,
    COMMAND_CHANGED,
    CODE_TOO_LARGE,
    ALIAS_TAKEN,
  },
})

export const changeCommand = endpoint({
  method: 'PATCH',
  path: '/v2/bots/:botid/commands/:command',
  scope: 'bots:write',
  summary: 'Pin a command, put it into a folder, give it aliases, or keep it for administrators',
  description: `What is not named stays. ${IF_MATCH}`,
  params: NamedCommandPath,
  body: Flags,
  returns: [200, z.object({ ok: z.literal(true), command: z.string() })],
  errors: { BOT_NOT_FOUND, COMMAND_NOT_FOUND, COMMAND_ENCODING_INVALID, COMMAND_CHANGED, ALIAS_TAKEN },
})

export const deleteCommand = endpoint({
  method: 'DELETE',
  path: '/v2/bots/:botid/commands/*',
  scope: 'bots:write',
  summary: 'Delete a command; it stays in the trash for 90 days',
  description: IF_MATCH,
  params: CommandPath,
  returns: [200, ok(z.string())],
  errors: { BOT_NOT_FOUND, COMMAND_NOT_FOUND, COMMAND_ENCODING_INVALID, COMMAND_CHANGED },
})

export const renameCommand = endpoint({
  method: 'PATCH',
  path: '/v2/bots/:botid/commands/*',
  tail: '/rename',
  scope: 'bots:write',
  summary: 'Rename a command',
  description: `The path ends in \`/rename\`. ${IF_MATCH}`,
  params: CommandPath,
  body: z.object({ new_name: z.string('New command name is required') }),
  returns: [200, ok(z.string())],
  errors: {
    BOT_NOT_FOUND,
    COMMAND_NOT_FOUND,
    COMMAND_EXISTS,
    COMMAND_NAME_INVALID,
    COMMAND_ENCODING_INVALID,
    COMMAND_CHANGED,
  },
})

export const commandContracts = [
  createCommand,
  listCommands,
  listFolders,
  getCommand,
  updateCommand,
  changeCommand,
  deleteCommand,
  renameCommand,
] as const
