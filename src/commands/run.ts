import { parseArgs } from 'node:util'
import { ConfigError } from '../platform/config/index.ts'
import { VERSION } from '../version.ts'
import type { Command } from './command.ts'
import { filesRestore, recoveryKey } from './files.ts'
import { migrateCommand } from './migrate.ts'
import { serve } from './serve.ts'
import { setup, setupLink } from './setup.ts'

const COMMANDS: readonly Command[] = [serve, setup, setupLink, migrateCommand, filesRestore, recoveryKey]

const HELP = `Latchkey: files, Telegram bots and notes on one server.

Usage: latchkey COMMAND [options]

Commands:
${COMMANDS.map(({ name, summary }) => `  ${name.padEnd(20)}${summary}`).join('\n')}

latchkey COMMAND --help tells more. Settings are environment variables; docs/configuration.md lists them.`

const USAGE = 2
// sysexits.h: something was found in an unconfigured or misconfigured state.
const MISCONFIGURED = 78

/** @returns The exit code: 0 done, 1 could not be done, 2 called wrongly, 78 a setting is wrong. */
export const runCli = async (args: readonly string[]): Promise<number> => {
  // A command may be two words: what it works on, and what it does.
  const isPair = COMMANDS.some((candidate) => candidate.name === `${args[0]} ${args[1]}`)
  const [name = 'help', ...rest] = isPair ? [`${args[0]} ${args[1]}`, ...args.slice(2)] : args
  if (name === '--version' || name === '-v') return print(VERSION)
  if (name === 'help' || name === '--help' || name === '-h') return print(HELP)
  const command = COMMANDS.find((candidate) => candidate.name === name)
  if (command === undefined)
    return complain(`There is no command ${JSON.stringify(name)}. latchkey --help lists them.`, USAGE)
  try {
    const options = { ...command.options, help: { type: 'boolean', short: 'h' } } as const
    const { values } = parseArgs({ args: [...rest], options, strict: true, allowPositionals: false })
    return values.help === true ? print(command.help) : await command.run(values)
  } catch (error) {
    if (error instanceof ConfigError) return complain(error.message, MISCONFIGURED)
    const message = error instanceof Error ? error.message : String(error)
    const misused = error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
    return complain(message, misused ? USAGE : 1)
  }
}

const print = (text: string): number => {
  process.stdout.write(`${text}\n`)
  return 0
}

const complain = (text: string, code: number): number => {
  process.stderr.write(`latchkey: ${text}\n`)
  return code
}
