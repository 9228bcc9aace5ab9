import { HostCallError } from '../sandbox/index.ts'

/** How many commands one event may run: `depth` counts those that ran before this one. */
export interface Chain {
  readonly depth: number
  readonly cap: number
}

export interface CommandChainOptions {
  /** The command that the run began with. */
  readonly command: string
  readonly chain: Chain
  /** @returns The source of a command of the bot. */
  readonly lookUpCommand: (name: string) => string | undefined | Promise<string | undefined>
  readonly warn: (text: string) => void
}

export interface NestedCommand {
  readonly command: string
  readonly code: string
  /** What followed its name. */
  readonly params: string | null
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

  const find = async (text: string): Promise<NestedCommand | undefined> => {
    const whole = await lookUpCommand(text)
    if (whole !== undefined) return { command: text, code: whole, params: null }
    const [name = '', ...rest] = text.split(/\s+/)
    const code = text.startsWith('/') && rest.length > 0 ? await lookUpCommand(name) : undefined
    return code === undefined ? undefined : { command: name, code, params: text.slice(name.length).trim() || null }
  }

  return {
    /** The innermost command that runs. */
    current: (): string => active.at(-1) ?? command,
    /** How many commands of the chain ran before the current one. */
    depth: (): number => chain.depth + ran.length - 1,
    /**
     * @param text The name of a command; parameters may follow, as in a message.
     * @returns What runs next; undefined if there is no such command.
     * @throws {HostCallError} when the chain is as long as it may be
     */
    async begin(text: string): Promise<NestedCommand | undefined> {
      if (chain.depth + ran.length >= chain.cap) throw refuse(text)
      const found = await find(text)
      if (found === undefined) return undefined
      ran.push(found.command)
      active.push(found.command)
      return found
    },
    /** The innermost command is over. */
    end(): void {
      if (active.length > 1) active.pop()
    },
  }
}
