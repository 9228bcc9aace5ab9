import { z } from 'zod'
import { endpoint } from '../../../platform/http/contract.ts'
import { ok } from '../../envelope.ts'

export const LanguageParameter = z.object({
  name: z.string(),
  kind: z.string().describe('text, int, number, bool, json, value, object, list, user or file.'),
  required: z.boolean(),
  default: z.unknown().optional(),
  about: z.string(),
})

/** A function that code can call, as an editor shows it. */
export const LanguageFunction = z.object({
  name: z.string().describe('As it is written: `Bot.runCommandAfter`.'),
  aliases: z.array(z.string()),
  signature: z.string(),
  parameters: z.array(LanguageParameter),
  more: z.string().nullable().describe('What further keyword arguments mean; null where none are taken.'),
  returns: z.string(),
  about: z.string(),
  example: z.string(),
  notes: z.string().nullable(),
})
export type LanguageFunction = z.infer<typeof LanguageFunction>

const Named = z.object({ name: z.string(), about: z.string() })

/** All that the code of a command can use. */
export const Language = z
  .object({
    python: z.string(),
    globals: z.array(Named.extend({ type: z.string() })),
    functions: z.array(LanguageFunction),
    methods: z
      .array(
        z.object({
          name: z.string(),
          snake_case: z.string(),
          chat: z
            .enum(['first', 'optional', 'none'])
            .describe('Whether the chat comes first, may be left out, or is not named.'),
          required: z.array(z.string()),
          optional: z.array(z.string()).describe('Further arguments that may go by position; all others go by name.'),
        }),
      )
      .describe('Methods of the Bot API with positional arguments. All others are called with arguments by name.'),
    types: z.array(z.string()),
    modules: z.array(z.string()).describe('What can be imported.'),
    errors: z.array(Named),
    special_commands: z.array(Named),
    limits: z.array(Named.extend({ value: z.string() })),
  })
  .meta({ id: 'BotLanguage' })
export type Language = z.infer<typeof Language>

export const getLanguage = endpoint({
  method: 'GET',
  path: '/v2/language',
  scope: 'any',
  summary: 'What the code of commands can use: for editors and for agents',
  returns: [200, ok(Language)],
})

export const languageContracts = [getLanguage] as const
