import { z } from 'zod'
import { endpoint } from '../../platform/http/contract.ts'
import { BotPath, ok } from '../envelope.ts'
import { BotErrors } from '../errors.ts'
import { NamedCommandPath } from './contract.ts'

const {
  BOT_NOT_FOUND,
  COMMAND_NOT_FOUND,
  COMMAND_EXISTS,
  COMMAND_NAME_INVALID,
  COMMAND_ENCODING_INVALID,
  COMMAND_LIMIT_REACHED,
  COMMAND_VERSION_NOT_FOUND,
  COMMAND_NOT_IN_TRASH,
} = BotErrors

const VersionNumber = z.coerce.number<string>().int().min(1).max(2_147_483_647)
const VersionPath = NamedCommandPath.extend({ version: VersionNumber })
const NOT_FOUND = { BOT_NOT_FOUND, COMMAND_NOT_FOUND, COMMAND_ENCODING_INVALID }

const Version = z.object({
  version: z.int().describe('1 is the first one.'),
  command: z.string().describe('What the command was called.'),
  saved_at: z.iso.datetime(),
  saved_by: z.string().describe('The key or session that saved it: `key:…`, `session:…`.'),
})

export const listCommandVersions = endpoint({
  method: 'GET',
  path: '/v2/bots/:botid/commands/:command/versions',
  scope: 'bots:read',
  summary: 'List the versions of a command, newest first',
  description: 'Every save that changes the code or the name is one. The last hundred are kept.',
  params: NamedCommandPath,
  returns: [200, ok(z.array(Version))],
  errors: NOT_FOUND,
})

export const getCommandVersion = endpoint({
  method: 'GET',
  path: '/v2/bots/:botid/commands/:command/versions/:version',
  scope: 'bots:read',
  summary: 'Get a version of a command',
  params: VersionPath,
  returns: [200, ok(Version.extend({ code: z.string() }))],
  errors: { ...NOT_FOUND, COMMAND_VERSION_NOT_FOUND },
})

export const restoreCommandVersion = endpoint({
  method: 'POST',
  path: '/v2/bots/:botid/commands/:command/versions/:version/restore',
  scope: 'bots:write',
  summary: 'Give a command the code of an earlier version again',
  params: VersionPath,
  returns: [200, ok(z.string())],
  errors: { ...NOT_FOUND, COMMAND_VERSION_NOT_FOUND },
})

export const diffCommand = endpoint({
  method: 'GET',
  path: '/v2/bots/:botid/commands/:command/diff',
  scope: 'bots:read',
  summary: 'See what changed between two versions of a command',
  params: NamedCommandPath,
  query: z.object({
    from: VersionNumber.optional().describe('The one before `to` unless told.'),
    to: VersionNumber.optional().describe('The newest unless told.'),
  }),
  returns: [200, ok(z.object({ from: z.int(), to: z.int(), diff: z.string().describe('As `diff -u` prints it.') }))],
  errors: { ...NOT_FOUND, COMMAND_VERSION_NOT_FOUND },
})

const TrashPath = BotPath.extend({ commandid: z.string().max(64).describe('`_id` of the command.') })

export const listDeletedCommands = endpoint({
  method: 'GET',
  path: '/v2/bots/:botid/trash',
  scope: 'bots:read',
  summary: 'List the deleted commands of a bot, last deleted first',
  params: BotPath,
  returns: [
    200,
    ok(
      z.array(
        z.object({
          _id: z.string(),
          command: z.string(),
          folder: z.string().nullable(),
          deleted_at: z.iso.datetime(),
          purged_after: z.iso.datetime().describe('When it is deleted for good.'),
        }),
      ),
    ),
  ],
  errors: { BOT_NOT_FOUND },
})

export const restoreCommand = endpoint({
  method: 'POST',
  path: '/v2/bots/:botid/trash/:commandid/restore',
  scope: 'bots:write',
  summary: 'Bring a deleted command back, with its versions',
  params: TrashPath,
  body: z.object({ new_name: z.string().optional().describe('Its own name unless told.') }),
  returns: [200, z.object({ ok: z.literal(true), result: z.string(), command: z.string() })],
  errors: { BOT_NOT_FOUND, COMMAND_NOT_IN_TRASH, COMMAND_EXISTS, COMMAND_NAME_INVALID, COMMAND_LIMIT_REACHED },
})

export const purgeCommand = endpoint({
  method: 'DELETE',
  path: '/v2/bots/:botid/trash/:commandid',
  scope: 'bots:write',
  summary: 'Delete a command in the trash for good',
  params: TrashPath,
  returns: [200, ok(z.string())],
  errors: { BOT_NOT_FOUND, COMMAND_NOT_IN_TRASH },
})

export const commandHistoryContracts = [
  listCommandVersions,
  getCommandVersion,
  restoreCommandVersion,
  diffCommand,
  listDeletedCommands,
  restoreCommand,
  purgeCommand,
] as const
