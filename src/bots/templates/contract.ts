import { z } from 'zod'
import { defineErrors } from '../../platform/errors.ts'
import { endpoint } from '../../platform/http/contract.ts'
import { BotPath, Flag, ok } from '../envelope.ts'
import { BotErrors } from '../errors.ts'
import { PairingCode } from '../pairing/contract.ts'

const { BOT_NOT_FOUND, COMMAND_EXISTS, COMMAND_LIMIT_REACHED } = BotErrors

export const TemplateErrors = defineErrors({
  TEMPLATE_NOT_FOUND: [404, 'Template not found'],
})

const Template = z
  .object({
    name: z.string().meta({ example: 'capture' }),
    title: z.string(),
    about: z.string(),
    settings: z.array(z.string()).describe('What can be switched on when it is installed.'),
    commands: z.array(z.string()).describe('The commands that it brings.'),
  })
  .meta({ id: 'BotTemplate' })

export const listTemplates = endpoint({
  method: 'GET',
  path: '/v2/templates',
  scope: 'bots:read',
  summary: 'List the bots that can be installed ready-made',
  returns: [200, ok(z.array(Template))],
})

export const installTemplate = endpoint({
  method: 'POST',
  path: '/v2/bots/:botid/templates/:name',
  scope: 'bots:write',
  summary: 'Install a ready-made bot into a bot',
  description:
    'Its commands become commands of the bot, as if somebody had written them. Settings change only where the request says so. With `pairing` a person becomes an admin of the bot.',
  params: BotPath.extend({ name: z.string() }),
  body: z.object({
    cards_bridge: Flag.optional().describe('Whether the bot may save and find cards; as it is unless given.'),
    files_bridge: Flag.optional().describe('Whether the bot may keep and read files; as it is unless given.'),
    replace: Flag.default(false).describe('Whether commands of the same names get the code of the template.'),
  }),
  returns: [
    200,
    ok(
      z.object({
        template: z.string(),
        commands: z.array(z.string()),
        cards_bridge: z.boolean(),
        files_bridge: z.boolean(),
        pairing: PairingCode,
      }),
    ),
  ],
  errors: { ...TemplateErrors, BOT_NOT_FOUND, COMMAND_EXISTS, COMMAND_LIMIT_REACHED },
})

export const templateContracts = [listTemplates, installTemplate] as const
