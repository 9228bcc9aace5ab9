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
  CODE_TOO_LARGE,
} = BotErrors

const Code = z.string('Command code is required').describe('Python, up to 256 KB; may be empty.')

/** `*` is the name in base64, of either alphabet, with or without padding. */
const CommandPath = BotPath.extend({ '*': z.string().meta({ title: 'command' }) })

const Flags = z.object({
  pinned: Flag.optional(),
  is_pinned: Flag.optional(),
  admin_only: Flag.optional(),
  folder: z.string().trim().max(64).nullable().optional().describe('Null or empty: in no folder.'),
})

const Command = z
  .object({
    _id: z.string(),
    command: z.string(),
    code: z.string(),
    pinned: z.boolean(),
    is_pinned: z.boolean(),
    admin_only: z.boolean(),
    folder: z.string().nullable(),
    created_at: z.iso.datetime(),
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
  errors: { BOT_NOT_FOUND, COMMAND_EXISTS, COMMAND_NAME_INVALID, COMMAND_LIMIT_REACHED, CODE_TOO_LARGE },
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
  params: CommandPath,
  body: Flags.extend({ code: Code }),
  returns: [200, z.object({ ok: z.literal(true), command: z.string() })],
  errors: { BOT_NOT_FOUND, COMMAND_NOT_FOUND, COMMAND_ENCODING_INVALID, CODE_TOO_LARGE },
})

export const deleteCommand = endpoint({
  method: 'DELETE',
  path: '/v2/bots/:botid/commands/*',
  scope: 'bots:write',
  summary: 'Delete a command',
  params: CommandPath,
  returns: [200, ok(z.string())],
  errors: { BOT_NOT_FOUND, COMMAND_NOT_FOUND, COMMAND_ENCODING_INVALID },
})

export const renameCommand = endpoint({
  method: 'PATCH',
  path: '/v2/bots/:botid/commands/*',
  scope: 'bots:write',
  summary: 'Rename a command',
  description: 'The path ends in `/rename`.',
  params: CommandPath,
  body: z.object({ new_name: z.string('New command name is required') }),
  returns: [200, ok(z.string())],
  errors: { BOT_NOT_FOUND, COMMAND_NOT_FOUND, COMMAND_EXISTS, COMMAND_NAME_INVALID, COMMAND_ENCODING_INVALID },
})

export const commandContracts = [
  createCommand,
  listCommands,
  listFolders,
  getCommand,
  updateCommand,
  deleteCommand,
  renameCommand,
] as const
