import { z } from 'zod'
import { bytes, endpoint } from '../../platform/http/contract.ts'
import { BotPath, Flag, ok } from '../envelope.ts'
import { BotErrors } from '../errors.ts'

const { BOT_NOT_FOUND, CODE_TOO_LARGE, COMMAND_LIMIT_REACHED, COMMAND_NAME_INVALID, COMMANDS_CHANGED, IMPORT_INVALID } =
  BotErrors

/** Upper case and the other ending of YAML are the same to people. */
const Format = z.preprocess(
  (given) => (typeof given === 'string' ? given.toLowerCase().replace(/^yml$/, 'yaml') : given),
  z.enum(['json', 'yaml', 'txt'], 'format must be json, yaml or txt'),
)

const Wish = z.object({
  format: Format.default('json'),
  include_data: Flag.default(false).describe('Also the values that the code of the bot keeps; not in `txt`.'),
})

/** Without defaults: what the body leaves open, the query may say. */
const Asked = z.object({ format: Format.optional(), include_data: Flag.optional() })

const EXPORTED = {
  scope: 'bots:read',
  params: BotPath,
  returns: [200, bytes('application/octet-stream')],
  errors: { BOT_NOT_FOUND },
} as const

export const exportBot = endpoint({
  ...EXPORTED,
  method: 'GET',
  path: '/v2/bots/:botid/export-bot',
  summary: 'Export a bot with its commands, as a file',
  description: 'Neither its token nor its secrets are in it. The `ETag` is for `If-Match` of an import.',
  query: Wish,
})

export const exportBotByPost = endpoint({
  ...EXPORTED,
  method: 'POST',
  path: '/v2/bots/:botid/export-bot',
  summary: 'Export a bot with its commands, as a file',
  query: Asked,
  body: Asked,
})

export const importCommands = endpoint({
  method: 'POST',
  path: '/v2/bots/:botid/import-commands',
  scope: 'bots:write',
  summary: 'Import commands out of an exported file',
  description:
    'Commands of the same name are changed, the others added: all of them or none. `If-Match` with the `ETag` of an export refuses the import if commands have changed meanwhile.',
  params: BotPath,
  body: z.object({
    import_data: z
      .union([z.string(), z.record(z.string(), z.unknown()), z.array(z.unknown())], 'import_data is required')
      .describe('The file: in base64, as it is, or for `json` also as an object.'),
    format: Format.default('json'),
    remove_old_commands: Flag.default(false).describe('Whether commands that are not in the file go to the trash.'),
    include_data: Flag.default(false).describe('Whether the values in the file are kept as well.'),
  }),
  returns: [200, ok(z.string())],
  errors: {
    BOT_NOT_FOUND,
    IMPORT_INVALID,
    COMMAND_NAME_INVALID,
    COMMAND_LIMIT_REACHED,
    CODE_TOO_LARGE,
    COMMANDS_CHANGED,
  },
})

export const exportUsersFile = endpoint({
  method: 'POST',
  path: '/v2/export-users-file/:botid',
  scope: 'bots:read',
  summary: 'Export the users of a bot, as a file',
  params: BotPath,
  body: z.object({
    format: z
      .preprocess(
        (given) => (typeof given === 'string' ? given.toLowerCase() : given),
        z.enum(['json', 'csv'], 'format must be json or csv'),
      )
      .default('json'),
    include_creation_date: Flag.default(false),
    include_last_active_date: Flag.default(false),
  }),
  returns: [200, bytes('application/octet-stream')],
  errors: { BOT_NOT_FOUND },
})

export const exportContracts = [exportBot, exportBotByPost, importCommands, exportUsersFile] as const
