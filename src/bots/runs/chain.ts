import type { Chain } from '../host/context.ts'
import { HostCallError } from '../sandbox/index.ts'

export interface CommandChainOptions {
  /** The command that the run began with. */
  readonly command: string
  readonly chain: Chain
  /** @returns The source of a command of the bot. */
  readonly lookUpCommand: (name: string) => string | undefined | Promise<string | undefined>
  readonly warn: (text: string) => void
}

export type CommandChain = ReturnType<typeof commandChain>

/** The commands that one run executes inside one another, by runCommand. */
export const commandChain = ({ command, chain, lookUpCommand, warn }: CommandChainOptions) => {
  const ran = [command]
  const active = [command]

  const refuse = (name: string): HostCallError => {
    const path = [...ran, name].join(' → ')
    const circle = ran.includes(name) ? ' It runs in circles.' : ''
    const text = `One update may run ${chain.cap} commands, and ${path} would be one more.${circle} Use runCommandAfter to begin anew.`
    warn(text)
    return new HostCallError(text, { kind: 'RuntimeError' })
  }

  return {
    /** The innermost command that runs. */
    current: (): string => active.at(-1) ?? command,
    /** How many commands of the chain ran before the current one. */
    depth: (): number => chain.depth + ran.length - 1,
    /** @returns The source of the command that runs next. @throws {HostCallError} for one too many, or none. */
    async begin(name: string): Promise<string> {
      if (chain.depth + ran.length >= chain.cap) throw refuse(name)
      const code = await lookUpCommand(name)
      if (code === undefined) throw new HostCallError(`There is no command '${name}'.`, { kind: 'LookupError' })
      ran.push(name)
      active.push(name)
      return code
    },
    /** The innermost command is over. */
    end(): void {
      if (active.length > 1) active.pop()
    },
  }
}
