import { HostCallError, type Json } from '../sandbox/index.ts'
import type { SecretService } from '../secrets/service.ts'
import { declare, type Handler, handle } from './declaration.ts'
import { optional, text } from './parameters.ts'

const get = declare({
  name: 'libs.Secrets.get',
  parameters: {
    name: text('As it was set with PUT /v2/bots/{botid}/secrets/{name}.'),
    default: optional(text('Given if there is no such secret, in the place of LookupError.')),
  },
  returns: 'str',
  about: 'Gives a secret of the bot.',
  example:
    'key = libs.Secrets.get("WEATHER_KEY")\nHTTP.get("https://api.example.org/now", headers={"X-Key": key}).json()',
  notes: 'In prints, errors and calls of the run it is shown as •••, if it has four characters or more.',
})
const names = declare({
  name: 'libs.Secrets.names',
  parameters: {},
  returns: 'list',
  about: 'The names of the secrets of the bot.',
  example: '"WEATHER_KEY" in libs.Secrets.names()',
})

export const secretDeclarations = [get, names] as const

export const secretHandlers = (secrets: Pick<SecretService, 'secretsOf'>): Handler[] => [
  handle(get, async ({ name, default: instead }, { accountId, botId, calls }): Promise<Json> => {
    const value = (await secrets.secretsOf(accountId, botId)).get(name)
    if (value === undefined && instead === null)
      throw new HostCallError(`the bot has no secret '${name.slice(0, 64)}': its owner can set it`, {
        kind: 'LookupError',
      })
    if (value !== undefined) calls.hide(value)
    return value ?? instead
  }),
  handle(names, async (_args, { accountId, botId }) => [...(await secrets.secretsOf(accountId, botId)).keys()].sort()),
]
