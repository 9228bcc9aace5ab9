import { HostCallError } from '../sandbox/index.ts'
import { declare, type Handler, handle } from './declaration.ts'
import { text } from './parameters.ts'

const begin = declare({
  name: 'Bot.runCommand',
  facade: 'internal',
  parameters: { command: text('Its name; parameters may follow, as in a message.') },
  returns: 'dict',
  about: 'The source of the command that is to run now.',
  example: 'Bot.runCommand("/menu")',
})

const ended = declare({
  name: 'Bot.commandEnded',
  facade: 'internal',
  parameters: {},
  returns: 'None',
  about: 'The command that was run last is over.',
  example: '',
})

export const commandDeclarations = [begin, ended] as const

export const commandHandlers = (): Handler[] => [
  handle(begin, async ({ command }, { nested }) => {
    const found = await nested.begin(command)
    if (found === undefined) throw new HostCallError(`There is no command '${command}'.`, { kind: 'LookupError' })
    return { ...found }
  }),
  handle(ended, async (_args, { nested }) => {
    nested.end()
    return null
  }),
]
